import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runEngine } from './test-support/run-engine.ts'
import { Scene } from './test-support/scene.ts'
import { usePractice } from './test-support/scenes.ts'

const MIB = 1024 * 1024

const practice = usePractice()

/** A small file, a middling one, and one that goes in nine parts, four of them at a time. */
async function createScene(): Promise<Scene> {
  const scene = await Scene.create(practice.current)
  scene.write('a.txt', 'some text')
  scene.write('b.bin', Buffer.alloc(2 * MIB, 'b'))
  scene.writeSparse('c.bin', 65 * MIB)
  return scene
}

const run = (scene: Scene, killAt: string | null, strike?: (kill: () => void) => void) =>
  runEngine(scene, practice.current.tokens.researcher, killAt, strike)

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

test.each([
  // What is sent of b.bin, over both lives of the process, and how it is known to be complete.
  { id: 'U01', when: 'between start and content', killAt: 'before began', contents: 1, commits: 1, declared: 1 },
  { id: 'U03', when: 'after content, before the commit', killAt: 'before sent', contents: 1, commits: 1, declared: 1 },
  {
    id: 'U04',
    when: 'after the commit, before it is noted',
    killAt: 'before seen',
    contents: 1,
    commits: 1,
    declared: 1,
  },
])('killed $when, it goes on from what the server has ($id)', async ({ killAt, contents, commits, declared }) => {
  const scene = await createScene()
  const { server } = scene
  // One after the other, so that the strike meets b.bin and nothing else is on its way.
  for (const name of ['a.txt', 'c.bin']) rmSync(scene.path(name))
  expect(await run(scene, killAt)).toBeNull()
  expect(await run(scene, null)).not.toBeNull()
  expect(await scene.listed()).toEqual(scene.expected('b.bin'))
  const counted = [server.count('PUT', /content$/), server.count('POST', /commit$/), server.count('POST', /files$/)]
  expect(counted).toEqual([contents, commits, declared])
  await scene.close()
})

test('killed in the middle of content, it asks, is refused, and sends it again (U02)', async () => {
  const scene = await createScene()
  for (const name of ['a.txt', 'c.bin']) rmSync(scene.path(name))
  scene.write('b.bin', Buffer.alloc(24 * MIB, 'b'))
  const { server } = scene
  const killed = await run(scene, null, (kill) =>
    server.fail('PUT', /content$/, { kind: 'hold', afterBytes: MIB, act: (goOn) => (kill(), goOn()) }),
  )
  expect(killed).toBeNull()
  expect(await run(scene, null)).not.toBeNull()
  expect(await scene.listed()).toEqual(scene.expected('b.bin'))
  expect(server.count('PUT', /content$/)).toBe(2)
  // And the log of the file tells of it: what a killed process did not write is known from what it did.
  const log = scene
    .open()
    .file(scene.depositId, 0)
    .log.map(({ what }) => what)
  expect(log.map(({ kind }) => kind)).toEqual(['began', 'stopped', 'went-on', 'verified'])
  expect(log[1]).toMatchObject({ why: 'killed' })
  await scene.close()
})

test('killed while parts are under way, those that arrived are not sent again, and the sum is right (U39)', async () => {
  const scene = await createScene()
  for (const name of ['a.txt', 'b.bin']) rmSync(scene.path(name))
  const { server } = scene
  const parts = () => Array.from({ length: 9 }, (_, at) => server.count('PUT', new RegExp(`/content/${at + 1}$`)))
  const killed = await run(scene, null, (kill) =>
    server.fail('PUT', /content\/4$/, {
      kind: 'hold',
      afterBytes: MIB,
      // The others go on meanwhile.
      act: () =>
        void expect
          .poll(() => scene.journalledParts('c.bin'), { timeout: 20_000 })
          .toBe('1-3,5-9')
          .then(kill),
    }),
  )
  expect(killed).toBeNull()
  expect(server.count('POST', /commit$/)).toBe(0)
  const since = server.seen.length
  expect(await run(scene, null)).not.toBeNull()
  expect(await scene.listed()).toEqual(scene.expected('c.bin'))
  expect(parts()).toEqual([1, 1, 1, 2, 1, 1, 1, 1, 1])
  expect(server.seen.slice(since).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(8e6)
  await scene.close()
})

test('whatever a power failure takes from the end of the journal, what the server has is not sent again (U05)', async () => {
  const scene = await createScene()
  const names = ['a.txt', 'b.bin']
  rmSync(scene.path('c.bin'))
  // synchronous=NORMAL: any number of the last commits may be gone (SQLite, WAL). So the journal is kept as it was at each.
  const kept: string[] = []
  scene.open({
    onPersist: (point) => {
      if (!point.startsWith('after')) return
      const folder = join(scene.root, `kept ${kept.length}`)
      cpSync(scene.home, folder, { recursive: true, filter: (path) => !path.endsWith('-shm') })
      kept.push(folder)
    },
  })
  scene.session()
  scene.add(scene.sources(...names))
  await scene.until('verified')
  await scene.stop()
  expect(kept.length).toBeGreaterThan(3)
  for (const folder of kept) {
    rmSync(scene.home, { recursive: true })
    cpSync(folder, scene.home, { recursive: true })
    scene.open()
    scene.session()
    scene.add(scene.sources(...names))
    await scene.until('verified')
    await scene.stop()
    expect(await scene.listed()).toEqual(scene.expected(...names))
  }
  expect(scene.server.count('PUT', /content$/)).toBe(2)
  expect(scene.server.count('DELETE', /./)).toBe(0)
  await scene.close()
})
