import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

export const MINIMUM = { width: 900, height: 600 } as const

const placeSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(20_000),
  height: z.int().min(1).max(20_000),
  maximized: z.boolean(),
})
/** Where the window stood, in the system's own units. */
export type Place = z.infer<typeof placeSchema>
type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** The place of last time; null where there is none or the file is not ours. */
export function readPlace(file: string): Place | null {
  try {
    return placeSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Losing the place is no loss: a write that fails is forgotten. */
export function writePlace(file: string, place: Place): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(place))
    renameSync(`${file}.new`, file)
  } catch {
    return
  }
}

/**
 * The place as it can be used with the screens of today: where less than a strip of the title bar that can be grabbed would
 * be seen, only the size is kept, cut to the first screen.
 */
export function fitPlace(
  place: Place | null,
  screens: readonly Area[],
): Partial<Area> & { width: number; height: number } {
  const first = screens[0] ?? { x: 0, y: 0, width: 1280, height: 800 }
  const width = Math.max(MINIMUM.width, Math.min(place?.width ?? 1280, first.width))
  const height = Math.max(MINIMUM.height, Math.min(place?.height ?? 800, first.height))
  if (!place) return { width, height }
  const seen = screens.some((screen) => {
    const across = Math.min(place.x + place.width, screen.x + screen.width) - Math.max(place.x, screen.x)
    return across >= 120 && place.y >= screen.y && place.y <= screen.y + screen.height - 40
  })
  if (!seen) return { width, height }
  return {
    x: place.x,
    y: place.y,
    width: Math.max(MINIMUM.width, place.width),
    height: Math.max(MINIMUM.height, place.height),
  }
}
