import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPracticeServer, type PracticeServer } from '../../practice/server.ts'
import { explain } from '../../contract/errors.ts'
import { runEngine } from './test-support/run-engine.ts'
import type { Scene } from './test-support/scene.ts'
import { useScenes } from './test-support/scenes.ts'

const MB = 1e6
const CONTENT = /\/content$/
const BUCKET = /^\/files\/[0-9a-f-]{36}\/[^/]+$/

/** Zenodo behind a proxy that lets a megabyte through to its API, and anything to its buckets. */
const practice: { current: PracticeServer } = { current: undefined as unknown as PracticeServer }
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bucket-practice-'))
  practice.current = await startPracticeServer({ dataFolder: folder, limits: 'zenodo', bodyLimitBytes: MB })
})
afterAll(async () => {
  await practice.current.close()
  rmSync(folder, { recursive: true, force: true })
})
const newScene = useScenes(practice)

async function createScene(sizes: Record<string, number>): Promise<Scene> {
  const scene = await newScene()
  for (const [name, bytes] of Object.entries(sizes)) scene.write(name, Buffer.alloc(bytes, name))
  scene.open()
  scene.engine?.command({ kind: 'configure', filesAtATime: 1 })
  return scene
}

function begin(scene: Scene): string[] {
  const names = scene.names()
  scene.session(undefined, { multipart: 'refused' })
  scene.add(scene.sources(...names))
  return names
}

test('a file that is too large for the API goes to the bucket, and so do the others without being refused first (U18)', async () => {
  const scene = await createScene({ 'a small': 1000, 'b large': 3 * MB, 'c larger': 4 * MB, 'd large': 3 * MB })
  const names = begin(scene)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected(...names))
  const { server } = scene
  // The one that was refused, before it was sent, and the small one.
  expect([server.count('PUT', CONTENT), server.count('PUT', BUCKET)]).toEqual([2, 3])
  expect(server.seen.filter(({ status }) => status === 413)).toHaveLength(1)
  expect(server.count('POST', /\/commit$/)).toBe(1)
  expect(server.count('DELETE', /./)).toBe(0)
  expect(server.count('GET', /^\/files\//)).toBe(1)
  const log = scene.engine?.file(scene.depositId, 1).log ?? []
  expect(log.map(({ what }) => what.kind)).toContain('rerouted')
  expect(log.map(({ what }) => what.kind)).not.toContain('found')
})

test('bytes that break off on the way to a bucket leave nothing there; the whole file is sent again (U06)', async () => {
  const scene = await createScene({ large: 12 * MB })
  const wire = await scene.throughWire()
  await wire.add({ toxic: { kind: 'reset_peer' }, direction: 'up', request: /^PUT \/api\/files\//, afterBytes: 3 * MB })
  begin(scene)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large'))
  expect(scene.server.count('PUT', BUCKET)).toBe(2)
})

test('an answer of the bucket that is lost is looked up, and nothing is sent again (U07)', async () => {
  const scene = await createScene({ large: 3 * MB })
  scene.server.fail('PUT', BUCKET, { kind: 'lose-answer' })
  begin(scene)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large'))
  expect(scene.server.count('PUT', BUCKET)).toBe(1)
})

test('what a bucket took changed is removed and sent once more (U21)', async () => {
  const scene = await createScene({ large: 3 * MB })
  const change = (entry: Record<string, unknown>) => ({ ...entry, checksum: `md5:${'0'.repeat(32)}` })
  scene.server.fail('GET', /\/draft\/files\/large$/, { kind: 'rewrite', change })
  begin(scene)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large'))
  expect(scene.server.count('PUT', BUCKET)).toBe(2)
})

test('killed on the way to a bucket, the file is sent whole again, once, without being refused first (U02)', async () => {
  const scene = await createScene({ large: 24 * MB })
  await scene.stop()
  const { server } = scene
  const run = (strike?: (kill: () => void) => void) =>
    runEngine(scene, practice.current.tokens.researcher, null, strike)
  const killed = await run((kill) =>
    server.fail('PUT', BUCKET, { kind: 'hold', afterBytes: 3 * MB, act: (goOn) => (kill(), goOn()) }),
  )
  expect(killed).toBeNull()
  const since = server.seen.length
  expect(await run()).not.toBeNull()
  expect(await scene.listed()).toEqual(scene.expected('large'))
  const puts = server.seen.slice(since).filter(({ method }) => method === 'PUT')
  expect(puts.map(({ path, status }) => [BUCKET.test(path), status])).toEqual([[true, 201]])
})

const SENTENCE = /more than Practice takes: no single request may be as large\.$/

test.each<[string, (scene: Scene) => void, number]>([
  ['the server has no buckets', ({ server }) => server.fail('GET', /^\/files\//, { kind: 'answer', status: 404 }), 0],
  ['that way is closed', ({ server }) => server.fail('PUT', BUCKET, { kind: 'answer', status: 405 }), 1],
  [
    'no entry names a bucket',
    ({ server }) => {
      const strip = (list: Record<string, unknown>) => ({
        ...list,
        entries: (list['entries'] as object[]).map((entry) => ({ ...entry, bucket_id: undefined })),
      })
      server.fail('GET', /\/draft\/files$/, { kind: 'rewrite', change: strip }, Infinity)
    },
    0,
  ],
])('where %s, it is said that the file is too large for one request (U18)', async (_, harm, puts) => {
  const scene = await createScene({ 'a large': 3 * MB, 'b large': 3 * MB })
  harm(scene)
  begin(scene)
  const { error, blockedFiles } = await scene.until(({ blockedFiles, state }) =>
    puts === 0 ? blockedFiles === 2 : state === 'needs-you' && blockedFiles === 1,
  )
  expect(error && explain(error).happened).toMatch(SENTENCE)
  expect(scene.server.count('PUT', BUCKET)).toBe(puts === 0 ? 0 : 2)
  expect(blockedFiles).toBe(puts === 0 ? 2 : 1)
})

test('a name with a slash is one segment, which a bucket may not take (behaviour 4.9); its file stays blocked, others go on', async () => {
  const scene = await createScene({ other: 3 * MB })
  scene.write('folder/large', Buffer.alloc(3 * MB, 'x'))
  scene.session(undefined, { multipart: 'refused' })
  scene.add(scene.sources('folder/large', 'other'))
  const { error, verifiedFiles } = await scene.until('needs-you')
  expect(verifiedFiles).toBe(1)
  expect(error && explain(error).happened).toMatch(SENTENCE)
  expect(scene.server.seen.filter(({ path }) => /^\/files\/[^/]+\/folder%2Flarge$/.test(path)).length).toBeGreaterThan(
    0,
  )
})
