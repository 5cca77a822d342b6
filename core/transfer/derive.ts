import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileState } from '../../contract/desk/transfer.ts'
import type { AppError } from '../../contract/errors.ts'
import { bytesOfParts, countParts } from './parts.ts'
import { isSettled, type TransferState } from './machine.ts'

/** What moves while a step is under way; kept in memory only. */
export type Progress = {
  /** Bytes of the current request, or of all parts that are under way. */
  readonly sentBytes: number
  readonly readBytes: number
}

export const NO_PROGRESS: Progress = { sentBytes: 0, readBytes: 0 }

/** The state of a file as a person sees it. `names` fills in what errors speak of. */
export function fileStateOf(
  { step, ledger }: TransferState,
  progress: Progress,
  names: { readonly key: string; readonly server: string },
): FileState {
  switch (step.kind) {
    case 'measuring':
      return { kind: 'packing', readBytes: progress.readBytes }
    case 'planned':
    case 'declaring':
    case 'declared':
      return { kind: 'queued' }
    case 'checking':
      return { kind: 'checking', readBytes: 0 }
    case 'hashing':
      return { kind: 'checking', readBytes: progress.readBytes }
    case 'sending': {
      const { plan } = ledger
      const parts = plan.kind === 'parts' ? { sent: countParts(ledger.parts), all: plan.parts } : null
      return { kind: 'sending', sentBytes: Math.min(ledger.bytes, partsBytes(ledger) + progress.sentBytes), parts }
    }
    case 'committing':
    case 'verifying':
      return { kind: 'verifying' }
    case 'done':
      return { kind: 'verified', md5: ledger.digests?.md5 ?? '', verifiedAt: step.verifiedAt }
    case 'cancelled':
    case 'left-out':
      return { kind: step.kind }
    case 'removing':
      if (step.removal.kind === 'send-again') return { kind: 'queued' }
      return afterwards(step.removal, names)
    case 'paused':
      return { kind: 'paused', pausedAt: step.pausedAt }
    case 'waiting':
      if (step.removal !== null && step.removal.kind !== 'send-again') return afterwards(step.removal, names)
      return { kind: 'waiting', until: step.until, attempt: ledger.attempt, error: named(step.error, names) }
    case 'blocked':
      return { kind: 'blocked', error: named(step.error, names) }
  }
}

/** For the person, what was cancelled is so at once, though the server is still to be told. */
function afterwards(
  removal: { kind: 'cancelled' } | { kind: 'left-out' } | { kind: 'blocked'; error: AppError },
  names: { readonly key: string; readonly server: string },
): FileState {
  return removal.kind === 'blocked' ? { kind: 'blocked', error: named(removal.error, names) } : { kind: removal.kind }
}

function named(error: AppError, { key, server }: { readonly key: string; readonly server: string }): AppError {
  return { code: error.code, params: { name: key, server, ...error.params } }
}

function partsBytes({ plan, parts, bytes }: TransferState['ledger']): number {
  return bytesOfParts(parts, plan, bytes)
}

/** Bytes that need not be sent any more, as things stand. */
export function sentBytesOf({ step, ledger }: TransferState, progress: Progress): number {
  switch (step.kind) {
    case 'committing':
    case 'verifying':
    case 'done':
    case 'hashing':
      return ledger.bytes
    case 'sending':
      return Math.min(ledger.bytes, partsBytes(ledger) + progress.sentBytes)
    case 'cancelled':
    case 'left-out':
      return 0
    case 'measuring':
    case 'planned':
    case 'declaring':
    case 'declared':
    case 'checking':
    case 'removing':
    case 'paused':
    case 'waiting':
    case 'blocked':
      return partsBytes(ledger)
  }
}

/** Files of a deposit, counted by state. Kept up to date file by file, since a deposit may have 10,000. */
export type Tally = {
  readonly states: Readonly<Record<FileState['kind'], number>>
  /** Of all but the files that are left out. */
  readonly bytes: number
  readonly sentBytes: number
  /** Of what is neither verified nor paused, blocked or cancelled: what the time left is about. */
  readonly openBytes: number
  /** Files that are cancelled or left out, of which the server still has something. */
  readonly clearing: number
}

export const NOTHING_COUNTED: Tally = {
  states: {
    packing: 0,
    queued: 0,
    checking: 0,
    sending: 0,
    verifying: 0,
    verified: 0,
    paused: 0,
    waiting: 0,
    blocked: 0,
    cancelled: 0,
    'left-out': 0,
  },
  bytes: 0,
  sentBytes: 0,
  openBytes: 0,
  clearing: 0,
}

export type Counted = {
  readonly kind: FileState['kind']
  readonly bytes: number
  readonly sentBytes: number
  readonly clearing: boolean
}

/** What a file counts as; `kind` is that of its state for the person. */
export function countedAs(state: TransferState, progress: Progress, kind: FileState['kind']): Counted {
  const clearing = (kind === 'cancelled' || kind === 'left-out') && !isSettled(state.step)
  return { kind, bytes: state.ledger.bytes, sentBytes: sentBytesOf(state, progress), clearing }
}

/** The tally with a file counted in (`sign` 1) or out (-1). */
export function count(tally: Tally, file: Counted, sign: 1 | -1): Tally {
  const states = { ...tally.states, [file.kind]: tally.states[file.kind] + sign }
  const clearing = tally.clearing + (file.clearing ? sign : 0)
  if (file.kind === 'left-out') return { ...tally, states, clearing }
  const open = isOpen(file.kind) ? file.bytes - file.sentBytes : 0
  return {
    states,
    clearing,
    bytes: tally.bytes + sign * file.bytes,
    sentBytes: tally.sentBytes + sign * file.sentBytes,
    openBytes: tally.openBytes + sign * open,
  }
}

function isOpen(kind: FileState['kind']): boolean {
  return kind === 'packing' || kind === 'queued' || kind === 'checking' || kind === 'sending' || kind === 'waiting'
}

/**
 * What holds a whole deposit back: its own error, or that of its account, its server or the computer. `until`: when it goes
 * on by itself; `later` for at some time, null for not without the person.
 * `still`: meanwhile no byte moves.
 */
export type Hold = { readonly error: AppError; readonly until: number | 'later' | null; readonly still?: boolean }

/** The state of a deposit. `first` finds one file in a state, to say why it waits. */
export function depositTransferOf(
  depositId: string,
  tally: Tally,
  hold: Hold | null,
  first: (kind: 'paused' | 'waiting' | 'blocked') => FileState | null,
  rate: { readonly bytesPerSecond: number | null; readonly leftMs: number | null },
): DepositTransfer {
  const { states } = tally
  const leftOut = states['left-out']
  const total = Object.values(states).reduce((sum, n) => sum + n, 0)
  const common = {
    depositId,
    files: total - leftOut,
    verifiedFiles: states.verified,
    bytes: tally.bytes,
    sentBytes: tally.sentBytes,
    bytesPerSecond: null,
    leftMs: null,
    blockedFiles: states.blocked,
  }
  const unfinished =
    states.packing + states.queued + states.checking + states.sending + states.verifying + states.waiting
  if (total === 0) return { ...common, state: 'none', at: null, error: null }
  if (hold !== null && unfinished > 0) {
    const state = hold.until === null ? 'needs-you' : states.sending > 0 && !hold.still ? 'sending' : 'waiting'
    const at = hold.until === 'later' ? null : hold.until
    return { ...common, state, at, error: hold.error, ...(state === 'sending' ? rate : {}) }
  }
  if (states.sending > 0) return { ...common, state: 'sending', at: null, error: null, ...rate }
  if (states.verifying + states.checking > 0) return { ...common, state: 'verifying', at: null, error: null }
  if (states.packing > 0) return { ...common, state: 'packing', at: null, error: null }
  if (states.queued > 0) return { ...common, state: 'queued', at: null, error: null, ...rate }
  const waiting = states.waiting > 0 ? first('waiting') : null
  if (waiting?.kind === 'waiting') return { ...common, state: 'waiting', at: waiting.until, error: waiting.error }
  const blocked = states.blocked > 0 ? first('blocked') : null
  if (blocked?.kind === 'blocked') return { ...common, state: 'needs-you', at: null, error: blocked.error }
  const paused = states.paused > 0 ? first('paused') : null
  if (paused?.kind === 'paused') return { ...common, state: 'paused', at: paused.pausedAt, error: null }
  if (states.cancelled > 0 || states.verified === 0) return { ...common, state: 'cancelled', at: null, error: null }
  // Publishing has to wait for it: an entry that is left over would be refused, or published.
  return { ...common, state: tally.clearing > 0 ? 'verifying' : 'verified', at: null, error: null }
}
