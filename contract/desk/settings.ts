import { z } from 'zod'

const timeOfDaySchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

/** By the clock on the wall, as `22:00`; hours that end before they begin go over midnight. */
const sendingHoursSchema = z.strictObject({ from: timeOfDaySchema, to: timeOfDaySchema })
export type SendingHours = z.infer<typeof sendingHoursSchema>

export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark', 'hc-light', 'hc-dark']),
  /** Files sent at the same time, 1 to 8. */
  filesAtATime: z.int().min(1).max(8),
  /** What all files together may use of the network; null for all there is. What was stored before there was one has none. */
  bytesPerSecond: z.int().min(1000).nullable().default(null),
  /** Nothing is sent while the computer runs on battery. */
  pauseOnBattery: z.boolean().default(false),
  /** Files are sent in these hours only; null for at any time. */
  sendingHours: sendingHoursSchema.nullable().default(null),
})
export type Settings = z.infer<typeof settingsSchema>

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  filesAtATime: 4,
  bytesPerSecond: null,
  pauseOnBattery: false,
  sendingHours: null,
}
