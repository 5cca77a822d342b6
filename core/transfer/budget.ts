/**
 * The requests that a server takes, as its X-RateLimit headers tell (behaviour 2.6), so that the one too many is never sent.
 * What they tell is true for the request that brought them; what was sent since is taken off. Times are of a clock that never
 * jumps.
 */
export type Budget = {
  /** Null until the server speaks of a limit. */
  readonly told: Told | null
  /** The request with whose answer it was told; requests are counted from 1. */
  readonly toldTo: number
  readonly sent: number
  /** When the last request left that nothing but the end of the window allowed. */
  readonly triedAt: number
}

/** `limit`: 0 where a refusal named none. */
export type Told = { readonly limit: number; readonly remaining: number; readonly resetsAt: number }

/** Who waits for an answer: a person; a transfer; nobody, for now. */
export type Priority = 'person' | 'transfer' | 'background'

export const UNKNOWN_BUDGET: Budget = { told: null, toldTo: 0, sent: 0, triedAt: -Infinity }

/**
 * Of a window that moves, only the oldest requests are forgotten at its end, so one request asks how many the server takes
 * again. Where its answer keeps the others waiting for so long, the next one asks.
 */
const TRY_AGAIN_MS = 2000

/** What is left to those who come first: for a person’s next save, and for transfers. */
function reserveFor(priority: Priority, limit: number): number {
  switch (priority) {
    case 'person':
      return 0
    case 'transfer':
      return Math.floor(limit / 50)
    case 'background':
      return Math.floor(limit / 5)
  }
}

/** When a request may leave: at once, if that is not in the future. */
export function opensAt(budget: Budget, priority: Priority): number {
  const { told, triedAt } = budget
  if (told === null || remains(budget) > reserveFor(priority, told.limit)) return -Infinity
  return Math.max(told.resetsAt, triedAt + TRY_AGAIN_MS)
}

/** Requests that the server still takes, or null where it speaks of no limit. */
export function remains({ told, toldTo, sent }: Budget): number {
  return told === null ? Infinity : told.remaining - (sent - toldTo)
}

/** A request leaves; it has the number `sent`. */
export function spend(budget: Budget, priority: Priority, now: number): Budget {
  const tries = opensAt(budget, priority) > -Infinity
  return { ...budget, sent: budget.sent + 1, triedAt: tries ? now : budget.triedAt }
}

/** The answer to request `number`. `told`: null where it spoke of no limit. */
export function learn(budget: Budget, number: number, told: Told | null, now: number): Budget {
  if (told === null) {
    // The limit was taken away, or never was that of this server.
    const over = budget.told !== null && now >= budget.told.resetsAt && number > budget.toldTo
    return over ? { ...budget, told: null, triedAt: -Infinity } : budget
  }
  if (number <= budget.toldTo) return budget
  return { ...budget, told, toldTo: number, triedAt: -Infinity }
}

/** A refusal: nothing more is taken before `resetsAt`, whatever an answer on its way says. */
export function exhaust(budget: Budget, told: Told): Budget {
  const resetsAt = Math.max(told.resetsAt, remains(budget) <= 0 ? (budget.told?.resetsAt ?? 0) : 0)
  return { ...budget, told: { ...told, remaining: 0, resetsAt }, toldTo: budget.sent, triedAt: -Infinity }
}

/** What others were told who send from this computer as well. Requests of ours that are on their way are not in it. */
export function learnFromOthers(budget: Budget, told: Told, now: number): Budget {
  const fresh = budget.told === null || now >= budget.told.resetsAt
  return fresh || told.remaining < remains(budget) ? { ...budget, told, toldTo: budget.sent } : budget
}
