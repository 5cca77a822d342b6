import { z } from 'zod'

export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark', 'hc-light', 'hc-dark']),
  /** Files sent at the same time, 1 to 8. */
  filesAtATime: z.int().min(1).max(8),
})
export type Settings = z.infer<typeof settingsSchema>

export const DEFAULT_SETTINGS: Settings = { theme: 'system', filesAtATime: 4 }
