import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sendingAt } from './hours.ts'

beforeEach(() => void vi.stubEnv('TZ', 'Europe/Berlin'))
afterEach(() => void vi.unstubAllEnvs())

const at = (text: string) => new Date(text).getTime()
const night = { from: '22:00', to: '06:00' }
const office = { from: '09:30', to: '17:00' }

test.each([
  ['in the middle of the hours', office, '2026-11-26T12:00:10', true, '2026-11-26T17:00'],
  ['at their first moment', office, '2026-11-26T09:30', true, '2026-11-26T17:00'],
  ['at their end', office, '2026-11-26T17:00', false, '2026-11-27T09:30'],
  ['before them', office, '2026-11-26T03:00', false, '2026-11-26T09:30'],
  ['over midnight, before it', night, '2026-11-26T23:59:59', true, '2026-11-27T06:00'],
  ['over midnight, after it', night, '2026-11-27T05:59', true, '2026-11-27T06:00'],
  ['over midnight, by day', night, '2026-11-27T06:00', false, '2026-11-27T22:00'],
  ['on the last day of a year', office, '2026-12-31T18:00', false, '2027-01-01T09:30'],
  // The clock goes from 02:00 to 03:00 on 29 March, and from 03:00 back to 02:00 on 25 October.
  ['in the night without its third hour', night, '2026-03-28T23:00', true, '2026-03-29T06:00'],
  ['in the night with its third hour twice', night, '2026-10-24T23:00', true, '2026-10-25T06:00'],
  ['at a time that is left out', { from: '02:30', to: '05:00' }, '2026-03-29T01:30', false, '2026-03-29T03:00'],
])('%s', (_, hours, now, open, changesAt) => {
  expect(sendingAt(hours, at(now))).toEqual({ open, changesAt: at(changesAt) })
})

test('a day with 25 hours ends when the clock says so', () => {
  const { changesAt } = sendingAt({ from: '12:00', to: '11:59' }, at('2026-10-24T12:00'))
  expect((changesAt ?? 0) - at('2026-10-24T12:00')).toBe((24 * 60 + 59) * 60_000)
})

test('without hours, or with none left out, it is always time', () => {
  expect(sendingAt(null, 0)).toEqual({ open: true, changesAt: null })
  expect(sendingAt({ from: '08:00', to: '08:00' }, 0)).toEqual({ open: true, changesAt: null })
})
