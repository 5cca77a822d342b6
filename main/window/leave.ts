import { app, dialog, type BrowserWindow } from 'electron'
import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { Download } from '../../contract/desk/download.ts'

type Parts = {
  readonly window: () => BrowserWindow | null
  /** Where each deposit's files stand. */
  readonly transfers: () => Promise<readonly DepositTransfer[]>
  readonly downloads: () => Promise<readonly Pick<Download, 'state'>[]>
  /** Ends everything cleanly. */
  readonly close: () => Promise<void>
  /** Whether a person is there to be asked. */
  readonly ask: boolean
}

/** Whatever hangs on the way out, the application is gone after this; what is on disk is whole at any moment. */
const LIMIT_MS = 5000
const MOVING: ReadonlySet<DepositTransfer['state']> = new Set(['packing', 'queued', 'sending', 'verifying'])
const RECEIVING: ReadonlySet<Download['state']['kind']> = new Set(['queued', 'checking', 'downloading'])

/** The way out: asks where anything is under way, then ends everything cleanly. */
export class Leave {
  readonly #parts: Parts
  #state: 'staying' | 'asking' | 'leaving' = 'staying'

  constructor(parts: Parts) {
    this.#parts = parts
    app.on('before-quit', (event) => {
      if (this.#state === 'leaving') return
      event.preventDefault()
      this.begin()
    })
    // The system ends: nobody can be asked, and there is no time.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void this.#leave())
  }

  /** A person wants to leave. Answers whether the way is free now. */
  begin(): boolean {
    if (this.#state !== 'staying') return this.#state === 'leaving'
    this.#state = 'asking'
    void this.#mayLeave().then((yes) => {
      this.#state = 'staying'
      if (yes) void this.#leave()
    })
    return false
  }

  async #mayLeave(): Promise<boolean> {
    if (!this.#parts.ask) return true
    const transfers = await this.#parts.transfers().catch(() => [])
    const deposits = transfers.filter(({ state }) => MOVING.has(state)).length
    const open = (await this.#parts.downloads().catch(() => [])).filter(({ state }) => RECEIVING.has(state.kind))
    const words = [...sent(deposits), ...received(open.length)]
    if (words.length === 0) return true
    const options = {
      type: 'question' as const,
      message: words.join(' '),
      detail: 'What has arrived is kept. The rest goes on when Deposit Desk is started again.',
      buttons: ['Quit', 'Stay'],
      defaultId: 1,
      cancelId: 1,
    }
    const window = this.#parts.window()
    const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))
    return response === 0
  }

  async #leave(): Promise<void> {
    if (this.#state === 'leaving') return
    this.#state = 'leaving'
    this.#parts.window()?.hide()
    setTimeout(() => app.exit(1), LIMIT_MS)
    await this.#parts.close().catch(() => undefined)
    app.exit(0)
  }
}

function sent(deposits: number): string[] {
  if (deposits === 0) return []
  return [deposits === 1 ? 'A deposit is still being sent.' : `${deposits} deposits are still being sent.`]
}

function received(downloads: number): string[] {
  if (downloads === 0) return []
  return [downloads === 1 ? 'A record is still being downloaded.' : `${downloads} records are still being downloaded.`]
}
