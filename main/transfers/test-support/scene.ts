import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Capabilities } from '../../../contract/desk/account.ts'
import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { TransferCommand } from '../../../contract/desk/transfer.ts'
import { listDraftFiles } from '../../repository/files.ts'
import { createClient, type RepositoryClient } from '../../repository/http/client.ts'
import { createDraft } from '../../repository/records.ts'
import { openEngine, type EngineEvent, type EngineParts, type SourceFile, type TransferEngine } from '../engine.ts'
import { FaultyServer } from './faults.ts'

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

/** A deposit with a draft of its own, a folder, a journal, and a server that fails as told. */
export class Scene {
  readonly accountId = randomUUID()
  readonly depositId = randomUUID()
  readonly root = mkdtempSync(join(tmpdir(), 'transfers-'))
  readonly home = join(this.root, 'home')
  readonly server: FaultyServer
  readonly events: EngineEvent[] = []
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
    scene.draftId = (await createDraft(scene.#client, { metadata: {} })).id
    return scene
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
    engine.onEvent((event) => this.events.push(event))
    engine.start()
    this.engine = engine
    return engine
  }

  session(token = this.#token, capabilities: Partial<Capabilities> = {}): void {
    const server = { origin: this.server.origin, name: 'Practice', token }
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

  /** What it should have. */
  expected(...names: string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, `md5:${md5(readFileSync(this.path(name)))}`]))
  }

  async stop(): Promise<void> {
    const { engine } = this
    this.engine = null
    await engine?.stop()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.server.close()
    await this.#client.close()
    rmSync(this.root, { recursive: true, force: true })
  }

  get #engine(): TransferEngine {
    if (this.engine === null) throw new Error('no engine is open')
    return this.engine
  }
}

export function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex')
}
