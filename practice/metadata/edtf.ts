/*
 * Dates as the repository takes them: EDTF level 0 (Library of Congress, https://www.loc.gov/standards/datetime/): a year, a
 * month, a day, or an interval of two of those in order. Items of `dates` may also be a date with a time.
 */

const DATE = /^(-?\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-](?:0[0-9]|1[0-3])(?::[0-5]\d)?|[+-]14:00)?$|^24:00:00(?:Z)?$/

export function isDateOrInterval(value: string): boolean {
  const [from = '', to, ...more] = value.trim().split('/')
  if (more.length > 0) return false
  const start = daysOf(from)
  if (to === undefined) return start !== null
  const end = daysOf(to)
  return start !== null && end !== null && start.first <= end.last
}

export function isDateTimeOrInterval(value: string): boolean {
  const [date = '', time, ...more] = value.trim().split('T')
  if (time === undefined) return isDateOrInterval(value)
  return more.length === 0 && /-\d{2}-\d{2}$/.test(date) && daysOf(date) !== null && TIME.test(time)
}

/** First and last day that a date may mean, as numbers that order; null for what is no date. */
function daysOf(value: string): { first: number; last: number } | null {
  const parts = DATE.exec(value)
  if (!parts || value === '-0000') return null
  const year = Number(parts[1])
  const month = parts[2] === undefined ? null : Number(parts[2])
  const day = parts[3] === undefined ? null : Number(parts[3])
  if (month !== null && (month < 1 || month > 12)) return null
  if (day !== null && (day < 1 || day > daysIn(year, month ?? 1))) return null
  const ordinal = (m: number, d: number) => year * 10_000 + m * 100 + d
  return {
    first: ordinal(month ?? 1, day ?? 1),
    last: ordinal(month ?? 12, day ?? daysIn(year, month ?? 12)),
  }
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
