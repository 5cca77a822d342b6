import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPracticeServer } from '../../practice/server.ts'
import type { ChildOrder } from './test-support/engine-child.ts'
import { CAPABILITIES, Scene } from './test-support/scene.ts'

const MIB = 1024 * 1024
const CHILD = fileURLToPath(new URL('./test-support/engine-child.ts', import.meta.url))

let practice: Awaited<ReturnType<typeof startPracticeServer>>
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transfers-practice-'))
  practice = await startPracticeServer({ dataFolder: folder })
})
afterAll(async () => {
  await practice.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A small file, a middling one, and one that goes in three parts. */
async function createScene(): Promise<Scene> {
  const scene = await Scene.create(practice)
  scene.write('a.txt', 'some text')
  scene.write('b.bin', Buffer.alloc(2 * MIB, 'b'))
  scene.writeSparse('c.bin', 65 * MIB)
  return scene
}

/** Runs the engine in a process of its own; answers what it printed, or null when it was killed. */
async function run(scene: Scene, killAt: string | null): Promise<string[] | null> {
  const { home, accountId, depositId, draftId, server } = scene
  const order: ChildOrder = {
    home,
    session: {
      kind: 'session',
      accountId,
      server: { origin: server.origin, name: 'Practice', token: practice.tokens.researcher },
      capabilities: CAPABILITIES,
    },
    add: { kind: 'add', depositId, accountId, draftId, files: scene.sources('a.txt', 'b.bin', 'c.bin') },
    killAt,
  }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()))
  const signal = await new Promise((resolve) => child.on('close', (_, how) => resolve(how)))
  return signal === 'SIGKILL' ? null : (JSON.parse(printed) as string[])
}

/** Contents and parts that were sent more than once in one life of the process. */
function sentTwice(scene: Scene, since: number): string[] {
  const puts = scene.server.seen.slice(since).filter(({ method }) => method === 'PUT')
  return puts.map(({ path }) => path).filter((path, at, all) => all.indexOf(path) !== at)
}

test(
  'killed at every point of the journal and started again, every file ends whole, once, with the right sum (R2)',
  { timeout: 120_000 },
  async () => {
    const clean = await createScene()
    const points = (await run(clean, null)) ?? []
    await clean.close()
    expect(points).toEqual(
      expect.arrayContaining(['before declaring', 'after began', 'before sent', 'after part-sent']),
    )

    // One deposit after the other is killed at the next point that is left, again and again, until it finishes.
    const wrong: string[] = []
    const left = [...points]
    while (left.length > 0) {
      const scene = await createScene()
      for (let kills = 0; ; kills += 1) {
        const since = scene.server.seen.length
        const killed = (await run(scene, left[0] ?? null)) === null
        wrong.push(...sentTwice(scene, since).map((path) => `${path} was sent twice before ${String(left[0])}`))
        if (killed) left.shift()
        else {
          if (kills === 0) wrong.push(`not killed at ${String(left.shift())}`)
          break
        }
      }
      expect(await scene.listed()).toEqual(scene.expected('a.txt', 'b.bin', 'c.bin'))
      await scene.close()
    }
    expect(wrong).toEqual([])
  },
)
