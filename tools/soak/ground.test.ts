import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Seen } from '../../main/transfers/test-support/faults.ts'
import { Ground, judge } from './ground.mjs'

const FILE = '/records/draft-1/draft/files/raw/a.csv'
const put: Seen = { method: 'PUT', path: `${FILE}/content`, bytes: 10, status: 200, at: 90, closedAt: 100 }
const cut: Seen = { ...put, bytes: 4, status: 0, closedAt: 1000 }
const commit: Seen = { method: 'POST', path: `${FILE}/commit`, bytes: 0, status: 200, at: 105, closedAt: 110 }
const gone: Seen = { method: 'DELETE', path: FILE, bytes: 0, status: 204, at: 115, closedAt: 120 }

/** The traffic of lives that each ended by a kill, one second after the other. */
function judgeLives(...lives: Seen[][]) {
  const starts = lives.map((_, at) => lives.slice(0, at).flat().length)
  return judge(
    lives.flat(),
    starts.map((from, at) => ({ from, killedAt: (at + 1) * 1000 })),
  )
}

test('what was under way at a kill, or answered just before it, may be sent again', () => {
  expect(judgeLives([cut], [gone, put, commit])).toEqual({ files: 1, again: 1, bytes: 14, problems: [] })
  expect(judgeLives([{ ...put, closedAt: 950 }], [put, commit]).problems).toEqual([])
})

test.each([
  ['sent again though it was complete', [[put, commit], [put]]],
  ['was removed though it was complete', [[put, commit], [gone]]],
  ['900 ms after it had been answered', [[put], [put, commit]]],
  ['was sent twice in life 0', [[cut, put, commit]]],
  ['was completed 0 times', [[put]]],
  ['was completed 2 times', [[put, commit, commit]]],
])('what must not happen is found: %s', (words, lives) => {
  expect(judgeLives(...lives).problems).toEqual([expect.stringContaining(words)])
})

test('what a person cancelled may be removed, where connections are harmed', () => {
  expect(judge([put, put, commit, gone], [], new Set([FILE])).problems).toEqual([])
  expect(judge([put, put, commit, gone], [], new Set()).problems).toHaveLength(1)
})

let ground: Ground
beforeEach(() => {
  const practice = { url: 'http://127.0.0.1:1', token: '', end: () => Promise.resolve() }
  ground = new Ground(practice, mkdtempSync(join(tmpdir(), 'deposit-desk-ground-')))
})
afterEach(() => rmSync(ground.work, { recursive: true }))

test('a damaged database is found, and left as it was', () => {
  const path = join(ground.work, 'some.db')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a); BEGIN')
  for (let row = 0; row < 2000; row += 1) database.prepare('INSERT INTO t VALUES (?)').run(`row ${row}`)
  database.exec('COMMIT')
  database.close()
  expect(ground.checkDatabase(path)).toBe(true)
  expect(ground.checkDatabase(join(ground.work, 'none.db'))).toBe(false)
  expect(ground.problems).toEqual([])
  const bytes = readFileSync(path)
  bytes.fill(7, 8192, 12_288)
  writeFileSync(path, bytes)
  ground.checkDatabase(path)
  expect(ground.problems).toEqual([expect.stringContaining('some.db')])
  expect(readFileSync(path).equals(bytes)).toBe(true)
})
