const MINUTE_MS = 60_000
/** What a test instance allows: never met. */
const UNLIMITED = 100_000

export type Count = {
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
  readonly retryAfterSeconds: number
  readonly exceeded: boolean
}

/** Counts requests in a moving minute, per user agent and address, as InvenioRDM does (behaviour 2.6). */
export class RequestCounter {
  readonly #limits: { readonly guest: number; readonly user: number } | null
  readonly #seen = new Map<string, number[]>()

  constructor(limits: { readonly guest: number; readonly user: number } | null) {
    this.#limits = limits
  }

  count(key: string, isUser: boolean, now: number = Date.now()): Count {
    if (this.#limits === null) {
      const resetSeconds = Math.ceil((now + MINUTE_MS) / 1000)
      return { limit: UNLIMITED, remaining: UNLIMITED - 1, resetSeconds, retryAfterSeconds: 60, exceeded: false }
    }
    const limit = isUser ? this.#limits.user : this.#limits.guest
    const recent = (this.#seen.get(key) ?? []).filter((at) => at > now - MINUTE_MS)
    const exceeded = recent.length >= limit
    if (!exceeded) recent.push(now)
    this.#seen.set(key, recent)
    const resetMs = (recent[0] ?? now) + MINUTE_MS
    return {
      limit,
      remaining: Math.max(0, limit - recent.length),
      resetSeconds: Math.ceil(resetMs / 1000),
      retryAfterSeconds: Math.max(0, Math.ceil((resetMs - now) / 1000)),
      exceeded,
    }
  }
}
