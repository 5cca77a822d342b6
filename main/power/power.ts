import type { TransferOverview } from '../../contract/desk/transfer.ts'

/** What the system tells of its power, and the one thing asked of it. */
export type PowerPort = {
  onSleep(listener: () => void): void
  onWake(listener: () => void): void
  /** It was plugged in or unplugged; not every system tells, so it is also asked now and then. */
  onPlug(listener: () => void): void
  isOnBattery(): boolean
  /** Keeps the system from going to sleep by itself, until the function that it returns is called. */
  keepAwake(): () => void
}

export type PowerParts = {
  readonly port: PowerPort
  /** Tells the transfers. */
  readonly tell: (power: { readonly asleep: boolean; readonly onBattery: boolean }) => void
}

/** Between two files nothing moves for a moment; after this the computer may sleep. */
const RELEASE_MS = 1000
/** While bytes move the transfers are heard of every second. Silent for so long, they are gone, and so is the reason. */
const SILENT_MS = 5000
const ASK_BATTERY_MS = 10_000

/**
 * Tells the transfers of sleep and battery, and the system that it may not sleep while bytes move. It lasts as long as the
 * application.
 */
export class Power {
  readonly #parts: PowerParts
  #asleep = false
  #onBattery = false
  #release: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #moves = false

  constructor(parts: PowerParts) {
    const { port } = parts
    this.#parts = parts
    port.onSleep(() => this.#sleeps(true))
    port.onWake(() => this.#sleeps(false))
    port.onPlug(() => this.#look())
    setInterval(() => this.#look(), ASK_BATTERY_MS).unref()
    this.#look()
  }

  /** How the transfers stand now. */
  see({ sending }: Pick<TransferOverview, 'sending'>): void {
    const moves = sending > 0
    const ends = this.#moves && !moves
    this.#moves = moves
    if (moves) {
      this.#release ??= this.#parts.port.keepAwake()
      this.#releaseIn(SILENT_MS)
    } else if (ends) this.#releaseIn(RELEASE_MS)
  }

  #sleeps(asleep: boolean): void {
    this.#asleep = asleep
    this.#onBattery = this.#parts.port.isOnBattery()
    this.#tell()
  }

  #look(): void {
    const onBattery = this.#parts.port.isOnBattery()
    if (onBattery === this.#onBattery) return
    this.#onBattery = onBattery
    this.#tell()
  }

  #tell(): void {
    this.#parts.tell({ asleep: this.#asleep, onBattery: this.#onBattery })
  }

  #releaseIn(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#letSleep(), ms)
  }

  #letSleep(): void {
    this.#moves = false
    this.#release?.()
    this.#release = null
  }
}
