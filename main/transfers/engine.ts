import { lstat } from 'node:fs/promises'
import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type {
  FileDetails,
  FileRow,
  TransferCommand,
  TransferOverview,
  TransferTarget,
} from '../../contract/desk/transfer.ts'
import { DeskError } from '../../contract/errors.ts'
import type { ReceiptFile } from '../../core/deposit/receipt.ts'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import { Board } from './board.ts'
import type { LiveFile } from './live.ts'
import { isMeasured, type SourceFile } from './source.ts'
import { quietly, States } from './states.ts'
import type { EngineCommand, EngineEvent, EngineParts, TransferEngine } from './types.ts'
import { Work } from './work.ts'

export type { SourceFile } from './source.ts'
export type { EngineCommand, EngineEvent, EngineParts, TransferEngine } from './types.ts'

/** Throws DeskError `data-from-newer-version`, `disk-full`. */
export function openEngine(parts: EngineParts): TransferEngine {
  return new Engine(parts)
}

/** Puts together what is known (states), what is done about it (work) and what others see of it (board). */
class Engine implements TransferEngine {
  readonly #states: States
  readonly #board: Board
  readonly #work: Work
  readonly #now: () => number
  #stopped = false

  constructor({ home, now = Date.now, random = Math.random, onPersist = () => {}, pace, patience }: EngineParts) {
    this.#now = now
    this.#states = new States({
      home,
      now,
      onPersist,
      onFile: (file) => this.#board?.changed(file),
      onHold: () => this.#board?.refresh(),
      onSettled: (transfer) => this.#board?.tell({ kind: 'deposit', transfer }),
      onWork: () => this.#work?.pump(),
    })
    this.#board = new Board({
      states: this.#states,
      holdOf: (deposit) => this.#work.holdOf(deposit),
      serversOf: (accounts) => this.#work.serversOf(accounts),
      isBusy: () => this.#work.isBusy,
    })
    this.#work = new Work({ states: this.#states, board: this.#board, now, random, pace, patience })
  }

  start(): void {
    this.#work.start()
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#board.close()
    await this.#work.stop()
    this.#states.close()
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    return this.#board.listen(listener)
  }

  files(depositId: string, from: number, count: number): { total: number; rows: FileRow[] } {
    return this.#board.files(depositId, from, count)
  }

  file(depositId: string, fileId: number): FileDetails {
    return this.#board.file(depositId, fileId)
  }

  transfer(depositId: string): DepositTransfer {
    return this.#board.transfer(depositId)
  }

  overview(): TransferOverview {
    return this.#board.overview()
  }

  report(depositId: string): ReceiptFile[] {
    return this.#board.report(depositId)
  }

  command(command: EngineCommand): void {
    if (this.#stopped) return
    switch (command.kind) {
      case 'session':
        this.#work.openSession(command.accountId, command.server, command.capabilities)
        break
      case 'end-session':
        this.#work.closeSession(command.accountId)
        break
      case 'add': {
        const { depositId, accountId, draftId, files } = command
        this.#states.add({ depositId, accountId, draftId, serverName: this.#work.serverName(accountId) }, files)
        break
      }
      case 'command':
        this.#command(command.command, command.target)
        break
      case 'remove':
        this.#states.remove(command.depositId)
        break
      case 'configure':
        this.#work.configure(command)
        break
      case 'budget':
        this.#work.hearBudget(command.origin, command.budget)
        break
      case 'power':
        this.#work.setPower(command)
        break
    }
    this.#board.refresh()
    this.#work.pump()
  }

  #command(command: TransferCommand, target: TransferTarget): void {
    const states = this.#states
    if (command === 'retry' || command === 'resume') states.recover()
    const deposits = target.kind === 'all' ? [...states.deposits.values()] : [states.require(target.depositId)]
    const files = deposits.flatMap((deposit) => {
      if (target.kind !== 'file') return deposit.files
      const file = deposit.file(target.fileId)
      if (file === undefined) throw new DeskError('deposit-unknown')
      return [file]
    })
    const at = this.#now()
    switch (command) {
      case 'pause':
        if (target.kind !== 'file') for (const deposit of deposits) deposit.controller?.abort()
        states.apply(files, ({ whole }) => ({ kind: 'pause', at, whole }))
        break
      case 'resume':
      case 'retry':
        for (const deposit of deposits) states.unblock(deposit)
        for (const file of files) file.strikes = 0
        states.apply(files, () => ({ kind: command }))
        break
      case 'cancel':
      case 'leave-out':
        states.apply(files, () => ({ kind: command }))
        for (const deposit of deposits) states.clearGone(deposit)
        break
      case 'first':
        if (target.kind !== 'all') for (const deposit of deposits) states.putFirst(deposit)
        if (target.kind === 'file') for (const file of files) file.deposit.putFirst(file)
        break
      case 'read-again':
        for (const file of files) void this.#readAgain(file)
        break
    }
  }

  /** Takes a blocked file as it is on disk now. */
  async #readAgain(file: LiveFile): Promise<void> {
    const before = file.state
    if (before.step.kind !== 'blocked') return
    // Where it is still not readable, the next try says why, in the place where the person looks.
    const now = await readSource(file.source, before.ledger.bytes).catch(() => ({
      source: file.source,
      bytes: before.ledger.bytes,
    }))
    if (file.state !== before || this.#stopped) return
    file.hashed = null
    file.strikes = 0
    quietly(() => {
      this.#states.setSource(file, now.source)
      this.#states.apply([file], () => ({ kind: 'read-again', bytes: now.bytes, measured: isMeasured(now.source) }))
    })
    this.#work.pump()
  }
}

async function readSource(
  source: SourceFile['source'],
  bytes: number,
): Promise<{ source: SourceFile['source']; bytes: number }> {
  switch (source.kind) {
    case 'file': {
      const { size: bytes, mtimeMs: modifiedAt } = await lstat(source.path)
      return { source: { ...source, modifiedAt }, bytes }
    }
    case 'zip': {
      const entries = await Promise.all(
        source.entries.map(async ({ path, name }) => {
          const { size: bytes, mtimeMs: modifiedAt } = await lstat(path)
          return { path, name, bytes, modifiedAt }
        }),
      )
      return { source: { ...source, entries }, bytes: zipBytes(entries) }
    }
    // Another volume may have been sent already, of the file as it was: these two would not fit together.
    case 'slice':
    case 'text':
      return { source, bytes }
  }
}
