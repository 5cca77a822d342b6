import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PATIENCE } from '../repository/http/transport.ts'
import { ChunkPool } from './chunks.ts'
import { turnBack } from './test-support/old-journal.ts'
import { IMPATIENT, type Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

const PART = /\/content\/\d+$/
const COMMIT = /\/commit$/
const MIB = 1024 * 1024
const PART_BYTES = 8e6
/** What a socket gives at once at most. */
const PIECE_BYTES = 64 * 1024

const practice = usePractice()
const newScene = useScenes(practice)

/** A file of nine parts, the last one small, and an engine that is about to send it. */
async function createScene(filesAtATime = 4, patience = PATIENCE): Promise<Scene> {
  const scene = await newScene()
  scene.writeSparse('large', 65e6)
  appendFileSync(scene.path('large'), 'the end')
  scene.open({ patience })
  scene.engine?.command({ kind: 'configure', filesAtATime })
  return scene
}

function begin(scene: Scene, ...others: string[]): void {
  scene.session()
  scene.add(scene.sources('large', ...others))
}

async function expectVerified(scene: Scene): Promise<void> {
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large'))
}

/** How often each part was sent, from the first. */
function sent(scene: Scene): number[] {
  return Array.from({ length: 9 }, (_, at) => scene.server.count('PUT', new RegExp(`/content/${at + 1}$`)))
}

/** Holds `count` parts of which all has left the sender, and not all arrived; resolves with what lets them go on. */
function held(scene: Scene, count: number): Promise<() => void> {
  const goOns: (() => void)[] = []
  return new Promise((resolve) => {
    const act = (goOn: () => void) => {
      goOns.push(goOn)
      if (goOns.length === count) resolve(() => goOns.forEach((go) => go()))
    }
    scene.server.fail('PUT', PART, { kind: 'hold', afterBytes: PART_BYTES - 2 * PIECE_BYTES, act }, count)
  })
}

test.each([1, 4, 8])('a file alone is sent over %i connections at once, and no more', async (filesAtATime) => {
  const scene = await createScene(filesAtATime)
  const parts = held(scene, filesAtATime)
  begin(scene)
  const goOn = await parts
  expect(scene.server.count('PUT', PART)).toBe(filesAtATime)
  goOn()
  await expectVerified(scene)
  expect(sent(scene)).toEqual(Array(9).fill(1))
  expect(scene.server.most).toBe(filesAtATime)
})

test('files that wait come before more parts of one, and together they are as many as the person wants', async () => {
  const scene = await createScene(3)
  const names = ['a', 'b', 'c', 'd']
  for (const name of names) scene.write(name, name.repeat(MIB))
  const parts = held(scene, 1)
  begin(scene, ...names)
  const goOn = await parts
  await scene.until(({ verifiedFiles }) => verifiedFiles >= names.length)
  goOn()
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large', ...names))
  const paths = scene.server.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path)
  const first = (of: RegExp) => paths.findIndex((path) => of.test(path))
  // While its first part was under way, the second had to wait until no file did.
  for (const name of names) expect(first(new RegExp(`/${name}/content$`))).toBeLessThan(first(/\/content\/2$/))
  // And one call for the draft.
  expect(scene.server.most).toBeLessThanOrEqual(4)
})

test('a part that breaks off is sent again by itself, while the others go on (U06, U39)', async () => {
  const scene = await createScene()
  const wire = await scene.throughWire()
  await wire.add({ toxic: { kind: 'reset_peer' }, direction: 'up', request: /\/content\/3$/, afterBytes: MIB })
  begin(scene)
  await expectVerified(scene)
  expect(sent(scene)).toEqual([1, 1, 2, 1, 1, 1, 1, 1, 1])
  const states = scene.events.flatMap((event) => (event.kind === 'deposit' ? [event.transfer.state] : []))
  expect(states).not.toContain('waiting')
  const [report] = scene.engine?.report(scene.depositId) ?? []
  expect(report?.sha256).toMatch(/^[0-9a-f]{64}$/)
})

test.each<[string, Parameters<Scene['server']['fail']>[2]]>([
  ['U13', { kind: 'answer', status: 502, body: '<h1>Bad Gateway</h1>', headers: { 'content-type': 'text/html' } }],
  ['U08', { kind: 'lose-answer' }],
  ['U22', { kind: 'answer', status: 200, body: { key: 'large', errors: 'File upload transfer failed.' } }],
])('whatever the server does to a part, only that part is sent again (%s)', async (_, fault) => {
  const scene = await createScene()
  scene.server.fail('PUT', /\/content\/5$/, fault)
  begin(scene)
  await expectVerified(scene)
  expect(sent(scene)).toEqual([1, 1, 1, 1, 2, 1, 1, 1, 1])
  expect(scene.server.count('POST', COMMIT)).toBe(1)
})

test('a part that fails again and again lets the file wait; what arrived is not sent again, and no commit comes early (U22)', async () => {
  const scene = await createScene()
  scene.server.fail('PUT', /\/content\/2$/, { kind: 'answer', status: 500 }, 4)
  begin(scene)
  await expectVerified(scene)
  const counts = sent(scene)
  expect(counts[1]).toBe(5)
  expect(counts.filter((times) => times === 1)).toHaveLength(8)
  expect(scene.server.count('POST', COMMIT)).toBe(1)
})

test('too many requests pause all parts together, and what was taken stays taken (U15)', async () => {
  const scene = await createScene()
  scene.server.fail('PUT', /\/content\/6$/, { kind: 'answer', status: 429, headers: { 'retry-after': '1' } })
  begin(scene)
  await scene.until(({ error }) => error?.code === 'server-busy')
  const asked = scene.server.seen.length
  await expectVerified(scene)
  expect(asked).toBeLessThan(scene.server.seen.length)
  expect(scene.server.seen.filter(({ status }) => status === 429)).toHaveLength(1)
  expect(sent(scene)).toEqual([1, 1, 1, 1, 1, 2, 1, 1, 1])
})

test('a black hole in the middle of a part is noticed and left (U09)', async () => {
  const scene = await createScene(4, IMPATIENT)
  const wire = await scene.throughWire()
  await wire.add({ toxic: { kind: 'timeout', ms: 0 }, direction: 'up', request: /\/content\/4$/, afterBytes: MIB })
  begin(scene)
  await expectVerified(scene)
  expect(sent(scene)).toEqual([1, 1, 1, 2, 1, 1, 1, 1, 1])
})

test('a pause ends all parts at once; going on, also in a new process, only what is missing is sent (U39)', async () => {
  const scene = await createScene()
  // Two of nine never end by themselves.
  const drops: (() => void)[] = []
  const stuck = new Promise<void>((resolve) => {
    const act = (_: () => void, drop: () => void) => {
      drops.push(drop)
      if (drops.length === 2) resolve()
    }
    for (const part of [3, 6])
      scene.server.fail('PUT', new RegExp(`/content/${part}$`), { kind: 'hold', afterBytes: MIB, act })
  })
  begin(scene)
  await stuck
  await expect.poll(() => scene.journalledParts('large')).toBe('1-2,4-5,7-9')
  scene.command('pause')
  for (const drop of drops) drop()
  const open = () => scene.server.seen.filter(({ path, status }) => /\/content\/[36]$/.test(path) && status !== 200)
  await expect.poll(() => open().every(({ closedAt }) => closedAt !== null), { interval: 5 }).toBe(true)
  expect(open()).toHaveLength(2)
  await scene.stop()
  scene.open()
  scene.session()
  await scene.until('paused')
  expect(scene.server.count('POST', COMMIT)).toBe(0)
  scene.command('resume')
  await expectVerified(scene)
  expect(sent(scene)).toEqual([1, 1, 2, 1, 1, 2, 1, 1, 1])
})

test('a journal of the version that counted parts goes on after them', async () => {
  const scene = await createScene(1)
  const stuck = new Promise<void>((resolve) => {
    scene.server.fail('PUT', /\/content\/3$/, { kind: 'hold', afterBytes: MIB, act: () => resolve() })
  })
  begin(scene)
  await stuck
  await scene.stop()
  expect(scene.journalledParts('large')).toBe('1-2')
  turnBack(join(scene.home, 'transfers.db'), 2)
  scene.open()
  expect(scene.journalledParts('large')).toBe('1-2')
  scene.session()
  await expectVerified(scene)
  expect(sent(scene)).toEqual([1, 1, 2, 1, 1, 1, 1, 1, 1])
})

test.each([
  ['not computed yet', null],
  ['of the parts', 'multipart:d41d8cd98f00b204e9800998ecf8427e-9-8000000'],
])('a checksum that is %s after the commit is waited for', async (_, checksum) => {
  const scene = await createScene()
  const change = (entry: Record<string, unknown>) => ({ ...entry, status: 'completed', checksum })
  scene.server.fail('POST', COMMIT, { kind: 'rewrite', change })
  scene.server.fail('GET', /\/files\/large$/, { kind: 'rewrite', change })
  begin(scene)
  await expectVerified(scene)
  expect(scene.server.count('GET', /\/files\/large$/)).toBeGreaterThanOrEqual(2)
  expect(scene.server.count('DELETE', /./)).toBe(0)
})

test('all files together read into 20 MiB, and each of them can always read', async () => {
  const pool = new ChunkPool()
  const { signal } = new AbortController()
  const [first, second] = [pool.join(), pool.join()]
  const take = async (share: typeof first, most: number) => {
    const chunks = []
    for (let count = 0; count < most; count += 1) chunks.push(await share.take(signal))
    return chunks
  }
  // Six are kept for the other one.
  const many = await take(first, 34)
  let more = false
  const waiting = first.take(signal).then((chunk) => {
    more = true
    return chunk
  })
  const own = await take(second, 6)
  expect(more).toBe(false)
  expect([...many, ...own].reduce((bytes, { memory }) => bytes + memory.length, 0)).toBe(20 * MIB)
  own[0]?.keep().drop()
  await Promise.resolve()
  expect(more).toBe(false)
  many[0]?.drop()
  await waiting
  const stopped = new AbortController()
  const refused = first.take(stopped.signal)
  stopped.abort(new Error('stopped'))
  await expect(refused).rejects.toThrow('stopped')
})
