import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileDetails, FileRow, TransferOverview } from '../../contract/desk/transfer.ts'
import { DeskError } from '../../contract/errors.ts'
import type { ReceiptFile } from '../../core/deposit/receipt.ts'
import { fileStateOf, NO_PROGRESS, type Hold } from '../../core/transfer/derive.ts'
import { fullLog } from '../../core/transfer/log.ts'
import { bytesPerSecond, countBytes, leftMs, startRate, type Rate } from '../../core/transfer/rate.ts'
import { monotonic } from './clock.ts'
import { LiveDeposit, rowOf, type LiveFile } from './live.ts'
import type { States } from './states.ts'
import type { EngineEvent } from './types.ts'

const EVERY_MS = 100
const ROWS_A_MESSAGE = 500

export type BoardParts = {
  readonly states: States
  readonly holdOf: (deposit: LiveDeposit) => Hold | null
  readonly serversOf: (accounts: ReadonlySet<string>) => TransferOverview['servers']
  /** Bytes may be moving. */
  readonly isBusy: () => boolean
}

/** What others see of the transfers: asked for, or told as news, at most ten times a second. */
export class Board {
  readonly #parts: BoardParts
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #changed = new Set<LiveFile>()
  readonly #shown = new Map<LiveDeposit, DepositTransfer>()
  #rate: Rate | null = null
  #timer: NodeJS.Timeout | null = null
  /** The timer is for news, not only for another look at the rate. */
  #hasNews = false
  #toldAt = -Infinity
  #closed = false

  constructor(parts: BoardParts) {
    this.#parts = parts
  }

  listen(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  changed(file: LiveFile): void {
    this.#changed.add(file)
    this.refresh()
  }

  moved(file: LiveFile, bytes: number): void {
    const now = monotonic()
    file.deposit.moved(bytes, now)
    this.#rate = countBytes(this.#rate ?? startRate(now), bytes, now)
    this.changed(file)
  }

  /** Something may look different now. */
  refresh(): void {
    if (this.#closed || this.#hasNews) return
    this.#hasNews = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tellNews(), Math.max(0, EVERY_MS - (monotonic() - this.#toldAt)))
  }

  files(depositId: string, from: number, count: number): { total: number; rows: FileRow[] } {
    const { states } = this.#parts
    const live = states.deposits.get(depositId)
    if (live !== undefined) {
      const rows = live.files.slice(from, from + count).map((file) => rowOf(depositId, file))
      return { total: live.files.length, rows }
    }
    const server = states.stored(depositId)?.serverName ?? ''
    const rows = states.storedFiles(depositId, from, count).map(({ fileId, key, source, state }) => {
      const view = fileStateOf(state, NO_PROGRESS, { key, server })
      return rowOf(depositId, { fileId, key, source, state, view })
    })
    return { total: states.countFiles(depositId), rows }
  }

  /** Throws DeskError `deposit-unknown`. */
  file(depositId: string, fileId: number): FileDetails {
    const { states } = this.#parts
    const deposit = states.deposits.get(depositId)
    const file = deposit === undefined ? states.storedFile(depositId, fileId) : deposit.file(fileId)
    if (file === undefined || file === null) throw new DeskError('deposit-unknown')
    const { key, source, state } = file
    const server = deposit?.serverName ?? states.stored(depositId)?.serverName ?? ''
    const view = fileStateOf(state, 'progress' in file ? file.progress : NO_PROGRESS, { key, server })
    return {
      row: rowOf(depositId, { fileId, key, source, state, view }),
      md5: state.ledger.digests?.md5 ?? null,
      sha256: state.ledger.digests?.sha256 ?? null,
      log: fullLog(state, states.log(depositId, fileId) ?? []),
    }
  }

  transfer(depositId: string): DepositTransfer {
    const { states, holdOf } = this.#parts
    const live = states.deposits.get(depositId)
    if (live !== undefined) return live.transfer(holdOf(live), monotonic())
    const settled = states.settled.get(depositId)
    if (settled !== undefined) return settled
    const stored = states.stored(depositId)
    const files = stored === null ? [] : states.storedFiles(depositId)
    return new LiveDeposit(stored ?? { ...NOWHERE, depositId }, files).transfer(null, monotonic())
  }

  overview(): TransferOverview {
    const { states, holdOf, serversOf } = this.#parts
    const now = monotonic()
    const live = [...states.deposits.values()].map((deposit) => ({
      deposit,
      transfer: deposit.transfer(holdOf(deposit), now),
    }))
    const open = live.filter(({ transfer }) => !['verified', 'cancelled', 'paused', 'none'].includes(transfer.state))
    const sum = (of: (deposit: LiveDeposit) => number) => open.reduce((total, { deposit }) => total + of(deposit), 0)
    const openBytes = sum(({ tally }) => tally.openBytes)
    return {
      deposits: [...states.settled.values(), ...live.map(({ transfer }) => transfer)],
      bytes: sum(({ tally }) => tally.bytes),
      sentBytes: sum(({ tally }) => tally.sentBytes),
      bytesPerSecond: bytesPerSecond(this.#rate, now),
      leftMs: leftMs(this.#rate, openBytes, now),
      sending: sum(({ tally }) => tally.states.sending),
      servers: serversOf(new Set(live.map(({ deposit }) => deposit.accountId))),
    }
  }

  report(depositId: string): ReceiptFile[] {
    const { states } = this.#parts
    const files = states.deposits.get(depositId)?.files ?? states.storedFiles(depositId)
    return files.flatMap(({ key, state: { step, ledger } }) => {
      if (step.kind === 'left-out') return []
      const proof = step.kind === 'done' ? ledger.digests : null
      return [
        {
          key,
          bytes: ledger.bytes,
          md5: proof?.md5 ?? null,
          sha256: proof?.sha256 ?? null,
          remoteChecksum: ledger.remoteChecksum,
          startedAt: ledger.startedAt,
          verifiedAt: step.kind === 'done' ? step.verifiedAt : null,
        },
      ]
    })
  }

  #tellNews(): void {
    const { states, holdOf, isBusy } = this.#parts
    this.#hasNews = false
    this.#toldAt = monotonic()
    for (const deposit of states.deposits.values()) {
      const transfer = deposit.transfer(holdOf(deposit), this.#toldAt)
      if (!looksAlike(this.#shown.get(deposit), transfer)) this.tell({ kind: 'deposit', transfer })
      this.#shown.set(deposit, transfer)
    }
    for (const deposit of this.#shown.keys())
      if (states.deposits.get(deposit.depositId) !== deposit) this.#shown.delete(deposit)
    const files = [...this.#changed].slice(0, ROWS_A_MESSAGE)
    for (const file of files) this.#changed.delete(file)
    const rows = files
      .filter(
        ({ deposit }) => states.deposits.get(deposit.depositId) === deposit || states.settled.has(deposit.depositId),
      )
      .map((file) => rowOf(file.deposit.depositId, file))
    this.tell({ kind: 'progress', overview: this.overview(), rows })
    if (this.#changed.size > 0) this.refresh()
    // A rate that sinks is news as well.
    else if (isBusy()) this.#timer = setTimeout(() => this.#tellNews(), 1000)
  }
}

function looksAlike(before: DepositTransfer | undefined, now: DepositTransfer): boolean {
  return (
    before?.state === now.state && before.error?.code === now.error?.code && before.blockedFiles === now.blockedFiles
  )
}

const NOWHERE = { accountId: '', draftId: '', serverName: '', error: null, settled: true }
