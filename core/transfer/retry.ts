/** A number from 0 up to 1, as Math.random gives it. */
export type Random = () => number

const BASE_MS = 1000
export const LONGEST_WAIT_MS = 60_000
/** A server may ask for any pause; longer than this is not believed (fault U15: a `Retry-After` of 10^9). */
const LONGEST_ASKED_MS = 3_600_000

/** How often the server may refuse a file, without progress, while it answers well otherwise. */
export const MOST_ATTEMPTS = 10

/** Pause before attempt `attempt` + 1: full jitter over a ceiling that doubles from 1 s to 60 s. */
export function backoffMs(attempt: number, random: Random): number {
  return Math.round(random() * Math.min(LONGEST_WAIT_MS, BASE_MS * 2 ** Math.max(0, attempt - 1)))
}

/** What a server asked for, in bounds. */
export function askedMs(retryAfterMs: number): number {
  return Math.min(LONGEST_ASKED_MS, Math.max(0, retryAfterMs))
}
