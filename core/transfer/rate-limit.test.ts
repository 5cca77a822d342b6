import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_LIMIT, pieceBytes, takeBytes, type RateLimit } from './rate-limit.ts'

const MB = 1_000_000

function limitOf(bytesPerSecond: number): RateLimit {
  return { ...NO_LIMIT, bytesPerSecond }
}

test('however many files take, and however late their timers come, the limit holds over time', () => {
  const lateness = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 200, maxLength: 400 })
  fc.assert(
    fc.property(lateness, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 50 }), (late, files, perSecond) => {
      let limit = limitOf(perSecond * MB)
      const piece = pieceBytes(limit)
      const wakes = Array.from({ length: files }, () => 1000)
      let sent = 0
      for (const ms of late) {
        const file = wakes.indexOf(Math.min(...wakes))
        const taken = takeBytes(limit, piece, wakes[file] ?? 0)
        limit = taken.limit
        wakes[file] = (wakes[file] ?? 0) + taken.waitMs + ms
        sent += piece
      }
      // What was taken last is still to be waited for.
      const passedMs = limit.paidAt - 1000
      expect(sent).toBeLessThanOrEqual(perSecond * 1000 * (passedMs + 100) + piece)
    }),
  )
})

test('a single file that sends all the time gets the whole of the limit', () => {
  let limit = limitOf(5 * MB)
  let now = 1000
  let sent = 0
  while (now < 11_000) {
    const taken = takeBytes(limit, pieceBytes(limit), now)
    limit = taken.limit
    // A timer of 1 ms at least, 2 ms late.
    if (taken.waitMs > 0) now += Math.ceil(taken.waitMs) + 2
    sent += pieceBytes(limit)
  }
  expect(sent / 10 / (5 * MB)).toBeCloseTo(1, 1)
})

test('after a pause nothing is caught up on but a tenth of a second', () => {
  const { limit } = takeBytes(limitOf(MB), 1000, 0)
  let later = limit
  let atOnce = 0
  for (;;) {
    const taken = takeBytes(later, 10_000, 3_600_000)
    if (taken.waitMs > 0) break
    later = taken.limit
    atOnce += 10_000
  }
  expect(atOnce).toBeLessThanOrEqual(110_000)
})

test('without a limit nobody waits', () => {
  expect(takeBytes(NO_LIMIT, 1e12, 0)).toEqual({ limit: NO_LIMIT, waitMs: 0 })
})
