/**
 * A speed limit that all files share: a bucket of tokens, kept as the time at which everything that was taken so far is
 * paid for. Times are of a clock that never jumps.
 */
export type RateLimit = {
  /** Null: as fast as it goes. */
  readonly bytesPerSecond: number | null
  readonly paidAt: number
}

export const NO_LIMIT: RateLimit = { bytesPerSecond: null, paidAt: 0 }

/** Time that was not used may be caught up on so far, since timers come late and files pause between each other. */
const CATCH_UP_MS = 100
const LARGEST_PIECE_BYTES = 256 * 1024

/** Takes `bytes` at once; they may leave after `waitMs`. Who asks later waits longer, so that all get their turn. */
export function takeBytes(
  limit: RateLimit,
  bytes: number,
  now: number,
): { readonly limit: RateLimit; readonly waitMs: number } {
  if (limit.bytesPerSecond === null) return { limit, waitMs: 0 }
  const from = Math.max(limit.paidAt, now - CATCH_UP_MS)
  const paidAt = from + (bytes / limit.bytesPerSecond) * 1000
  return { limit: { ...limit, paidAt }, waitMs: Math.max(0, from - now) }
}

/** How much to take at once: about a sixteenth of a second, so that files advance evenly and a new limit counts soon. */
export function pieceBytes({ bytesPerSecond }: RateLimit): number {
  if (bytesPerSecond === null) return Infinity
  return Math.max(1, Math.min(LARGEST_PIECE_BYTES, Math.floor(bytesPerSecond / 16)))
}
