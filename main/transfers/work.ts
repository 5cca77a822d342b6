import type { Capabilities } from '../../contract/desk/account.ts'
import type { SendingHours } from '../../contract/desk/settings.ts'
import type { TransferOverview } from '../../contract/desk/transfer.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { NO_PROGRESS, type Hold } from '../../core/transfer/derive.ts'
import { judge, type Operation } from '../../core/transfer/failure.ts'
import { closeGate, OPEN_GATE, passesGate, type Gate, type GateFailure } from '../../core/transfer/gate.ts'
import { sendingAt } from '../../core/transfer/hours.ts'
import { isActive, type Effect, type TransferEvent, type TransferState } from '../../core/transfer/machine.ts'
import { PART_BYTES, partLength, planTransfer } from '../../core/transfer/parts.ts'
import { backoffMs, type Random } from '../../core/transfer/retry.ts'
import { afterAnswer, filesAtOnce, FULL_WIDTH, widensAfterMs, type Width } from '../../core/transfer/width.ts'
import {
  commitFile,
  deleteDraftFile,
  hasBucket,
  listDraftFiles,
  readDraftFile,
  startFiles,
} from '../repository/files.ts'
import {
  createClient,
  HttpError,
  NetworkError,
  type Patience,
  type RepositoryClient,
  type RequestBudget,
  type Server,
} from '../repository/http/client.ts'
import { requestsSpent } from '../repository/http/errors.ts'
import { readMe } from '../repository/users.ts'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import type { Board } from './board.ts'
import { ChunkPool } from './chunks.ts'
import { monotonic } from './clock.ts'
import { PackedDiffers } from './deflate.ts'
import { measureZip } from './measure.ts'
import { DECLARE_AT_ONCE, type LiveDeposit, type LiveFile } from './live.ts'
import { Pace } from './pace.ts'
import { foreignPartLinks, hashFile, sendFile, toRemote, toTrouble } from './perform.ts'
import { HashThreadEnded } from './hash-thread.ts'
import type { SendingParts, Slots } from './send-parts.ts'
import { createBuffers, type Buffers } from './source.ts'
import { quietly, type States } from './states.ts'
import type { EngineCommand } from './types.ts'

/** Until then a session may still be on its way. */
const SESSION_GRACE_MS = 5000
const STOP_MS = 1500
/** After a sleep the network itself may take this long to come back; until then its absence is no news (fault U33). */
const WAKING_MS = 30_000
/** A clock that was set is noticed after this long. */
const LOOK_AT_CLOCK_MS = 60_000
/** Rounds of asking and trying again, when what the draft shows and what it answers do not agree. */
const MOST_LOOKS = 5

/** A server, as all accounts and deposits on it share it: requests are counted by address, not by account (behaviour 2.6). */
class Lane {
  gate: Gate = OPEN_GATE
  width: Width = FULL_WIDTH
  /** Requests and files under way. */
  running = 0
  /** Answers that were fine, to tell the trouble of one file from that of the server. */
  successes = 0
  probing = false
  timer: NodeJS.Timeout | null = null
  widening: NodeJS.Timeout | null = null
}

/** An account with its token. */
type Session = {
  readonly accountId: string
  client: RepositoryClient
  capabilities: Capabilities
  readonly lane: Lane
  /** The server does not take the token any more; a new session ends this. */
  refused: AppError | null
}

export type WorkParts = {
  readonly states: States
  readonly board: Board
  readonly now: () => number
  readonly random: Random
  readonly pace: Pace | undefined
  readonly patience: Patience | undefined
}

/** Does what the states of files ask for: some files at a time, one write to a draft at a time, as the servers allow. */
export class Work {
  readonly #states: States
  readonly #board: Board
  readonly #now: () => number
  readonly #random: Random
  readonly #patience: Patience | undefined
  readonly #sessions = new Map<string, Session>()
  readonly #lanes = new Map<string, Lane>()
  readonly #buffers: Buffers[] = []
  readonly #underWay = new Set<Promise<void>>()
  readonly #pace: Pace
  readonly #chunks = new ChunkPool()
  /** Files that would send another part at once. */
  readonly #wantSlots: (() => void)[] = []
  #measuring = false
  #filesAtATime = 4
  #pauseOnBattery = false
  #hours: SendingHours | null = null
  #hoursTimer: NodeJS.Timeout | null = null
  #power = { asleep: false, onBattery: false }
  #resting = false
  #wokeAt = -Infinity
  #running = 0
  /** Null before the start. */
  #startedAt: number | null = null
  #stopped = false
  #pumping = false
  #graceTimer: NodeJS.Timeout | null = null

  constructor({ states, board, now, random, pace = new Pace(), patience }: WorkParts) {
    this.#pace = pace
    this.#patience = patience
    this.#states = states
    this.#board = board
    this.#now = now
    this.#random = random
  }

  get isBusy(): boolean {
    return this.#running > 0 || this.#measuring
  }

  start(): void {
    if (this.#startedAt !== null) return
    this.#startedAt = monotonic()
    this.#graceTimer = setTimeout(() => this.#board.refresh(), SESSION_GRACE_MS)
    this.pump()
  }

  /** Takes back what is under way, and waits for it to end, but not long. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#graceTimer !== null) clearTimeout(this.#graceTimer)
    if (this.#hoursTimer !== null) clearTimeout(this.#hoursTimer)
    const stop = { why: 'closed', error: null } as const
    for (const deposit of this.#states.deposits.values()) this.#states.interrupt(deposit, stop)
    const ended = Promise.allSettled(this.#underWay)
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())])
    for (const { timer, widening } of this.#lanes.values()) {
      if (timer !== null) clearTimeout(timer)
      if (widening !== null) clearTimeout(widening)
    }
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    await Promise.all(sessions.map(({ client }) => client.close()))
  }

  configure(settings: Extract<EngineCommand, { kind: 'configure' }>): void {
    this.#filesAtATime = Math.min(8, Math.max(1, Math.round(settings.filesAtATime)))
    if (settings.bytesPerSecond !== undefined) this.#pace.setLimit(settings.bytesPerSecond)
    if (settings.pauseOnBattery !== undefined) this.#pauseOnBattery = settings.pauseOnBattery
    if (settings.sendingHours !== undefined) this.#hours = settings.sendingHours
    this.#keepHours()
    this.#rest()
  }

  /** What the system tells of itself. */
  setPower({ asleep, onBattery }: { readonly asleep: boolean; readonly onBattery: boolean }): void {
    const wakes = this.#power.asleep && !asleep
    this.#power = { asleep, onBattery }
    if (wakes) this.#wokeAt = monotonic()
    this.#rest()
  }

  /** Looks again when the hours begin or end, and now and then, since a clock may be set. */
  #keepHours(): void {
    if (this.#hoursTimer !== null) clearTimeout(this.#hoursTimer)
    this.#hoursTimer = null
    this.#rest()
    if (this.#hours === null || this.#stopped) return
    const now = this.#now()
    const leftMs = (sendingAt(this.#hours, now).changesAt ?? Infinity) - now
    this.#hoursTimer = setTimeout(
      () => {
        this.#keepHours()
        this.#board.refresh()
        this.pump()
      },
      Math.min(leftMs, LOOK_AT_CLOCK_MS),
    )
  }

  get #onBattery(): boolean {
    return this.#pauseOnBattery && this.#power.onBattery
  }

  /** Stops sending, or goes on. It is no pause of the person: files stand in line meanwhile. */
  #rest(): void {
    const offHours = !sendingAt(this.#hours, this.#now()).open
    const resting = this.#power.asleep || this.#onBattery || offHours
    if (resting === this.#resting) return
    this.#resting = resting
    if (resting) {
      const why = this.#power.asleep ? 'asleep' : this.#onBattery ? 'on-battery' : 'off-hours'
      const stop = { why, error: null } as const
      for (const deposit of this.#states.deposits.values()) this.#states.interrupt(deposit, stop)
      return
    }
    // Connections may be dead without anybody having said so, and what hangs on them has to end before it can go on.
    const sessions = [...this.#sessions.values()]
    for (const { client } of sessions) void client.close()
    for (const session of sessions) {
      session.client = this.#createClient(session.client.server)
      this.#watch(session)
      const { lane } = session
      // One light request goes first; a pause that the server asked for still counts.
      lane.gate = { ...lane.gate, probe: true, closedUntil: lane.gate.probe ? 0 : lane.gate.closedUntil }
    }
    for (const deposit of this.#states.deposits.values()) deposit.surveyed = false
  }

  // Sessions

  openSession(accountId: string, server: Server, capabilities: Capabilities): void {
    const known = this.#sessions.get(accountId)
    if (known !== undefined) {
      const { origin, token } = known.client.server
      if (known.refused === null && origin === new URL(server.origin).origin && token === server.token) {
        known.capabilities = capabilities
        return
      }
      this.closeSession(accountId)
    }
    const client = this.#createClient(server)
    const { origin } = client.server
    const lane = this.#lanes.get(origin) ?? new Lane()
    this.#lanes.set(origin, lane)
    // Somebody has just come by: worth asking at once, unless the server itself wants a pause.
    if (lane.gate.probe) lane.gate = { ...lane.gate, closedUntil: 0 }
    const session: Session = { accountId, client, capabilities, lane, refused: null }
    this.#sessions.set(accountId, session)
    this.#watch(session)
    for (const deposit of this.#depositsOf(accountId)) {
      deposit.surveyed = false
      deposit.serverName = server.name
      this.#states.storeDeposit(deposit)
    }
  }

  #createClient(server: Server): RepositoryClient {
    return createClient(server, this.#patience, 'transfer')
  }

  closeSession(accountId: string): void {
    const session = this.#sessions.get(accountId)
    if (session === undefined) return
    this.#sessions.delete(accountId)
    const stop = { why: 'signed-out', error: null } as const
    for (const deposit of this.#depositsOf(accountId)) this.#states.interrupt(deposit, stop)
    void session.client.close()
  }

  hearBudget(origin: string, budget: RequestBudget): void {
    const sessions = [...this.#sessions.values()]
    sessions.find(({ client }) => client.server.origin === origin)?.client.hearBudget(budget)
  }

  /** Empty without a session. */
  serverName(accountId: string): string {
    return this.#sessions.get(accountId)?.client.server.name ?? ''
  }

  /** What resume means for accounts with a session. */
  serversOf(accounts: ReadonlySet<string>): TransferOverview['servers'] {
    return [...accounts].flatMap((accountId): TransferOverview['servers'] => {
      const session = this.#sessions.get(accountId)
      if (session === undefined) return []
      const parts = session.capabilities.multipart === 'works'
      const files = filesAtOnce(session.lane.width, this.#filesAtATime, monotonic())
      return [
        {
          accountId,
          resume: parts ? 'parts' : 'whole-files',
          partBytes: parts ? PART_BYTES : null,
          filesAtATime: files < this.#filesAtATime ? files : null,
        },
      ]
    })
  }

  /** What holds a deposit back as a whole. */
  holdOf(deposit: LiveDeposit): Hold | null {
    if (this.#states.halted !== null) return { error: this.#states.halted, until: null }
    if (deposit.error !== null) return { error: deposit.error, until: null }
    if (this.#onBattery) return { error: { code: 'on-battery', params: {} }, until: 'later' }
    if (this.#hours !== null) {
      const { open, changesAt } = sendingAt(this.#hours, this.#now())
      if (!open) return { error: { code: 'off-hours', params: this.#hours }, until: changesAt ?? 'later' }
    }
    const session = this.#sessions.get(deposit.accountId)
    if (session === undefined) {
      if (this.#startedAt === null || monotonic() - this.#startedAt < SESSION_GRACE_MS) return null
      return { error: { code: 'token-missing', params: { server: deposit.serverName } }, until: null }
    }
    if (session.refused !== null) return { error: session.refused, until: null }
    const { gate } = session.lane
    const closedMs = gate.closedUntil - monotonic()
    if (gate.error === null || (closedMs <= 0 && !gate.probe)) return holdOfBudget(deposit, session.client, this.#now())
    if (gate.probe && this.#isWaking) return null
    return { error: gate.error, until: this.#now() + Math.max(0, closedMs) }
  }

  /** Tells main of answers, for its status bar. */
  #watch(session: Session): void {
    let last = { ok: false, at: 0, code: '', open: true }
    session.client.onAnswer(({ ok, status, at, error }) => {
      this.#noteAnswer(session.lane, status)
      if (status === null && this.#isWaking) return
      const code = error?.code ?? ''
      const open = session.client.opensInMs() === 0
      if (ok === last.ok && code === last.code && open === last.open && at - last.at < 1000) return
      last = { ok, at, code, open }
      this.#board.tell({ kind: 'seen', accountId: session.accountId, ok, at, budget: session.client.budget(), error })
    })
  }

  get #isWaking(): boolean {
    return this.#power.asleep || monotonic() - this.#wokeAt < WAKING_MS
  }

  /** Fewer files at a time where the server wants it slower, and more again as time goes by. */
  #noteAnswer(lane: Lane, status: number | null): void {
    const { width } = lane
    lane.width = afterAnswer(width, status, this.#filesAtATime, monotonic())
    if (lane.width.cut === width.cut) return
    if (lane.widening !== null) clearTimeout(lane.widening)
    this.#widenLater(lane)
    this.#board.refresh()
  }

  #widenLater(lane: Lane): void {
    const afterMs = widensAfterMs(lane.width, this.#filesAtATime, monotonic())
    lane.widening =
      afterMs === null
        ? null
        : setTimeout(() => {
            this.#widenLater(lane)
            this.#board.refresh()
            this.pump()
          }, afterMs)
  }

  #refuse(session: Session, error: AppError): void {
    session.refused = error
    for (const deposit of this.#depositsOf(session.accountId)) this.#states.interrupt(deposit, { why: 'held', error })
    this.#board.refresh()
  }

  #depositsOf(accountId: string): LiveDeposit[] {
    return [...this.#states.deposits.values()].filter((deposit) => deposit.accountId === accountId)
  }

  // Scheduling

  pump(): void {
    if (this.#pumping || this.#startedAt === null) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      if (this.#stopped || this.#resting || this.#states.halted !== null) return
      for (const deposit of this.#states.deposits.values()) this.#serve(deposit)
      for (const wake of this.#wantSlots.splice(0)) wake()
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
        // The journal may have stopped all in this very loop (fault U30): what can’t go on would be queued again for ever.
        if (!this.#mayContinue(deposit, session) || !this.#hasRoom(lane)) return
        files.delete(file)
        this.#track(this.#drive(file, session))
      }
    }
    // The next names are declared while the last ones are sent, and not long before: what is cancelled must be removed again.
    if (deposit.undeclared.size > 0 && !deposit.calling && deposit.queue.size < this.#filesAtATime)
      if (passesGate(lane.gate, lane.running, Infinity, monotonic())) this.#track(this.#declare(deposit, session))
    // It costs time of the processor and none of the server: one beside all that is sent.
    const [zip] = deposit.unmeasured
    if (zip !== undefined && !this.#measuring && this.#mayContinue(deposit, session)) {
      deposit.unmeasured.delete(zip)
      this.#track(this.#drive(zip, session))
    }
  }

  /** The server takes one more file, or part of one. */
  #hasRoom({ width, gate, running }: Lane): boolean {
    const most = width.cut === null ? Infinity : filesAtOnce(width, this.#filesAtATime, monotonic())
    return passesGate(gate, running, most, monotonic())
  }

  /** A file that could be begun at once comes before more parts of one that is under way. */
  get #filesWait(): boolean {
    return [...this.#states.deposits.values()].some((deposit) => {
      const session = this.#sessions.get(deposit.accountId)
      const waits = deposit.urgent.size + deposit.queue.size > 0
      return waits && session !== undefined && this.#mayContinue(deposit, session)
    })
  }

  #slotsFor({ deposit }: LiveFile, session: Session): Slots {
    const { lane } = session
    const count = (change: 1 | -1) => {
      lane.running += change
      this.#running += change
    }
    return {
      mayGoOn: () => this.#mayContinue(deposit, session),
      take: () => {
        if (this.#running >= this.#filesAtATime || this.#filesWait || !this.#hasRoom(lane)) return false
        count(1)
        return true
      },
      give: () => {
        count(-1)
        this.pump()
      },
      changed: () => new Promise((resolve) => this.#wantSlots.push(resolve)),
    }
  }

  #isDue(deposit: LiveDeposit): boolean {
    return (
      deposit.unmeasured.size > 0 || deposit.urgent.size > 0 || deposit.queue.size > 0 || deposit.undeclared.size > 0
    )
  }

  /** False while the server wants a pause or does not answer; sees to it that the work goes on later. */
  #mayAsk(session: Session): boolean {
    const { lane, client } = session
    const closedMs = Math.max(lane.gate.closedUntil - monotonic(), client.opensInMs())
    if (closedMs > 0) {
      lane.timer ??= setTimeout(() => {
        lane.timer = null
        this.#board.refresh()
        this.pump()
      }, closedMs)
      return false
    }
    if (!lane.gate.probe) return true
    if (!lane.probing) this.#track(this.#probe(session))
    return false
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => {
      this.#underWay.delete(work)
      this.pump()
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
      this.#board.refresh()
    }
  }

  #close(lane: Lane, failure: GateFailure): void {
    lane.gate = closeGate(lane.gate, failure, monotonic(), this.#random)
    this.#board.refresh()
  }

  #succeeded(lane: Lane): void {
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
    const { signal } = this.#beginCall(deposit, lane)
    try {
      const entries = await this.#alone(deposit, () => listDraftFiles(client, deposit.draftId, signal))
      this.#succeeded(lane)
      deposit.surveyed = true
      const byKey = new Map(entries.map((entry) => [entry.key, entry]))
      const at = this.#now()
      const idle = deposit.files.filter((file) => !file.busy && isActive(file.state.step))
      for (const file of idle) this.#noteLinks(file, byKey.get(file.key), session)
      quietly(() =>
        this.#states.apply(idle, (file) => {
          const entry = byKey.get(file.key)
          return { kind: 'seen', remote: entry === undefined ? null : toRemote(entry), at }
        }),
      )
    } catch (error) {
      if (!signal.aborted) await this.#failedCall(deposit, session, error, 'list', 0)
    } finally {
      this.#endCall(deposit, lane)
    }
  }

  #beginCall(deposit: LiveDeposit, lane: Lane): AbortController {
    deposit.calling = true
    lane.running += 1
    return (deposit.controller = new AbortController())
  }

  #endCall(deposit: LiveDeposit, lane: Lane): void {
    deposit.calling = false
    deposit.controller = null
    lane.running -= 1
  }

  async #declare(deposit: LiveDeposit, session: Session): Promise<void> {
    const { client, lane, capabilities } = session
    const { name } = client.server
    const batch = [...deposit.undeclared].slice(0, deposit.batch)
    const empty = capabilities.emptyFiles === 'refused' ? batch.filter(({ state }) => state.ledger.bytes === 0) : []
    const { signal } = this.#beginCall(deposit, lane)
    for (const file of batch) deposit.undeclared.delete(file)
    const files = batch.filter((file) => !empty.includes(file))
    try {
      this.#states.apply(empty, () => ({
        kind: 'refused',
        error: { code: 'file-empty-refused', params: { server: name } },
        whole: true,
      }))
      this.#states.apply(files, ({ state, source }) => ({
        kind: 'declaring',
        plan: planTransfer(state.ledger.bytes, source.kind, capabilities),
      }))
      const entries =
        files.length === 0
          ? []
          : await this.#alone(deposit, () => startFiles(client, deposit.draftId, files.map(startOf), signal))
      this.#succeeded(lane)
      deposit.batch = Math.min(DECLARE_AT_ONCE, deposit.batch * 2)
      deposit.declareStrikes = 0
      const byKey = new Map(entries.map((entry) => [entry.key, entry]))
      for (const file of files) this.#noteLinks(file, byKey.get(file.key), session)
      this.#states.apply(files, () => ({ kind: 'declared' }))
    } catch (error) {
      if (error instanceof DeskError && this.#states.halted !== null) return
      // Whatever came back, nothing was made by a call that was refused or never left.
      const refused = error instanceof HttpError && error.status >= 400 && error.status < 500
      const unsent = error instanceof NetworkError && !error.outcomeUnknown
      const kind = refused || unsent ? 'undeclared' : 'interrupted'
      quietly(() => this.#states.apply(files, ({ whole }) => ({ kind, whole })))
      if (!unsent) deposit.surveyed = false
      if (signal.aborted) return
      const only = files.length === 1 ? files[0] : undefined
      const strikes = only?.strikes ?? deposit.declareStrikes
      // The first refusal may stem from a call of a process that was killed, which lands now: then all fits after a look.
      if (error instanceof HttpError && deposit.declareStrikes++ > 0)
        deposit.batch = Math.max(1, Math.floor(files.length / 2))
      const blocks = await this.#failedCall(deposit, session, error, 'declare', strikes)
      if (only !== undefined && error instanceof HttpError) only.strikes += 1
      if (only !== undefined && blocks !== null)
        quietly(() => this.#states.apply([only], () => ({ kind: 'refused', error: blocks, whole: true })))
    } finally {
      this.#endCall(deposit, lane)
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
    const { capabilities: limits } = session
    const verdict = judge(toTrouble(error, name), {
      operation,
      strikes,
      inDoubt: false,
      server: name,
      limits,
      bytes: null,
    })
    switch (verdict.kind) {
      case 'again':
        this.#close(lane, verdict)
        return null
      case 'block-account':
        this.#refuse(session, verdict.error)
        return null
      case 'block-deposit':
        this.#states.block(deposit, verdict.error)
        return null
      case 'draft-gone':
        // Older servers answer 404 to a dead token too (behaviour 2.2).
        if (await isTokenDead(session)) this.#refuse(session, { code: 'token-refused', params: { server: name } })
        else this.#states.block(deposit, { code: 'draft-gone', params: { server: name } })
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
    const measures = file.todo?.kind === 'measure'
    file.controller = controller
    file.busy = true
    if (measures) this.#measuring = true
    else {
      lane.running += 1
      this.#running += 1
    }
    try {
      while (
        file.todo !== null &&
        file.todo.kind !== 'declare' &&
        !signal.aborted &&
        this.#mayContinue(file.deposit, session)
      ) {
        const { todo } = file
        file.todo = null
        if (todo.kind === 'queue') this.#begin(file)
        else await this.#perform(file, todo, session, signal, buffers)
      }
    } catch (error) {
      // The journal has stopped everything.
      if (!(error instanceof DeskError)) throw error
    } finally {
      file.busy = false
      file.controller = null
      if (measures) this.#measuring = false
      else {
        lane.running -= 1
        this.#running -= 1
      }
      this.#buffers.push(buffers)
      file.deposit.enqueue(file)
    }
  }

  #begin(file: LiveFile): void {
    const { plan, bytes } = file.state.ledger
    const bucketId = plan.kind === 'whole' ? file.deposit.bucketFor(bytes) : null
    if (bucketId !== null) this.#states.apply([file], () => ({ kind: 'rerouted', bucketId }))
    this.#states.apply([file], () => ({ kind: 'began', at: this.#now() }))
  }

  #mayContinue(deposit: LiveDeposit, session: Session): boolean {
    const { gate } = session.lane
    const held = session.refused !== null || deposit.error !== null || !deposit.surveyed
    if (held || this.#resting || this.#states.halted !== null || gate.probe) return false
    return monotonic() >= gate.closedUntil && session.client.opensInMs() === 0
  }

  async #perform(file: LiveFile, todo: Effect, session: Session, signal: AbortSignal, buffers: Buffers): Promise<void> {
    let event: TransferEvent
    try {
      event = await this.#run(file, todo, session, signal, buffers)
      if (todo.kind !== 'hash' && todo.kind !== 'measure') this.#succeeded(session.lane)
    } catch (error) {
      // Those sums can’t be gone on with.
      if (error instanceof HashThreadEnded) file.hashed = null
      if (signal.aborted || this.#states.halted !== null) return
      event = this.#judge(file, todo, error, session)
    }
    // The person, or the end of a session, has decided otherwise meanwhile.
    if (signal.aborted) return
    this.#states.apply([file], () => event)
    if (file.state.step.kind === 'done') file.hashed = null
  }

  async #run(
    file: LiveFile,
    todo: Effect,
    session: Session,
    signal: AbortSignal,
    buffers: Buffers,
  ): Promise<TransferEvent> {
    const { client } = session
    const { deposit, key } = file
    const { draftId } = deposit
    switch (todo.kind) {
      case 'measure': {
        if (file.source.kind !== 'zip') throw new Error('only a zip has to be measured')
        const source = await measureZip(file.source, signal, (bytes) => {
          deposit.progressed(file, { readBytes: file.progress.readBytes + bytes })
          this.#board.changed(file)
        })
        this.#states.setSource(file, source)
        return { kind: 'measured', bytes: zipBytes(source.entries) }
      }
      case 'send': {
        file.progress = NO_PROGRESS
        file.whole = false
        const sending = sendFile({
          client,
          draftId,
          file: file.asSource,
          ledger: file.state.ledger,
          buffers,
          signal,
          parts: this.#partsOf(file, session, signal),
          isPaced: this.#pace.isLimited,
          pace: (chunk, until) => this.#pace.pieces(chunk, until),
          onSent: (bytes) => {
            deposit.progressed(file, { sentBytes: file.progress.sentBytes + bytes })
            this.#board.moved(file, bytes)
          },
          onWhole: () => {
            file.whole = true
          },
        })
        const digests = await sending.catch(async (error: unknown) => {
          const tooLarge = error instanceof HttpError && error.status === 413 && file.state.ledger.plan.kind === 'whole'
          const bucketId = tooLarge ? await this.#findBucket(file, session) : null
          if (bucketId === null) throw error
          return { bucketId }
        })
        if (digests !== null && 'bucketId' in digests) return { kind: 'rerouted', ...digests }
        return digests === null ? { kind: 'interrupted', whole: false } : { kind: 'sent', digests }
      }
      case 'commit': {
        const remote = toRemote(await commitFile(client, draftId, key, signal))
        return { kind: 'seen', remote, at: this.#now() }
      }
      case 'look': {
        const entry = await readDraftFile(client, draftId, key, signal)
        this.#noteLinks(file, entry, session)
        return { kind: 'seen', remote: toRemote(entry), at: this.#now() }
      }
      case 'hash': {
        const digests = await hashFile(file.asSource, buffers, signal, (bytes) => {
          deposit.progressed(file, { readBytes: file.progress.readBytes + bytes })
          this.#board.changed(file)
        })
        return { kind: 'hashed', digests, at: this.#now() }
      }
      case 'remove':
        await this.#alone(deposit, () => deleteDraftFile(client, draftId, key, signal))
        // What arrived changed may have been read wrongly.
        file.hashed = null
        return { kind: 'removed' }
      case 'declare':
      case 'queue':
      case 'wait':
      case 'abort':
        throw new Error(`not for one file alone: ${todo.kind}`)
    }
  }

  /** Where a file may go that is too large for one request to the API; null for nowhere. */
  async #findBucket({ deposit, key, state }: LiveFile, { client }: Session): Promise<string | null> {
    if (deposit.bucket === 'none') return null
    const entries = await listDraftFiles(client, deposit.draftId)
    const own = entries.filter((entry) => entry.key === key)
    const id = [...own, ...entries].map((entry) => entry.bucket_id).find((bucketId) => typeof bucketId === 'string')
    if (id === undefined) return null
    if (!(await hasBucket(client, id))) {
      deposit.bucket = 'none'
      return null
    }
    deposit.useBucket(id, state.ledger.bytes)
    return id
  }

  #partsOf(file: LiveFile, session: Session, signal: AbortSignal): SendingParts {
    const { deposit, key } = file
    const { plan, bytes } = file.state.ledger
    const takeBack = (sentBytes: number) => {
      if (!signal.aborted) deposit.progressed(file, { sentBytes: file.progress.sentBytes - sentBytes })
    }
    return {
      chunks: this.#chunks,
      slots: this.#slotsFor(file, session),
      random: this.#random,
      hashed: file.hashed,
      linkOf: (part) => file.partLinks.get(part) ?? null,
      renewLinks: async () => {
        this.#noteLinks(file, await readDraftFile(session.client, deposit.draftId, key), session)
      },
      onPart: (part) => {
        file.strikes = 0
        if (plan.kind === 'parts') takeBack(partLength(plan, part, bytes))
        this.#states.apply([file], () => ({ kind: 'part-sent', part }))
      },
      onHashed: (hashed) => {
        file.hashed = hashed
      },
      onUnsent: takeBack,
    }
  }

  /** What a failure means for this file; sees to what it means for others. */
  #judge(file: LiveFile, todo: Effect, error: unknown, session: Session): TransferEvent {
    const { deposit, state } = file
    if (error instanceof PackedDiffers) return this.#packAgain(file)
    const { lane, client, capabilities } = session
    const { name: server } = client.server
    const trouble = toTrouble(error, server)
    const verdict = judge(trouble, {
      operation: operationOf(todo, state),
      strikes: file.strikes,
      inDoubt: state.step.kind === 'committing' && state.step.inDoubt,
      server,
      limits: capabilities,
      bytes: state.ledger.bytes,
    })
    // What the rate limit turned away was not taken; to ask by a commit would cost requests just when there are none.
    const whole = file.whole && !(trouble.kind === 'answer' && trouble.status === 429)
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
        return { kind: 'interrupted', whole, stop: { why: 'held', error: verdict.error } }
      case 'block-deposit':
        this.#states.block(deposit, verdict.error)
        return { kind: 'interrupted', whole, stop: { why: 'held', error: verdict.error } }
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

  /** Measured again, but not for ever: a file that is written to without a trace never comes out the same. */
  #packAgain(file: LiveFile): TransferEvent {
    const { whole, key: name } = file
    file.strikes += 1
    if (file.strikes < MOST_LOOKS) return { kind: 'unmeasured', whole }
    const reason = 'what is in it changes while it is read'
    return { kind: 'refused', error: { code: 'file-unreadable', params: { name, reason } }, whole }
  }

  #noteLinks(file: LiveFile, entry: FileEntry | undefined, { client }: Session): void {
    if (entry !== undefined) file.partLinks = foreignPartLinks(entry, client.server.origin)
  }
}

/** Nothing of a server’s budget is left for transfers, by its own count. */
function holdOfBudget({ files }: LiveDeposit, client: RepositoryClient, now: number): Hold | null {
  const opensInMs = client.opensInMs()
  const budget = client.budget()
  if (opensInMs === 0 || budget === null) return null
  const until = now + opensInMs
  // A file may have begun, and wait for its first request; others are on their way.
  const still = !files.some(({ busy, progress }) => busy && progress.sentBytes > 0)
  return { error: requestsSpent(client.server.name, budget, until), until, still }
}

function startOf({ key, state }: LiveFile) {
  const { bytes, plan } = state.ledger
  if (plan.kind !== 'parts') return { key, size: bytes }
  return { key, size: bytes, transfer: { type: 'M' as const, parts: plan.parts, part_size: plan.partBytes } }
}

function operationOf(todo: Effect, { ledger }: TransferState): Operation {
  switch (todo.kind) {
    case 'commit':
    case 'look':
    case 'remove':
    case 'declare':
      return todo.kind
    case 'send':
      return ledger.plan.kind === 'bucket' ? 'send-to-bucket' : 'send'
    case 'measure':
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
