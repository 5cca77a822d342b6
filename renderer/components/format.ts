import { formatBytes, formatDuration } from '../../core/format.ts'

/*
 * Numbers and times as the whole window writes them; sizes, rates and durations are those of core.
 */

export { formatBytes, formatDuration, formatRate } from '../../core/format.ts'

const counts = new Intl.NumberFormat('en')

/** `30.6 of 41.8 GB`; the unit is said once where both have the same. */
export function formatBytesOf(done: number, all: number): string {
  const [doneText, allText] = [formatBytes(done), formatBytes(all)]
  const unit = allText.slice(allText.lastIndexOf(' '))
  return `${doneText.endsWith(unit) ? doneText.slice(0, -unit.length) : doneText} of ${allText}`
}

/** `1,384`. */
export function formatCount(count: number): string {
  return counts.format(count)
}

/** `1 file`, `46 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** Whole percent; 100 only when everything is there. */
export function percent(done: number, all: number): number {
  if (all <= 0) return 0
  return Math.min(done >= all ? 100 : 99, Math.max(0, Math.floor((done / all) * 100)))
}

/** `4 min left`. */
export function formatLeft(ms: number): string {
  return `${formatDuration(ms)} left`
}

/** `now`, `12 s ago`, `4 min ago`, else `at 13:54`. */
export function formatAge(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000)
  if (seconds < 2) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  return `at ${formatTime(at, now)}`
}

/** For lists: `14:03` today, `Mon` within a week, `12 Nov`, `12 Nov 2024`. */
export function formatWhen(at: number, now: number): string {
  if (sameDay(at, now)) return clock.format(at)
  if (now - at < 6 * 86_400_000 && at < now) return weekday.format(at)
  return sameYear(at, now) ? day.format(at) : longDay.format(at)
}

/** For sentences: `14:03` today, else `12 Nov, 14:03`. */
export function formatTime(at: number, now: number): string {
  return sameDay(at, now)
    ? clock.format(at)
    : `${sameYear(at, now) ? day.format(at) : longDay.format(at)}, ${clock.format(at)}`
}

/** `24 Nov 2026 at 14:31`. */
export function formatDateTime(at: number): string {
  return `${longDay.format(at)} at ${clock.format(at)}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const longDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear()
}
