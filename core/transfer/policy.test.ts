import fc from 'fast-check'
import { expect, test } from 'vitest'
import { count, countedAs, depositTransferOf, fileStateOf, NO_PROGRESS, NOTHING_COUNTED, type Tally } from './derive.ts'
import { judge, type Circumstances, type Trouble, type Verdict } from './failure.ts'
import { closeGate, OPEN_GATE, passesGate } from './gate.ts'
import { planFile, type TransferState } from './machine.ts'
import {
  bytesOfParts,
  countParts,
  hasPart,
  holdsAll,
  NO_PARTS,
  partLength,
  planTransfer,
  readPartSet,
  withPart,
  writePartSet,
} from './parts.ts'
import { bytesPerSecond, countBytes, leftMs, startRate, type Rate } from './rate.ts'
import { askedMs, backoffMs } from './retry.ts'

const parts = { multipart: 'works', requestsPerMinute: null } as const

test('parts cover every file exactly, and there are never more than 10,000, nor than ten minutes of requests', () => {
  const requests = fc.option(fc.integer({ min: 1, max: 10_000 }))
  fc.assert(
    fc.property(fc.integer({ min: 64e6 + 1, max: 50e12 }), requests, (bytes, requestsPerMinute) => {
      const plan = planTransfer(bytes, 'file', { ...parts, requestsPerMinute })
      if (plan.kind !== 'parts') throw new Error('a large file goes in parts')
      expect(plan.parts).toBeLessThanOrEqual(Math.min(10_000, (requestsPerMinute ?? Infinity) * 10))
      expect(plan.partBytes).toBeGreaterThanOrEqual(8e6)
      expect(partLength(plan, 1, bytes)).toBe(plan.partBytes)
      const last = partLength(plan, plan.parts, bytes)
      expect(last).toBeGreaterThan(0)
      expect((plan.parts - 1) * plan.partBytes + last).toBe(bytes)
    }),
  )
})

test('small files, zips, and files for a server without parts go whole', () => {
  expect(planTransfer(64e6, 'file', parts).kind).toBe('whole')
  expect(planTransfer(1e12, 'zip', parts).kind).toBe('whole')
  expect(planTransfer(1e12, 'file', { ...parts, multipart: 'unknown' }).kind).toBe('whole')
})

test('a set of parts holds what was put in, in whatever order, and is written as ranges', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 })), (numbers) => {
      const set = numbers.reduce(withPart, NO_PARTS)
      const has = Array.from({ length: 31 }, (_, part) => part).filter((part) => hasPart(set, part))
      expect(has).toEqual([...new Set(numbers)].sort((a, b) => a - b))
      expect(countParts(set)).toBe(has.length)
      expect(readPartSet(writePartSet(set))).toEqual(set)
      const plan = { kind: 'parts', parts: 30, partBytes: 10 } as const
      expect(holdsAll(set, plan)).toBe(has.length === 30)
      expect(bytesOfParts(set, plan, 295)).toBe(has.reduce((sum, part) => sum + partLength(plan, part, 295), 0))
    }),
  )
  expect(writePartSet([9, 1, 2, 3, 5].reduce(withPart, NO_PARTS))).toBe('1-3,5,9')
})

test.each(['0', '1,2', '2,1', '1-3,3', '3-1', '1-1', '01', ' 1', '1,', 'x', '1-2-3', '-2', '1e3', '1.5'])(
  'what is no set of parts is not read as one: “%s”',
  (text) => expect(readPartSet(text)).toBeNull(),
)

test('pauses double from 1 s to 60 s with full jitter, and no server can ask for more than an hour (U15)', () => {
  expect([1, 2, 3, 7, 50].map((attempt) => backoffMs(attempt, () => 0.999999))).toEqual([
    1000, 2000, 4000, 60_000, 60_000,
  ])
  expect(backoffMs(9, () => 0)).toBe(0)
  expect(askedMs(1e12)).toBe(3_600_000)
})

const circumstances: Circumstances = {
  operation: 'send',
  strikes: 0,
  inDoubt: false,
  server: 'Example',
  limits: { maxFiles: 100, maxFileBytes: null, quotaBytes: null },
  bytes: 1000,
}
const error = { code: 'server-trouble' as const, params: {} }
function answer(status: number, message = '', retryAfterMs: number | null = null): Trouble & { kind: 'answer' } {
  return { kind: 'answer', status, message, retryAfterMs, tokenRefused: status === 401, fromStorage: false, error }
}

test.each<[string, Trouble, Partial<Circumstances>, Verdict['kind'], string?]>([
  ['a full quota', answer(400, 'Bucket quota exceeded.'), {}, 'block-file', 'file-too-large'],
  ['a limit of nginx', answer(413, '<html>'), {}, 'block-file', 'file-too-large'],
  ['a name of 256 characters', answer(400, 'Filename is too long.'), {}, 'block-file', 'file-name-refused'],
  [
    'an empty file',
    answer(400, 'Empty files are not accepted.'),
    { operation: 'commit' },
    'block-file',
    'file-empty-refused',
  ],
  ['a dead token', answer(401), {}, 'block-account'],
  ['a draft of somebody else', answer(403), {}, 'block-deposit'],
  [
    'a bucket that does not take this name',
    answer(404),
    { operation: 'send-to-bucket', strikes: 1 },
    'block-file',
    'file-too-large',
  ],
  ['a bucket that is not found at first', answer(404), { operation: 'send-to-bucket' }, 'ask-draft'],
  ['a link that its storage refuses', { ...answer(403), fromStorage: true }, {}, 'block-file'],
  ['a storage that takes no names', { ...answer(401), fromStorage: true }, {}, 'block-file'],
  ['a storage without the file', { ...answer(404), fromStorage: true }, {}, 'block-file'],
  ['a storage in trouble', { ...answer(503), fromStorage: true }, {}, 'again'],
  ['an entry that is gone', answer(404), {}, 'ask-draft'],
  ['a draft that is gone', answer(404), { operation: 'list' }, 'draft-gone'],
  ['a removal that is done already', answer(404), { operation: 'remove' }, 'removed'],
  ['a key that exists', answer(400, 'File with key a already exists.'), { operation: 'declare' }, 'ask-draft'],
  [
    'too many files, for the first time: a call of a process that was killed may be landing',
    answer(400, 'Uploading selected files will result in exceeding the max amount per record.'),
    { operation: 'declare' },
    'ask-draft',
  ],
  [
    'the 101st file',
    answer(400, 'Uploading selected files will result in exceeding the max amount per record.'),
    { operation: 'declare', strikes: 1 },
    'block-deposit',
    'too-many-files',
  ],
  ['two writes at once', answer(400, 'Invalid value dataset.'), { operation: 'remove' }, 'again'],
  [
    'two writes at once, again',
    answer(400, 'Invalid value dataset.'),
    { operation: 'remove', strikes: 1 },
    'block-file',
    'file-refused',
  ],
  ['a commit without content', answer(500), { operation: 'commit', inDoubt: true }, 'nothing-there'],
  ['a commit that fails', answer(500), { operation: 'commit' }, 'again'],
  ['a 200 that speaks of errors', answer(200, 'File upload transfer failed.'), {}, 'again'],
  ['a file that fails ten times while others pass', answer(500), { strikes: 9 }, 'block-file', 'file-refused'],
  ['a conflict', answer(409), {}, 'again'],
  ['a method that is not allowed', answer(405), {}, 'block-file', 'file-refused'],
])('%s is judged by what it means', (_, trouble, given, kind, code) => {
  const verdict = judge(trouble, { ...circumstances, ...given })
  expect(verdict.kind).toBe(kind)
  expect(verdict).toMatchObject(code === undefined ? {} : { error: { code } })
})

test('too many requests pause the server, with the time it asked for', () => {
  expect(judge(answer(429, '100 per 1 minute', 7000), circumstances)).toMatchObject({
    scope: 'server',
    retryAfterMs: 7000,
  })
  const gate = closeGate(OPEN_GATE, { scope: 'server', error, retryAfterMs: 7000 }, 1000, () => 0)
  expect(passesGate(gate, 0, 4, 7999)).toBe(false)
  expect(passesGate(gate, 0, 4, 8000)).toBe(true)
})

test('one file in trouble does not stop the others; two in a row slow all down to one at a time', () => {
  const failure = { scope: 'file' as const, error, retryAfterMs: null }
  const once = closeGate(OPEN_GATE, failure, 0, () => 0.5)
  expect(passesGate(once, 3, 4, 0)).toBe(true)
  const twice = closeGate(once, failure, 0, () => 0.5)
  expect(passesGate(twice, 0, 4, 0)).toBe(false)
  expect(passesGate(twice, 1, 4, 60_000)).toBe(false)
  expect(passesGate(twice, 0, 4, 60_000)).toBe(true)
})

test('a server that stays away is asked at most once a minute (U42)', () => {
  let gate = OPEN_GATE
  const failure = { scope: 'connection' as const, error, retryAfterMs: null }
  for (let n = 0; n < 20; n += 1) gate = closeGate(gate, failure, 0, () => 0)
  expect(gate).toMatchObject({ probe: true, closedUntil: 60_000 })
})

test('the rate settles on the speed, and says nothing before it is stable or when nothing moves (U10)', () => {
  let rate: Rate = startRate(0)
  for (let at = 100; at <= 2900; at += 100) rate = countBytes(rate, 1e6, at)
  expect(bytesPerSecond(rate, 2900)).toBeNull()
  for (let at = 3000; at <= 10_000; at += 100) rate = countBytes(rate, 1e6, at)
  expect(Math.abs((bytesPerSecond(rate, 10_000) ?? 0) - 1e7)).toBeLessThan(2e5)
  expect(Math.abs((leftMs(rate, 1e9, 10_000) ?? 0) - 100_000)).toBeLessThan(3000)
  for (let at = 10_100; at <= 40_000; at += 100) rate = countBytes(rate, 2e6, at)
  expect(Math.abs((bytesPerSecond(rate, 40_000) ?? 0) - 2e7)).toBeLessThan(4e5)
  expect(bytesPerSecond(rate, 60_000)).toBeNull()
})

function tallyOf(...files: TransferState[]): Tally {
  let tally = NOTHING_COUNTED
  for (const file of files) {
    const { kind } = fileStateOf(file, NO_PROGRESS, { key: 'a', server: 'Example' })
    tally = count(tally, countedAs(file, NO_PROGRESS, kind), 1)
  }
  return tally
}

test('a deposit is verified only when every file that it keeps is', () => {
  const planned = planFile(10)
  const done: TransferState = { ...planned, step: { kind: 'done', verifiedAt: 1 } }
  const leftOut: TransferState = { ...planned, step: { kind: 'left-out' } }
  const blocked: TransferState = { ...planned, step: { kind: 'blocked', error, removal: null } }
  const none = { bytesPerSecond: null, leftMs: null }
  const first = () => fileStateOf(blocked, NO_PROGRESS, { key: 'a.csv', server: 'Example' })
  const of = (...files: TransferState[]) => depositTransferOf('d', tallyOf(...files), null, first, none)
  expect(of(done, leftOut)).toMatchObject({ state: 'verified', files: 1, verifiedFiles: 1, bytes: 10, sentBytes: 10 })
  expect(of(done, planned)).toMatchObject({ state: 'queued' })
  expect(of(done, blocked)).toMatchObject({
    state: 'needs-you',
    blockedFiles: 1,
    error: { params: { name: 'a.csv', server: 'Example' } },
  })
  const leaving: TransferState = { ...planned, step: { kind: 'removing', removal: { kind: 'left-out' } } }
  expect(of(done, leaving)).toMatchObject({ state: 'verifying', files: 1 })
  expect(of()).toMatchObject({ state: 'none' })
})

test('what was cancelled reads so at once, though the server is still to be told', () => {
  const removing: TransferState = { ...planFile(1), step: { kind: 'removing', removal: { kind: 'cancelled' } } }
  expect(fileStateOf(removing, NO_PROGRESS, { key: 'a', server: 'Example' })).toEqual({ kind: 'cancelled' })
})
