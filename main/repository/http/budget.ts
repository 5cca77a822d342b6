import {
  exhaust,
  learn,
  learnFromOthers,
  opensAt,
  remains,
  spend,
  UNKNOWN_BUDGET,
  type Budget,
  type Priority,
  type Told,
} from '../../../core/transfer/budget.ts'

/** Requests that a server still takes in the current window. */
export type RequestBudget = { readonly limit: number; readonly remaining: number; readonly resetAt: number }

/** Installations that share an address, and so a budget, do not come back all at once. */
const JITTER_MS = 250

/** A refusal that asks for no real pause would be followed by the next one. */
const SHORTEST_PAUSE_MS = 1000

const ORDER: readonly Priority[] = ['person', 'transfer', 'background']

type Waiting = { readonly rank: number; readonly priority: Priority; readonly go: () => void }

/** The request budget of one server, which all requests of this process have to pass. */
export class Requests {
  readonly #jitterMs = Math.random() * JITTER_MS
  #budget: Budget = UNKNOWN_BUDGET
  /** Who is more important comes first, whoever asked first. */
  #waiting: readonly Waiting[] = []
  #timer: NodeJS.Timeout | null = null

  /** For display; null where the server speaks of no limit. */
  get shown(): RequestBudget | null {
    const { told } = this.#budget
    if (told === null || told.limit === 0) return null
    const resetAt = Math.round(Date.now() + told.resetsAt - performance.now())
    return { limit: told.limit, remaining: Math.max(0, remains(this.#budget)), resetAt }
  }

  /** Time until a request may leave; 0 for now. */
  opensInMs(priority: Priority): number {
    return Math.max(0, opensAt(this.#budget, priority) + this.#jitterMs - performance.now())
  }

  /** Counts a request that leaves now; answers its number. */
  count(priority: Priority): number {
    this.#budget = spend(this.#budget, priority, performance.now())
    return this.#budget.sent
  }

  /** Waits until a request may leave, and counts it. Throws the reason of `signal`. */
  async enter(priority: Priority, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted()
    const rank = ORDER.indexOf(priority)
    if (this.opensInMs(priority) === 0 && !this.#waiting.some((other) => other.rank <= rank))
      return this.count(priority)
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal?.removeEventListener('abort', abort)
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
      }
      const abort = () => {
        leave()
        reject(signal?.reason as Error)
      }
      const go = () => {
        leave()
        resolve(this.count(priority))
      }
      const waiting: Waiting = { rank, priority, go }
      signal?.addEventListener('abort', abort)
      this.#waiting = [...this.#waiting, waiting].sort((a, b) => a.rank - b.rank)
      this.#letGo()
    })
  }

  /** What the answer to request `number` told; null where it spoke of no limit. */
  learn(number: number, told: Told | null): void {
    this.#budget = learn(this.#budget, number, told, performance.now())
    this.#letGo()
  }

  /** The server refused a request for having had too many, and takes no other before `pauseMs` have passed. */
  refuse(limit: number | null, pauseMs: number): void {
    const resetsAt = performance.now() + Math.max(SHORTEST_PAUSE_MS, pauseMs)
    this.#budget = exhaust(this.#budget, { limit: limit ?? this.#budget.told?.limit ?? 0, remaining: 0, resetsAt })
    this.#letGo()
  }

  /** What another process of ours was told. */
  hear({ limit, remaining, resetAt }: RequestBudget): void {
    const now = performance.now()
    this.#budget = learnFromOthers(this.#budget, { limit, remaining, resetsAt: now + resetAt - Date.now() }, now)
    this.#letGo()
  }

  #letGo(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = this.opensInMs(next.priority)
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#letGo(), Math.ceil(waitMs))
        return
      }
      next.go()
    }
  }
}
