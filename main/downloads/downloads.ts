import { randomUUID } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Account } from '../../contract/desk/account.ts'
import type {
  Download,
  DownloadCommand,
  DownloadPlace,
  DownloadState,
  FoundRecord as ShownRecord,
} from '../../contract/desk/download.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { readRecordName } from '../../core/record-name.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { resolveServer, type KnownServer } from '../accounts/servers.ts'
import { asDeskError, passesByItself } from '../deposits/context.ts'
import type { Deposits } from '../deposits/deposits.ts'
import type { DeskEvents } from '../events.ts'
import { createClient, type RepositoryClient, type Server } from '../repository/http/client.ts'
import type { DeskStore, DownloadFile, DownloadOutcome, StoredDownload } from '../store/store.ts'
import type { TransferHost } from '../transfers/host.ts'
import { md5Of } from './download.ts'
import { findRecord, type FoundRecord } from './find.ts'
import { folderName, namePaths } from './names.ts'
import type { DownloadNews, DownloadTask } from './runner.ts'

/** Downloads of whole records or some of their files. What is asked here is on disk before the answer. */
export type Downloads = {
  /** Newest first. */
  list(): Download[]
  /** Throws record-name-unclear, record-not-found, record-not-public, not-permitted, and those of the connection. */
  find(
    wish: { readonly name: string; readonly accountId: string } | { readonly depositId: string },
  ): Promise<ShownRecord>
  /** Keeps the path of a folder that was chosen, and gives it a name for the window. */
  addPlace(path: string): Promise<DownloadPlace>
  /** Throws found-expired, download-under-way. */
  start(wish: {
    readonly foundId: string
    readonly placeId: string
    readonly files: readonly number[]
  }): Promise<Download>
  /** Throws download-unknown. What does not fit the state changes nothing. */
  command(downloadId: string, command: DownloadCommand): Promise<void>
  /** Absolute path of the folder of a download. Throws download-unknown. */
  pathOf(downloadId: string): string
  /** Goes on with all that are not finished. */
  resume(): void
  close(): void
}

type Parts = {
  readonly store: DeskStore
  readonly accounts: Accounts
  readonly deposits: Pick<Deposits, 'get'>
  readonly runner: TransferHost['downloads']
  readonly events: DeskEvents
  readonly now?: () => number
  readonly retryMs?: number
}

type Found = { readonly server: KnownServer; readonly account: Account | null; readonly record: FoundRecord; readonly at: number } // prettier-ignore

const FOUND_LIFE_MS = 3_600_000
const MOST_KEPT = 20
const TELL_EVERY_MS = 100
/** Outcomes of files are stored together: a record of thousands of small files would write for each. */
const STORE_EVERY_MS = 250
/** Doubled with each failure in a row. */
const RETRY_MS = 5000
const LONGEST_RETRY_MS = 60_000
const TROUBLES_SHOWN = 100
const FINISHED: ReadonlySet<StoredDownload['state']> = new Set(['complete', 'incomplete', 'cancelled'])
/** Passes when there is a token again. */
const OF_TOKEN: ReadonlySet<string> = new Set(['token-missing', 'token-refused', 'account-unknown'])

export function createDownloads(parts: Parts): Downloads {
  return new DownloadBook(parts)
}

class Live {
  stored: StoredDownload
  readonly files: ReadonlyMap<number, DownloadFile>
  readonly outcomes = new Map<number, DownloadOutcome>()
  /** Not in the database yet. */
  readonly unstored = new Map<number, DownloadOutcome | null>()
  progress: Extract<DownloadNews, { kind: 'progress' }> | null = null
  waiting: { readonly error: AppError; readonly until: number | null } | null = null
  retry: NodeJS.Timeout | null = null
  /** Runs that ended early in a row, without progress. */
  failures = 0
  /** Where the server was when it was last started there. */
  origin: string

  constructor(stored: StoredDownload, files: readonly DownloadFile[]) {
    this.stored = stored
    this.origin = stored.origin
    this.files = new Map(files.map((file) => [file.fileId, file]))
    for (const { fileId, outcome } of files) if (outcome !== null) this.outcomes.set(fileId, outcome)
  }

  get isFinished(): boolean {
    return FINISHED.has(this.stored.state)
  }

  get failed(): number[] {
    return [...this.outcomes].flatMap(([fileId, { kind }]) => (kind === 'failed' ? [fileId] : []))
  }

  settle(fileId: number, outcome: DownloadOutcome | null): void {
    if (!this.files.has(fileId)) return
    if (outcome === null) this.outcomes.delete(fileId)
    else this.outcomes.set(fileId, outcome)
    this.unstored.set(fileId, outcome)
  }

  get view(): Download {
    const { origin: _origin, place, state: _state, stateAt: _at, error: _error, begun: _begun, toDiscard: _toDiscard, ...stored } = this.stored // prettier-ignore
    let [savedFiles, uncheckedFiles, failedFiles, savedBytes, bytes] = [0, 0, 0, 0, 0]
    const troubles: Download['troubles'] = []
    for (const { fileId, key, bytes: size } of this.files.values()) {
      bytes += size
      const outcome = this.outcomes.get(fileId)
      if (outcome?.kind === 'saved') {
        savedFiles++
        savedBytes += size
        if (!outcome.checked) uncheckedFiles++
      } else if (outcome) {
        failedFiles++
        if (troubles.length < TROUBLES_SHOWN) troubles.push({ key, error: outcome.error })
      }
    }
    const isMoving = this.stored.state === 'active' && this.waiting === null
    return {
      ...stored,
      place: basename(place) || place,
      state: this.#state,
      files: this.files.size,
      savedFiles,
      uncheckedFiles,
      failedFiles,
      bytes,
      receivedBytes: Math.min(bytes, Math.max(savedBytes, this.progress?.receivedBytes ?? 0)),
      bytesPerSecond: isMoving ? (this.progress?.bytesPerSecond ?? null) : null,
      leftMs: isMoving ? (this.progress?.leftMs ?? null) : null,
      troubles,
    }
  }

  get #state(): DownloadState {
    const { state, stateAt: at, error } = this.stored
    switch (state) {
      case 'active':
        if (this.waiting) return { kind: 'waiting', ...this.waiting }
        return { kind: this.progress === null ? 'queued' : this.progress.checking ? 'checking' : 'downloading' }
      case 'stopped':
        return { kind: 'stopped', error: error ?? { code: 'internal', params: {} } }
      default:
        return { kind: state, at }
    }
  }
}

class DownloadBook implements Downloads {
  readonly #parts: Parts
  readonly #now: () => number
  readonly #live = new Map<string, Live>()
  readonly #found = new Map<string, Found>()
  readonly #places = new Map<string, string>()
  readonly #changed = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #ends: (() => void)[]
  #telling: NodeJS.Timeout | null = null
  #storing: NodeJS.Timeout | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    const { store, runner, events } = parts
    for (const stored of store.downloads.list())
      this.#live.set(stored.id, new Live(stored, store.downloads.files(stored.id)))
    this.#ends = [
      runner.onNews((news) => this.#hear(news)),
      events.on('accounts.changed', () => this.#accountsChanged()),
    ]
  }

  list(): Download[] {
    return [...this.#live.values()].map(({ view }) => view).sort((a, b) => b.createdAt - a.createdAt)
  }

  async find(wish: Parameters<Downloads['find']>[0]): Promise<ShownRecord> {
    const { server, account, recordId } = 'depositId' in wish ? this.#ofDeposit(wish.depositId) : this.#named(wish)
    const record = await this.#ask(server, account, (client) => findRecord(client, recordId))
    const foundId = randomUUID()
    this.#found.set(foundId, { server, account, record, at: this.#now() })
    for (const id of [...this.#found.keys()].slice(0, -MOST_KEPT)) this.#found.delete(id)
    return {
      foundId,
      ...shownRecord(record),
      server: server.kind,
      serverName: server.name,
      accountId: account?.id ?? null,
      version: record.version,
      folder: folderName(record.title, record.id),
      files: record.files.map((entry) => ({
        key: entry.key,
        bytes: entry.size ?? null,
        md5: md5Of(entry.checksum) !== null,
        obstacle: obstacleOf(entry),
      })),
    }
  }

  async addPlace(path: string): Promise<DownloadPlace> {
    const placeId = randomUUID()
    this.#places.set(placeId, path)
    for (const id of [...this.#places.keys()].slice(0, -MOST_KEPT)) this.#places.delete(id)
    const disk = await statfs(path).catch(() => null)
    return { placeId, name: basename(path) || path, freeBytes: disk && disk.bavail * disk.bsize }
  }

  async start({ foundId, placeId, files: wanted }: Parameters<Downloads['start']>[0]): Promise<Download> {
    const found = this.#found.get(foundId)
    const place = this.#places.get(placeId)
    if (!found || place === undefined || this.#now() - found.at > FOUND_LIFE_MS) throw new DeskError('found-expired')
    const { record, server, account } = found
    const folder = folderName(record.title, record.id)
    const paths = namePaths(record.files.map(({ key }) => key))
    const files = [...new Set(wanted)]
      .sort((a, b) => a - b)
      .map((fileId): DownloadFile => {
        const entry = record.files[fileId]
        if (entry?.size == null || obstacleOf(entry) !== null) throw new DeskError('found-expired')
        return {
          fileId,
          key: entry.key,
          path: paths.get(entry.key) ?? entry.key,
          bytes: entry.size,
          md5: md5Of(entry.checksum),
          outcome: null,
        }
      })
    const title = record.title || record.id
    const same = [...this.#live.values()].some(
      ({ stored, isFinished }) => !isFinished && stored.place === place && stored.folder === folder,
    )
    if (same) throw new DeskError('download-under-way', { title, folder: basename(place) })
    const createdAt = this.#now()
    const stored: StoredDownload = {
      id: randomUUID(),
      ...shownRecord(record),
      server: server.kind,
      serverName: server.name,
      accountId: account?.id ?? null,
      origin: server.origin,
      createdAt,
      place,
      folder,
      state: 'active',
      stateAt: createdAt,
      error: null,
      begun: false,
      toDiscard: false,
    }
    this.#parts.store.downloads.create(stored, files)
    const live = new Live(stored, files)
    this.#live.set(stored.id, live)
    this.#tell(live)
    void this.#launch(live)
    return live.view
  }

  async command(downloadId: string, command: DownloadCommand): Promise<void> {
    const live = this.#require(downloadId)
    const { state } = live.stored
    switch (command) {
      case 'pause':
        if (state !== 'active') return
        this.#enter(live, { state: 'paused' })
        await this.#parts.runner.stop(downloadId, null)
        return
      case 'resume':
        if (state !== 'paused' && state !== 'stopped') return
        this.#enter(live, { state: 'active' })
        void this.#launch(live)
        return
      case 'retry':
        if (state !== 'stopped' && state !== 'incomplete' && !(state === 'active' && live.waiting)) return
        // Who tries again, wants the folder back if it is gone.
        this.#enter(live, { state: 'active', begun: false })
        void this.#launch(live)
        return
      case 'cancel':
        if (live.isFinished) return
        this.#enter(live, { state: 'cancelled', toDiscard: true })
        await this.#discard(live)
        return
      case 'forget':
        if (!live.isFinished) return
        await this.#discard(live)
        this.#live.delete(downloadId)
        this.#parts.store.downloads.remove(downloadId)
        this.#gone.add(downloadId)
        this.#tell(live)
    }
  }

  pathOf(downloadId: string): string {
    const { place, folder } = this.#require(downloadId).stored
    return join(place, folder)
  }

  resume(): void {
    for (const live of this.#live.values()) {
      if (live.stored.state === 'active') void this.#launch(live)
      else if (live.stored.toDiscard) void this.#discard(live)
    }
  }

  close(): void {
    for (const end of this.#ends) end()
    for (const { retry } of this.#live.values()) if (retry !== null) clearTimeout(retry)
    if (this.#telling !== null) clearTimeout(this.#telling)
    this.#store()
  }

  // Which record

  #named({ name, accountId }: { readonly name: string; readonly accountId: string }) {
    const parsed = readRecordName(name)
    if (parsed === null) throw new DeskError('record-name-unclear', { text: name.trim().slice(0, 200) })
    const { recordId, server: wanted } = parsed
    const current = this.#parts.accounts.get(accountId)
    if (wanted === null) return { recordId, account: current, server: serverOf(current) }
    const server = resolveServer(wanted)
    const own = [current, ...this.#parts.accounts.list()].find(({ origin }) => origin === server.origin) ?? null
    return { recordId, account: own, server: own ? serverOf(own) : server }
  }

  #ofDeposit(depositId: string) {
    const { accountId, publication, draft } = this.#parts.deposits.get(depositId)
    const account = this.#parts.accounts.get(accountId)
    const recordId = publication.kind === 'published' ? publication.recordId : draft?.id
    if (recordId === undefined) throw new DeskError('draft-gone', { server: account.serverName })
    return { recordId, account, server: serverOf(account) }
  }

  async #ask<T>(
    server: KnownServer,
    account: Account | null,
    ask: (client: RepositoryClient) => Promise<T>,
  ): Promise<T> {
    if (account) return ask(await this.#parts.accounts.client(account.id))
    const guest = createClient({ origin: server.origin, name: server.name, token: null })
    try {
      return await ask(guest)
    } catch (error) {
      if (!(error instanceof DeskError && ['not-permitted', 'token-refused'].includes(error.code))) throw error
      throw new DeskError('record-not-public', { server: server.name }, { cause: error })
    } finally {
      await guest.close()
    }
  }

  // Running

  async #launch(live: Live): Promise<void> {
    const { id, accountId, serverName } = live.stored
    for (const fileId of live.failed) live.settle(fileId, null)
    live.progress = null
    try {
      const server: Server =
        accountId === null
          ? { origin: live.stored.origin, name: serverName, token: null }
          : (await this.#parts.accounts.client(accountId)).server
      // Decided otherwise meanwhile.
      if (live.stored.state !== 'active') return
      live.origin = server.origin
      await this.#parts.runner.start(this.#task(live, server))
    } catch (error) {
      this.#hear({ kind: 'ended', downloadId: id, error: asDeskError(error, serverName).toJSON() })
    }
  }

  #task({ stored, files, outcomes }: Live, server: Server): DownloadTask {
    const { id, kind, recordId, place, folder, begun } = stored
    return {
      downloadId: id,
      server,
      record: { kind, id: recordId },
      place,
      folder,
      mayMake: !begun,
      files: [...files.values()].map(({ fileId, key, path, bytes, md5 }) => {
        const outcome = outcomes.get(fileId)
        return { fileId, key, path, bytes, md5, savedAt: outcome?.kind === 'saved' ? outcome.modifiedAt : null }
      }),
    }
  }

  async #discard(live: Live): Promise<void> {
    const { id, origin, serverName: name } = live.stored
    await this.#parts.runner.stop(id, this.#task(live, { origin, name, token: null }))
    if (live.stored.toDiscard) this.#save(live, { toDiscard: false })
  }

  #hear(news: DownloadNews): void {
    const live = this.#live.get(news.downloadId)
    // What was under way when it was paused or cancelled.
    if (live === undefined || live.stored.state !== 'active') return
    switch (news.kind) {
      case 'progress':
        if (!live.stored.begun) this.#save(live, { begun: true })
        if (live.progress !== null && news.receivedBytes !== live.progress.receivedBytes) {
          live.waiting = null
          live.failures = 0
        }
        live.progress = news
        break
      case 'saved':
        live.waiting = null
        live.settle(news.fileId, { kind: 'saved', modifiedAt: news.modifiedAt, checked: news.checked })
        this.#storeSoon()
        break
      case 'failed':
        live.settle(news.fileId, { kind: 'failed', error: news.error })
        this.#storeSoon()
        break
      case 'waiting':
        live.waiting = { error: news.error, until: news.until }
        this.#wakePractice(live)
        break
      case 'seen':
        if (live.stored.accountId !== null) this.#parts.accounts.noteSeen(live.stored.accountId, news)
        return
      case 'ended':
        this.#ended(live, news.error)
        break
    }
    this.#tell(live)
  }

  #ended(live: Live, error: AppError | null): void {
    if (error === null) this.#enter(live, { state: live.failed.length > 0 ? 'incomplete' : 'complete' })
    else if (!passesByItself(error)) this.#enter(live, { state: 'stopped', error })
    else {
      const pauseMs = Math.min(LONGEST_RETRY_MS, (this.#parts.retryMs ?? RETRY_MS) * 2 ** live.failures++)
      live.waiting = { error, until: this.#now() + pauseMs }
      if (live.retry !== null) clearTimeout(live.retry)
      live.retry = setTimeout(() => void this.#launch(live), pauseMs)
      live.retry.unref()
    }
  }

  /** A practice repository that ended has another address once it runs again; the accounts tell of it. */
  #wakePractice({ stored: { server, accountId } }: Live): void {
    if (server === 'practice' && accountId !== null) void this.#parts.accounts.client(accountId).catch(() => undefined)
  }

  #accountsChanged(): void {
    const accounts = new Map(this.#parts.accounts.list().map((account) => [account.id, account]))
    for (const live of this.#live.values()) {
      const account = live.stored.accountId === null ? undefined : accounts.get(live.stored.accountId)
      if (account === undefined || account.token === 'missing') continue
      const { state, error } = live.stored
      if (state === 'stopped' && error && OF_TOKEN.has(error.code)) void this.command(live.stored.id, 'resume')
      else if (state === 'active' && live.origin !== account.origin) void this.#launch(live)
    }
  }

  // Keeping and telling

  #enter(live: Live, change: Pick<StoredDownload, 'state'> & Partial<StoredDownload>): void {
    if (live.retry !== null) clearTimeout(live.retry)
    live.retry = null
    live.waiting = null
    this.#store()
    this.#save(live, { error: null, stateAt: this.#now(), ...change })
    this.#tell(live)
  }

  #save(live: Live, change: Partial<StoredDownload>): void {
    live.stored = { ...live.stored, ...change }
    this.#parts.store.downloads.save(live.stored)
  }

  #storeSoon(): void {
    this.#storing ??= setTimeout(() => this.#store(), STORE_EVERY_MS)
  }

  #store(): void {
    if (this.#storing !== null) clearTimeout(this.#storing)
    this.#storing = null
    for (const { stored, unstored } of this.#live.values()) {
      if (unstored.size === 0) continue
      this.#parts.store.downloads.settle(stored.id, unstored)
      unstored.clear()
    }
  }

  #tell({ stored: { id } }: Live): void {
    this.#changed.add(id)
    this.#telling ??= setTimeout(() => {
      this.#telling = null
      const changed = [...this.#changed].flatMap((one) => this.#live.get(one)?.view ?? [])
      const gone = [...this.#gone]
      this.#changed.clear()
      this.#gone.clear()
      this.#parts.events.emit('downloads.changed', { changed, gone })
    }, TELL_EVERY_MS)
  }

  #require(downloadId: string): Live {
    const live = this.#live.get(downloadId)
    if (live === undefined) throw new DeskError('download-unknown')
    return live
  }
}

function shownRecord({ kind, id, title, url }: FoundRecord) {
  return { kind, recordId: id, title, url }
}

function serverOf({ server, origin, serverName }: Account): KnownServer {
  return { kind: server, origin, name: serverName }
}

function obstacleOf({ status = 'completed', size }: FileEntry): ShownRecord['files'][number]['obstacle'] {
  // Before the commit the server answers with 500 (live findings D6).
  if (status !== 'completed') return 'not-uploaded'
  return size == null ? 'no-size' : null
}
