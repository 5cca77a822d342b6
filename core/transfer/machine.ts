import type { Happening } from '../../contract/desk/transfer.ts'
import type { AppError } from '../../contract/errors.ts'
import { hasPart, holdsAll, NO_PARTS, withPart, type PartSet, type TransferPlan } from './parts.ts'

/*
 * The life of one file, from plan to proof, as a pure reducer: (state, event) -> state and effects. The caller stores the
 * state before it runs the effects, so that a process which dies at any point finds in its journal what it had in mind.
 * An event that a state does not wait for changes nothing: answers may come after the person has changed their mind.
 */

export type Digests = {
  /** Lower-case hex. */
  readonly md5: string
  /** Null where the file was read before, and only its MD5 was kept. */
  readonly sha256: string | null
}

/**
 * What we may assume about the entry of this name in the draft, before the server is asked:
 *
 * - `none`: not of our making, if there is one;
 * - `unseen`: it was not there when we looked, but a call of ours may still land: a killed process leaves requests behind;
 * - `asked`: a call that declares it may have landed;
 * - `declared`: it is there, and no byte of it was sent;
 * - `begun`: bytes were sent, but surely not all of them;
 * - `whole`: all bytes may be there, it may even be committed. A pending entry does not tell (live findings D3).
 */
export type Footing = 'none' | 'unseen' | 'asked' | 'declared' | 'begun' | 'whole'

export type Ledger = {
  readonly bytes: number
  /** False while `bytes` is only the most that it can be: a zip that is compressed has to be packed once to know. */
  readonly measured: boolean
  readonly plan: TransferPlan
  readonly footing: Footing
  /** Parts that were acknowledged, and are remembered nowhere but here: the server does not tell (live findings D20). */
  readonly parts: PartSet
  /** Of the file as it was read here. */
  readonly digests: Digests | null
  /** As the server computed it, `md5:<hex>`. */
  readonly remoteChecksum: string | null
  /** It was sent a second time, since the first arrived changed. */
  readonly resent: boolean
  /** Failures in a row without progress. */
  readonly attempt: number
  readonly startedAt: number | null
}

/** Why an entry is removed from the server: what follows when it is gone. */
export type Removal =
  | { readonly kind: 'send-again' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'left-out' }
  | { readonly kind: 'blocked'; readonly error: AppError }

export type Step =
  /** It is packed without being sent, since its length has to be declared. */
  | { readonly kind: 'measuring' }
  | { readonly kind: 'planned' }
  /** `from`: the footing before, which counts again when the call is refused. */
  | { readonly kind: 'declaring'; readonly from: 'none' | 'unseen' }
  | { readonly kind: 'declared' }
  | { readonly kind: 'sending' }
  /** `inDoubt`: to find out whether the bytes are there; a refusal means that they are not. */
  | { readonly kind: 'committing'; readonly inDoubt: boolean }
  /** The server has it, and has not computed its MD5 yet (live findings D24: after the parts of a file). */
  | { readonly kind: 'verifying'; readonly looks: number }
  /** The server has a file, and the one here has to be read to compare. */
  | { readonly kind: 'hashing'; readonly remote: RemoteFile }
  /** The server has to be asked what it has. */
  | { readonly kind: 'checking' }
  | { readonly kind: 'removing'; readonly removal: Removal }
  | { readonly kind: 'done'; readonly verifiedAt: number }
  | { readonly kind: 'paused'; readonly pausedAt: number; readonly removal: Removal | null }
  | { readonly kind: 'waiting'; readonly until: number; readonly error: AppError; readonly removal: Removal | null }
  | { readonly kind: 'blocked'; readonly error: AppError; readonly removal: Removal | null }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'left-out' }

export type TransferState = { readonly step: Step; readonly ledger: Ledger }

/** An entry of the draft as the server shows it. */
export type RemoteFile = {
  readonly status: 'pending' | 'completed' | 'failed'
  /** Meaningless while pending: only what was declared (live findings D3). */
  readonly bytes: number | null
  readonly checksum: string | null
  readonly multipart: boolean
}

/** Why something stops for a reason that is not its own; for the log of the file alone. */
export type Stop = Pick<Happening & { kind: 'stopped' }, 'why' | 'error'>

export type TransferEvent =
  | { readonly kind: 'measured'; readonly bytes: number }
  /** It came out otherwise than it was measured. */
  | { readonly kind: 'unmeasured'; readonly whole: boolean }
  /** The call that declares it, for this kind of transfer, is about to be sent. */
  | { readonly kind: 'declaring'; readonly plan: TransferPlan }
  | { readonly kind: 'declared' }
  /** The call that declares it was refused as a whole: nothing was made (findings, Files: start). */
  | { readonly kind: 'undeclared' }
  /** Its turn has come; bytes are about to be sent. */
  | { readonly kind: 'began'; readonly at: number }
  | { readonly kind: 'part-sent'; readonly part: number }
  /** One request for all of it is too large for a proxy; it goes to the bucket of its draft. Nothing was taken of it. */
  | { readonly kind: 'rerouted'; readonly bucketId: string }
  | { readonly kind: 'sent'; readonly digests: Digests }
  | { readonly kind: 'hashed'; readonly digests: Digests; readonly at: number }
  /** What the server shows: the answer to a commit, a look or a list; null where it has no such entry. */
  | { readonly kind: 'seen'; readonly remote: RemoteFile | null; readonly at: number }
  /** A commit in doubt was refused: the bytes are not there. */
  | { readonly kind: 'nothing-there' }
  | { readonly kind: 'removed' }
  /**
   * It is tried again after `delayMs`. `whole`: the last byte had left before it failed, so that the server may have all.
   * `moved`: bytes went through before the connection failed, so that this counts as the first failure in a row.
   */
  | {
      readonly kind: 'failed'
      readonly error: AppError
      readonly whole: boolean
      readonly moved: boolean
      readonly at: number
      readonly delayMs: number
    }
  /** It can’t go on without a decision of the person. */
  | { readonly kind: 'refused'; readonly error: AppError; readonly whole: boolean }
  /** Stopped for a reason that is not its own: a token that died, the end of the process. */
  | { readonly kind: 'interrupted'; readonly whole: boolean; readonly stop?: Stop }
  /** The wait is over. */
  | { readonly kind: 'timer' }
  /** The process starts: nothing is under way, and nothing is assumed. */
  | { readonly kind: 'restarted'; readonly stop?: Stop }
  | { readonly kind: 'pause'; readonly at: number; readonly whole: boolean }
  | { readonly kind: 'resume' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'leave-out' }
  | { readonly kind: 'read-again'; readonly bytes: number; readonly measured?: boolean }

export type Effect =
  /** Find out how many bytes it has. */
  | { readonly kind: 'measure' }
  /** Take part in the next call that declares files of this draft. */
  | { readonly kind: 'declare' }
  /** Take a place among the files that are sent. */
  | { readonly kind: 'queue' }
  /** Send the bytes, or the parts that are missing. */
  | { readonly kind: 'send' }
  | { readonly kind: 'commit' }
  | { readonly kind: 'hash' }
  | { readonly kind: 'remove' }
  /** Ask the server for the entry. */
  | { readonly kind: 'look'; readonly afterMs: number }
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** Stop what is under way for this file, at once. */
  | { readonly kind: 'abort' }

/** With the same `step` as before, what that step asked for goes on; a new one comes with effects of its own. */
export type Outcome = { readonly state: TransferState; readonly effects: readonly Effect[] }

const SEND_AGAIN: Removal = { kind: 'send-again' }

/** A file that nothing has been done for. */
export function planFile(bytes: number, measured = true): TransferState {
  return {
    step: { kind: measured ? 'planned' : 'measuring' },
    ledger: {
      bytes,
      measured,
      plan: { kind: 'whole' },
      footing: 'none',
      parts: NO_PARTS,
      digests: null,
      remoteChecksum: null,
      resent: false,
      attempt: 0,
      startedAt: null,
    },
  }
}

/** A file whose past is not known, since the journal was lost: the server may have all of it. */
export function recallFile(bytes: number, measured = true): TransferState {
  const { ledger } = planFile(bytes, measured)
  return { step: { kind: measured ? 'checking' : 'measuring' }, ledger: { ...ledger, footing: 'whole' } }
}

/** Nothing more happens unless the person asks. */
export function isSettled(step: Step): boolean {
  return step.kind === 'done' || step.kind === 'cancelled' || step.kind === 'left-out'
}

/** Steps on which work is due or under way: not settled, and not waiting for anybody. */
export function isActive(step: Step): boolean {
  switch (step.kind) {
    case 'measuring':
    case 'planned':
    case 'declaring':
    case 'declared':
    case 'sending':
    case 'committing':
    case 'verifying':
    case 'hashing':
    case 'checking':
    case 'removing':
      return true
    case 'done':
    case 'paused':
    case 'waiting':
    case 'blocked':
    case 'cancelled':
    case 'left-out':
      return false
  }
}

export function reduce(state: TransferState, event: TransferEvent): Outcome {
  const { step, ledger } = state
  const same: Outcome = { state, effects: [] }
  switch (event.kind) {
    case 'measured':
      if (step.kind !== 'measuring') return same
      return goOn({ ...ledger, bytes: event.bytes, measured: true }, null)
    case 'unmeasured': {
      const fresh: Ledger = { ...stopped(state, event.whole), measured: false, digests: null }
      if (step.kind === 'hashing') return measure(fresh)
      // The entry was declared with another length.
      return step.kind === 'sending' ? remove(fresh, SEND_AGAIN) : same
    }
    case 'declaring':
      if (step.kind !== 'planned') return same
      return {
        state: {
          step: { kind: 'declaring', from: ledger.footing === 'none' ? 'none' : 'unseen' },
          ledger: { ...ledger, footing: 'asked', plan: event.plan },
        },
        effects: [],
      }
    case 'declared': {
      // The answer counts even when the person has paused meanwhile.
      if (ledger.footing !== 'asked' || isSettled(step)) return same
      const known: Ledger = { ...ledger, footing: 'declared', parts: NO_PARTS }
      return step.kind === 'declaring' ? queue(known) : { state: { step, ledger: known }, effects: [] }
    }
    case 'undeclared':
      if (ledger.footing !== 'asked' || isSettled(step)) return same
      if (step.kind === 'declaring') return plan({ ...ledger, footing: step.from })
      return { state: { step, ledger: { ...ledger, footing: 'unseen' } }, effects: [] }
    case 'began':
      if (step.kind !== 'declared') return same
      return {
        state: {
          step: { kind: 'sending' },
          ledger: {
            ...ledger,
            footing: 'whole',
            digests: ledger.plan.kind === 'bucket' ? null : ledger.digests,
            startedAt: ledger.startedAt ?? event.at,
          },
        },
        effects: [{ kind: 'send' }],
      }
    case 'part-sent':
      if (step.kind !== 'sending' || !isPartOf(ledger.plan, event.part) || hasPart(ledger.parts, event.part))
        return same
      return {
        state: { step, ledger: { ...ledger, parts: withPart(ledger.parts, event.part), attempt: 0 } },
        effects: [],
      }
    case 'rerouted':
      if ((step.kind !== 'sending' && step.kind !== 'declared') || ledger.plan.kind !== 'whole') return same
      return queue({ ...ledger, plan: { kind: 'bucket', bucketId: event.bucketId }, footing: 'declared' })
    case 'sent':
      // With a part missing, a commit would say completed all the same (live findings D23).
      if (step.kind !== 'sending') return same
      if (!holdsAll(ledger.parts, ledger.plan)) return check(ledger)
      if (ledger.plan.kind === 'bucket') return verify({ ...ledger, digests: event.digests }, 0, 0)
      return commit({ ...ledger, digests: event.digests }, false)
    case 'hashed':
      if (step.kind !== 'hashing') return same
      return compare({ ...ledger, digests: event.digests }, step.remote, event.at)
    case 'seen':
      return see(state, event.remote, event.at)
    case 'nothing-there':
      if (step.kind !== 'committing') return same
      return remove(ledger, SEND_AGAIN)
    case 'removed':
      return step.kind === 'removing' ? afterRemoval(ledger, step.removal) : same
    case 'failed':
      if (!isActive(step)) return same
      return {
        state: {
          step: { kind: 'waiting', until: event.at + event.delayMs, error: event.error, removal: removalOf(step) },
          ledger: { ...stopped(state, event.whole), attempt: event.moved ? 1 : ledger.attempt + 1 },
        },
        effects: [{ kind: 'wait', delayMs: event.delayMs }],
      }
    case 'refused':
      if (!isActive(step)) return same
      // A draft that is closed keeps what it has; for the person this file is cancelled all the same.
      if (step.kind === 'removing' && step.removal.kind === 'cancelled') return settle(ledger, { kind: 'cancelled' })
      return {
        state: {
          step: { kind: 'blocked', error: event.error, removal: removalOf(step) },
          ledger: stopped(state, event.whole),
        },
        effects: [],
      }
    case 'interrupted': {
      if (!isActive(step)) return same
      const next = goOn(stopped(state, event.whole), removalOf(step))
      return { state: next.state, effects: [{ kind: 'abort' }, ...next.effects] }
    }
    case 'timer':
      return step.kind === 'waiting' ? goOn(ledger, step.removal) : same
    case 'restarted': {
      if (!isActive(step) && step.kind !== 'waiting') return same
      // Differences found from here on may stem from before: a new process may send again once more.
      return goOn({ ...ledger, resent: false, attempt: 0 }, removalOf(step))
    }
    case 'pause': {
      const removal = removalOf(step)
      if (!isActive(step) && step.kind !== 'waiting') return same
      // What was cancelled or left out is cleared away in any case.
      if (removal !== null && removal.kind !== 'send-again') return same
      return {
        state: { step: { kind: 'paused', pausedAt: event.at, removal }, ledger: stopped(state, event.whole) },
        effects: [{ kind: 'abort' }],
      }
    }
    case 'resume':
      return step.kind === 'paused' ? goOn({ ...ledger, attempt: 0 }, step.removal) : same
    case 'retry': {
      // What was to be removed and then to wait for the person, who has now decided, is sent again once it is removed.
      const removal = removalOf(step)?.kind === 'blocked' ? SEND_AGAIN : removalOf(step)
      if (step.kind === 'waiting') return goOn({ ...ledger, attempt: 0 }, removal)
      if (step.kind === 'removing' && removal !== step.removal) return remove({ ...ledger, resent: false }, SEND_AGAIN)
      if (step.kind !== 'blocked') return same
      // Whatever has this name in the draft now, the person wants ours.
      return goOn({ ...ledger, footing: ledger.footing === 'none' ? 'asked' : ledger.footing, attempt: 0 }, removal)
    }
    case 'cancel':
      if (isSettled(step)) return same
      return giveUp(state, { kind: 'cancelled' })
    case 'leave-out':
      // Also of a cancelled file: the call that declared it may have landed after it was found to be gone.
      return giveUp(state, { kind: 'left-out' })
    case 'read-again': {
      if (step.kind !== 'blocked') return same
      const fresh: Ledger = { ...planFile(event.bytes, event.measured).ledger, footing: ledger.footing }
      return fresh.footing === 'none' || fresh.footing === 'unseen' ? plan(fresh) : remove(fresh, SEND_AGAIN)
    }
  }
}

/** What the server shows decides how to go on; used after a restart, after any doubt, and for the answer to a commit. */
function see(state: TransferState, remote: RemoteFile | null, at: number): Outcome {
  const { step, ledger } = state
  const same: Outcome = { state, effects: [] }
  switch (step.kind) {
    case 'planned':
      if (remote === null) return same
      if (ledger.footing !== 'none') return goOnFrom(state, remote, at)
      // Somebody else’s, unless it turns out to be the very same file.
      return remote.status === 'completed' ? compare(ledger, remote, at) : block(ledger, FOREIGN)
    case 'declared':
    case 'checking':
      return goOnFrom(state, remote, at)
    case 'committing':
    case 'verifying':
      if (remote === null) return plan(ledger)
      if (remote.status === 'completed')
        return compare(ledger, remote, at, step.kind === 'verifying' ? step.looks + 1 : 0)
      return check(ledger)
    case 'removing':
      return remote === null ? afterRemoval(ledger, step.removal) : same
    case 'measuring':
    case 'declaring':
    case 'sending':
    case 'hashing':
    case 'done':
    case 'paused':
    case 'waiting':
    case 'blocked':
    case 'cancelled':
    case 'left-out':
      return same
  }
}

/** How to go on with an entry of our making. */
function goOnFrom(state: TransferState, remote: RemoteFile | null, at: number): Outcome {
  const { step, ledger } = state
  if (remote === null) return plan(ledger)
  if (remote.status === 'completed') return compare(ledger, remote, at)
  if (remote.status === 'failed' || remote.multipart !== (ledger.plan.kind === 'parts'))
    return remove(ledger, SEND_AGAIN)
  if (step.kind === 'declared') return { state, effects: [] }
  // It was taken and committed, the server said.
  if (ledger.plan.kind === 'bucket' && ledger.digests !== null) return differ(ledger, remote)
  // Parts can be sent again, and what is acknowledged is in the ledger; whole content may have arrived unnoticed.
  if (ledger.plan.kind === 'whole' && ledger.footing === 'whole') return commit(ledger, true)
  return queue({ ...ledger, footing: 'declared' })
}

/** Done only when size and MD5 agree; a checksum that the server has not computed yet is waited for. */
function compare(before: Ledger, remote: RemoteFile, at: number, looks = 0): Outcome {
  // From here on a send could meet a committed entry, and delete it (live findings A4).
  const ledger: Ledger = before.footing === 'none' ? before : { ...before, footing: 'whole' }
  if (remote.bytes !== ledger.bytes) return differ(ledger, remote)
  if (ledger.digests === null)
    return { state: { step: { kind: 'hashing', remote }, ledger }, effects: [{ kind: 'hash' }] }
  const md5 = md5Of(remote.checksum)
  if (md5 === null) {
    const afterMs = Math.min(30_000, 250 * 2 ** Math.min(looks, 10))
    return verify(ledger, looks, afterMs)
  }
  if (md5 !== ledger.digests.md5) return differ(ledger, remote)
  return settle({ ...ledger, remoteChecksum: remote.checksum }, { kind: 'done', verifiedAt: at })
}

function differ(ledger: Ledger, remote: RemoteFile): Outcome {
  if (ledger.footing === 'none') return block(ledger, FOREIGN)
  if (!ledger.resent) return remove({ ...ledger, resent: true }, SEND_AGAIN)
  const params = { local: ledger.digests?.md5 ?? '?', remote: md5Of(remote.checksum) ?? '?' }
  return remove(ledger, { kind: 'blocked', error: { code: 'checksum-differs', params } })
}

/** `md5:<hex>` as hex; null for none, for `multipart:…` and for other algorithms. */
export function md5Of(checksum: string | null): string | null {
  return /^md5:([0-9a-f]{32})$/i.exec(checksum ?? '')?.[1]?.toLowerCase() ?? null
}

const FOREIGN: AppError = {
  code: 'file-refused',
  params: { reason: 'the draft already holds another file of this name; trying again replaces it' },
}

/** The way on after a pause, a wait or a restart, from what we may assume. */
function goOn(ledger: Ledger, removal: Removal | null): Outcome {
  if (removal !== null) return remove(ledger, removal)
  if (!ledger.measured) return measure(ledger)
  switch (ledger.footing) {
    case 'none':
    case 'unseen':
      return plan(ledger)
    case 'declared':
      return queue(ledger)
    case 'asked':
    case 'begun':
    case 'whole':
      return check(ledger)
  }
}

function plan(before: Ledger): Outcome {
  const ledger: Ledger = { ...before, footing: before.footing === 'none' ? 'none' : 'unseen', parts: NO_PARTS }
  if (!ledger.measured) return measure(ledger)
  return { state: { step: { kind: 'planned' }, ledger }, effects: [{ kind: 'declare' }] }
}

function measure(ledger: Ledger): Outcome {
  return { state: { step: { kind: 'measuring' }, ledger }, effects: [{ kind: 'measure' }] }
}

function queue(ledger: Ledger): Outcome {
  return { state: { step: { kind: 'declared' }, ledger }, effects: [{ kind: 'queue' }] }
}

function check(ledger: Ledger): Outcome {
  return { state: { step: { kind: 'checking' }, ledger }, effects: [{ kind: 'look', afterMs: 0 }] }
}

function commit(ledger: Ledger, inDoubt: boolean): Outcome {
  return { state: { step: { kind: 'committing', inDoubt }, ledger }, effects: [{ kind: 'commit' }] }
}

function verify(ledger: Ledger, looks: number, afterMs: number): Outcome {
  return { state: { step: { kind: 'verifying', looks }, ledger }, effects: [{ kind: 'look', afterMs }] }
}

function remove(ledger: Ledger, removal: Removal): Outcome {
  return { state: { step: { kind: 'removing', removal }, ledger }, effects: [{ kind: 'remove' }] }
}

function block(ledger: Ledger, error: AppError): Outcome {
  return { state: { step: { kind: 'blocked', error, removal: null }, ledger }, effects: [] }
}

function settle(ledger: Ledger, step: Step): Outcome {
  return { state: { step, ledger: { ...ledger, attempt: 0 } }, effects: [] }
}

function afterRemoval(ledger: Ledger, removal: Removal): Outcome {
  const clean: Ledger = { ...ledger, footing: 'unseen', parts: NO_PARTS }
  switch (removal.kind) {
    case 'send-again':
      return plan(clean)
    case 'cancelled':
    case 'left-out':
      return settle(clean, { kind: removal.kind })
    case 'blocked':
      return block({ ...clean, resent: false }, removal.error)
  }
}

function giveUp(state: TransferState, removal: Removal & { kind: 'cancelled' | 'left-out' }): Outcome {
  const ledger = stopped(state, true)
  const next = ledger.footing === 'none' ? settle(ledger, { kind: removal.kind }) : remove(ledger, removal)
  return { state: next.state, effects: [{ kind: 'abort' }, ...next.effects] }
}

function isPartOf(plan: TransferPlan, part: number): boolean {
  return plan.kind === 'parts' && Number.isInteger(part) && part >= 1 && part <= plan.parts
}

/** The ledger once nothing is under way: a send that surely broke off early leaves less to doubt. */
function stopped({ step, ledger }: TransferState, whole: boolean): Ledger {
  return step.kind === 'sending' && !whole ? { ...ledger, footing: 'begun' } : ledger
}

function removalOf(step: Step): Removal | null {
  switch (step.kind) {
    case 'removing':
    case 'paused':
    case 'waiting':
    case 'blocked':
      return step.removal
    case 'measuring':
    case 'planned':
    case 'declaring':
    case 'declared':
    case 'sending':
    case 'committing':
    case 'verifying':
    case 'hashing':
    case 'checking':
    case 'done':
    case 'cancelled':
    case 'left-out':
      return null
  }
}
