import { expect, test } from 'vitest'
import { formatAge, formatBytesOf, formatTime, formatWhen, percent } from './format.ts'

const at = (day: number, hour: number, minute: number, month = 10, year = 2026) =>
  new Date(year, month, day, hour, minute).getTime()
const now = at(24, 14, 3)

test('a list says the time of today, the day of this week, else the date', () => {
  expect(formatWhen(at(24, 9, 5), now)).toBe('09:05')
  expect(formatWhen(at(23, 23, 59), now)).toBe('Mon')
  expect(formatWhen(at(12, 8, 0), now)).toBe('12 Nov')
  expect(formatWhen(at(12, 8, 0, 10, 2024), now)).toBe('12 Nov 2024')
})

test('a sentence names the day only where it is another one', () => {
  expect(formatTime(at(24, 14, 5), now)).toBe('14:05')
  expect(formatTime(at(25, 0, 5), now)).toBe('25 Nov, 00:05')
})

test('an age never says less than it is', () => {
  expect(formatAge(now - 12_000, now)).toBe('12 s ago')
  expect(formatAge(now - 59 * 60_000, now)).toBe('59 min ago')
  expect(formatAge(now - 2 * 3_600_000, now)).toBe('at 12:03')
})

test('a unit that both amounts share is said once', () => {
  expect(formatBytesOf(30.6e9, 41.8e9)).toBe('30.6 of 41.8 GB')
  expect(formatBytesOf(999e6, 41.8e9)).toBe('999 MB of 41.8 GB')
})

test('a share of nothing is nothing', () => {
  expect(percent(0, 0)).toBe(0)
  expect(percent(1e12 - 1, 1e12)).toBe(99)
})
