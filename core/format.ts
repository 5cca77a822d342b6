/*
 * Sizes, rates and durations as every screen, message and line of output shows them. Decimal units, as the repositories
 * count their quotas (behaviour 4.10): 1 kB is 1000 B.
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `41.8 GB`: three figures, fewer where that loses nothing: `50 GB`, `8.4 kB`, `999 B`. */
export function formatBytes(bytes: number): string {
  const { value, unit } = scale(bytes, 3)
  const rounded = value.toFixed(decimals(value, 3))
  return `${Number(rounded) === value ? String(value) : rounded} ${unit}`
}

/** `61 MB/s`, `8.4 MB/s`: two figures below 10, whole numbers above, so that a rate does not flicker. */
export function formatRate(bytesPerSecond: number): string {
  const { value, unit } = scale(Math.round(bytesPerSecond), 2)
  return `${unit === 'B' ? String(value) : value.toFixed(decimals(value, 2))} ${unit}/s`
}

/** `12 s`, `4 min`, `3 h 20 min`, `2 days 4 h`: rounded up, so that what is left never reads as nothing. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.ceil(minutes / 60)
  const days = Math.floor(hours / 24)
  return twoUnits(days, days === 1 ? 'day' : 'days', hours % 24, 'h')
}

/** `0.4 s`, `12 s`, `3 min 10 s`, `2 h 5 min`: how long something took. */
export function formatElapsed(ms: number): string {
  if (ms < 950) return `${Math.max(0.1, Math.round(ms / 100) / 10)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
}

function scale(amount: number, figures: number): { value: number; unit: (typeof UNITS)[number] } {
  let value = Math.max(0, amount)
  let at = 0
  // 999,950 B are 1 MB, not 1000 kB: rounding may lead into the next unit.
  while (at < UNITS.length - 1 && Number(value.toFixed(at === 0 ? 0 : decimals(value, figures))) >= 1000) {
    value /= 1000
    at += 1
  }
  return { value: at === 0 ? Math.round(value) : value, unit: UNITS[at] ?? 'B' }
}

function decimals(value: number, figures: number): number {
  const before = value < 10 - 5 * 10 ** -figures ? 1 : value < 100 - 5 * 10 ** (1 - figures) ? 2 : 3
  return Math.max(0, figures - before)
}

function twoUnits(most: number, mostUnit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${most} ${mostUnit}` : `${most} ${mostUnit} ${rest} ${restUnit}`
}

/** `1 file`, `1,384 files`. */
export function formatCount(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
