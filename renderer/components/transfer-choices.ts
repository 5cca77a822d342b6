import { formatCount } from './format.ts'
import type { Option } from './select.tsx'

/** Files at a time, as on the Transfers screen and in the settings. */
export const FILES_AT_A_TIME: readonly Option[] = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => ({
  id: String(count),
  label: formatCount(count),
}))

/** The hours of a day, with `also` where it is another time. */
export function timesOfDay(also: string): readonly Option[] {
  const full = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`)
  return [...new Set([...full, also])].sort().map((time) => ({ id: time, label: time }))
}

const MB = 1_000_000
const NONE: Option = { id: 'none', label: 'None' }

/** Speed limits to choose from, with the one that is set, whatever it is. */
export function speedLimits(bytesPerSecond: number | null): readonly Option[] {
  const limits = new Set([1 * MB, 5 * MB, 10 * MB, 50 * MB])
  if (bytesPerSecond !== null) limits.add(bytesPerSecond)
  const sorted = [...limits].sort((a, b) => a - b)
  return [NONE, ...sorted.map((limit) => ({ id: String(limit), label: `${limit / MB} MB/s` }))]
}

export function idOfSpeed(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? NONE.id : String(bytesPerSecond)
}

export function speedOfId(id: string): number | null {
  return id === NONE.id ? null : Number(id)
}
