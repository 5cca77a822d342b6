import { expect, test } from 'vitest'
import type { Happening, LogEntry } from '../../contract/desk/transfer.ts'
import { NO_PROGRESS } from './derive.ts'
import { addToLog, entryOf, fullLog, MOST_ENTRIES, type Log } from './log.ts'
import { planFile, reduce, type RemoteFile, type TransferEvent, type TransferState } from './machine.ts'

const MD5 = 'd'.repeat(32)
const progress = { ...NO_PROGRESS, sentBytes: 6 }

/** Plays events, one a second, and gives the state with its log. */
function play(bytes: number, ...events: TransferEvent[]): { state: TransferState; log: Log } {
  let state = planFile(bytes)
  let log: Log = []
  events.forEach((event, second) => {
    const after = reduce(state, event).state
    const entry = entryOf(state, event, after, progress, second * 1000)
    if (entry !== null) log = addToLog(log, entry)
    state = after
  })
  return { state, log }
}

function remote(status: RemoteFile['status'], md5: string | null = null): RemoteFile {
  return { status, bytes: 10, checksum: md5 === null ? null : `md5:${md5}`, multipart: false }
}

const declaring: TransferEvent = { kind: 'declaring', plan: { kind: 'whole' } }
const declared: TransferEvent = { kind: 'declared' }
const began = (at: number): TransferEvent => ({ kind: 'began', at })
const sent: TransferEvent = { kind: 'sent', digests: { md5: MD5, sha256: null } }
const seen = (what: RemoteFile | null, at = 9000): TransferEvent => ({ kind: 'seen', remote: what, at })
const failed = (code: 'server-unreachable' | 'server-busy', delayMs = 2000): TransferEvent => ({
  kind: 'failed',
  error: { code, params: {} },
  whole: false,
  moved: true,
  at: 1,
  delayMs,
})
const toSending: readonly TransferEvent[] = [declaring, declared, began(2000)]
const kinds = (log: Log) => log.map(({ what }) => what.kind)

test('a file that goes through leaves nothing to keep; what the ledger tells is enough for its log', () => {
  const { state, log } = play(10, ...toSending, sent, seen(remote('completed', MD5)))
  expect(log).toEqual([])
  expect(fullLog(state, log)).toEqual([
    { at: 2000, lastAt: 2000, times: 1, what: { kind: 'began' } },
    { at: 9000, lastAt: 9000, times: 1, what: { kind: 'verified', bytes: 10, tookMs: 7000, md5: MD5 } },
  ])
})

test('failures in a row are one entry; that it began again is part of it', () => {
  const again: readonly TransferEvent[] = [{ kind: 'timer' }, seen(remote('pending')), began(5000)]
  const { log } = play(
    10,
    ...toSending,
    failed('server-unreachable'),
    ...again,
    failed('server-unreachable', 4000),
    ...again,
    failed('server-busy', 30_000),
  )
  expect(kinds(log)).toEqual(['failed', 'failed'])
  expect(log[0]).toMatchObject({
    at: 3000,
    lastAt: 7000,
    times: 2,
    what: { sentBytes: 6, parts: null, delayMs: 4000 },
  })
  expect(log[1]).toMatchObject({ at: 11_000, times: 1, what: { error: { code: 'server-busy' }, delayMs: 30_000 } })
})

test('a part that fails says where it goes on', () => {
  const inParts: TransferEvent = { kind: 'declaring', plan: { kind: 'parts', parts: 3, partBytes: 4 } }
  const { log } = play(
    10,
    inParts,
    declared,
    began(1),
    { kind: 'part-sent', part: 1 },
    { kind: 'part-sent', part: 2 },
    failed('server-unreachable'),
  )
  expect(log[0]?.what).toMatchObject({ kind: 'failed', parts: { sent: 2, all: 3 }, sentBytes: 10 })
})

test('what the server had already is told from what it confirms', () => {
  const closed: TransferEvent = { kind: 'interrupted', whole: true, stop: { why: 'closed', error: null } }
  const { state, log } = play(
    10,
    ...toSending,
    closed,
    { kind: 'restarted', stop: { why: 'killed', error: null } },
    seen(remote('pending')),
    seen(remote('completed', MD5)),
    { kind: 'hashed', digests: { md5: MD5, sha256: null }, at: 9500 },
  )
  expect(state.step.kind).toBe('done')
  expect(log.map(({ what }) => what)).toEqual([
    { kind: 'stopped', why: 'closed', error: null, sentBytes: 6 },
    { kind: 'found', sent: true },
  ])
  expect(fullLog(state, log).at(-1)?.what).toMatchObject({ kind: 'verified', tookMs: null })
})

test('a pause is kept once it is over, with when it began', () => {
  const paused = play(10, ...toSending, { kind: 'pause', at: 3000, whole: false })
  expect(paused.log).toEqual([])
  expect(fullLog(paused.state, paused.log).at(-1)).toMatchObject({ at: 3000, what: { kind: 'paused', until: null } })
  const resumed = play(10, ...toSending, { kind: 'pause', at: 3000, whole: false }, { kind: 'resume' })
  expect(resumed.log).toEqual([{ at: 3000, lastAt: 4000, times: 1, what: { kind: 'paused', until: 4000 } }])
})

test('a file that arrives changed, twice, and then stops, says all of it', () => {
  const other = seen(remote('completed', 'e'.repeat(32)))
  const { log } = play(
    10,
    ...toSending,
    sent,
    other,
    { kind: 'removed' },
    ...toSending,
    sent,
    other,
    { kind: 'removed' },
    { kind: 'retry' },
    { kind: 'cancel' },
  )
  expect(kinds(log)).toEqual(['differed', 'went-on', 'blocked', 'retried', 'cancelled'])
})

test('a log does not grow for ever: the oldest become one entry that counts them', () => {
  const what = (bytes: number): Happening => ({ kind: 'read-again', bytes })
  const entries: LogEntry[] = Array.from({ length: 100 }, (_, at) => ({ at, lastAt: at, times: 1, what: what(at) }))
  const log = entries.reduce<Log>(addToLog, [])
  expect(log).toHaveLength(MOST_ENTRIES)
  expect(log[0]).toEqual({ at: 0, lastAt: 60, times: 61, what: { kind: 'dropped' } })
  expect(log.slice(1)).toEqual(entries.slice(61))
})
