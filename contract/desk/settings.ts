import { z } from 'zod'

export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark', 'hc-light', 'hc-dark']),
  /** Files sent at the same time, 1 to 8. */
  filesAtATime: z.int().min(1).max(8),
  /** What all files together may use of the network; null for all there is. What was stored before there was one has none. */
  bytesPerSecond: z.int().min(1000).nullable().default(null),
  /** Nothing is sent while the computer runs on battery. */
  pauseOnBattery: z.boolean().default(false),
})
export type Settings = z.infer<typeof settingsSchema>

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  filesAtATime: 4,
  bytesPerSecond: null,
  pauseOnBattery: false,
}
