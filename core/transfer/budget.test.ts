import { expect, test } from 'vitest'
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
} from './budget.ts'

const LIMIT = 100
const MINUTE = 60_000

/** Counts as InvenioRDM does, in a window that moves, or in fixed ones. Its headers know whole seconds only. */
class Limiter {
  readonly accepted: number[] = []
  refusals = 0
  readonly #moves: boolean

  constructor(moves: boolean) {
    this.#moves = moves
  }

  take(now: number): { ok: boolean; told: Told } {
    const startOf = (at: number) => Math.floor(at / MINUTE) * MINUTE
    const recent = this.accepted.filter((at) => at > (this.#moves ? now - MINUTE : startOf(now) - 1))
    const ok = recent.length < LIMIT
    if (ok) this.accepted.push(now)
    else this.refusals += 1
    const end = (this.#moves ? (recent[0] ?? now) : startOf(now)) + MINUTE
    const remaining = Math.max(0, LIMIT - recent.length - (ok ? 1 : 0))
    return { ok, told: { limit: LIMIT, remaining, resetsAt: Math.ceil(end / 1000) * 1000 } }
  }
}

type Sender = { readonly priority: Priority; readonly atOnce: number }

/**
 * Lets senders ask for all they can get, for `minutes`: each request is counted by the server half way through `rttMs`, in an
 * order that chance decides. Every millisecond is simulated.
 */
function run(limiter: Limiter, senders: readonly Sender[], minutes: number, rttMs: number) {
  let budget: Budget = UNKNOWN_BUDGET
  let seed = 1
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  type Request = { sender: Sender; number: number; countedAt: number; answer: ReturnType<Limiter['take']> | null }
  let underWay: Request[] = []
  const sent = { person: 0, transfer: 0, background: 0 }
  for (let now = 0; now < minutes * MINUTE; now += 1) {
    for (const request of underWay) {
      if (request.answer === null && now >= request.countedAt) request.answer = limiter.take(now)
      else if (request.answer !== null && now >= request.countedAt + rttMs / 2) {
        const { ok, told } = request.answer
        budget = ok ? learn(budget, request.number, told, now) : exhaust(budget, told)
        underWay = underWay.filter((other) => other !== request)
      }
    }
    for (const sender of senders) {
      if (underWay.filter((request) => request.sender === sender).length >= sender.atOnce) continue
      if (opensAt(budget, sender.priority) > now) continue
      budget = spend(budget, sender.priority, now)
      sent[sender.priority] += 1
      underWay.push({ sender, number: budget.sent, countedAt: now + (rttMs / 2) * (0.8 + random() / 5), answer: null })
    }
  }
  return sent
}

const TRANSFERS: Sender = { priority: 'transfer', atOnce: 4 }
/** Requests of each whole minute. */
const perMinute = ({ accepted }: Limiter, minutes: number) =>
  Array.from({ length: minutes }, (_, minute) => accepted.filter((at) => Math.floor(at / MINUTE) === minute).length)

test.each([
  ['a moving window, a near server', true, 20],
  ['a moving window, a server far away', true, 400],
  ['fixed windows, a near server', false, 20],
  ['fixed windows, a server far away', false, 400],
])('of %s nothing is refused, and at least 95 % of the budget used', (_, moves, rttMs) => {
  const limiter = new Limiter(moves)
  run(limiter, [TRANSFERS], 8, rttMs)
  expect(limiter.refusals).toBe(0)
  expect(Math.min(...perMinute(limiter, 8))).toBeGreaterThanOrEqual(0.95 * LIMIT)
})

test('requests that come slowly and evenly are not slowed down', () => {
  const limiter = new Limiter(true)
  // One at a time, each taking 700 ms: 85 a minute.
  run(limiter, [{ priority: 'transfer', atOnce: 1 }], 4, 700)
  expect(limiter.refusals).toBe(0)
  expect(Math.min(...perMinute(limiter, 4))).toBeGreaterThanOrEqual(85)
})

test('what nobody waits for leaves four fifths to the others, and gets what they leave', () => {
  const alone = new Limiter(true)
  run(alone, [{ priority: 'background', atOnce: 2 }], 3, 50)
  expect(alone.refusals).toBe(0)
  expect(Math.max(...perMinute(alone, 3))).toBe(80)
  const sent = run(new Limiter(false), [{ priority: 'background', atOnce: 1 }, TRANSFERS], 3, 50)
  expect(sent.background).toBeLessThan(sent.transfer / 2)
})

test('the last requests of a window are for what a person waits for', () => {
  let budget = learn(spend(UNKNOWN_BUDGET, 'transfer', 0), 1, { limit: 100, remaining: 3, resetsAt: 9000 }, 0)
  budget = spend(budget, 'transfer', 1)
  expect(opensAt(budget, 'transfer')).toBe(9000)
  expect(opensAt(budget, 'person')).toBe(-Infinity)
  budget = spend(spend(budget, 'person', 2), 'person', 3)
  expect(opensAt(budget, 'person')).toBe(9000)
  // A small limit has no room for a reserve.
  const small = learn(UNKNOWN_BUDGET, 1, { limit: 4, remaining: 1, resetsAt: 9000 }, 0)
  expect(opensAt(small, 'background')).toBe(-Infinity)
})

test('at the end of a window one request asks, and the others wait for what it is told, but not for ever', () => {
  let budget = learn(spend(UNKNOWN_BUDGET, 'transfer', 0), 1, { limit: 100, remaining: 0, resetsAt: 9000 }, 0)
  budget = spend(budget, 'transfer', 9000)
  expect(opensAt(budget, 'transfer')).toBe(11_000)
  expect(opensAt(learn(budget, 2, { limit: 100, remaining: 40, resetsAt: 12_000 }, 9100), 'transfer')).toBe(-Infinity)
})

test('an answer counts for what was sent before it, in whatever order answers come', () => {
  let budget = UNKNOWN_BUDGET
  for (let sent = 0; sent < 5; sent += 1) budget = spend(budget, 'transfer', 0)
  budget = learn(budget, 4, { limit: 100, remaining: 50, resetsAt: 9000 }, 1)
  expect(remains(budget)).toBe(49)
  budget = learn(budget, 2, { limit: 100, remaining: 52, resetsAt: 9000 }, 2)
  expect(remains(budget)).toBe(49)
})

test('after a refusal nothing leaves before its time, whatever earlier requests are still answered', () => {
  let budget = spend(spend(UNKNOWN_BUDGET, 'transfer', 0), 'transfer', 0)
  budget = exhaust(budget, { limit: 100, remaining: 0, resetsAt: 7000 })
  budget = learn(budget, 2, { limit: 100, remaining: 60, resetsAt: 9000 }, 1)
  expect(opensAt(budget, 'person')).toBe(7000)
  // The refusals of others that were under way make it no shorter.
  expect(opensAt(exhaust(budget, { limit: 100, remaining: 0, resetsAt: 5000 }), 'person')).toBe(7000)
})

test('what others were told only ever makes it less, until the window ends', () => {
  let budget = learn(spend(UNKNOWN_BUDGET, 'transfer', 0), 1, { limit: 100, remaining: 50, resetsAt: 9000 }, 0)
  budget = learnFromOthers(budget, { limit: 100, remaining: 80, resetsAt: 9000 }, 1)
  expect(remains(budget)).toBe(50)
  budget = learnFromOthers(budget, { limit: 100, remaining: 30, resetsAt: 9000 }, 1)
  expect(remains(budget)).toBe(30)
  budget = learnFromOthers(budget, { limit: 100, remaining: 99, resetsAt: 69_000 }, 9000)
  expect(remains(budget)).toBe(99)
})

test('a server that no longer speaks of a limit has none', () => {
  let budget = learn(spend(UNKNOWN_BUDGET, 'transfer', 0), 1, { limit: 100, remaining: 0, resetsAt: 9000 }, 0)
  // A page of a proxy in between says nothing about it.
  expect(opensAt(learn(budget, 2, null, 5000), 'transfer')).toBe(9000)
  budget = learn(spend(budget, 'transfer', 9000), 2, null, 9001)
  expect(opensAt(budget, 'transfer')).toBe(-Infinity)
})
