import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileRow, FileState } from '../../contract/desk/transfer.ts'
import type { AppError } from '../../contract/errors.ts'
import {
  count,
  countedAs,
  depositTransferOf,
  fileStateOf,
  NO_PROGRESS,
  NOTHING_COUNTED,
  type Counted,
  type Hold,
  type Progress,
  type Tally,
} from '../../core/transfer/derive.ts'
import type { Log } from '../../core/transfer/log.ts'
import type { Effect, TransferState } from '../../core/transfer/machine.ts'
import { bytesPerSecond, countBytes, leftMs, startRate, type Rate } from '../../core/transfer/rate.ts'
import type { StoredDeposit, StoredFile } from './journal/rows.ts'
import type { HashedParts } from './send-parts.ts'
import type { SourceFile } from './source.ts'

export class LiveFile {
  readonly deposit: LiveDeposit
  readonly fileId: number
  readonly key: string
  source: SourceFile['source']
  state: TransferState
  /** What its state asks for and nobody does yet. */
  todo: Effect | null = null
  busy = false
  controller: AbortController | null = null
  progress: Progress = NO_PROGRESS
  /** The last byte of the current send has left, or is about to. */
  whole = false
  timer: NodeJS.Timeout | null = null
  hashed: HashedParts | null = null
  partLinks: ReadonlyMap<number, string> = new Map()
  /** Refusals while the server answered well otherwise. */
  strikes = 0
  successesThen = 0
  counted: Counted | null = null

  constructor(deposit: LiveDeposit, stored: StoredFile) {
    this.deposit = deposit
    this.fileId = stored.fileId
    this.key = stored.key
    this.source = stored.source
    this.state = stored.state
  }

  get asSource(): SourceFile {
    return { fileId: this.fileId, key: this.key, bytes: this.state.ledger.bytes, source: this.source }
  }

  get view(): FileState {
    return fileStateOf(this.state, this.progress, { key: this.key, server: this.deposit.serverName })
  }
}

/** A deposit that is not settled, with all its files. */
export class LiveDeposit {
  readonly depositId: string
  readonly accountId: string
  readonly draftId: string
  readonly files: readonly LiveFile[]
  serverName: string
  error: AppError | null
  /** Files to be declared, in their order. */
  readonly undeclared = new Set<LiveFile>()
  /** Files whose bytes are to be sent. */
  readonly queue = new Set<LiveFile>()
  /** Zips whose size is to be found out. */
  readonly unmeasured = new Set<LiveFile>()
  /** Files that something small is to be found out or done for: before others are begun. */
  readonly urgent = new Set<LiveFile>()
  /** The draft was listed, and every file compared with what it holds. */
  surveyed = false
  /** A list or a declaration is under way. */
  calling = false
  /** Ends that call. */
  controller: AbortController | null = null
  batch = DECLARE_AT_ONCE
  /** Calls that declare and were refused, in a row. */
  declareStrikes = 0
  /** The way for files that are too large for one request to the API, as far as it is known: from so many bytes on. */
  bucket: Bucket | 'none' | null
  /** Ends when the last write to the draft has: two at once refuse each other (live findings C8). */
  lastWrite: Promise<unknown> = Promise.resolve()
  /** What happened to files, where it is remarkable; null until it is asked for. */
  logs: Map<number, Log> | null = null
  /** Files whose log is to be stored with their next change. */
  readonly unsavedLogs = new Set<number>()
  tally: Tally = NOTHING_COUNTED
  rate: Rate | null = null
  #first: LiveFile | null = null
  readonly #byId: ReadonlyMap<number, LiveFile>

  constructor(stored: StoredDeposit, files: readonly StoredFile[]) {
    this.depositId = stored.depositId
    this.accountId = stored.accountId
    this.draftId = stored.draftId
    this.serverName = stored.serverName
    this.error = stored.error
    this.files = files.map((file) => new LiveFile(this, file))
    this.#byId = new Map(this.files.map((file) => [file.fileId, file]))
    this.bucket = bucketOf(this.files)
    for (const file of this.files) this.recount(file)
  }

  /** The bucket that a file of so many bytes has to go to. */
  bucketFor(bytes: number): string | null {
    return this.bucket !== null && this.bucket !== 'none' && bytes >= this.bucket.fromBytes ? this.bucket.id : null
  }

  /** A file of so many bytes was too large for one request to the API. */
  useBucket(id: string, bytes: number): void {
    const known = this.bucket !== null && this.bucket !== 'none' ? this.bucket.fromBytes : Infinity
    this.bucket = { id, fromBytes: Math.min(known, bytes) }
  }

  file(fileId: number): LiveFile | undefined {
    return this.#byId.get(fileId)
  }

  /** Puts a file where its next step is looked for. */
  enqueue(file: LiveFile): void {
    for (const files of [this.undeclared, this.queue, this.unmeasured, this.urgent]) files.delete(file)
    const { todo } = file
    if (todo === null) return
    const files = this.#placeOf(todo)
    if (this.#first !== file) files.add(file)
    else moveToFront(files, file)
  }

  #placeOf(todo: Effect): Set<LiveFile> {
    switch (todo.kind) {
      case 'measure':
        return this.unmeasured
      case 'declare':
        return this.undeclared
      case 'queue':
        return this.queue
      case 'send':
      case 'commit':
      case 'hash':
      case 'remove':
      case 'look':
      case 'wait':
      case 'abort':
        return this.urgent
    }
  }

  /** The file comes before all others of this deposit, in whatever it has to wait for. */
  putFirst(file: LiveFile): void {
    this.#first = file
    if (!file.busy) this.enqueue(file)
  }

  /** Keeps the sums right after a file has changed. */
  recount(file: LiveFile): void {
    if (file.counted !== null) this.tally = count(this.tally, file.counted, -1)
    file.counted = countedAs(file.state, file.progress, file.view.kind)
    this.tally = count(this.tally, file.counted, 1)
  }

  /** What is under way for a file has come further. */
  progressed(file: LiveFile, progress: Partial<Progress>): void {
    file.progress = { ...file.progress, ...progress }
    this.recount(file)
  }

  moved(bytes: number, now: number): void {
    this.rate = countBytes(this.rate ?? startRate(now), bytes, now)
  }

  /** Every file is done, cancelled or left out, and nothing is left to be told to the server. */
  get isSettled(): boolean {
    const { states, clearing } = this.tally
    return clearing === 0 && states.verified + states.cancelled + states['left-out'] === this.files.length
  }

  transfer(hold: Hold | null, now: number): DepositTransfer {
    const first = (kind: 'paused' | 'waiting' | 'blocked') =>
      this.files.map((file) => (file.counted?.kind === kind ? file.view : null)).find((view) => view !== null) ?? null
    return depositTransferOf(this.depositId, this.tally, hold, first, {
      bytesPerSecond: bytesPerSecond(this.rate, now),
      leftMs: leftMs(this.rate, this.tally.openBytes, now),
    })
  }
}

type Bucket = { readonly id: string; readonly fromBytes: number }

/** What an earlier process has found out. */
function bucketOf(files: readonly LiveFile[]): Bucket | null {
  return files.reduce<Bucket | null>((found, { state: { ledger } }) => {
    if (ledger.plan.kind !== 'bucket' || (found !== null && found.fromBytes <= ledger.bytes)) return found
    return { id: ledger.plan.bucketId, fromBytes: ledger.bytes }
  }, null)
}

function moveToFront<T>(items: Set<T>, item: T): void {
  const others = [...items]
  items.clear()
  for (const one of [item, ...others]) items.add(one)
}

/** Names in one call that declares them; one call costs the server about as much as one file (quality M11). */
export const DECLARE_AT_ONCE = 100

export function rowOf(
  depositId: string,
  file: Pick<LiveFile, 'fileId' | 'key' | 'source' | 'state' | 'view'>,
): FileRow {
  return {
    depositId,
    fileId: file.fileId,
    key: file.key,
    bytes: file.state.ledger.bytes,
    sources: file.source.kind === 'zip' ? file.source.entries.length : 1,
    state: file.view,
  }
}
