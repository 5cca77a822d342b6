import type { Happening, LogEntry } from '../../contract/desk/transfer.ts'
import { sentBytesOf, type Progress } from './derive.ts'
import type { TransferEvent, TransferState } from './machine.ts'
import { countParts } from './parts.ts'

/*
 * What happened to a file, as codes, for the person who asks why it took so long. Only what is remarkable is kept: a file
 * that simply goes through leaves nothing here, and its times are told from its ledger. So ten thousand of them cost nothing.
 */

/** Oldest first. */
export type Log = readonly LogEntry[]

/** A file that fails for weeks keeps the last of it. */
export const MOST_ENTRIES = 40

/** What is to be kept of a change of state; null where it is nothing but the usual way. */
export function entryOf(
  before: TransferState,
  event: TransferEvent,
  after: TransferState,
  progress: Progress,
  at: number,
): LogEntry | null {
  const what = happeningOf(before, event, after, progress, at)
  if (what === null) return null
  const from = what.kind === 'paused' && before.step.kind === 'paused' ? before.step.pausedAt : at
  return { at: from, lastAt: at, times: 1, what }
}

function happeningOf(
  before: TransferState,
  event: TransferEvent,
  after: TransferState,
  progress: Progress,
  at: number,
): Happening | null {
  const { step, ledger } = before
  switch (event.kind) {
    case 'began':
      return ledger.startedAt === null ? null : { kind: 'went-on', parts: partsOf(after) }
    case 'failed': {
      const sentBytes = step.kind === 'sending' ? sentBytesOf(before, progress) : null
      return { kind: 'failed', error: event.error, sentBytes, parts: partsOf(after), delayMs: event.delayMs }
    }
    case 'interrupted':
    case 'restarted': {
      if (event.stop === undefined || step.kind !== 'sending') return null
      const sentBytes = event.kind === 'interrupted' ? sentBytesOf(before, progress) : null
      return { kind: 'stopped', ...event.stop, sentBytes }
    }
    case 'seen':
    case 'hashed':
      if (after.step.kind === 'done') return wasInDoubt(before) ? found(before) : null
      if (after.ledger.resent && !ledger.resent) return { kind: 'differed' }
      return blockedBy(after)
    case 'refused':
    case 'removed':
      return blockedBy(after)
    case 'resume':
      return step.kind === 'paused' && isTouched(before) ? { kind: 'paused', until: at } : null
    case 'retry':
      return { kind: 'retried' }
    case 'read-again':
      return { kind: 'read-again', bytes: event.bytes }
    case 'cancel':
      return isTouched(before) ? { kind: 'cancelled' } : null
    case 'leave-out':
      return isTouched(before) ? { kind: 'left-out' } : null
    case 'rerouted':
      return step.kind === 'sending' ? { kind: 'rerouted' } : null
    case 'measured':
    case 'unmeasured':
    case 'declaring':
    case 'declared':
    case 'undeclared':
    case 'part-sent':
    case 'sent':
    case 'nothing-there':
    case 'timer':
    case 'pause':
      return null
  }
}

/** Of ten thousand files that only stand in line, a pause or a cancel is told by their state alone. */
function isTouched({ step, ledger }: TransferState): boolean {
  return ledger.startedAt !== null || step.kind === 'blocked' || step.kind === 'waiting'
}

function partsOf({ ledger: { plan, parts } }: TransferState): { sent: number; all: number } | null {
  return plan.kind === 'parts' && parts.length > 0 ? { sent: countParts(parts), all: plan.parts } : null
}

/** The server had the file before anybody here knew, and not as the answer to a commit that was expected to succeed. */
function wasInDoubt({ step }: TransferState): boolean {
  return step.kind !== 'verifying' && (step.kind !== 'committing' || step.inDoubt)
}

function found({ ledger }: TransferState): Happening {
  return { kind: 'found', sent: ledger.startedAt !== null }
}

function blockedBy({ step }: TransferState): Happening | null {
  return step.kind === 'blocked' ? { kind: 'blocked', error: step.error } : null
}

/** The same failure again and again is one entry; the oldest make room for new ones. */
export function addToLog(log: Log, entry: LogEntry): Log {
  const last = log.at(-1)
  // The failure has said already that it was tried again.
  if (entry.what.kind === 'went-on' && last?.what.kind === 'failed') return log
  if (last !== undefined && isSameFailure(last.what, entry.what)) {
    const { lastAt, what } = entry
    return [...log.slice(0, -1), { at: last.at, lastAt, times: last.times + 1, what }]
  }
  const [first, second, ...rest] = log
  if (log.length < MOST_ENTRIES || first === undefined || second === undefined) return [...log, entry]
  const times = (first.what.kind === 'dropped' ? first.times : 1) + 1
  return [{ at: first.at, lastAt: second.lastAt, times, what: { kind: 'dropped' } }, ...rest, entry]
}

function isSameFailure(a: Happening, b: Happening): boolean {
  if (a.kind !== 'failed' || b.kind !== 'failed') return false
  return a.error.code === b.error.code && (a.sentBytes === null) === (b.sentBytes === null)
}

/** The log with what the ledger alone tells. */
export function fullLog({ step, ledger }: TransferState, log: Log): LogEntry[] {
  const once = (at: number, what: Happening): LogEntry[] => [{ at, lastAt: at, times: 1, what }]
  const { startedAt, bytes, digests } = ledger
  const md5 = digests?.md5 ?? ''
  const tookMs = (at: number) => (startedAt === null || log.length > 0 ? null : Math.max(0, at - startedAt))
  // A file that was read again began after what is known of it.
  const before = startedAt === null ? log : log.filter(({ at }) => at < startedAt)
  return [
    ...before,
    ...(startedAt === null ? [] : once(startedAt, { kind: 'began' })),
    ...log.slice(before.length),
    ...(step.kind === 'paused' ? once(step.pausedAt, { kind: 'paused', until: null }) : []),
    ...(step.kind === 'done'
      ? once(step.verifiedAt, { kind: 'verified', bytes, tookMs: tookMs(step.verifiedAt), md5 })
      : []),
  ]
}
