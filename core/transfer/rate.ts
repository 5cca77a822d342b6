/** A moving average of bytes over time. Times are of a clock that never jumps. */
export type Rate = {
  readonly startedAt: number
  readonly lastAt: number
  /** Bytes since `lastAt` that are not in the average yet. */
  readonly pending: number
  readonly perMs: number
}

const SLICE_MS = 250
/** Weight of the past halves in about this time: short enough to follow a network, long enough not to flicker. */
const HALF_LIFE_MS = 4000
const STABLE_AFTER_MS = 3000
/** Nothing moved for this long: the average says nothing about what comes. */
const STALE_AFTER_MS = 10_000

export function startRate(now: number): Rate {
  return { startedAt: now, lastAt: now, pending: 0, perMs: 0 }
}

/** Counts bytes that moved; call it with 0 to let time pass. */
export function countBytes(rate: Rate, bytes: number, now: number): Rate {
  const pending = rate.pending + bytes
  const passed = now - rate.lastAt
  if (passed < SLICE_MS) return { ...rate, pending }
  if (passed > STALE_AFTER_MS && bytes > 0) return { ...startRate(now), pending: bytes }
  // Until one half-life is over the average is that of all bytes so far, so that it does not creep up from zero.
  const weight = Math.max(1 - 2 ** (-passed / HALF_LIFE_MS), passed / Math.max(1, now - rate.startedAt))
  return { ...rate, lastAt: now, pending: 0, perMs: rate.perMs + (pending / passed - rate.perMs) * Math.min(1, weight) }
}

/** Bytes a second; null until it is stable, and when nothing has moved for a while. */
export function bytesPerSecond(rate: Rate | null, now: number): number | null {
  if (rate === null || now - rate.startedAt < STABLE_AFTER_MS || now - rate.lastAt > STALE_AFTER_MS) return null
  return rate.perMs <= 0 ? null : Math.round(rate.perMs * 1000)
}

/** Time that `bytes` more take; null while the rate is. */
export function leftMs(rate: Rate | null, bytes: number, now: number): number | null {
  const perSecond = bytesPerSecond(rate, now)
  return perSecond === null || perSecond === 0 ? null : Math.ceil((bytes / perSecond) * 1000)
}
