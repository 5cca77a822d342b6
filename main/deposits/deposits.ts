import { randomUUID } from 'node:crypto'
import type { Account } from '../../contract/desk/account.ts'
import {
  NO_TRANSFER,
  type Deposit,
  type DepositSummary,
  type DepositTransfer,
  type PublishGuard,
} from '../../contract/desk/deposit.ts'
import type { PlanChoices } from '../../contract/desk/folder.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { mergeMetadata } from '../../core/deposit/merge.ts'
import { emptyMetadata } from '../../core/deposit/metadata.ts'
import { planDeposit, type PlanWarning } from '../../core/deposit/plan.ts'
import { buildReceipt, receiptHtml } from '../../core/deposit/receipt.ts'
import { formatBytes } from '../../core/format.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { DeskEvents } from '../events.ts'
import { HttpError, type RepositoryClient } from '../repository/http/client.ts'
import { deleteDraft, readDraft, releaseDoi, reserveDoi } from '../repository/records.ts'
import type { DeskStore, StoredDeposit } from '../store/store.ts'
import type { EngineEvent } from '../transfers/engine.ts'
import type { TransferHost } from '../transfers/host.ts'
import { locateSource } from '../transfers/source.ts'
import { asDeskError, passesByItself, reasonInWords, type DepositContext } from './context.ts'
import type { Folders } from './folders.ts'
import { notePublished, publishOnce, readGuard, refuseUnsent, settlePublication } from './publish.ts'
import { absorb, askForSpace, ensureDraft, findFate, isDraftOutOfReach, syncDraft } from './sync.ts'
import { sortSummaries, toDeposit, toSummary, whatIsAsked } from './view.ts'

/** Deposits, from folder to DOI. All that is asked here is on disk before the answer; a server hears of it afterwards. */
export type Deposits = {
  list(): DepositSummary[]
  /** Throws deposit-unknown, as all below. */
  get(depositId: string): Deposit
  /** Stores a deposit, then makes its draft and starts its upload in the background. Throws plan-refused, nothing-to-upload. */
  create(wish: {
    readonly scanId: string
    readonly accountId: string
    readonly choices: PlanChoices
    readonly metadata?: RecordMetadata
    readonly publishWhenVerified?: boolean
  }): Promise<Deposit>
  /** `edit`: the one that the form was filled from, so that what was merged since is not taken back. Throws already-published. */
  saveMetadata(depositId: string, metadata: RecordMetadata, edit?: number): Deposit
  resolve(depositId: string, field: string, keep: 'mine' | 'theirs'): Deposit
  reserveDoi(depositId: string): Promise<Deposit>
  releaseDoi(depositId: string): Promise<Deposit>
  guard(depositId: string): Promise<PublishGuard>
  publish(depositId: string, revision: number): Promise<Deposit>
  /** Publishes by itself once everything is verified and nothing hinders it; remembered over restarts. */
  publishWhenVerified(depositId: string, wish: boolean): Deposit
  receipt(depositId: string, format: 'json' | 'html'): Promise<{ readonly name: string; readonly text: string }>
  /** A new draft with the same files and metadata. */
  restart(depositId: string): Promise<Deposit>
  /** Asks for no more space, and uploads what fits. */
  uploadAnyway(depositId: string): Deposit
  remove(depositId: string, draft: boolean): Promise<void>
  /** Waits until a deposit is published, or ready for it with no such wish, or can’t go on by itself. */
  whenSettled(depositId: string): Promise<Deposit>
  /** Whether an account can’t be removed yet. */
  inUse(accountId: string): boolean
  /** Goes on with everything that is not finished. */
  start(): Promise<void>
  close(): Promise<void>
}

type Parts = {
  readonly store: DeskStore
  readonly accounts: Accounts
  readonly transfers: TransferHost
  readonly folders: Folders
  readonly events: DeskEvents
  /** Lets the transfers work for an account; called before files of it are handed over. */
  readonly giveSession: (accountId: string) => Promise<void>
}

const SYNC_DELAY_MS = 600
/** Someone who types without a pause is sent to the server nevertheless. */
const SYNC_AT_LEAST_MS = 5000
const LONGEST_PUT_OFF_MS = 60_000
const LOOK_AGAIN_MS = 5000
const FIRST_RETRY_MS = 5000
const LONGEST_RETRY_MS = 300_000
/** A save that is under way may end; quitting takes two seconds at most in all (fault U41). */
const CLOSE_MS = 1000

export function createDeposits(parts: Parts): Deposits {
  return new DepositBook(parts)
}

/** Work of one deposit that is not on disk. Its steps run one after another: parallel writes to a draft fail (live findings C8). */
type Lane = {
  tail: Promise<void>
  waiting: number
  advanceAsked: boolean
  sending: boolean
  timer: NodeJS.Timeout | null
  /** When the timer has to fire at the latest. */
  dueAt: number
  failures: number
  handedOver: boolean
  /** Since when sending has been put off, by a clock that never jumps. */
  putOffAt: number | null
  /** The deposit as it was when the draft was last merged into it. */
  merged: { readonly edit: number; readonly metadata: RecordMetadata } | null
}

class DepositBook implements Deposits {
  readonly #parts: Parts
  readonly #context: DepositContext
  readonly #lanes = new Map<string, Lane>()
  readonly #transfers = new Map<string, DepositTransfer>()
  readonly #ends: (() => void)[]
  readonly #settling = new Set<() => void>()
  readonly #closing = new AbortController()
  #connected = new Set<string>()

  constructor(parts: Parts) {
    this.#parts = parts
    const { store, accounts, transfers, events } = parts
    this.#context = {
      store,
      accounts,
      transfers,
      get: (depositId) => this.#find(depositId),
      update: (depositId, change) => this.#update(depositId, change),
      closing: this.#closing.signal,
      transfer: (depositId) => this.#transfer(depositId),
    }
    this.#ends = [
      transfers.onEvent((event) => this.#onTransfers(event)),
      events.on('accounts.changed', () =>
        this.#goOn((deposit) => troubleOf(deposit)?.code.startsWith('token-') ?? false),
      ),
      events.on('connections.changed', (connections) => {
        const connected = connections.filter(({ state }) => state === 'connected').map(({ accountId }) => accountId)
        const back = new Set(connected.filter((accountId) => !this.#connected.has(accountId)))
        this.#connected = new Set(connected)
        if (back.size > 0) this.#goOn((deposit) => back.has(deposit.accountId) && isOutOfReach(troubleOf(deposit)))
      }),
    ]
  }

  list(): DepositSummary[] {
    const accounts = new Map(this.#parts.accounts.list().map((account) => [account.id, account]))
    const deposits = this.#parts.store.deposits.list()
    return sortSummaries(
      deposits.map((stored) => toSummary(stored, this.#live(stored, accounts.get(stored.accountId) ?? null))),
    )
  }

  get(depositId: string): Deposit {
    return this.#show(this.#find(depositId))
  }

  async create(wish: Parameters<Deposits['create']>[0]): Promise<Deposit> {
    const { store, accounts, folders } = this.#parts
    const account = accounts.get(wish.accountId)
    const scan = await folders.take(wish.scanId)
    const plan = planDeposit(scan.entries, wish.choices, account.capabilities)
    if (plan.files.length === 0) throw new DeskError('nothing-to-upload')
    const refused = plan.warnings.find(({ severity }) => severity === 'refused')
    if (refused !== undefined)
      throw new DeskError('plan-refused', {
        server: account.serverName,
        reason: refusalInWords(refused),
      })
    const now = Date.now()
    const stored: StoredDeposit = {
      id: randomUUID(),
      accountId: account.id,
      createdAt: now,
      updatedAt: now,
      source: { name: scan.name, files: plan.files.length, bytes: plan.bytes },
      choices: wish.choices,
      spaceGranted: false,
      metadata: { ...emptyMetadata(today(), account.serverName), ...wish.metadata },
      edit: 0,
      savedAt: now,
      sentEdit: -1,
      sentAt: null,
      syncError: null,
      draft: null,
      draftAskedAt: null,
      base: null,
      attempted: null,
      problems: [],
      conflicts: [],
      publication: { kind: 'not-asked' },
      publishWhenVerified: wish.publishWhenVerified ?? false,
    }
    store.deposits.create(
      stored,
      plan.files.map(({ key, bytes, source }, fileId) => ({
        fileId,
        key,
        bytes,
        source: locateSource(source, scan.locate),
      })),
    )
    folders.close(wish.scanId)
    this.#changed(stored.id)
    this.#advance(stored.id)
    return this.#show(stored)
  }

  saveMetadata(depositId: string, metadata: RecordMetadata, edit?: number): Deposit {
    const before = this.#find(depositId)
    if (before.publication.kind === 'published') throw new DeskError('already-published')
    const { merged } = this.#lane(depositId)
    // The form was filled before the draft was merged: its old values are not edits.
    const stale = merged !== null && edit !== undefined && edit <= merged.edit
    const merge = stale
      ? mergeMetadata({ sent: merged.metadata, answered: merged.metadata }, metadata, before.metadata)
      : { merged: metadata, conflicts: [] }
    const conflicts = new Map([...before.conflicts, ...merge.conflicts].map((conflict) => [conflict.field, conflict]))
    const stored = this.#update(depositId, ({ edit: last, publication }) => ({
      metadata: merge.merged,
      edit: last + 1,
      savedAt: Date.now(),
      conflicts: [...conflicts.values()].map((conflict) => ({
        ...conflict,
        mine: merge.merged[keyOf(conflict.field)] ?? null,
      })),
      // What was refused is being corrected.
      ...(publication.kind === 'refused' ? { publication: { kind: 'not-asked' } as const } : {}),
    }))
    this.#advanceSoon(depositId)
    return this.#show(stored)
  }

  resolve(depositId: string, field: string, keep: 'mine' | 'theirs'): Deposit {
    const stored = this.#update(depositId, ({ conflicts, metadata, edit }) => {
      const conflict = conflicts.find((one) => one.field === field)
      if (conflict === undefined) return {}
      const { [keyOf(field)]: mine, ...others } = metadata
      const value = keep === 'mine' ? mine : conflict.theirs
      return {
        conflicts: conflicts.filter((one) => one !== conflict),
        metadata: value == null ? others : { ...others, [keyOf(field)]: value },
        edit: edit + 1,
        savedAt: Date.now(),
      }
    })
    this.#advanceSoon(depositId)
    return this.#show(stored)
  }

  async reserveDoi(depositId: string): Promise<Deposit> {
    return this.#changeDoi(depositId, reserveDoi)
  }

  async releaseDoi(depositId: string): Promise<Deposit> {
    return this.#changeDoi(depositId, releaseDoi)
  }

  async guard(depositId: string): Promise<PublishGuard> {
    return this.#inLane(depositId, async () => {
      if (this.#find(depositId).publication.kind === 'published') throw new DeskError('already-published')
      await this.#makeReady(depositId)
      return readGuard(this.#context, depositId)
    })
  }

  async publish(depositId: string, revision: number): Promise<Deposit> {
    return this.#inLane(depositId, async () => {
      await this.#makeReady(depositId)
      if (this.#find(depositId).publication.kind === 'published') return this.get(depositId)
      await publishOnce(this.#context, depositId, revision)
      return this.get(depositId)
    }).catch((error: unknown) => {
      // What became of it is looked for until it is known.
      if (error instanceof DeskError && error.code === 'publish-unclear') this.#retryLater(depositId)
      throw error
    })
  }

  publishWhenVerified(depositId: string, wish: boolean): Deposit {
    const stored = this.#update(depositId, ({ publication }) => ({
      publishWhenVerified: wish,
      ...(wish && publication.kind === 'refused' ? { publication: { kind: 'not-asked' } as const } : {}),
    }))
    this.#advance(depositId)
    return this.#show(stored)
  }

  async receipt(depositId: string, format: 'json' | 'html'): Promise<{ name: string; text: string }> {
    const deposit = this.get(depositId)
    const account = this.#parts.accounts.get(deposit.accountId)
    const receipt = buildReceipt(deposit, account, await this.#parts.transfers.report(depositId), Date.now())
    const name = `${deposit.source.name.replace(/[\\/:*?"<>|\p{Cc}\p{Cf}]/gu, '_')}.receipt.${format}`
    return { name, text: format === 'json' ? `${JSON.stringify(receipt, null, 2)}\n` : receiptHtml(receipt) }
  }

  async restart(depositId: string): Promise<Deposit> {
    await this.#inLane(depositId, async () => {
      if (this.#find(depositId).publication.kind === 'published') throw new DeskError('already-published')
      await this.#parts.transfers.command({ kind: 'remove', depositId })
      this.#transfers.delete(depositId)
      this.#lane(depositId).handedOver = false
      this.#update(depositId, () => ({
        spaceGranted: false,
        draft: null,
        draftAskedAt: null,
        base: null,
        attempted: null,
        sentEdit: -1,
        sentAt: null,
        syncError: null,
        problems: [],
        conflicts: [],
        publication: { kind: 'not-asked' },
      }))
    })
    this.#advance(depositId)
    return this.get(depositId)
  }

  uploadAnyway(depositId: string): Deposit {
    const stored = this.#update(depositId, ({ choices }) => ({
      choices: { ...choices, moreSpace: false },
      syncError: null,
    }))
    this.#advance(depositId)
    return this.#show(stored)
  }

  async remove(depositId: string, draft: boolean): Promise<void> {
    await this.#inLane(depositId, async () => {
      const { accountId, draft: known, publication } = this.#find(depositId)
      if (publication.kind === 'asked' && draft) await settlePublication(this.#context, depositId).catch(unlessGone)
      if (draft && known !== null && this.#find(depositId).publication.kind !== 'published')
        await deleteDraft(await this.#parts.accounts.client(accountId), known.id)
      await this.#parts.transfers.command({ kind: 'remove', depositId })
      this.#parts.store.deposits.remove(depositId)
    })
    const lane = this.#lanes.get(depositId)
    if (lane?.timer) clearTimeout(lane.timer)
    this.#lanes.delete(depositId)
    this.#transfers.delete(depositId)
    this.#changed(depositId)
  }

  async whenSettled(depositId: string): Promise<Deposit> {
    while (!this.#closing.signal.aborted && !this.#isSettled(depositId))
      await new Promise<void>((resolve) => this.#settling.add(resolve))
    return this.get(depositId)
  }

  inUse(accountId: string): boolean {
    return this.#parts.store.deposits
      .list()
      .some((one) => one.accountId === accountId && one.publication.kind !== 'published')
  }

  async start(): Promise<void> {
    const deposits = this.#parts.store.deposits.list()
    const transfers = await Promise.all(deposits.map(({ id }) => this.#parts.transfers.transfer(id)))
    for (const transfer of transfers) this.#transfers.set(transfer.depositId, transfer)
    for (const { id, publication, publishWhenVerified } of deposits) {
      if (publication.kind === 'published') continue
      // A wish that met a refusal is tried again on the next start, as its person asked for it.
      if (publishWhenVerified && publication.kind === 'refused')
        this.#update(id, () => ({ publication: { kind: 'not-asked' } }))
      this.#advance(id)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const end of this.#ends) end()
    for (const { timer } of this.#lanes.values()) if (timer) clearTimeout(timer)
    this.#wake()
    const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())
    await Promise.race([Promise.all([...this.#lanes.values()].map(({ tail }) => tail)), limit])
  }

  // What goes on in the background.

  #advance(depositId: string): void {
    const lane = this.#lane(depositId)
    if (lane.timer) clearTimeout(lane.timer)
    lane.timer = null
    if (lane.advanceAsked || this.#closing.signal.aborted) return
    lane.advanceAsked = true
    void this.#inLane(depositId, async () => {
      lane.advanceAsked = false
      await this.#step(depositId)
    }).then(
      () => {
        lane.failures = 0
      },
      (error: unknown) => this.#noteFailure(depositId, error),
    )
  }

  #advanceSoon(depositId: string): void {
    const lane = this.#lane(depositId)
    const now = Date.now()
    if (lane.timer) clearTimeout(lane.timer)
    else lane.dueAt = now + SYNC_AT_LEAST_MS
    lane.timer = setTimeout(() => this.#advance(depositId), Math.max(0, Math.min(SYNC_DELAY_MS, lane.dueAt - now)))
  }

  /** One way forward, as far as it goes: settle, make the draft, hand over the files, send the metadata, publish. */
  async #step(depositId: string): Promise<void> {
    if (this.#parts.store.deposits.get(depositId) === null) return
    await this.#makeReady(depositId)
    if (this.#find(depositId).publication.kind === 'published') return
    await this.#checkIfGone(depositId)
    if (await this.#putsOff(depositId)) return
    await syncDraft(this.#context, depositId)
    this.#clearTrouble(depositId)
    const { publication, publishWhenVerified } = this.#find(depositId)
    if (!publishWhenVerified || publication.kind !== 'not-asked' || this.#transfer(depositId).state !== 'verified')
      return
    try {
      await publishOnce(this.#context, depositId, null)
    } catch (error) {
      if (!(error instanceof DeskError && error.code === 'not-ready')) throw error
      // Shown as what hinders it; the next edit tries again.
      this.#update(depositId, () => ({ publication: { kind: 'refused', askedAt: Date.now(), error: error.toJSON() } }))
    }
  }

  async #makeReady(depositId: string): Promise<void> {
    const { publication, publishWhenVerified } = this.#find(depositId)
    if (publication.kind === 'published') return
    if (publication.kind === 'asked') {
      if (await settlePublication(this.#context, depositId)) return
      if (!publishWhenVerified) throw refuseUnsent(this.#context, depositId)
      // The wish still stands, and nothing came of it.
      this.#update(depositId, () => ({ publication: { kind: 'not-asked' } }))
    }
    const { accountId, draft } = await ensureDraft(this.#context, depositId)
    const lane = this.#lane(depositId)
    if (lane.handedOver || draft === null) return
    await askForSpace(this.#context, depositId)
    await this.#parts.giveSession(accountId)
    const files = this.#parts.store.deposits.files(depositId)
    await this.#parts.transfers.command({ kind: 'add', depositId, accountId, draftId: draft.id, files })
    lane.handedOver = true
  }

  /** The transfers can’t tell a draft that was deleted from one that was published. */
  async #checkIfGone(depositId: string): Promise<void> {
    const { accountId, draft } = this.#find(depositId)
    if (draft === null || this.#transfer(depositId).error?.code !== 'draft-gone') return
    await readDraft(await this.#parts.accounts.client(accountId), draft.id)
  }

  /** Nobody waits for what is sent by itself: where the server takes few more requests it is put off, though not for long. */
  async #putsOff(depositId: string): Promise<boolean> {
    const { accountId, edit, sentEdit } = this.#find(depositId)
    if (edit === sentEdit) return false
    const lane = this.#lane(depositId)
    const waitMs = (await this.#parts.accounts.client(accountId)).opensInMs('background')
    const now = performance.now()
    lane.putOffAt ??= now
    if (waitMs === 0 || now - lane.putOffAt > LONGEST_PUT_OFF_MS) {
      lane.putOffAt = null
      return false
    }
    lane.timer ??= setTimeout(() => this.#advance(depositId), Math.min(waitMs, LOOK_AGAIN_MS))
    lane.dueAt = Date.now() + SYNC_AT_LEAST_MS
    return true
  }

  #noteFailure(depositId: string, error: unknown): void {
    const stored = this.#closing.signal.aborted ? null : this.#parts.store.deposits.get(depositId)
    if (stored === null || stored.publication.kind === 'published') return
    const failure = asDeskError(error, this.#serverName(stored.accountId)).toJSON()
    // What publishing met is kept with the publication.
    if (failure.code !== 'publish-unclear' && failure.code !== 'publish-refused') {
      try {
        this.#update(depositId, () => ({ syncError: failure }))
      } catch {
        // A full disk takes no note of itself either.
      }
    }
    if (passesByItself(failure)) this.#retryLater(depositId)
    this.#wake()
  }

  #retryLater(depositId: string): void {
    const lane = this.#lane(depositId)
    lane.failures += 1
    // An edit that is about to be sent tries sooner.
    if (lane.timer) return
    const pauseMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (lane.failures - 1))
    lane.timer = setTimeout(() => this.#advance(depositId), pauseMs * (0.5 + Math.random() / 2))
    lane.dueAt = Date.now() + SYNC_AT_LEAST_MS
  }

  #clearTrouble(depositId: string): void {
    if (this.#find(depositId).syncError !== null) this.#update(depositId, () => ({ syncError: null }))
  }

  /** Again at once for those that wait for what has come: a token, a connection. */
  #goOn(which: (deposit: StoredDeposit) => boolean): void {
    for (const deposit of this.#parts.store.deposits.list())
      if (deposit.publication.kind !== 'published' && which(deposit)) this.#advance(deposit.id)
  }

  #onTransfers(event: EngineEvent): void {
    if (event.kind === 'seen') return
    const transfers = event.kind === 'progress' ? event.overview.deposits : [event.transfer]
    for (const transfer of transfers) this.#transfers.set(transfer.depositId, transfer)
    if (event.kind === 'progress') return
    const { depositId, state, error } = event.transfer
    const stored = this.#parts.store.deposits.get(depositId)
    if (stored === null || stored.publication.kind === 'published') return
    this.#changed(depositId)
    // Published or deleted elsewhere: only the record tells.
    const gone = error?.code === 'draft-gone' && stored.syncError?.code !== 'draft-gone'
    if (gone || (state === 'verified' && stored.publishWhenVerified)) this.#advance(depositId)
  }

  // What a person asked for, one after another.

  async #changeDoi(
    depositId: string,
    change: (client: RepositoryClient, draftId: string) => ReturnType<typeof reserveDoi>,
  ): Promise<Deposit> {
    return this.#inLane(depositId, async () => {
      await this.#makeReady(depositId)
      const { accountId, draft, publication } = this.#find(depositId)
      if (draft === null || publication.kind === 'published') throw new DeskError('already-published')
      const client = await this.#parts.accounts.client(accountId)
      try {
        absorb(this.#context, depositId, await change(client, draft.id))
      } catch (error) {
        // The state that was asked for may be there already: a lost answer, or done elsewhere (behaviour 12).
        if (!(error instanceof HttpError) || ![400, 404].includes(error.status)) throw error
        const { draft: now } = absorb(this.#context, depositId, await readDraft(client, draft.id))
        const done = change === reserveDoi ? now?.doi != null : now?.doi == null
        const { serverName: server } = this.#parts.accounts.get(accountId)
        if (!done) throw new DeskError('doi-refused', { server, reason: reasonInWords(error, server) })
      }
      await syncDraft(this.#context, depositId)
      return this.get(depositId)
    })
  }

  /** Runs a step after those before it. What the client throws becomes what a person reads. */
  async #inLane<T>(depositId: string, step: () => Promise<T>): Promise<T> {
    const { accountId } = this.#find(depositId)
    const lane = this.#lane(depositId)
    lane.waiting += 1
    const result = lane.tail.then(async () => {
      if (this.#closing.signal.aborted) throw new DeskError('cancelled')
      lane.sending = true
      try {
        return await step()
      } catch (error) {
        throw await this.#explain(depositId, accountId, error)
      } finally {
        lane.sending = false
        lane.waiting -= 1
      }
    })
    lane.tail = result.then(
      () => this.#wake(),
      () => this.#wake(),
    )
    return result
  }

  /** A draft that is out of reach may have been published elsewhere: then there is nothing to complain of. */
  async #explain(depositId: string, accountId: string, error: unknown): Promise<DeskError> {
    const serverName = this.#serverName(accountId)
    const stored = this.#closing.signal.aborted ? null : this.#parts.store.deposits.get(depositId)
    if (stored?.draft == null || stored.publication.kind === 'published' || !isDraftOutOfReach(error))
      return asDeskError(error, serverName)
    try {
      const client = await this.#parts.accounts.client(accountId)
      const record = await findFate(client, stored.draft.id)
      if (record === null) return asDeskError(error, serverName)
      await notePublished(this.#context, client, depositId, record)
      return new DeskError('already-published')
    } catch (next) {
      return asDeskError(next, serverName)
    }
  }

  // What is known.

  #find(depositId: string): StoredDeposit {
    const stored = this.#parts.store.deposits.get(depositId)
    if (stored === null) throw new DeskError('deposit-unknown')
    return stored
  }

  #update(depositId: string, change: (deposit: StoredDeposit) => Partial<StoredDeposit>): StoredDeposit {
    const before = this.#find(depositId)
    const changes = change(before)
    const stored = { ...before, ...changes, updatedAt: Date.now() }
    this.#parts.store.deposits.save(stored)
    // A merge: the forms that are open now were filled from what was before.
    if (changes.base && changes.edit !== undefined && changes.edit !== before.edit)
      this.#lane(depositId).merged = { edit: before.edit, metadata: before.metadata }
    this.#changed(depositId)
    return stored
  }

  #changed(depositId: string): void {
    this.#parts.events.emit('deposits.changed', { depositIds: [depositId] })
    this.#wake()
  }

  #wake(): void {
    const waiting = [...this.#settling]
    this.#settling.clear()
    for (const resolve of waiting) resolve()
  }

  #isSettled(depositId: string): boolean {
    const stored = this.#find(depositId)
    if (stored.publication.kind === 'published') return true
    if (this.#lane(depositId).waiting > 0) return false
    const transfer = this.#transfer(depositId)
    if (whatIsAsked(stored, transfer, '') !== null) return true
    if (stored.publication.kind === 'asked' || stored.syncError !== null) return false
    if (['needs-you', 'paused', 'cancelled'].includes(transfer.state)) return true
    return transfer.state === 'verified' && stored.sentEdit === stored.edit && !stored.publishWhenVerified
  }

  #transfer(depositId: string): DepositTransfer {
    return this.#transfers.get(depositId) ?? { ...NO_TRANSFER, depositId }
  }

  #lane(depositId: string): Lane {
    const known = this.#lanes.get(depositId)
    if (known !== undefined) return known
    const lane: Lane = {
      tail: Promise.resolve(),
      waiting: 0,
      advanceAsked: false,
      sending: false,
      timer: null,
      dueAt: 0,
      failures: 0,
      handedOver: false,
      putOffAt: null,
      merged: null,
    }
    this.#lanes.set(depositId, lane)
    return lane
  }

  #show(stored: StoredDeposit): Deposit {
    const account = this.#parts.accounts.list().find(({ id }) => id === stored.accountId) ?? null
    return toDeposit(stored, this.#live(stored, account))
  }

  #live(stored: StoredDeposit, account: Account | null) {
    return { account, transfer: this.#transfer(stored.id), sending: this.#lanes.get(stored.id)?.sending ?? false }
  }

  #serverName(accountId: string): string {
    return this.#parts.accounts.list().find(({ id }) => id === accountId)?.serverName ?? ''
  }
}

/** What the last attempt in the background met. */
function troubleOf({ syncError, publication }: StoredDeposit): AppError | null {
  return syncError ?? (publication.kind === 'asked' ? publication.error : null)
}

function isOutOfReach(error: AppError | null): boolean {
  return ['offline', 'server-unreachable', 'captive-portal', 'proxy-failed'].includes(error?.code ?? '')
}

/** A draft that is gone is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof DeskError && error.code === 'draft-gone')) throw error
}

/** `metadata.title` as the key of the metadata. */
function keyOf(field: string): string {
  return field.replace(/^metadata\./, '')
}

/** The day that the person’s calendar shows. */
function today(): string {
  const now = new Date()
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}

function refusalInWords({ kind, key = '', found = 0, limit = 0 }: PlanWarning): string {
  switch (kind) {
    case 'too-many-files':
      return `${found} files, and it takes ${limit}`
    case 'over-quota':
      return `${formatBytes(found)}, and it takes ${formatBytes(limit)}`
    case 'file-too-large':
      return `${key} has ${formatBytes(found)}, and it takes ${formatBytes(limit)} in a file`
    case 'name-too-long':
      return `the name ${key.slice(0, 60)}… has ${found} characters, and it takes ${limit}`
    default:
      return `it can’t keep the name ${JSON.stringify(key.slice(0, 200))}`
  }
}
