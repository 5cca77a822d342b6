import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

const MINUTE = 60_000
/** A draft holds no more than 100. */
const FILES = 90
const realTurn = setImmediate

const practice = usePractice('zenodo')
const newScene = useScenes(practice)

/*
 * The practice repository counts 100 requests in a moving minute, by a clock that all share here and that passes over the
 * time in which everything waits.
 */
beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], shouldAdvanceTime: true }),
)
afterEach(() => void vi.useRealTimers())

/** Lets time pass wherever all requests are answered and the deposits wait for the budget, until `ends`. */
async function passTime(scene: Scene, depositIds: readonly string[], ends: () => boolean): Promise<void> {
  while (!ends()) {
    await new Promise((resolve) => realTurn(resolve))
    const answered = scene.server.seen.every(({ status }) => status !== null)
    const transfers = depositIds.map((depositId) => scene.engine?.transfer(depositId))
    if (answered && transfers.some((transfer) => transfer?.error?.code === 'requests-spent'))
      vi.advanceTimersByTime(200)
  }
}

test(
  'of 100 requests a minute at least 95 are used in every minute, none is refused, and no file fails',
  { timeout: 60_000 },
  async () => {
    const scene = await newScene()
    const names = Array.from({ length: FILES }, (_, at) => `file ${at}`)
    for (const name of names) scene.write(name, name)
    const drafts = [scene.draftId, await scene.newDraft(), await scene.newDraft(), await scene.newDraft()]
    // What was asked so far is forgotten.
    vi.advanceTimersByTime(MINUTE + 1000)
    const engine = scene.open()
    scene.session()
    const depositIds = drafts.map((draftId) => {
      const depositId = randomUUID()
      engine.command({ kind: 'add', depositId, accountId: scene.accountId, draftId, files: scene.sources(...names) })
      return depositId
    })
    const states = () => depositIds.map((depositId) => engine.transfer(depositId).state)
    await passTime(scene, depositIds, () => states().every((state) => state === 'verified'))

    const { seen } = scene.server
    const startedAt = seen[0]?.at ?? NaN
    const minutes: { sent: number; refused: number }[] = []
    for (const { at, status } of seen) {
      const minute = (minutes[Math.floor((at - startedAt) / MINUTE)] ??= { sent: 0, refused: 0 })
      if (status === 429) minute.refused += 1
      else minute.sent += 1
    }
    expect(seen).toHaveLength(drafts.length * (2 + 2 * FILES))
    expect(minutes).toHaveLength(8)
    expect(minutes.every(({ refused }) => refused === 0)).toBe(true)
    expect(Math.min(...minutes.slice(0, -1).map(({ sent }) => sent))).toBeGreaterThanOrEqual(95)
    expect(scene.errors.map(({ code }) => code).filter((code) => code !== 'requests-spent')).toEqual([])
    expect(scene.errors[0]?.params).toMatchObject({ server: 'Practice', rate: '100 requests a minute' })
  },
)
