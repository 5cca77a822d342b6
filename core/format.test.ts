import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatRate } from './format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [8400, '8.4 kB'],
  [8404, '8.40 kB'],
  [999_499, '999 kB'],
  [999_950, '1.00 MB'],
  [41_812_345_678, '41.8 GB'],
  [50_000_000_000, '50 GB'],
  [99_960_000, '100 MB'],
  [571_400_000, '571 MB'],
  [3e18, '3000 PB'],
])('a size of %d bytes reads as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, '0 B/s'],
  [61_400_000, '61 MB/s'],
  [8_440_000, '8.4 MB/s'],
  [9_960_000, '10 MB/s'],
  [999_600_000, '1.0 GB/s'],
])('a rate of %d bytes a second reads as %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text)
})

test.each([
  [0, '0 s'],
  [1, '1 s'],
  [12_000, '12 s'],
  [60_001, '2 min'],
  [3_600_000, '1 h'],
  [12_000_000, '3 h 20 min'],
  [86_400_000, '1 day'],
  [187_200_000, '2 days 4 h'],
])('a duration of %d ms reads as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
