import { expect, test } from 'vitest'
import { afterAnswer, filesAtOnce, FULL_WIDTH, widensAfterMs, type Width } from './width.ts'

const MINUTE = 60_000

function after(answers: readonly (readonly [at: number, status: number])[], start: Width = FULL_WIDTH): Width {
  return answers.reduce((width, [at, status]) => afterAnswer(width, status, 4, at), start)
}

test('two refusals in a row leave one file at a time, and each clean minute gives one more (P17)', () => {
  const cut = after([
    [0, 200],
    [10, 429],
    [20, 503],
  ])
  const seen = [20, 20 + MINUTE - 1, 20 + MINUTE, 20 + 2 * MINUTE, 20 + 3 * MINUTE, 20 + 99 * MINUTE]
  expect(seen.map((now) => filesAtOnce(cut, 4, now))).toEqual([1, 1, 2, 3, 4, 4])
  expect(widensAfterMs(cut, 4, 20 + 1000)).toBe(MINUTE - 1000)
  expect(widensAfterMs(cut, 4, 20 + 3 * MINUTE)).toBeNull()
})

test('one refusal, or two with an answer between them, change nothing', () => {
  const width = after([
    [0, 429],
    [10, 201],
    [20, 503],
    [30, 500],
    [40, 429],
  ])
  expect(filesAtOnce(width, 4, 50)).toBe(4)
})

test('a refusal while it creeps up starts the minute again, and two start over', () => {
  const cut = after([
    [0, 429],
    [0, 429],
    [10, 200],
  ])
  const again = after([[MINUTE + 50_000, 429]], cut)
  expect(filesAtOnce(again, 4, 2 * MINUTE + 49_000)).toBe(2)
  expect(filesAtOnce(again, 4, 2 * MINUTE + 50_000)).toBe(3)
  expect(filesAtOnce(after([[2 * MINUTE, 503]], again), 4, 2 * MINUTE)).toBe(1)
})

test('once it is as wide as it was, the past is forgotten, and a connection that broke says nothing', () => {
  const cut = after([
    [0, 429],
    [0, 429],
  ])
  expect(afterAnswer(cut, null, 4, 10)).toBe(cut)
  expect(after([[3 * MINUTE, 200]], cut)).toEqual(FULL_WIDTH)
  // A person who asks for fewer gets fewer.
  expect(filesAtOnce(cut, 2, 10 * MINUTE)).toBe(2)
})
