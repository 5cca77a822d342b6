import { lstat } from 'node:fs/promises'
import type { Capabilities } from '../../contract/desk/account.ts'
import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand, TransferOverview, TransferTarget } from '../../contract/desk/transfer.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { fileStateOf, NO_PROGRESS, type Hold } from '../../core/transfer/derive.ts'
import { judge, type Operation } from '../../core/transfer/failure.ts'
import { closeGate, OPEN_GATE, passesGate } from '../../core/transfer/gate.ts'
import {
  isActive,
  planFile,
  recallFile,
  reduce,
  type Effect,
  type Outcome,
  type TransferEvent,
  type TransferState,
} from '../../core/transfer/machine.ts'
import { PART_BYTES, planTransfer } from '../../core/transfer/parts.ts'
import { bytesPerSecond, countBytes, leftMs, startRate, type Rate } from '../../core/transfer/rate.ts'
import { backoffMs } from '../../core/transfer/retry.ts'
import { storedZipBytes } from '../../core/transfer/zip-size.ts'
import { commitFile, deleteDraftFile, listDraftFiles, readDraftFile, startFiles } from '../repository/files.ts'
import { createClient, HttpError, NetworkError, type RequestBudget, type Server } from '../repository/http/client.ts'
import { readMe } from '../repository/users.ts'
import { diskFull, isDamage, Journal } from './journal/journal.ts'
import { DECLARE_AT_ONCE, LiveDeposit, rowOf, ServerLane, type LiveFile, type Session } from './live.ts'
import { foreignPartLinks, hashFile, sendFile, toRemote, toTrouble } from './perform.ts'
import { createBuffers, type Buffers, type SourceFile } from './source.ts'

export type { SourceFile } from './source.ts'

export type EngineCommand =
  /** Gives or renews a token, and lets go on what waited for it. */
  | {
      readonly kind: 'session'
      readonly accountId: string
      readonly server: Server
      readonly capabilities: Capabilities
    }
  | { readonly kind: 'end-session'; readonly accountId: string }
  /** A deposit that is known already, for the same draft, stays as it is. */
  | {
      readonly kind: 'add'
      readonly depositId: string
      readonly accountId: string
      readonly draftId: string
      readonly files: readonly SourceFile[]
    }
  | { readonly kind: 'command'; readonly command: TransferCommand; readonly target: TransferTarget }
  /** Forgets a deposit; nothing is changed on the server. */
  | { readonly kind: 'remove'; readonly depositId: string }
  | { readonly kind: 'configure'; readonly filesAtATime: number }

export type EngineEvent =
  /** At most ten a second, changed rows only. */
  | { readonly kind: 'progress'; readonly overview: TransferOverview; readonly rows: FileRow[] }
  /** The state of a deposit changed. */
  | { readonly kind: 'deposit'; readonly transfer: DepositTransfer }
  /** A server answered or did not; at most one a second for an account, unless it changes. */
  | {
      readonly kind: 'seen'
      readonly accountId: string
      readonly ok: boolean
      readonly at: number
      readonly budget: RequestBudget | null
      readonly error: AppError | null
    }

/** What a receipt says about a file. */
export type FileReport = {
  readonly key: string
  readonly bytes: number
  /** Null until it is verified. */
  readonly md5: string | null
  /** Null where the file was not read as a whole since its MD5 was noted. */
  readonly sha256: string | null
  /** As the server computed it, `md5:<hex>`. */
  readonly remoteChecksum: string | null
  readonly startedAt: number | null
  readonly verifiedAt: number | null
}

export type TransferEngine = {
  /** Throws DeskError `deposit-unknown`, `disk-full`. */
  command(command: EngineCommand): void
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: EngineEvent) => void): () => void
  files(depositId: string, from: number, count: number): { total: number; rows: FileRow[] }
  /** State `none` for a deposit that was never added. */
  transfer(depositId: string): DepositTransfer
  overview(): TransferOverview
  report(depositId: string): FileReport[]
  /** Continues what the journal holds, as sessions come. */
  start(): void
  /** Within two seconds. */
  stop(): Promise<void>
}

export type EngineParts = {
  readonly home: string
  readonly now?: () => number
  readonly random?: () => number
  /** Told before and after each write to the journal: `after began`. For tests that end the process there. */
  readonly onPersist?: (point: string) => void
}

/** Throws DeskError `data-from-newer-version`, `disk-full`. */
export function openEngine(parts: EngineParts): TransferEngine {
  return new Engine(parts)
}

const PROGRESS_EVERY_MS = 100
const ROWS_A_MESSAGE = 500
/** Until then a session may still be on its way. */
const SESSION_GRACE_MS = 5000
const RECOVER_EVERY_MS = 30_000
const STOP_MS = 1500

class Engine implements TransferEngine {
  readonly #home: string
  readonly #now: () => number
  readonly #random: () => number
  readonly #onPersist: (point: string) => void
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #sessions = new Map<string, Session>()
  readonly #lanes = new Map<string, ServerLane>()
  /** In the order in which they are served. */
  #deposits = new Map<string, LiveDeposit>()
  /** Deposits that became settled in this run, for the overview. */
  readonly #settled = new Map<string, DepositTransfer>()
  readonly #buffers: Buffers[] = []
  readonly #changed = new Set<LiveFile>()
  #journal: Journal
  #filesAtATime = 4
  #running = 0
  #rate: Rate | null = null
  #started = false
  #stopped = false
  #closed = false
  #startedAt = 0
  #halted: AppError | null = null
  #pumping = false
  #emitTimer: NodeJS.Timeout | null = null
  /** News is on its way, not only the next look at the rate. */
  #emitting = false
  #emittedAt = -Infinity
  #recoverTimer: NodeJS.Timeout | null = null
  #graceTimer: NodeJS.Timeout | null = null
  readonly #drives = new Set<Promise<void>>()

  constructor({ home, now, random, onPersist }: EngineParts) {
    this.#home = home
    this.#now = now ?? Date.now
    this.#random = random ?? Math.random
    this.#onPersist = onPersist ?? (() => {})
    this.#journal = this.#openJournal()
    this.#load()
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#startedAt = monotonic()
    this.#graceTimer = setTimeout(() => this.#scheduleEmit(), SESSION_GRACE_MS)
    this.#pump()
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    for (const timer of [this.#emitTimer, this.#recoverTimer, this.#graceTimer]) if (timer !== null) clearTimeout(timer)
    for (const deposit of this.#deposits.values()) this.#interrupt(deposit.files.filter(({ busy }) => busy))
    const drives = Promise.allSettled(this.#drives)
    await Promise.race([drives, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())])
    for (const deposit of this.#deposits.values()) for (const file of deposit.files) clearTimer(file)
    for (const lane of this.#lanes.values()) if (lane.timer !== null) clearTimeout(lane.timer)
    await Promise.all([...this.#sessions.values()].map(({ client }) => client.close()))
    this.#sessions.clear()
    this.#listeners.clear()
    if (this.#halted === null) this.#journal.flush()
    this.#journal.close()
    this.#closed = true
  }

  command(command: EngineCommand): void {
    if (this.#stopped) return
    switch (command.kind) {
      case 'session':
        this.#openSession(command)
        break
      case 'end-session':
        this.#closeSession(command.accountId)
        break
      case 'add':
        this.#add(command)
        break
      case 'command':
        this.#command(command.command, command.target)
        break
      case 'remove':
        this.#remove(command.depositId)
        break
      case 'configure':
        this.#filesAtATime = Math.min(8, Math.max(1, Math.round(command.filesAtATime)))
        break
    }
    this.#scheduleEmit()
    this.#pump()
  }

  // What others see

  files(depositId: string, from: number, count: number): { total: number; rows: FileRow[] } {
    const deposit = this.#deposits.get(depositId)
    if (deposit !== undefined) {
      const rows = deposit.files.slice(from, from + count).map((file) => rowOf(depositId, file))
      return { total: deposit.files.length, rows }
    }
    const server = this.#journal.deposit(depositId)?.serverName ?? ''
    const rows = this.#journal.files(depositId, from, count).map(({ fileId, key, source, state }) => {
      const view = fileStateOf(state, NO_PROGRESS, { key, server })
      return rowOf(depositId, { fileId, key, source, state, view })
    })
    return { total: this.#journal.count(depositId), rows }
  }

  transfer(depositId: string): DepositTransfer {
    const live = this.#deposits.get(depositId)
    if (live !== undefined) return live.transfer(this.#holdOf(live), monotonic())
    const settled = this.#settled.get(depositId)
    if (settled !== undefined) return settled
    const stored = this.#journal.deposit(depositId)
    const files = stored === null ? [] : this.#journal.files(depositId)
    const deposit = new LiveDeposit(stored ?? { ...NOWHERE, depositId }, files)
    return deposit.transfer(null, monotonic())
  }

  overview(): TransferOverview {
    const now = monotonic()
    const live = [...this.#deposits.values()].map((deposit) => ({
      deposit,
      transfer: deposit.transfer(this.#holdOf(deposit), now),
    }))
    const open = live.filter(({ transfer }) => !['verified', 'cancelled', 'paused', 'none'].includes(transfer.state))
    const sum = (of: (deposit: LiveDeposit) => number) => open.reduce((total, { deposit }) => total + of(deposit), 0)
    const openBytes = sum(({ tally }) => tally.openBytes)
    const accounts = new Set(live.map(({ deposit }) => deposit.accountId))
    return {
      deposits: [...this.#settled.values(), ...live.map(({ transfer }) => transfer)],
      bytes: sum(({ tally }) => tally.bytes),
      sentBytes: sum(({ tally }) => tally.sentBytes),
      bytesPerSecond: bytesPerSecond(this.#rate, now),
      leftMs: leftMs(this.#rate, openBytes, now),
      sending: sum(({ tally }) => tally.states.sending),
      servers: [...accounts].flatMap((accountId): TransferOverview['servers'] => {
        const session = this.#sessions.get(accountId)
        if (session === undefined) return []
        if (session.capabilities.multipart !== 'works') return [{ accountId, resume: 'whole-files', partBytes: null }]
        return [{ accountId, resume: 'parts', partBytes: PART_BYTES }]
      }),
    }
  }

  report(depositId: string): FileReport[] {
    const files = this.#deposits.get(depositId)?.files ?? this.#journal.files(depositId)
    return files.flatMap(({ key, state: { step, ledger } }) => {
      if (step.kind === 'left-out') return []
      const done = step.kind === 'done'
      return [
        {
          key,
          bytes: ledger.bytes,
          md5: done ? (ledger.digests?.md5 ?? null) : null,
          sha256: done ? (ledger.digests?.sha256 ?? null) : null,
          remoteChecksum: ledger.remoteChecksum,
          startedAt: ledger.startedAt,
          verifiedAt: done ? step.verifiedAt : null,
        },
      ]
    })
  }

  // Sessions

  #openSession({ accountId, server, capabilities }: EngineCommand & { kind: 'session' }): void {
    const known = this.#sessions.get(accountId)
    if (known !== undefined) {
      const { origin, token } = known.client.server
      if (known.refused === null && origin === new URL(server.origin).origin && token === server.token) {
        known.capabilities = capabilities
        return
      }
      this.#closeSession(accountId)
    }
    const client = createClient(server)
    const { origin } = client.server
    const lane = this.#lanes.get(origin) ?? new ServerLane()
    this.#lanes.set(origin, lane)
    // Somebody has just come by: worth asking at once, unless the server itself wants a pause.
    if (lane.gate.probe) lane.gate = { ...lane.gate, closedUntil: 0 }
    const session: Session = { accountId, client, capabilities, lane, refused: null }
    this.#sessions.set(accountId, session)
    this.#watch(session)
    for (const deposit of this.#deposits.values()) {
      if (deposit.accountId !== accountId) continue
      deposit.surveyed = false
      deposit.serverName = server.name
      this.#storeDeposit(deposit)
    }
  }

  #closeSession(accountId: string): void {
    const session = this.#sessions.get(accountId)
    if (session === undefined) return
    this.#sessions.delete(accountId)
    for (const deposit of this.#deposits.values())
      if (deposit.accountId === accountId) this.#interrupt(deposit.files.filter(({ busy }) => busy))
    void session.client.close()
  }

  /** Tells main of answers, for its status bar. */
  #watch(session: Session): void {
    let last = { ok: false, at: 0, code: '' }
    session.client.onAnswer(({ ok, at, error }) => {
      const code = error?.code ?? ''
      if (ok === last.ok && code === last.code && at - last.at < 1000) return
      last = { ok, at, code }
      this.#tell({ kind: 'seen', accountId: session.accountId, ok, at, budget: session.client.budget(), error })
    })
  }

  #refuse(session: Session, error: AppError): void {
    session.refused = error
    this.#scheduleEmit()
    for (const deposit of this.#deposits.values())
      if (deposit.accountId === session.accountId) this.#interrupt(deposit.files.filter(({ busy }) => busy))
  }

  // Commands

  #add(command: EngineCommand & { kind: 'add' }): void {
    const { depositId, accountId, draftId } = command
    const known = this.#deposits.get(depositId) ?? this.#journal.deposit(depositId)
    if (known?.draftId === draftId) return
    if (known !== null) this.#forget(depositId)
    const serverName = this.#sessions.get(accountId)?.client.server.name ?? ''
    const stored = { depositId, accountId, draftId, serverName, error: null, settled: false }
    const begin = this.#journal.rebuilt ? recallFile : planFile
    const files = [...command.files]
      .sort((a, b) => a.fileId - b.fileId)
      .map((file) => ({ ...file, state: begin(file.bytes) }))
    this.#store(() => this.#journal.add(stored, files))
    const deposit = new LiveDeposit(stored, files)
    this.#deposits.set(depositId, deposit)
    for (const file of deposit.files) {
      this.#changed.add(file)
      this.#effect(file, file.state.step.kind === 'planned' ? { kind: 'declare' } : { kind: 'look', afterMs: 0 })
    }
  }

  #remove(depositId: string): void {
    this.#forget(depositId)
    this.#store(() => this.#journal.remove(depositId))
  }

  #forget(depositId: string): void {
    this.#settled.delete(depositId)
    const deposit = this.#deposits.get(depositId)
    this.#deposits.delete(depositId)
    for (const file of deposit?.files ?? []) {
      clearTimer(file)
      this.#changed.delete(file)
      file.todo = null
      file.controller?.abort()
    }
  }

  #command(command: TransferCommand, target: TransferTarget): void {
    if (this.#halted !== null && (command === 'retry' || command === 'resume')) this.#recover()
    const deposits = target.kind === 'all' ? [...this.#deposits.values()] : [this.#require(target.depositId)]
    const files = deposits.flatMap((deposit) => {
      if (target.kind !== 'file') return deposit.files
      const file = deposit.file(target.fileId)
      if (file === undefined) throw new DeskError('deposit-unknown')
      return [file]
    })
    if (command === 'retry' || command === 'resume') {
      for (const deposit of deposits) {
        if (deposit.error === null) continue
        deposit.error = null
        deposit.surveyed = false
        this.#storeDeposit(deposit)
      }
      for (const file of files) file.strikes = 0
    }
    const at = this.#now()
    switch (command) {
      case 'pause':
        this.#apply(files, ({ whole }) => ({ kind: 'pause', at, whole }))
        break
      case 'resume':
      case 'retry':
      case 'cancel':
      case 'leave-out':
        this.#apply(files, () => ({ kind: command }))
        break
      case 'read-again':
        for (const file of files) void this.#readAgain(file)
        break
    }
  }

  /** A deposit to work on, from the journal if it was settled. */
  #require(depositId: string): LiveDeposit {
    const live = this.#deposits.get(depositId)
    if (live !== undefined) return live
    const stored = this.#journal.deposit(depositId)
    if (stored === null) throw new DeskError('deposit-unknown')
    const deposit = new LiveDeposit({ ...stored, settled: false }, this.#journal.files(depositId))
    this.#settled.delete(depositId)
    this.#deposits.set(depositId, deposit)
    this.#storeDeposit(deposit)
    return deposit
  }

  /** Takes a blocked file as it is on disk now. */
  async #readAgain(file: LiveFile): Promise<void> {
    const before = file.state
    if (before.step.kind !== 'blocked') return
    let { source } = file
    let { bytes } = before.ledger
    try {
      if (source.kind === 'file') {
        const seen = await lstat(source.path)
        bytes = seen.size
        source = { ...source, modifiedAt: seen.mtimeMs }
      } else {
        const entries = await Promise.all(
          source.entries.map(async (entry) => {
            const seen = await lstat(entry.path)
            return { ...entry, bytes: seen.size, modifiedAt: seen.mtimeMs }
          }),
        )
        source = { kind: 'zip', entries }
        bytes = storedZipBytes(entries)
      }
    } catch {
      // Still not readable: the next try says why, in the place where the person looks.
    }
    if (file.state !== before || this.#stopped || this.#halted !== null) return
    file.source = source
    file.hashed = null
    file.strikes = 0
    try {
      this.#store(() => this.#journal.setSource(file.deposit.depositId, file.fileId, file.source))
      this.#apply([file], () => ({ kind: 'read-again', bytes }))
      this.#pump()
    } catch (error) {
      if (!(error instanceof DeskError)) throw error
    }
  }

  // States

  /** Reduces an event of each file, stores what follows, and only then lets the effects run. Throws when it can’t be stored. */
  #apply(files: readonly LiveFile[], eventOf: (file: LiveFile) => TransferEvent): void {
    const byDeposit = new Map<LiveDeposit, { file: LiveFile; state: TransferState; effects: readonly Effect[] }[]>()
    let durable = false
    let point = ''
    for (const file of files) {
      const event = eventOf(file)
      const outcome = reduce(file.state, event)
      if (outcome.state === file.state) continue
      const changes = byDeposit.get(file.deposit) ?? []
      byDeposit.set(file.deposit, changes)
      changes.push({ file, ...outcome })
      durable ||= mustBeStoredFirst(event)
      point = event.kind
    }
    for (const [deposit, changes] of byDeposit) {
      // A deposit that was removed meanwhile has no rows any more.
      if (this.#deposits.get(deposit.depositId) !== deposit) continue
      const states = changes.map(({ file, state }) => ({ fileId: file.fileId, state }))
      this.#store(() => this.#journal.save(deposit.depositId, states, durable ? 'now' : 'soon', point))
      for (const { file, ...outcome } of changes) this.#take(file, outcome)
      this.#settleWhenDone(deposit)
    }
  }

  #take(file: LiveFile, { state, effects }: Outcome): void {
    file.state = state
    file.todo = null
    clearTimer(file)
    if (state.step.kind !== 'sending') file.progress = NO_PROGRESS
    for (const effect of effects) this.#effect(file, effect)
    this.#touch(file)
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
      case 'declare':
      case 'queue':
      case 'send':
      case 'commit':
      case 'hash':
      case 'remove':
        break
    }
    file.todo = effect
    if (!file.busy) this.#enqueue(file)
  }

  #onTimer(file: LiveFile, event: TransferEvent | null): void {
    file.timer = null
    if (this.#stopped || this.#halted !== null) return
    this.#quietly(() => {
      if (event === null) this.#effect(file, { kind: 'look', afterMs: 0 })
      else this.#apply([file], () => event)
    })
    this.#pump()
  }

  #enqueue(file: LiveFile): void {
    const { deposit, todo } = file
    deposit.undeclared.delete(file)
    deposit.queue.delete(file)
    deposit.urgent.delete(file)
    if (todo === null) return
    if (todo.kind === 'declare') deposit.undeclared.add(file)
    else if (todo.kind === 'queue') deposit.queue.add(file)
    else deposit.urgent.add(file)
  }

  #interrupt(files: readonly LiveFile[]): void {
    this.#quietly(() => this.#apply(files, ({ whole }) => ({ kind: 'interrupted', whole })))
  }

  #touch(file: LiveFile): void {
    file.deposit.recount(file)
    this.#changed.add(file)
    this.#scheduleEmit()
  }

  #blockDeposit(deposit: LiveDeposit, error: AppError): void {
    deposit.error = error
    this.#scheduleEmit()
    this.#interrupt(deposit.files.filter(({ busy }) => busy))
    // Where there is no draft, there is nothing left to remove.
    if (error.code === 'draft-gone') {
      const removing = deposit.files.filter(({ state }) => state.step.kind === 'removing')
      this.#quietly(() => this.#apply(removing, () => ({ kind: 'removed' })))
    }
    this.#storeDeposit(deposit)
  }

  #settleWhenDone(deposit: LiveDeposit): void {
    const { verified, cancelled, 'left-out': leftOut } = deposit.tally.states
    if (verified + cancelled + leftOut < deposit.files.length || !deposit.isSettled()) return
    this.#quietly(() => this.#store(() => this.#journal.setDeposit(deposit.depositId, { ...deposit, settled: true })))
    const transfer = deposit.transfer(null, monotonic())
    this.#settled.set(deposit.depositId, transfer)
    this.#deposits.delete(deposit.depositId)
    this.#tell({ kind: 'deposit', transfer })
  }

  // The journal

  #openJournal(): Journal {
    return new Journal(this.#home, this.#onPersist, (error) => this.#halt(error))
  }

  #load(): void {
    for (const stored of this.#journal.deposits()) {
      if (stored.settled) continue
      const deposit = new LiveDeposit(stored, this.#journal.files(stored.depositId))
      this.#deposits.set(stored.depositId, deposit)
    }
    this.#restart()
  }

  /** Not stored: the next start finds the same again. */
  #restart(): void {
    for (const deposit of this.#deposits.values()) {
      deposit.surveyed = false
      for (const file of deposit.files) {
        const outcome = reduce(file.state, { kind: 'restarted' })
        if (outcome.state !== file.state) this.#take(file, outcome)
      }
      this.#settleWhenDone(deposit)
    }
  }

  /** Runs a write to the journal; when it fails, everything stops and DeskError is thrown. */
  #store(write: () => void): void {
    if (this.#halted !== null) throw new DeskError(this.#halted.code, this.#halted.params)
    // What comes back only after the end is forgotten: the next start asks the server.
    if (this.#closed) throw new DeskError('cancelled')
    try {
      write()
    } catch (error) {
      this.#halt(error)
      throw diskFull(this.#home, error)
    }
  }

  #storeDeposit(deposit: LiveDeposit): void {
    this.#quietly(() => this.#store(() => this.#journal.setDeposit(deposit.depositId, { ...deposit, settled: false })))
  }

  /** For what nobody waits for: a journal that can’t be written has stopped everything by itself. */
  #quietly(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof DeskError)) throw error
    }
  }

  /** Nothing may go on that would not be remembered (fault U30). */
  #halt(error: unknown): void {
    if (this.#halted !== null) return
    this.#halted = diskFull(this.#home, error).toJSON()
    for (const deposit of this.#deposits.values()) {
      for (const file of deposit.files) {
        clearTimer(file)
        file.controller?.abort()
      }
    }
    this.#recoverTimer = setTimeout(() => this.#recover(), isDamage(error) ? 0 : RECOVER_EVERY_MS)
    this.#scheduleEmit()
  }

  /** Begins as after a restart, with what is known here: it is newer than what could be stored. */
  #recover(): void {
    if (this.#recoverTimer !== null) clearTimeout(this.#recoverTimer)
    if (this.#stopped) return
    try {
      this.#journal.close()
      this.#journal = this.#openJournal()
      this.#halted = null
      for (const deposit of this.#deposits.values()) {
        this.#journal.add(
          deposit,
          deposit.files.map((file) => ({ ...file.asSource, state: file.state })),
        )
      }
      this.#restart()
    } catch (error) {
      this.#halted = null
      this.#halt(error)
    }
    this.#scheduleEmit()
    this.#pump()
  }

  // Work

  #pump(): void {
    if (this.#pumping || !this.#started) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      if (this.#stopped || this.#halted !== null) return
      for (const deposit of this.#deposits.values()) this.#serve(deposit)
    })
  }

  /** Starts what may start for a deposit. */
  #serve(deposit: LiveDeposit): void {
    const session = this.#sessions.get(deposit.accountId)
    if (session === undefined || session.refused !== null || deposit.error !== null) return
    const { lane } = session
    if (!this.#isDue(deposit) || !this.#mayAsk(session)) return
    if (!deposit.surveyed) {
      if (!deposit.calling && passesGate(lane.gate, lane.running, Infinity, monotonic()))
        this.#track(this.#survey(deposit, session))
      return
    }
    for (const files of [deposit.urgent, deposit.queue]) {
      for (const file of files) {
        if (this.#running >= this.#filesAtATime) break
        if (!passesGate(lane.gate, lane.running, Infinity, monotonic())) return
        files.delete(file)
        this.#track(this.#drive(file, session))
      }
    }
    // The next names are declared while the last ones are sent, and not long before: what is cancelled must be removed again.
    if (deposit.undeclared.size > 0 && !deposit.calling && deposit.queue.size < this.#filesAtATime)
      if (passesGate(lane.gate, lane.running, Infinity, monotonic())) this.#track(this.#declare(deposit, session))
  }

  #isDue(deposit: LiveDeposit): boolean {
    return deposit.urgent.size > 0 || deposit.queue.size > 0 || deposit.undeclared.size > 0
  }

  /** False while the server wants a pause or does not answer; sees to it that the work goes on later. */
  #mayAsk(session: Session): boolean {
    const { lane } = session
    const closedMs = lane.gate.closedUntil - monotonic()
    if (closedMs > 0) {
      lane.timer ??= setTimeout(() => {
        lane.timer = null
        this.#scheduleEmit()
        this.#pump()
      }, closedMs)
      return false
    }
    if (!lane.gate.probe) return true
    if (!lane.probing) this.#track(this.#probe(session))
    return false
  }

  #track(work: Promise<void>): void {
    this.#drives.add(work)
    void work.finally(() => {
      this.#drives.delete(work)
      this.#pump()
    })
  }

  /** One light request after the connection failed, in place of one for each file that waits. */
  async #probe(session: Session): Promise<void> {
    const { lane, client } = session
    lane.probing = true
    try {
      await readMe(client)
      lane.gate = OPEN_GATE
    } catch (error) {
      const trouble = toTrouble(error, client.server.name)
      if (trouble.kind === 'answer' && trouble.tokenRefused) this.#refuse(session, trouble.error)
      else if (trouble.kind === 'answer' && trouble.status < 500 && trouble.status !== 429) lane.gate = OPEN_GATE
      else this.#close(lane, { scope: 'connection', error: trouble.error, retryAfterMs: null })
    } finally {
      lane.probing = false
      this.#scheduleEmit()
    }
  }

  #close(lane: ServerLane, failure: Parameters<typeof closeGate>[1]): void {
    lane.gate = closeGate(lane.gate, failure, monotonic(), this.#random)
    this.#scheduleEmit()
  }

  #succeeded(lane: ServerLane): void {
    lane.successes += 1
    if (lane.gate.failures > 0 && monotonic() >= lane.gate.closedUntil) lane.gate = OPEN_GATE
  }

  /** Writes to one draft go one after the other (live findings C8). */
  async #alone<T>(deposit: LiveDeposit, write: () => Promise<T>): Promise<T> {
    const turn = deposit.lastWrite.then(write)
    deposit.lastWrite = turn.catch(() => undefined)
    return turn
  }

  /** One list tells for every file of a draft how to go on. */
  async #survey(deposit: LiveDeposit, session: Session): Promise<void> {
    const { client, lane } = session
    deposit.calling = true
    lane.running += 1
    try {
      const entries = await this.#alone(deposit, () => listDraftFiles(client, deposit.draftId))
      this.#succeeded(lane)
      deposit.surveyed = true
      const byKey = new Map(entries.map((entry) => [entry.key, entry]))
      const at = this.#now()
      const idle = deposit.files.filter((file) => !file.busy && isActive(file.state.step))
      for (const file of idle) this.#noteLinks(file, byKey.get(file.key), session)
      this.#quietly(() =>
        this.#apply(idle, (file) => {
          const entry = byKey.get(file.key)
          return { kind: 'seen', remote: entry === undefined ? null : toRemote(entry), at }
        }),
      )
    } catch (error) {
      await this.#failedCall(deposit, session, error, 'list', 0)
    } finally {
      deposit.calling = false
      lane.running -= 1
    }
  }

  async #declare(deposit: LiveDeposit, session: Session): Promise<void> {
    const { client, lane, capabilities } = session
    const { name } = client.server
    const batch = [...deposit.undeclared].slice(0, deposit.batch)
    const empty = capabilities.emptyFiles === 'refused' ? batch.filter(({ state }) => state.ledger.bytes === 0) : []
    deposit.calling = true
    lane.running += 1
    for (const file of batch) deposit.undeclared.delete(file)
    const files = batch.filter((file) => !empty.includes(file))
    try {
      this.#apply(empty, () => ({
        kind: 'refused',
        error: { code: 'file-empty-refused', params: { server: name } },
        whole: true,
      }))
      this.#apply(files, ({ state, source }) => ({
        kind: 'declaring',
        plan: planTransfer(state.ledger.bytes, source.kind, capabilities.multipart),
      }))
      const entries =
        files.length === 0
          ? []
          : await this.#alone(deposit, () => startFiles(client, deposit.draftId, files.map(startOf)))
      this.#succeeded(lane)
      deposit.batch = Math.min(DECLARE_AT_ONCE, deposit.batch * 2)
      const byKey = new Map(entries.map((entry) => [entry.key, entry]))
      for (const file of files) this.#noteLinks(file, byKey.get(file.key), session)
      this.#apply(files, () => ({ kind: 'declared' }))
    } catch (error) {
      if (error instanceof DeskError && this.#halted !== null) return
      // Whatever came back, nothing was made by a call that was refused or never left.
      const refused = error instanceof HttpError && error.status >= 400 && error.status < 500
      const unsent = error instanceof NetworkError && !error.outcomeUnknown
      const kind = refused || unsent ? 'undeclared' : 'interrupted'
      this.#quietly(() => this.#apply(files, ({ whole }) => ({ kind, whole })))
      if (!unsent) deposit.surveyed = false
      if (error instanceof HttpError) deposit.batch = Math.max(1, Math.floor(files.length / 2))
      const only = files.length === 1 ? files[0] : undefined
      const blocks = await this.#failedCall(deposit, session, error, 'declare', only?.strikes ?? 0)
      if (only !== undefined && error instanceof HttpError) only.strikes += 1
      if (only !== undefined && blocks !== null)
        this.#quietly(() => this.#apply([only], () => ({ kind: 'refused', error: blocks, whole: true })))
    } finally {
      deposit.calling = false
      lane.running -= 1
    }
  }

  /** A call for a whole draft failed. Answers what is to be said of its file, where it is for one only and refused for good. */
  async #failedCall(
    deposit: LiveDeposit,
    session: Session,
    error: unknown,
    operation: Operation,
    strikes: number,
  ): Promise<AppError | null> {
    const { client, lane } = session
    if (this.#stopped || this.#sessions.get(session.accountId) !== session) return null
    const { name } = client.server
    const maxFiles = session.capabilities.maxFiles
    const verdict = judge(toTrouble(error, name), { operation, strikes, inDoubt: false, server: name, maxFiles })
    switch (verdict.kind) {
      case 'again':
        this.#close(lane, verdict)
        return null
      case 'block-account':
        this.#refuse(session, verdict.error)
        return null
      case 'block-deposit':
        this.#blockDeposit(deposit, verdict.error)
        return null
      case 'draft-gone':
        // Older servers answer 404 to a dead token too (behaviour 2.2).
        if (await isTokenDead(session)) this.#refuse(session, { code: 'token-refused', params: { server: name } })
        else this.#blockDeposit(deposit, { code: 'draft-gone', params: { server: name } })
        return null
      case 'block-file':
        return verdict.error
      case 'ask-draft':
      case 'nothing-there':
      case 'removed':
        return null
    }
  }

  /** Does for one file what its state asks for, until that is nothing more, or not now. */
  async #drive(file: LiveFile, session: Session): Promise<void> {
    const { lane } = session
    const controller = new AbortController()
    const { signal } = controller
    const buffers = this.#buffers.pop() ?? createBuffers()
    file.controller = controller
    file.busy = true
    lane.running += 1
    this.#running += 1
    try {
      while (
        file.todo !== null &&
        file.todo.kind !== 'declare' &&
        !signal.aborted &&
        this.#mayContinue(file, session)
      ) {
        const { todo } = file
        file.todo = null
        if (todo.kind === 'queue') this.#apply([file], () => ({ kind: 'began', at: this.#now() }))
        else await this.#perform(file, todo, session, signal, buffers)
      }
    } catch (error) {
      // The journal has stopped everything.
      if (!(error instanceof DeskError)) throw error
    } finally {
      file.busy = false
      file.controller = null
      lane.running -= 1
      this.#running -= 1
      this.#buffers.push(buffers)
      this.#enqueue(file)
    }
  }

  #mayContinue(file: LiveFile, session: Session): boolean {
    const { gate } = session.lane
    const held = session.refused !== null || file.deposit.error !== null || !file.deposit.surveyed
    return !held && this.#halted === null && !gate.probe && monotonic() >= gate.closedUntil
  }

  async #perform(file: LiveFile, todo: Effect, session: Session, signal: AbortSignal, buffers: Buffers): Promise<void> {
    let event: TransferEvent
    try {
      event = await this.#run(file, todo, session, signal, buffers)
      if (todo.kind !== 'hash') this.#succeeded(session.lane)
    } catch (error) {
      if (signal.aborted || this.#halted !== null) return
      event = this.#judge(file, todo, error, session)
    }
    // The person, or the end of a session, has decided otherwise meanwhile.
    if (signal.aborted) return
    this.#apply([file], () => event)
    if (file.state.step.kind === 'done') file.hashed = null
  }

  async #run(
    file: LiveFile,
    todo: Effect,
    { client }: Session,
    signal: AbortSignal,
    buffers: Buffers,
  ): Promise<TransferEvent> {
    const { deposit, key } = file
    const { draftId } = deposit
    switch (todo.kind) {
      case 'send': {
        file.progress = NO_PROGRESS
        file.whole = false
        const digests = await sendFile({
          client,
          draftId,
          file: file.asSource,
          ledger: file.state.ledger,
          buffers,
          signal,
          partLinks: file.partLinks,
          hashed: file.hashed,
          onSent: (bytes) => this.#moved(file, bytes),
          onWhole: () => {
            file.whole = true
          },
          onPart: (part, hashed) => {
            file.hashed = hashed
            file.strikes = 0
            file.progress = NO_PROGRESS
            this.#apply([file], () => ({ kind: 'part-sent', part }))
          },
        })
        return { kind: 'sent', digests }
      }
      case 'commit': {
        const remote = toRemote(await commitFile(client, draftId, key))
        return { kind: 'seen', remote, at: this.#now() }
      }
      case 'look': {
        const entry = await readDraftFile(client, draftId, key)
        file.partLinks = foreignPartLinks(entry, client.server.origin)
        return { kind: 'seen', remote: toRemote(entry), at: this.#now() }
      }
      case 'hash': {
        const digests = await hashFile(file.asSource, buffers, signal, (bytes) => {
          file.progress = { ...file.progress, readBytes: file.progress.readBytes + bytes }
          this.#touch(file)
        })
        return { kind: 'hashed', digests, at: this.#now() }
      }
      case 'remove':
        await this.#alone(deposit, () => deleteDraftFile(client, draftId, key))
        return { kind: 'removed' }
      case 'declare':
      case 'queue':
      case 'wait':
      case 'abort':
        throw new Error(`not for one file alone: ${todo.kind}`)
    }
  }

  /** What a failure means for this file; sees to what it means for others. */
  #judge(file: LiveFile, todo: Effect, error: unknown, session: Session): TransferEvent {
    const { deposit, state } = file
    const { lane, client, capabilities } = session
    const { name: server } = client.server
    const trouble = toTrouble(error, server)
    const verdict = judge(trouble, {
      operation: operationOf(todo),
      strikes: file.strikes,
      inDoubt: state.step.kind === 'committing' && state.step.inDoubt,
      server,
      maxFiles: capabilities.maxFiles,
    })
    const { whole } = file
    if (trouble.kind === 'answer' && lane.successes > file.successesThen) file.strikes += 1
    file.successesThen = lane.successes
    switch (verdict.kind) {
      case 'again': {
        this.#close(lane, verdict)
        const moved = trouble.kind === 'network' && file.progress.sentBytes > 0
        const closedMs = lane.gate.closedUntil - monotonic()
        const delayMs = closedMs > 0 ? closedMs : backoffMs(moved ? 1 : state.ledger.attempt + 1, this.#random)
        return { kind: 'failed', error: verdict.error, whole, moved, at: this.#now(), delayMs }
      }
      case 'block-file':
        return { kind: 'refused', error: verdict.error, whole }
      case 'block-account':
        this.#refuse(session, verdict.error)
        return { kind: 'interrupted', whole }
      case 'block-deposit':
        this.#blockDeposit(deposit, verdict.error)
        return { kind: 'interrupted', whole }
      case 'ask-draft':
      case 'draft-gone':
        deposit.surveyed = false
        if (file.strikes >= MOST_LOOKS) return { kind: 'refused', error: trouble.error, whole }
        return { kind: 'interrupted', whole }
      case 'nothing-there':
        return { kind: 'nothing-there' }
      case 'removed':
        return { kind: 'removed' }
    }
  }

  #noteLinks(file: LiveFile, entry: FileEntry | undefined, { client }: Session): void {
    if (entry !== undefined) file.partLinks = foreignPartLinks(entry, client.server.origin)
  }

  // Progress

  #moved(file: LiveFile, bytes: number): void {
    const now = monotonic()
    file.progress = { ...file.progress, sentBytes: file.progress.sentBytes + bytes }
    file.deposit.moved(bytes, now)
    this.#rate = countBytes(this.#rate ?? startRate(now), bytes, now)
    this.#touch(file)
  }

  #holdOf(deposit: LiveDeposit): Hold | null {
    if (this.#halted !== null) return { error: this.#halted, until: null }
    if (deposit.error !== null) return { error: deposit.error, until: null }
    const session = this.#sessions.get(deposit.accountId)
    if (session === undefined) {
      if (!this.#started || monotonic() - this.#startedAt < SESSION_GRACE_MS) return null
      return { error: { code: 'token-missing', params: { server: deposit.serverName } }, until: null }
    }
    if (session.refused !== null) return { error: session.refused, until: null }
    const { gate } = session.lane
    const closedMs = gate.closedUntil - monotonic()
    if (gate.error === null || (closedMs <= 0 && !gate.probe)) return null
    return { error: gate.error, until: this.#now() + Math.max(0, closedMs) }
  }

  #scheduleEmit(): void {
    if (this.#stopped || this.#emitting) return
    if (this.#emitTimer !== null) clearTimeout(this.#emitTimer)
    const sinceLast = monotonic() - this.#emittedAt
    this.#emitting = true
    this.#emitTimer = setTimeout(() => this.#emit(), Math.max(0, PROGRESS_EVERY_MS - sinceLast))
  }

  #emit(): void {
    this.#emitting = false
    this.#emittedAt = monotonic()
    if (this.#listeners.size > 0) {
      const now = monotonic()
      for (const deposit of this.#deposits.values()) {
        const transfer = deposit.transfer(this.#holdOf(deposit), now)
        const { shown } = deposit
        deposit.shown = transfer
        const same =
          shown?.state === transfer.state &&
          shown.error?.code === transfer.error?.code &&
          shown.blockedFiles === transfer.blockedFiles
        if (!same) this.#tell({ kind: 'deposit', transfer })
      }
      const rows = [...this.#changed].slice(0, ROWS_A_MESSAGE)
      for (const file of rows) this.#changed.delete(file)
      this.#tell({
        kind: 'progress',
        overview: this.overview(),
        rows: rows.map((file) => rowOf(file.deposit.depositId, file)),
      })
    } else this.#changed.clear()
    if (this.#changed.size > 0) this.#scheduleEmit()
    // A rate that stands still is news as well.
    else if (this.#running > 0) this.#emitTimer = setTimeout(() => this.#emit(), 1000)
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** Rounds of asking and trying again, when what the draft shows and what it answers do not agree. */
const MOST_LOOKS = 5

const NOWHERE = { accountId: '', draftId: '', serverName: '', error: null, settled: true }

/** A clock that never jumps, other than that of the person (fault U34). */
function monotonic(): number {
  return performance.now()
}

function clearTimer(file: LiveFile): void {
  if (file.timer !== null) clearTimeout(file.timer)
  file.timer = null
}

/**
 * Intents, and what the person decides, are stored at once; what followed from an effect may wait for its group, since
 * the server tells it again. Not so the parts, of which it does not tell (behaviour 4.4).
 */
function mustBeStoredFirst(event: TransferEvent): boolean {
  switch (event.kind) {
    case 'declaring':
    case 'began':
    case 'part-sent':
    case 'sent':
    case 'nothing-there':
    case 'pause':
    case 'resume':
    case 'retry':
    case 'cancel':
    case 'leave-out':
    case 'read-again':
      return true
    case 'declared':
    case 'undeclared':
    case 'hashed':
    case 'seen':
    case 'removed':
    case 'failed':
    case 'refused':
    case 'interrupted':
    case 'timer':
    case 'restarted':
      return false
  }
}

function startOf({ key, state }: LiveFile) {
  const { bytes, plan } = state.ledger
  if (plan.kind === 'whole') return { key, size: bytes }
  return { key, size: bytes, transfer: { type: 'M' as const, parts: plan.parts, part_size: plan.partBytes } }
}

function operationOf(todo: Effect): Operation {
  switch (todo.kind) {
    case 'commit':
    case 'look':
    case 'remove':
    case 'declare':
      return todo.kind
    case 'send':
    case 'queue':
    case 'hash':
    case 'wait':
    case 'abort':
      return 'send'
  }
}

async function isTokenDead({ client }: Session): Promise<boolean> {
  return readMe(client).then(
    () => false,
    (error: unknown) => error instanceof HttpError && error.tokenRefused,
  )
}
