import { createHash, randomUUID } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Capabilities } from '../../../contract/desk/account.ts'
import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { TransferCommand } from '../../../contract/desk/transfer.ts'
import { listDraftFiles } from '../../repository/files.ts'
import { createClient, type Patience, type RepositoryClient } from '../../repository/http/client.ts'
import { createDraft } from '../../repository/records.ts'
import { openEngine, type EngineEvent, type EngineParts, type SourceFile, type TransferEngine } from '../engine.ts'
import { explain, type AppError } from '../../../contract/errors.ts'
import { FaultyServer } from './faults.ts'
import { ToxicProxy } from './toxic-proxy.ts'

export const CAPABILITIES: Capabilities = {
  recordShape: 'rdm',
  multipart: 'works',
  emptyFiles: 'accepted',
  maxFiles: 100,
  quotaBytes: null,
  maxFileBytes: null,
  limitsSource: 'default',
  requestsPerMinute: null,
}

/** Long enough for an answer on a busy computer, and no longer than a test may take. */
export const IMPATIENT: Patience = { connectMs: 1000, readMs: 1000, writeMs: 1000, stallMs: 1000 }

/** A deposit with a draft of its own, a folder, a journal, a server that fails as told, and a wire that does. */
export class Scene {
  readonly accountId = randomUUID()
  readonly depositId = randomUUID()
  readonly root = mkdtempSync(join(tmpdir(), 'transfers-'))
  readonly home = join(this.root, 'home')
  readonly server: FaultyServer
  /** Errors that a person was shown. */
  readonly errors: AppError[] = []
  readonly events: EngineEvent[] = []
  #wire: ToxicProxy | null = null
  readonly #token: string
  readonly #client: RepositoryClient
  draftId = ''
  engine: TransferEngine | null = null

  private constructor(target: string, token: string) {
    this.#token = token
    this.server = new FaultyServer(target)
    this.#client = createClient({ origin: target, name: 'Practice', token })
    mkdirSync(join(this.root, 'data'))
  }

  static async create(practice: { url: string; tokens: { researcher: string } }): Promise<Scene> {
    const scene = new Scene(practice.url, practice.tokens.researcher)
    await scene.server.listen()
    scene.draftId = await scene.newDraft()
    return scene
  }

  async newDraft(): Promise<string> {
    return (await createDraft(this.#client, { metadata: {} })).id
  }

  /** Where the engine finds the server. */
  get origin(): string {
    return this.#wire?.origin ?? this.server.origin
  }

  /** Lets everything go through a proxy that harms connections. */
  async throughWire(seed = 1): Promise<ToxicProxy> {
    this.#wire = new ToxicProxy(this.server.origin, seed)
    await this.#wire.listen()
    return this.#wire
  }

  path(name: string): string {
    return join(this.root, 'data', name)
  }

  write(name: string, content: string | Buffer): string {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  /** A file of zeros that takes no space. */
  writeSparse(name: string, bytes: number): string {
    const path = this.write(name, '')
    truncateSync(path, bytes)
    return path
  }

  /** All files at the top of the folder. */
  names(): string[] {
    return readdirSync(join(this.root, 'data')).sort()
  }

  /** The files of the folder as main plans them; their names are their keys. */
  sources(...names: string[]): SourceFile[] {
    return names.map((key, fileId) => {
      const { size, mtimeMs } = statSync(this.path(key))
      return { fileId, key, bytes: size, source: { kind: 'file', path: this.path(key), modifiedAt: mtimeMs } }
    })
  }

  /** Waits are as short as they can be, unless a test asks for others. */
  open(parts: Partial<EngineParts> = {}): TransferEngine {
    const engine = openEngine({ home: this.home, random: () => 0, ...parts })
    engine.onEvent((event) => {
      this.events.push(event)
      this.errors.push(...errorsOf(event))
    })
    engine.start()
    this.engine = engine
    return engine
  }

  session(token = this.#token, capabilities: Partial<Capabilities> = {}): void {
    const server = { origin: this.origin, name: 'Practice', token }
    this.#engine.command({
      kind: 'session',
      accountId: this.accountId,
      server,
      capabilities: { ...CAPABILITIES, ...capabilities },
    })
  }

  add(files: readonly SourceFile[]): void {
    const { depositId, accountId, draftId } = this
    this.#engine.command({ kind: 'add', depositId, accountId, draftId, files })
  }

  command(command: TransferCommand, fileId?: number): void {
    const { depositId } = this
    const target =
      fileId === undefined ? ({ kind: 'deposit', depositId } as const) : ({ kind: 'file', depositId, fileId } as const)
    this.#engine.command({ kind: 'command', command, target })
  }

  /** The deposit as soon as `wanted` holds. */
  async until(wanted: DepositTransfer['state'] | ((transfer: DepositTransfer) => boolean)): Promise<DepositTransfer> {
    const holds = typeof wanted === 'string' ? ({ state }: DepositTransfer) => state === wanted : wanted
    return new Promise((resolve) => {
      const look = () => {
        const transfer = this.#engine.transfer(this.depositId)
        if (!holds(transfer)) return
        off()
        resolve(transfer)
      }
      const off = this.#engine.onEvent(look)
      look()
    })
  }

  /** What the server has, by key: status and MD5. */
  async listed(): Promise<Record<string, string>> {
    const entries = await listDraftFiles(this.#client, this.draftId)
    return Object.fromEntries(
      entries.map(({ key, status, checksum }) => [key, status === 'completed' ? String(checksum) : String(status)]),
    )
  }

  /** What the server gives back. */
  async content(key: string): Promise<Buffer> {
    const path = ['records', this.draftId, 'draft', 'files', key, 'content'].map(encodeURIComponent).join('/')
    const response = await fetch(`${this.server.origin}/api/${path}`, {
      headers: { authorization: `Bearer ${this.#token}` },
    })
    if (!response.ok) throw new Error(`${key}: ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  }

  /** What it should have. */
  expected(...names: string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, `md5:${md5(readFileSync(this.path(name)))}`]))
  }

  /** Parts of a file that were acknowledged, as the journal has them on disk. */
  journalledParts(key: string): string {
    const database = new DatabaseSync(join(this.home, 'transfers.db'), { readOnly: true })
    const row = database.prepare('SELECT parts FROM file WHERE key = ?').get(key) as { parts: string } | undefined
    database.close()
    return row?.parts ?? ''
  }

  async stop(): Promise<void> {
    const { engine } = this
    this.engine = null
    await engine?.stop()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#wire?.close()
    await this.server.close()
    await this.#client.close()
    rmSync(this.root, { recursive: true, force: true })
    this.errors.forEach(expectExplained)
  }

  get #engine(): TransferEngine {
    if (this.engine === null) throw new Error('no engine is open')
    return this.engine
  }
}

function errorsOf(event: EngineEvent): AppError[] {
  switch (event.kind) {
    case 'seen':
      return event.error === null ? [] : [event.error]
    case 'deposit':
      return event.transfer.error === null ? [] : [event.transfer.error]
    case 'progress':
      return event.rows.flatMap(({ state }) =>
        state.kind === 'blocked' || state.kind === 'waiting' ? [state.error] : [],
      )
  }
}

/** What, what next and what to do, in words (R4): no status, no stack, no data, and nothing left to fill in. */
export function expectExplained(error: AppError): void {
  const { happened, next, todo } = explain(error)
  for (const sentence of [happened, next, todo]) {
    if (
      !/^\S.*\.$/.test(sentence) ||
      /…|[{}]|\b[45]\d\d\b|\bError\b|undefined|\.[jt]s:\d|node:|\bE[A-Z]{4,}\b/.test(sentence)
    )
      throw new Error(`no sentence for a person: ${sentence} (${JSON.stringify(error)})`)
  }
}

export function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex')
}
