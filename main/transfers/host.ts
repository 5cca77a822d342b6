import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileDetails, FileRow, TransferOverview } from '../../contract/desk/transfer.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { ReceiptFile } from '../../core/deposit/receipt.ts'
import { createDownloadRunner, type DownloadNews, type DownloadTask } from '../downloads/runner.ts'
import { openEngine, type EngineCommand, type EngineEvent, type EngineParts } from './engine.ts'
import { Pace } from './pace.ts'

/** The engine as main and the command line use it, wherever it runs. */
export type TransferHost = {
  /** Resolves when the engine has taken it durably. Throws DeskError `deposit-unknown`, `disk-full`. */
  command(command: EngineCommand): Promise<void>
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: EngineEvent) => void): () => void
  files(depositId: string, from: number, count: number): Promise<{ total: number; rows: FileRow[] }>
  /** Throws DeskError `deposit-unknown`. */
  file(depositId: string, fileId: number): Promise<FileDetails>
  transfer(depositId: string): Promise<DepositTransfer>
  overview(): Promise<TransferOverview>
  report(depositId: string): Promise<ReceiptFile[]>
  /** Downloads, which run beside the engine and share its speed limit and its connections. */
  readonly downloads: {
    start(task: DownloadTask): Promise<void>
    /** `discard`: the task whose begun files are removed. Resolves when nothing more is written. */
    stop(downloadId: string, discard: DownloadTask | null): Promise<void>
    onNews(listener: (news: DownloadNews) => void): () => void
  }
  stop(): Promise<void>
}

/** Calls of the host, by name, with what they answer. `stop` is the last one. */
export type EngineCalls = {
  readonly command: { readonly input: [EngineCommand]; readonly output: void }
  readonly files: { readonly input: [string, number, number]; readonly output: { total: number; rows: FileRow[] } }
  readonly file: { readonly input: [string, number]; readonly output: FileDetails }
  readonly transfer: { readonly input: [string]; readonly output: DepositTransfer }
  readonly overview: { readonly input: []; readonly output: TransferOverview }
  readonly report: { readonly input: [string]; readonly output: ReceiptFile[] }
  readonly startDownload: { readonly input: [DownloadTask]; readonly output: void }
  readonly stopDownload: { readonly input: [string, DownloadTask | null]; readonly output: void }
  readonly stop: { readonly input: []; readonly output: void }
}

export type ToEngine =
  /** `patience`: as in EngineParts. */
  { readonly kind: 'open'; readonly home: string; readonly patience?: EngineParts['patience'] } | EngineCall

export type EngineCall = {
  readonly [N in keyof EngineCalls]: {
    readonly kind: 'call'
    readonly id: number
    readonly name: N
    readonly input: EngineCalls[N]['input']
  }
}[keyof EngineCalls]

export type FromEngine =
  | { readonly kind: 'opened' }
  /** It can’t work at all: data of a newer version, a disk that can’t be written. */
  | { readonly kind: 'not-opened'; readonly error: AppError }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: AppError }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'download'; readonly news: DownloadNews }

/** What is needed of a process with an engine in it: Electron’s UtilityProcess, started with dist/node/transfers.js. */
export type EngineProcess = {
  postMessage(message: ToEngine): void
  on(event: 'message', listener: (message: FromEngine) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  kill(): unknown
}

/** For the command line: the engine in this process. Throws DeskError `data-from-newer-version`, `disk-full`. */
export function hostEngineInProcess(parts: EngineParts): TransferHost {
  const pace = new Pace()
  const engine = openEngine({ ...parts, pace })
  engine.start()
  const listeners = new Set<(news: DownloadNews) => void>()
  const runner = createDownloadRunner({
    home: parts.home,
    pace: (chunk, signal) => pace.pieces(chunk, signal),
    patience: parts.patience,
    tell: (news) => listeners.forEach((listener) => listener(news)),
  })
  return {
    command: async (command) => {
      engine.command(command)
      runner.obey(command)
    },
    onEvent: (listener) => engine.onEvent(listener),
    files: async (depositId, from, count) => engine.files(depositId, from, count),
    file: async (depositId, fileId) => engine.file(depositId, fileId),
    transfer: async (depositId) => engine.transfer(depositId),
    overview: async () => engine.overview(),
    report: async (depositId) => engine.report(depositId),
    downloads: {
      start: async (task) => runner.start(task),
      stop: (downloadId, discard) => runner.stop(downloadId, discard),
      onNews: (listener) => subscribe(listeners, listener),
    },
    stop: async () => {
      await Promise.all([engine.stop(), runner.close()])
    },
  }
}

/**
 * For the application: the engine in a process of its own, which `fork` starts. When it dies it is started again, given
 * its sessions, and asked again what it had not answered; transfers go on from the journal. Resolves when it has opened
 * its journal; throws DeskError `data-from-newer-version`, `disk-full`.
 */
export async function hostEngine(parts: { home: string; fork: () => EngineProcess }): Promise<TransferHost> {
  const host = new ProcessHost(parts)
  await host.open()
  return host
}

const STOP_MS = 3000
const RESTART_MS = 1000
const LONGEST_RESTART_MS = 60_000
/** A process that lived this long did not die of how it was started. */
const SOUND_AFTER_MS = 60_000

type Waiting = {
  readonly message: ToEngine
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

class ProcessHost implements TransferHost {
  readonly #home: string
  readonly #fork: () => EngineProcess
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #waiting = new Map<number, Waiting>()
  /** What a new process has to be told again; a token is kept in memory here and in the engine only. */
  readonly #sessions = new Map<string, EngineCommand>()
  readonly #settings = new Map<'configure' | 'power', EngineCommand>()
  readonly #downloads = new Map<string, DownloadTask>()
  readonly #downloadListeners = new Set<(news: DownloadNews) => void>()
  #process: EngineProcess | null = null
  #opened = false
  #lastId = 0
  #deaths = 0
  #timer: NodeJS.Timeout | null = null
  #stopping = false

  constructor({ home, fork }: { home: string; fork: () => EngineProcess }) {
    this.#home = home
    this.#fork = fork
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => this.#start(resolve, reject))
  }

  async command(command: EngineCommand): Promise<void> {
    if (command.kind === 'session') this.#sessions.set(command.accountId, command)
    if (command.kind === 'end-session') this.#sessions.delete(command.accountId)
    if (command.kind === 'configure' || command.kind === 'power') this.#settings.set(command.kind, command)
    await this.#call('command', command)
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    return subscribe(this.#listeners, listener)
  }

  files(depositId: string, from: number, count: number): Promise<{ total: number; rows: FileRow[] }> {
    return this.#call('files', depositId, from, count)
  }

  file(depositId: string, fileId: number): Promise<FileDetails> {
    return this.#call('file', depositId, fileId)
  }

  transfer(depositId: string): Promise<DepositTransfer> {
    return this.#call('transfer', depositId)
  }

  overview(): Promise<TransferOverview> {
    return this.#call('overview')
  }

  report(depositId: string): Promise<ReceiptFile[]> {
    return this.#call('report', depositId)
  }

  readonly downloads: TransferHost['downloads'] = {
    start: async (task) => {
      this.#downloads.set(task.downloadId, task)
      await this.#call('startDownload', task)
    },
    stop: async (downloadId, discard) => {
      this.#downloads.delete(downloadId)
      await this.#call('stopDownload', downloadId, discard)
    },
    onNews: (listener) => subscribe(this.#downloadListeners, listener),
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const running = this.#process
    if (running !== null) {
      const gone = new Promise<void>((resolve) => running.on('exit', resolve))
      void this.#call('stop').catch(() => undefined)
      const kill = setTimeout(() => running.kill(), STOP_MS)
      await gone
      clearTimeout(kill)
    }
    this.#sessions.clear()
    this.#downloads.clear()
    this.#listeners.clear()
    this.#downloadListeners.clear()
    for (const { reject } of this.#waiting.values()) reject(new DeskError('cancelled'))
    this.#waiting.clear()
  }

  #start(onOpened: () => void, onRefused: (error: DeskError) => void): void {
    const startedAt = performance.now()
    const engine = this.#fork()
    this.#process = engine
    engine.on('message', (message) => {
      switch (message.kind) {
        case 'opened':
          this.#opened = true
          this.#tellAgain(engine)
          onOpened()
          break
        case 'not-opened':
          onRefused(new DeskError(message.error.code, message.error.params))
          engine.kill()
          break
        case 'answer':
          this.#take(message.id)?.resolve(message.value)
          break
        case 'refusal':
          this.#take(message.id)?.reject(new DeskError(message.error.code, message.error.params))
          break
        case 'event':
          for (const listener of this.#listeners) listener(message.event)
          break
        case 'download':
          if (message.news.kind === 'ended') this.#downloads.delete(message.news.downloadId)
          for (const listener of this.#downloadListeners) listener(message.news)
          break
      }
    })
    engine.on('exit', () => {
      this.#process = null
      const opened = this.#opened
      this.#opened = false
      if (this.#stopping) return
      this.#deaths = performance.now() - startedAt > SOUND_AFTER_MS ? 1 : this.#deaths + 1
      // The very first start is the caller’s to try again, who can show why.
      if (!opened && this.#deaths === 1) return onRefused(new DeskError('internal'))
      const pause = Math.min(LONGEST_RESTART_MS, RESTART_MS * 2 ** (this.#deaths - 1))
      this.#timer = setTimeout(
        () =>
          this.#start(
            () => {},
            () => {},
          ),
        pause,
      )
    })
    engine.postMessage({ kind: 'open', home: this.#home })
  }

  #tellAgain(engine: EngineProcess): void {
    const known = [...this.#settings.values(), ...this.#sessions.values()]
    for (const command of known) engine.postMessage({ kind: 'call', id: 0, name: 'command', input: [command] })
    for (const task of this.#downloads.values())
      engine.postMessage({ kind: 'call', id: 0, name: 'startDownload', input: [task] })
    for (const { message } of this.#waiting.values()) engine.postMessage(message)
  }

  #call<N extends keyof EngineCalls>(name: N, ...input: EngineCalls[N]['input']): Promise<EngineCalls[N]['output']> {
    const id = (this.#lastId += 1)
    // Name and input belong together by the signature.
    const message = { kind: 'call', id, name, input } as ToEngine
    return new Promise<EngineCalls[N]['output']>((resolve, reject) => {
      this.#waiting.set(id, { message, resolve: (value) => resolve(value as EngineCalls[N]['output']), reject })
      if (this.#opened) this.#process?.postMessage(message)
    })
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
