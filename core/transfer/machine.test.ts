import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppError } from '../../contract/errors.ts'
import {
  isActive,
  isSettled,
  planFile,
  recallFile,
  reduce,
  type Effect,
  type Outcome,
  type RemoteFile,
  type TransferEvent,
  type TransferState,
} from './machine.ts'
import { countParts, hasPart, holdsAll, readPartSet, writePartSet } from './parts.ts'

const MD5 = 'd'.repeat(32)
const OTHER = 'e'.repeat(32)
const trouble: AppError = { code: 'server-trouble', params: {} }
const digests = { md5: MD5, sha256: null }

function remote(status: RemoteFile['status'], md5: string | null = null, bytes = 10, multipart = false): RemoteFile {
  return { status, bytes, checksum: md5 === null ? null : `md5:${md5}`, multipart }
}

/** Feeds events one after the other; gives the last state and the last effects. */
function play(start: TransferState, ...events: TransferEvent[]) {
  let state = start
  let effects: readonly Effect[] = []
  for (const event of events) ({ state, effects } = reduce(state, event))
  return { state, step: state.step, effects: effects.map(({ kind }) => kind) }
}

const declaring: TransferEvent = { kind: 'declaring', plan: { kind: 'whole' } }
const inParts: TransferEvent = { kind: 'declaring', plan: { kind: 'parts', parts: 3, partBytes: 4 } }
const declared: TransferEvent = { kind: 'declared' }
const began: TransferEvent = { kind: 'began', at: 5 }
const sent: TransferEvent = { kind: 'sent', digests }
const seen = (what: RemoteFile | null): TransferEvent => ({ kind: 'seen', remote: what, at: 9 })
const failed = (whole: boolean): TransferEvent => ({
  kind: 'failed',
  error: trouble,
  whole,
  moved: false,
  at: 1,
  delayMs: 1000,
})
const sending = () => play(planFile(10), declaring, declared, began).state

test('a file that is sent and agrees is done', () => {
  const { step, state } = play(planFile(10), declaring, declared, began, sent, seen(remote('completed', MD5)))
  expect(step).toEqual({ kind: 'done', verifiedAt: 9 })
  expect(state.ledger).toMatchObject({ remoteChecksum: `md5:${MD5}`, startedAt: 5 })
})

test('a checksum that is not computed yet is looked for again, less and less often', () => {
  const first = reduce(play(sending(), sent).state, seen(remote('completed', null)))
  expect(first.effects).toEqual([{ kind: 'look', afterMs: 250 }])
  const second = reduce(first.state, seen({ ...remote('completed'), checksum: 'multipart:abc-3-4' }))
  expect(second.effects).toEqual([{ kind: 'look', afterMs: 500 }])
  expect(play(second.state, seen(remote('completed', MD5))).step.kind).toBe('done')
})

test('a file that arrived changed is removed and sent once more, then blocked with both sums', () => {
  const once = play(sending(), sent, seen(remote('completed', OTHER)))
  expect(once.step).toEqual({ kind: 'removing', removal: { kind: 'send-again' } })
  const twice = play(
    once.state,
    { kind: 'removed' },
    declaring,
    declared,
    began,
    sent,
    seen(remote('completed', OTHER)),
  )
  expect(twice.step.kind).toBe('removing')
  // Asked for again before it is gone, it is sent again once it is.
  const again = play(twice.state, { kind: 'retry' })
  expect(again.effects).toEqual(['remove'])
  expect(play(again.state, { kind: 'removed' }).step).toEqual({ kind: 'planned' })
  expect(play(twice.state, { kind: 'removed' }).step).toMatchObject({
    kind: 'blocked',
    error: { code: 'checksum-differs', params: { local: MD5, remote: OTHER } },
  })
})

test('a size that differs counts like a checksum that differs', () => {
  expect(play(sending(), sent, seen(remote('completed', MD5, 9))).step.kind).toBe('removing')
})

test('content whose answer was lost is committed, not sent again', () => {
  const doubt = play(sending(), failed(true), { kind: 'timer' }, seen(remote('pending')))
  expect(doubt.step).toEqual({ kind: 'committing', inDoubt: true })
  const arrived = play(doubt.state, seen(remote('completed', MD5)))
  expect(arrived).toMatchObject({ step: { kind: 'hashing' }, effects: ['hash'] })
  expect(play(arrived.state, { kind: 'hashed', digests, at: 7 }).step).toEqual({ kind: 'done', verifiedAt: 7 })
  expect(play(doubt.state, { kind: 'nothing-there' }).effects).toEqual(['remove'])
})

test('content that surely broke off is sent again to the same entry', () => {
  const again = play(sending(), failed(false), { kind: 'timer' })
  expect(again.effects).toEqual(['look'])
  expect(play(again.state, seen(remote('pending'))).effects).toEqual(['queue'])
  expect(play(again.state, seen(null)).effects).toEqual(['declare'])
})

const part = (number: number): TransferEvent => ({ kind: 'part-sent', part: number })

test('a file in parts is committed when every part was acknowledged, in whatever order, and not before', () => {
  const started = play(planFile(10), inParts, declared, began)
  const two = play(started.state, part(3), part(1), part(3), part(4), part(0))
  expect(two.state.ledger.parts).toEqual([
    { from: 1, to: 1 },
    { from: 3, to: 3 },
  ])
  // The sender says that all is sent, and the ledger knows better (live findings D23).
  expect(play(two.state, sent).effects).toEqual(['look'])
  expect(play(two.state, part(2), sent)).toMatchObject({ step: { kind: 'committing', inDoubt: false } })
})

test('a file that is too large for one request goes to the bucket, and is looked at, never committed', () => {
  const rerouted = play(sending(), { kind: 'rerouted', bucketId: 'b' })
  expect(rerouted).toMatchObject({ step: { kind: 'declared' }, effects: ['queue'] })
  expect(rerouted.state.ledger.plan).toEqual({ kind: 'bucket', bucketId: 'b' })
  const there = play(rerouted.state, began, sent)
  expect(there).toMatchObject({ step: { kind: 'verifying' }, effects: ['look'] })
  expect(play(there.state, seen(remote('completed', MD5))).step.kind).toBe('done')
  // What breaks off leaves nothing there: the old entry, or none.
  const cut = play(rerouted.state, began, { kind: 'restarted' })
  expect(play(cut.state, seen(remote('pending'))).effects).toEqual(['queue'])
  expect(play(cut.state, seen(null)).effects).toEqual(['declare'])
  expect(play(cut.state, seen(remote('completed', MD5))).effects).toEqual(['hash'])
  // It was taken, the server said, and is not there: once more, and then no more.
  const lost = play(there.state, seen(remote('pending')), seen(remote('pending')))
  expect(lost.step).toEqual({ kind: 'removing', removal: { kind: 'send-again' } })
})

test('a multipart file goes on after the parts that were acknowledged', () => {
  const cut = play(planFile(10), inParts, declared, began, { kind: 'part-sent', part: 1 }, { kind: 'restarted' })
  const on = play(cut.state, seen(remote('pending', null, 10, true)), began)
  expect(on.effects).toEqual(['send'])
  expect(on.state.ledger.parts).toEqual([{ from: 1, to: 1 }])
  expect(play(cut.state, seen(null)).state.ledger.parts).toEqual([])
})

test.each<[string, TransferEvent[]]>([
  ['between start and content', [declaring, declared]],
  ['mid-content', [declaring, declared, began]],
  ['after content, before commit', [declaring, declared, began, sent]],
])('after a kill %s, a file that the server has is done without a byte', (_, events) => {
  const { step, state } = play(planFile(10), ...events, { kind: 'restarted' }, seen(remote('completed', MD5)))
  const end = step.kind === 'hashing' ? play(state, { kind: 'hashed', digests, at: 9 }).step : step
  expect(end.kind).toBe('done')
})

test('an entry of somebody else is not overwritten, unless the person says so', () => {
  const found = play(planFile(10), seen(remote('completed', OTHER)))
  const foreign = play(found.state, { kind: 'hashed', digests, at: 1 })
  expect(foreign.step).toMatchObject({ kind: 'blocked', error: { code: 'file-refused' } })
  expect(play(foreign.state, { kind: 'leave-out' }).effects).not.toContain('remove')
  const ours = play(foreign.state, { kind: 'retry' }, seen(remote('completed', OTHER)))
  expect(ours.effects).toEqual(['remove'])
})

test('a declaration that lands late, after its process was killed and its name was looked for, is ours', () => {
  const again = play(planFile(10), declaring, { kind: 'restarted' }, seen(null), declaring, { kind: 'undeclared' })
  expect(play(again.state, seen(remote('pending'))).effects).toEqual(['queue'])
  expect(play(again.state, { kind: 'cancel' }).effects).toEqual(['abort', 'remove'])
})

test('after the journal was lost, what the server has is compared, and the rest replaced', () => {
  expect(play(recallFile(10), seen(remote('completed', MD5))).effects).toEqual(['hash'])
  expect(play(recallFile(10), seen(remote('pending'))).step).toEqual({ kind: 'committing', inDoubt: true })
  expect(play(recallFile(10), seen(null)).effects).toEqual(['declare'])
})

test('cancelling removes what was declared, and only that', () => {
  expect(play(planFile(10), { kind: 'cancel' })).toMatchObject({ step: { kind: 'cancelled' }, effects: ['abort'] })
  const removing = play(sending(), { kind: 'cancel' })
  expect(removing.effects).toEqual(['abort', 'remove'])
  expect(play(removing.state, failed(true), { kind: 'timer' }).effects).toEqual(['remove'])
  expect(play(removing.state, { kind: 'pause', at: 1, whole: true }).step.kind).toBe('removing')
  expect(play(removing.state, { kind: 'removed' }).step.kind).toBe('cancelled')
})

test('a cancelled file whose declaration lands late is removed when it is left out', () => {
  const cancelled = play(planFile(10), declaring, { kind: 'cancel' }, { kind: 'restarted' }, seen(null))
  expect(cancelled.step.kind).toBe('cancelled')
  const leftOut = play(cancelled.state, { kind: 'leave-out' })
  expect(leftOut.effects).toContain('remove')
  expect(play(leftOut.state, { kind: 'removed' }).step.kind).toBe('left-out')
  const never = play(planFile(10), { kind: 'cancel' }, { kind: 'leave-out' })
  expect(never).toMatchObject({ step: { kind: 'left-out' } })
  expect(never.effects).not.toContain('remove')
})

test('a file that is done can still be left out', () => {
  const done = play(sending(), sent, seen(remote('completed', MD5)))
  expect(play(done.state, { kind: 'cancel' }).step.kind).toBe('done')
  expect(play(done.state, { kind: 'leave-out' }, { kind: 'removed' }).step.kind).toBe('left-out')
})

test('reading again starts afresh with the new size', () => {
  const changed: AppError = { code: 'file-changed', params: {} }
  const blocked = play(sending(), { kind: 'refused', error: changed, whole: false })
  const again = play(blocked.state, { kind: 'read-again', bytes: 11 })
  expect(again.effects).toEqual(['remove'])
  expect(play(again.state, { kind: 'removed' }).state.ledger).toMatchObject({ bytes: 11, digests: null })
})

const anyRemote = fc.option(
  fc.record({
    status: fc.constantFrom('pending' as const, 'completed' as const, 'failed' as const),
    bytes: fc.constantFrom(10, 11, null),
    checksum: fc.constantFrom(`md5:${MD5}`, `md5:${OTHER}`, 'multipart:x', null),
    multipart: fc.boolean(),
  }),
)
const anyEvent: fc.Arbitrary<TransferEvent> = fc.oneof(
  fc.constantFrom<TransferEvent>(
    { kind: 'measured', bytes: 10 },
    { kind: 'unmeasured', whole: false },
    declaring,
    inParts,
    declared,
    began,
    { kind: 'rerouted', bucketId: 'b' },
    sent,
    { kind: 'sent', digests: { md5: OTHER, sha256: null } },
    { kind: 'hashed', digests, at: 3 },
    { kind: 'nothing-there' },
    { kind: 'removed' },
    failed(true),
    failed(false),
    { kind: 'refused', error: trouble, whole: true },
    { kind: 'interrupted', whole: false },
    { kind: 'interrupted', whole: true },
    { kind: 'timer' },
    { kind: 'restarted' },
    { kind: 'pause', at: 1, whole: true },
    { kind: 'pause', at: 1, whole: false },
    { kind: 'resume' },
    { kind: 'retry' },
    { kind: 'cancel' },
    { kind: 'leave-out' },
    { kind: 'read-again', bytes: 11 },
  ),
  fc.integer({ min: 1, max: 3 }).map((part): TransferEvent => ({ kind: 'part-sent', part })),
  anyRemote.map((what): TransferEvent => ({ kind: 'seen', remote: what, at: 2 })),
)

/** Of three: 3, then 1, then 2. */
function missingPart({ parts }: TransferState['ledger']): number {
  return [3, 1, 2].find((number) => !hasPart(parts, number)) ?? 1
}

/** Events that a step waits for, so that random runs get further than the first steps. */
function fitting({ step, ledger }: TransferState): TransferEvent[] {
  switch (step.kind) {
    case 'measuring':
      return [{ kind: 'measured', bytes: 10 }]
    case 'planned':
      return [declaring, inParts]
    case 'declaring':
      return [declared, { kind: 'undeclared' }]
    case 'declared':
      return [began]
    case 'sending':
      return [
        sent,
        { kind: 'rerouted', bucketId: 'b' },
        { kind: 'part-sent', part: missingPart(ledger) },
        failed(true),
        failed(false),
      ]
    case 'hashing':
      return [{ kind: 'hashed', digests, at: 3 }]
    case 'removing':
      return [{ kind: 'removed' }]
    case 'committing':
      return [seen(remote('completed', MD5)), seen(remote('completed', OTHER)), { kind: 'nothing-there' }]
    case 'verifying':
      return [seen(remote('completed')), seen(remote('completed', MD5)), failed(true)]
    case 'checking':
      return [
        seen(null),
        seen(remote('pending')),
        seen(remote('pending', null, 10, true)),
        seen(remote('completed', MD5)),
      ]
    case 'paused':
    case 'waiting':
    case 'blocked':
      return [{ kind: 'resume' }, { kind: 'timer' }, { kind: 'retry' }, { kind: 'read-again', bytes: 11 }]
    case 'done':
    case 'cancelled':
    case 'left-out':
      return []
  }
}

test('a zip whose size is not known is measured before all else, and again when it comes out otherwise', () => {
  const start = play(planFile(100, false), { kind: 'restarted' })
  expect(start).toMatchObject({ step: { kind: 'measuring' }, effects: ['measure'] })
  const measured: TransferEvent = { kind: 'measured', bytes: 40 }
  const known = play(start.state, measured)
  expect(known).toMatchObject({ step: { kind: 'planned' }, state: { ledger: { bytes: 40 } }, effects: ['declare'] })
  const other = play(known.state, declaring, declared, began, { kind: 'unmeasured', whole: false })
  expect(other).toMatchObject({ step: { kind: 'removing' }, effects: ['remove'] })
  expect(play(other.state, { kind: 'removed' })).toMatchObject({ step: { kind: 'measuring' }, effects: ['measure'] })
  const paused = play(start.state, { kind: 'pause', at: 1, whole: false })
  expect(play(paused.state, { kind: 'resume' }).effects).toEqual(['measure'])
})

test('of a zip that the journal forgot, what the server has is compared once its size is known', () => {
  const recalled = play(recallFile(100, false), { kind: 'measured', bytes: 10 })
  expect(recalled).toMatchObject({ step: { kind: 'checking' }, effects: ['look'] })
  const hashing = play(recalled.state, seen(remote('completed', MD5)))
  expect(hashing.effects).toEqual(['hash'])
  expect(play(hashing.state, { kind: 'unmeasured', whole: true }).effects).toEqual(['measure'])
  expect(play(hashing.state, { kind: 'hashed', digests, at: 3 }).step.kind).toBe('done')
})

test('no order of events breaks what the transfer promises', () => {
  const reached = new Set<string>()
  const choice = fc.oneof({ weight: 3, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: anyEvent })
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 60, size: 'max' }), fc.nat(3), (choices, start) => {
      const [recalled, measured] = [start > 1, start % 2 === 0]
      let state = recalled ? recallFile(10, measured) : planFile(10, measured)
      /** What the events, not the reducer, say about the entry on the server. */
      let onServer: 'nothing' | 'pending' | 'completed' | 'unknown' = recalled ? 'unknown' : 'nothing'
      /** Parts that the server took for this entry. */
      const acknowledged = new Set<number>()
      for (const chosen of choices) {
        const options = fitting(state)
        const event = typeof chosen === 'number' ? options[chosen % Math.max(1, options.length)] : chosen
        // Looks are answered only to those who look.
        if (
          event === undefined ||
          (event.kind === 'seen' && ['paused', 'waiting', 'blocked'].includes(state.step.kind))
        )
          continue
        const before = state
        const outcome = reduce(state, event)
        state = outcome.state
        reached.add(state.step.kind)
        if (event.kind === 'declared' && before.ledger.footing === 'asked') onServer = 'pending'
        if (event.kind === 'removed' && before.step.kind === 'removing') onServer = 'nothing'
        // A new entry has no part of the one before.
        if (event.kind === 'declared' && before.ledger.footing === 'asked') acknowledged.clear()
        if (event.kind === 'part-sent' && before.step.kind === 'sending') acknowledged.add(event.part)
        if (event.kind === 'seen') onServer = event.remote === null ? 'nothing' : statusOf(event.remote)
        expect(brokenPromises(before, event, outcome, onServer, acknowledged)).toEqual([])
      }
    }),
    { numRuns: 1500 },
  )
  expect(reached.size).toBe(16)
})

function statusOf({ status }: RemoteFile): 'pending' | 'completed' {
  return status === 'completed' ? 'completed' : 'pending'
}

function brokenPromises(
  before: TransferState,
  event: TransferEvent,
  { state, effects }: Outcome,
  onServer: 'nothing' | 'pending' | 'completed' | 'unknown',
  acknowledged: ReadonlySet<number>,
): string[] {
  const { step, ledger } = state
  const settledMoved = isSettled(before.step) && event.kind !== 'leave-out' && state !== before
  const fresh =
    ledger.footing === 'none' || ledger.footing === 'unseen' || event.kind === 'declared' || event.kind === 'read-again'
  const agrees = ledger.remoteChecksum === `md5:${String(ledger.digests?.md5)}`
  const idle = isActive(step) && step !== before.step && effects.length === 0 && step.kind !== 'declaring'
  return [
    // Without an entry it is lost; to a committed one it deletes what is there (live findings A4). A bucket makes its own.
    effects.some(({ kind }) => kind === 'send') && onServer !== 'pending' && ledger.plan.kind !== 'bucket'
      ? `sent while the server has ${onServer}`
      : '',
    !fresh && countParts(ledger.parts) < countParts(before.ledger.parts) ? 'forgot parts' : '',
    ...partsBroken(before, state, effects, acknowledged),
    effects.some(({ kind }) => kind === 'declare' || kind === 'send' || kind === 'hash') && !ledger.measured
      ? 'went on without its size'
      : '',
    step.kind === 'done' && !agrees ? 'done without agreement' : '',
    settledMoved ? 'a settled file moved' : '',
    idle ? 'work is due and nothing is under way' : '',
  ].filter((broken) => broken !== '')
}

function partsBroken(
  before: TransferState,
  { step, ledger }: TransferState,
  effects: readonly Effect[],
  acknowledged: ReadonlySet<number>,
): string[] {
  const { plan, parts } = ledger
  const commits = effects.some(({ kind }) => kind === 'commit')
  const claimed = [1, 2, 3].filter((number) => hasPart(parts, number) && !acknowledged.has(number))
  return [
    // The server would say completed, with zeros in the place of what is missing (live findings D23).
    commits && plan.kind === 'parts' && !holdsAll(parts, plan) ? 'committed with parts missing' : '',
    commits && plan.kind === 'parts' && step.kind === 'committing' && step.inDoubt ? 'asked for parts by a commit' : '',
    commits && plan.kind === 'bucket' ? 'committed what a bucket commits' : '',
    claimed.length > 0 ? `claims parts ${claimed.join()} that nobody took, after ${before.step.kind}` : '',
    readPartSet(writePartSet(parts)) === null ? 'a set of parts that is none' : '',
  ].filter((broken) => broken !== '')
}
