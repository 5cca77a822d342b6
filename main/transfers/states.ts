import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import { NO_PROGRESS } from '../../core/transfer/derive.ts'
import { addToLog, entryOf, type Log } from '../../core/transfer/log.ts'
import {
  planFile,
  recallFile,
  reduce,
  type Effect,
  type Outcome,
  type Stop,
  type TransferEvent,
  type TransferState,
} from '../../core/transfer/machine.ts'
import { monotonic } from './clock.ts'
import { diskFull, isDamage, Journal } from './journal/journal.ts'
import type { StoredDeposit, StoredFile } from './journal/rows.ts'
import { LiveDeposit, type LiveFile } from './live.ts'
import { isMeasured, type SourceFile } from './source.ts'

const RECOVER_EVERY_MS = 30_000

export type StatesParts = {
  readonly home: string
  readonly now: () => number
  readonly onPersist: (point: string) => void
  /** A file is not what it was. */
  readonly onFile: (file: LiveFile) => void
  /** A deposit as a whole is held back, or no longer. */
  readonly onHold: () => void
  readonly onSettled: (transfer: DepositTransfer) => void
  /** There may be work to do. */
  readonly onWork: () => void
}

/**
 * What is known of all transfers, in memory and in the journal. Changed only here: an event is reduced, what follows is
 * stored, and only then its effects are laid out as work.
 */
export class States {
  /** Deposits that are not settled, in the order in which they are served. */
  readonly deposits = new Map<string, LiveDeposit>()
  /** Deposits that became settled in this run. */
  readonly settled = new Map<string, DepositTransfer>()
  readonly #parts: StatesParts
  #journal: Journal
  #halted: AppError | null = null
  #closed = false
  #timer: NodeJS.Timeout | null = null

  /** Throws DeskError `data-from-newer-version`, `disk-full`. */
  constructor(parts: StatesParts) {
    this.#parts = parts
    this.#journal = this.#open()
    for (const stored of this.#journal.deposits()) {
      if (stored.settled) continue
      this.deposits.set(stored.depositId, new LiveDeposit(stored, this.#journal.files(stored.depositId)))
    }
    this.#restart({ why: 'killed', error: null })
  }

  /** Why nothing may go on: the journal can’t be written. Null while all is well. */
  get halted(): AppError | null {
    return this.#halted
  }

  stored(depositId: string): StoredDeposit | null {
    return this.#journal.deposit(depositId)
  }

  storedFiles(depositId: string, from?: number, count?: number): StoredFile[] {
    return this.#journal.files(depositId, from, count)
  }

  storedFile(depositId: string, fileId: number): StoredFile | null {
    return this.#journal.file(depositId, fileId)
  }

  /** Null where nothing remarkable happened to the file. */
  log(depositId: string, fileId: number): Log | null {
    const logs = this.deposits.get(depositId)?.logs ?? this.#readLogs(depositId)
    return logs.get(fileId) ?? null
  }

  countFiles(depositId: string): number {
    return this.#journal.count(depositId)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const deposit of this.deposits.values()) for (const file of deposit.files) clearTimer(file)
    if (this.#halted === null) this.#journal.flush()
    this.#journal.close()
  }

  // Deposits

  add(deposit: Omit<StoredDeposit, 'error' | 'settled'>, sources: readonly SourceFile[]): void {
    const { depositId } = deposit
    const known = this.deposits.get(depositId) ?? this.stored(depositId)
    if (known !== null && known.draftId === deposit.draftId) return
    this.forget(depositId)
    const stored = { ...deposit, error: null, settled: false }
    const begin = this.#journal.rebuilt ? recallFile : planFile
    const files = [...sources]
      .sort((a, b) => a.fileId - b.fileId)
      .map((source) => ({ ...source, state: begin(source.bytes, isMeasured(source.source)) }))
    this.#store(() => this.#journal.add(stored, files))
    const live = new LiveDeposit(stored, files)
    this.deposits.set(depositId, live)
    for (const file of live.files) this.#effect(file, firstEffect(file.state))
    for (const file of live.files) this.#parts.onFile(file)
  }

  /** A deposit to work on, from the journal if it was settled. Throws DeskError `deposit-unknown`. */
  require(depositId: string): LiveDeposit {
    const live = this.deposits.get(depositId)
    if (live !== undefined) return live
    const stored = this.stored(depositId)
    if (stored === null) throw new DeskError('deposit-unknown')
    const deposit = new LiveDeposit({ ...stored, settled: false }, this.storedFiles(depositId))
    this.settled.delete(depositId)
    this.deposits.set(depositId, deposit)
    this.storeDeposit(deposit)
    return deposit
  }

  /** The deposit is served before all others, until the process ends. */
  putFirst(deposit: LiveDeposit): void {
    if (this.deposits.get(deposit.depositId) !== deposit) return
    const others = [...this.deposits.values()].filter((other) => other !== deposit)
    this.deposits.clear()
    for (const one of [deposit, ...others]) this.deposits.set(one.depositId, one)
  }

  remove(depositId: string): void {
    this.forget(depositId)
    this.#store(() => this.#journal.remove(depositId))
  }

  /** In memory only: what is under way for it stops. */
  forget(depositId: string): void {
    const deposit = this.deposits.get(depositId)
    this.settled.delete(depositId)
    this.deposits.delete(depositId)
    deposit?.controller?.abort()
    for (const file of deposit?.files ?? []) {
      clearTimer(file)
      file.todo = null
      file.controller?.abort()
    }
  }

  /** The whole deposit waits for the person. */
  block(deposit: LiveDeposit, error: AppError): void {
    deposit.error = error
    this.interrupt(deposit, { why: 'held', error })
    this.clearGone(deposit)
    this.storeDeposit(deposit)
    this.#parts.onHold()
  }

  /** Where there is no draft any more, there is nothing left to remove. */
  clearGone(deposit: LiveDeposit): void {
    if (deposit.error?.code !== 'draft-gone') return
    const removing = deposit.files.filter(({ state }) => state.step.kind === 'removing')
    quietly(() => this.apply(removing, () => ({ kind: 'removed' })))
  }

  unblock(deposit: LiveDeposit): void {
    if (deposit.error === null) return
    deposit.error = null
    deposit.surveyed = false
    this.storeDeposit(deposit)
  }

  storeDeposit(deposit: LiveDeposit): void {
    quietly(() => this.#store(() => this.#journal.setDeposit(deposit.depositId, { ...deposit, settled: false })))
  }

  // Files

  /** Throws DeskError `disk-full` when it can’t be stored; then nothing has changed, and all work has stopped. */
  apply(files: readonly LiveFile[], eventOf: (file: LiveFile) => TransferEvent): void {
    const byDeposit = new Map<LiveDeposit, Change[]>()
    let when: 'now' | 'soon' = 'soon'
    let point = ''
    for (const file of files) {
      const event = eventOf(file)
      const outcome = reduce(file.state, event)
      if (outcome.state === file.state) continue
      const changes = byDeposit.get(file.deposit) ?? []
      byDeposit.set(file.deposit, changes)
      changes.push({ file, ...outcome, log: this.#logWith(file, event, outcome.state) })
      if (mustBeStoredFirst(event)) when = 'now'
      point = event.kind
    }
    for (const [deposit, changes] of byDeposit) {
      // A deposit that was removed meanwhile has no rows any more.
      if (this.deposits.get(deposit.depositId) !== deposit) continue
      const states = changes.map(({ file: { fileId }, state, log }) => ({
        fileId,
        state,
        log: log ?? (deposit.unsavedLogs.has(fileId) ? (deposit.logs?.get(fileId) ?? null) : null),
      }))
      this.#store(() => this.#journal.save(deposit.depositId, states, when, point))
      for (const { file, log, ...outcome } of changes) {
        if (log !== null) deposit.logs?.set(file.fileId, log)
        deposit.unsavedLogs.delete(file.fileId)
        this.#take(file, outcome)
      }
      this.#settleWhenDone(deposit)
    }
  }

  /** Takes back what is under way for a deposit, for a reason that is not its own. */
  interrupt(deposit: LiveDeposit, stop: Stop): void {
    deposit.controller?.abort()
    const busy = deposit.files.filter((file) => file.busy)
    quietly(() => this.apply(busy, ({ whole }) => ({ kind: 'interrupted', whole, stop })))
  }

  setSource(file: LiveFile, source: SourceFile['source']): void {
    this.#store(() => this.#journal.setSource(file.deposit.depositId, file.fileId, source))
    file.source = source
  }

  /** The log of a file with what an event means for it; null where that is nothing. */
  #logWith(file: LiveFile, event: TransferEvent, after: TransferState): Log | null {
    const { deposit, fileId } = file
    const entry = entryOf(file.state, event, after, file.progress, this.#parts.now())
    if (entry === null) return null
    deposit.logs ??= this.#readLogs(deposit.depositId)
    return addToLog(deposit.logs.get(fileId) ?? [], entry)
  }

  /** A log that can’t be read stops nothing: where the journal is damaged, the next write finds it. */
  #readLogs(depositId: string): Map<number, Log> {
    try {
      return this.#journal.logs(depositId)
    } catch {
      return new Map()
    }
  }

  #take(file: LiveFile, { state, effects }: Outcome): void {
    // With the same step, what it asks for is still to be done, or under way.
    if (state.step !== file.state.step) {
      file.todo = null
      // It stands in no line any more: what is paused would be declared all the same.
      if (!file.busy) file.deposit.enqueue(file)
      clearTimer(file)
      if (state.step.kind !== 'sending') file.progress = NO_PROGRESS
    }
    file.state = state
    for (const effect of effects) this.#effect(file, effect)
    file.deposit.recount(file)
    this.#parts.onFile(file)
  }

  #effect(file: LiveFile, effect: Effect): void {
    switch (effect.kind) {
      case 'abort':
        file.controller?.abort()
        return
      case 'wait':
        file.timer = setTimeout(() => this.#onTimer(file, { kind: 'timer' }), effect.delayMs)
        return
      case 'look':
        if (effect.afterMs > 0) {
          file.timer = setTimeout(() => this.#onTimer(file, null), effect.afterMs)
          return
        }
        break
      case 'measure':
      case 'declare':
      case 'queue':
      case 'send':
      case 'commit':
      case 'hash':
      case 'remove':
        break
    }
    file.todo = effect
    if (!file.busy) file.deposit.enqueue(file)
  }

  #onTimer(file: LiveFile, event: TransferEvent | null): void {
    file.timer = null
    if (this.#halted !== null) return
    quietly(() => {
      if (event === null) this.#effect(file, { kind: 'look', afterMs: 0 })
      else this.apply([file], () => event)
    })
    this.#parts.onWork()
  }

  #settleWhenDone(deposit: LiveDeposit): void {
    if (!deposit.isSettled) return
    quietly(() => this.#store(() => this.#journal.setDeposit(deposit.depositId, { ...deposit, settled: true })))
    const transfer = deposit.transfer(null, monotonic())
    this.settled.set(deposit.depositId, transfer)
    this.deposits.delete(deposit.depositId)
    this.#parts.onSettled(transfer)
  }

  /** Not stored: the next start finds the same again. What the log says of it is stored with the next change. */
  #restart(stop: Stop): void {
    for (const deposit of this.deposits.values()) {
      deposit.surveyed = false
      for (const file of deposit.files) {
        const event = { kind: 'restarted', stop } as const
        const outcome = reduce(file.state, event)
        if (outcome.state === file.state) continue
        const log = this.#logWith(file, event, outcome.state)
        if (log !== null) {
          deposit.logs?.set(file.fileId, log)
          deposit.unsavedLogs.add(file.fileId)
        }
        this.#take(file, outcome)
      }
      this.#settleWhenDone(deposit)
    }
  }

  // The journal

  #open(): Journal {
    return new Journal(this.#parts.home, this.#parts.onPersist, (error) => this.#halt(error))
  }

  #store(write: () => void): void {
    if (this.#halted !== null) throw new DeskError(this.#halted.code, this.#halted.params)
    // What comes back only after the end is forgotten: the next start asks the server.
    if (this.#closed) throw new DeskError('cancelled')
    try {
      write()
    } catch (error) {
      this.#halt(error)
      throw diskFull(this.#parts.home, error)
    }
  }

  /** Nothing may go on that would not be remembered (fault U30). */
  #halt(error: unknown): void {
    if (this.#halted !== null || this.#closed) return
    this.#halted = diskFull(this.#parts.home, error).toJSON()
    for (const deposit of this.deposits.values()) {
      for (const file of deposit.files) {
        clearTimer(file)
        file.controller?.abort()
      }
    }
    this.#timer = setTimeout(() => this.recover(), isDamage(error) ? 0 : RECOVER_EVERY_MS)
    this.#parts.onHold()
  }

  /** Begins as after a restart, with what is known here: it is newer than what could be stored. */
  recover(): void {
    if (this.#halted === null || this.#closed) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const stop: Stop = { why: 'held', error: this.#halted }
    this.#halted = null
    try {
      this.#journal.close()
      this.#journal = this.#open()
      for (const deposit of this.deposits.values()) {
        const files = deposit.files.map((file) => ({ ...file.asSource, state: file.state }))
        deposit.logs ??= this.#readLogs(deposit.depositId)
        this.#journal.add({ ...deposit, settled: false }, files, deposit.logs)
      }
      this.#restart(stop)
    } catch (error) {
      this.#halt(error)
    }
    this.#parts.onHold()
    this.#parts.onWork()
  }
}

type Change = Outcome & { readonly file: LiveFile; readonly log: Log | null }

/** For what nobody waits for: a journal that can’t be written has stopped everything by itself. */
export function quietly(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof DeskError)) throw error
  }
}

function firstEffect({ step }: TransferState): Effect {
  if (step.kind === 'measuring') return { kind: 'measure' }
  return step.kind === 'planned' ? { kind: 'declare' } : { kind: 'look', afterMs: 0 }
}

function clearTimer(file: LiveFile): void {
  if (file.timer !== null) clearTimeout(file.timer)
  file.timer = null
}

/**
 * Intents, and what the person decides, are stored at once; what followed from an effect may wait for its group, since
 * the server tells it again, and what was read can be read again. Not so the parts, of which it does not tell (behaviour 4.4).
 */
function mustBeStoredFirst(event: TransferEvent): boolean {
  switch (event.kind) {
    case 'declaring':
    case 'began':
    case 'part-sent':
    case 'pause':
    case 'resume':
    case 'retry':
    case 'cancel':
    case 'leave-out':
    case 'read-again':
      return true
    case 'measured':
    case 'unmeasured':
    case 'declared':
    case 'undeclared':
    case 'sent':
    case 'rerouted':
    case 'hashed':
    case 'seen':
    case 'nothing-there':
    case 'removed':
    case 'failed':
    case 'refused':
    case 'interrupted':
    case 'timer':
    case 'restarted':
      return false
  }
}
