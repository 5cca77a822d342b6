import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { expect, test } from 'vitest'
import { deleteDraft } from '../repository/records.ts'
import { createClient } from '../repository/http/client.ts'
import { Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

const CONTENT = /\/content(\/\d+)?$/
const COMMIT = /\/commit$/
const FILES = /\/draft\/files$/
const MIB = 1024 * 1024
/** More than sockets on the way hold, so that the sender is really in the middle of it. */
const LARGE = Buffer.alloc(24 * MIB, 'x')

const practice = usePractice()
const createScene = useScenes(practice)

/** A scene with one file of `bytes`, the engine running. */
async function withOneFile(content: string | Buffer = Buffer.alloc(3 * MIB, 'x')): Promise<Scene> {
  const scene = await createScene()
  scene.write('data.bin', content)
  scene.open()
  return scene
}

async function expectVerified(scene: Scene): Promise<void> {
  scene.session()
  scene.add(scene.sources('data.bin'))
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
}

test('100 clean files cost two requests each, one for all names, and one list (P5)', async () => {
  const scene = await createScene()
  const names = Array.from({ length: 100 }, (_, at) => `folder ${at % 7}/ä#?%${at}.txt`)
  for (const [at, name] of names.entries()) scene.write(name, at % 50 === 0 ? '' : `content of ${at}`)
  scene.open()
  scene.session()
  scene.add(scene.sources(...names))
  const { verifiedFiles, bytes, sentBytes } = await scene.until('verified')
  expect([verifiedFiles, sentBytes]).toEqual([100, bytes])
  expect(await scene.listed()).toEqual(scene.expected(...names))
  const { server } = scene
  expect([server.count('POST', FILES), server.count('PUT', CONTENT), server.count('POST', COMMIT)]).toEqual([
    1, 100, 100,
  ])
  expect(server.seen).toHaveLength(1 + 200 + 1)
  // Four files, and one call for the draft.
  expect(server.most).toBeLessThanOrEqual(5)
})

test('content that arrived while its answer was lost is committed, never sent again (U07)', async () => {
  const scene = await withOneFile()
  scene.server.fail('PUT', CONTENT, { kind: 'lose-answer' })
  await expectVerified(scene)
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
})

test('a lost answer to a commit is followed by a look, never by content, which would delete the file (U04)', async () => {
  const scene = await withOneFile()
  scene.server.fail('POST', COMMIT, { kind: 'lose-answer' })
  await expectVerified(scene)
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
  expect(scene.server.count('POST', COMMIT)).toBe(1)
})

test('a commit that answers 500 though it was done ends verified (U23)', async () => {
  const scene = await withOneFile()
  scene.server.fail('POST', COMMIT, { kind: 'rewrite', change: () => '' })
  await expectVerified(scene)
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
})

test('a lost answer to the start of files leaves no name twice and none out (U01)', async () => {
  const scene = await withOneFile()
  scene.server.fail('POST', FILES, { kind: 'lose-answer' })
  await expectVerified(scene)
  expect(scene.server.count('POST', FILES)).toBe(1)
})

test('a 200 that speaks of errors is a failure, and the file is sent again (U22)', async () => {
  const scene = await withOneFile()
  scene.server.fail('PUT', CONTENT, {
    kind: 'answer',
    status: 200,
    body: { key: 'data.bin', status: 'pending', errors: 'File upload transfer failed.' },
  })
  await expectVerified(scene)
  expect(scene.server.count('PUT', CONTENT)).toBe(2)
})

test('trouble of the server with a page of HTML is tried again (U13)', async () => {
  const scene = await withOneFile()
  const headers = { 'content-type': 'text/html' }
  scene.server.fail('PUT', CONTENT, { kind: 'answer', status: 502, body: '<h1>Bad Gateway</h1>', headers }, 2)
  await expectVerified(scene)
})

test('too many requests pause everything for this server for as long as it asks (U15)', async () => {
  const scene = await createScene()
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const name of names) scene.write(name, name)
  scene.server.fail('PUT', /\/a\/content$/, { kind: 'answer', status: 429, headers: { 'retry-after': '1' } })
  scene.open()
  scene.session()
  scene.add(scene.sources(...names))
  const paused = await scene.until(({ error }) => error?.code === 'server-busy')
  expect(paused.at).toBeGreaterThan(Date.now())
  const before = performance.now()
  await scene.until('verified')
  expect(performance.now() - before).toBeGreaterThan(600)
  const { seen } = scene.server
  expect(seen.filter(({ status }) => status === 429)).toHaveLength(1)
  // What was under way is answered; nothing new leaves.
  const gaps = seen.map(({ at }, index) => at - (seen[index - 1]?.at ?? at))
  expect(Math.max(...gaps)).toBeGreaterThan(900)
  expect(await scene.listed()).toEqual(scene.expected(...names))
})

test('a file that arrives changed is sent once more (U21)', async () => {
  const scene = await withOneFile()
  const change = (entry: Record<string, unknown>) => ({ ...entry, checksum: `md5:${'0'.repeat(32)}` })
  scene.server.fail('POST', COMMIT, { kind: 'rewrite', change })
  await expectVerified(scene)
  expect(scene.server.count('DELETE', /data\.bin$/)).toBe(1)
})

test('a file that arrives changed twice is blocked with both sums, and removed (U21)', async () => {
  const scene = await withOneFile()
  const change = (entry: Record<string, unknown>) => ({ ...entry, checksum: `md5:${'0'.repeat(32)}` })
  scene.server.fail('POST', COMMIT, { kind: 'rewrite', change }, 2)
  scene.session()
  scene.add(scene.sources('data.bin'))
  const { error } = await scene.until('needs-you')
  const local = scene.expected('data.bin')['data.bin']?.slice(4)
  expect(error).toEqual({
    code: 'checksum-differs',
    params: { name: 'data.bin', server: 'Practice', local, remote: '0'.repeat(32) },
  })
  expect(await scene.listed()).toEqual({})
  scene.command('retry')
  await scene.until('verified')
})

test('a file that grows while it is sent stops, and is taken as it is now when the person says so (U24)', async () => {
  const scene = await withOneFile(LARGE)
  scene.write('other.txt', 'goes on')
  scene.server.fail('PUT', /data\.bin\/content$/, {
    kind: 'hold',
    afterBytes: MIB,
    act: (goOn) => {
      appendFileSync(scene.path('data.bin'), 'more')
      goOn()
    },
  })
  scene.session()
  scene.add(scene.sources('data.bin', 'other.txt'))
  const { error, blockedFiles, verifiedFiles } = await scene.until('needs-you')
  expect(error).toMatchObject({ code: 'file-changed', params: { name: 'data.bin' } })
  expect([blockedFiles, verifiedFiles]).toEqual([1, 1])
  scene.command('read-again', 0)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin', 'other.txt'))
})

test('files that changed, vanished or became something else are not read (U24, U25, U26)', async () => {
  const scene = await createScene()
  for (const name of ['touched', 'gone', 'link', 'folder', 'fine']) scene.write(name, name)
  const sources = scene.sources('touched', 'gone', 'link', 'folder', 'fine')
  utimesSync(scene.path('touched'), 1, 1)
  for (const name of ['gone', 'link', 'folder']) rmSync(scene.path(name))
  symlinkSync(scene.path('fine'), scene.path('link'))
  mkdirSync(scene.path('folder'))
  scene.open()
  scene.session()
  scene.add(sources)
  await scene.until('needs-you')
  const rows = scene.engine
    ?.files(scene.depositId, 0, 10)
    .rows.map(({ key, state }) => [key, state.kind === 'blocked' ? state.error.code : state.kind])
  expect(rows).toEqual([
    ['touched', 'file-changed'],
    ['gone', 'file-missing'],
    ['link', 'file-not-regular'],
    ['folder', 'file-not-regular'],
    ['fine', 'verified'],
  ])
  for (const fileId of [0, 1, 2, 3]) scene.command('leave-out', fileId)
  expect(await scene.until('verified')).toMatchObject({ files: 1, blockedFiles: 0 })
  expect(await scene.listed()).toEqual(scene.expected('fine'))
})

test('an empty file that the server refuses is said before anything is sent (U27)', async () => {
  const scene = await createScene()
  scene.write('empty', '')
  scene.open()
  scene.session(undefined, { emptyFiles: 'refused' })
  scene.add(scene.sources('empty'))
  expect((await scene.until('needs-you')).error).toMatchObject({ code: 'file-empty-refused' })
  expect(scene.server.count('PUT', CONTENT)).toBe(0)
})

test('a pause stops the bytes at once and holds over a restart; then it goes on', async () => {
  const scene = await withOneFile(LARGE)
  const held = new Promise<() => void>((resolve) => {
    scene.server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: MIB, act: (_, drop) => resolve(drop) })
  })
  scene.session()
  scene.add(scene.sources('data.bin'))
  const drop = await held
  scene.command('pause')
  // What was on its way already is taken now; then the end of the connection is seen.
  drop()
  const put = () => scene.server.seen.find(({ method }) => method === 'PUT')
  await expect.poll(() => put()?.closedAt, { interval: 5 }).toBeTypeOf('number')
  expect(put()?.bytes).toBeLessThan(LARGE.length)
  await scene.stop()
  scene.open()
  scene.session()
  expect(await scene.until('paused')).toMatchObject({ verifiedFiles: 0 })
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
  scene.command('resume')
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
})

test('cancelling removes what is not finished from the draft and keeps what is', async () => {
  const scene = await createScene()
  for (const name of ['a', 'b', 'c']) scene.write(name, name.repeat(MIB))
  const held = new Promise<void>((resolve) => {
    scene.server.fail('PUT', /\/b\/content$/, { kind: 'hold', afterBytes: 1, act: () => resolve() })
  })
  scene.open()
  scene.engine?.command({ kind: 'configure', filesAtATime: 1 })
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  await held
  scene.command('cancel')
  expect(await scene.until('cancelled')).toMatchObject({ verifiedFiles: 1 })
  await expect.poll(() => scene.listed()).toEqual(scene.expected('a'))
  await scene.stop()
  scene.open()
  expect(scene.engine?.transfer(scene.depositId).state).toBe('cancelled')
})

test('files that are cancelled while their names are declared are removed all the same', async () => {
  const scene = await createScene()
  for (const name of ['a', 'b', 'c']) scene.write(name, name)
  const held = new Promise<() => void>((resolve) => {
    scene.server.fail('POST', FILES, { kind: 'hold', afterBytes: 1, act: resolve })
  })
  scene.open()
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  const goOn = await held
  scene.command('cancel')
  goOn()
  await scene.until('cancelled')
  await expect.poll(() => scene.server.count('DELETE', /./)).toBe(3)
  await expect.poll(() => scene.listed()).toEqual({})
})

test('a token that dies stops the account once, and a new one lets it go on (U16)', async () => {
  const scene = await createScene()
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) scene.write(name, name)
  scene.open()
  scene.session('no-longer-valid')
  scene.add(scene.sources(...names))
  expect(await scene.until('needs-you')).toMatchObject({ error: { code: 'token-refused' }, blockedFiles: 0 })
  const asked = scene.server.seen.length
  scene.command('retry')
  expect(scene.server.seen).toHaveLength(asked)
  scene.session()
  await scene.until('verified')
})

test('a draft that was deleted elsewhere stops the deposit, and says so (U17)', async () => {
  const scene = await withOneFile()
  const client = createClient({
    origin: practice.current.url,
    name: 'Practice',
    token: practice.current.tokens.researcher,
  })
  await deleteDraft(client, scene.draftId)
  await client.close()
  scene.session()
  scene.add(scene.sources('data.bin'))
  expect(await scene.until('needs-you')).toMatchObject({ error: { code: 'draft-gone' } })
})

test('another file of the same name in the draft is not replaced unasked (U20)', async () => {
  const scene = await createScene()
  const other = await createScene()
  scene.write('a', 'mine')
  other.draftId = scene.draftId
  other.write('a', 'theirs')
  for (const each of [other, scene]) {
    each.open()
    each.session()
    each.add(each.sources('a'))
    await each.until(({ state }) => state === 'verified' || state === 'needs-you')
  }
  expect(await scene.listed()).toEqual(other.expected('a'))
  expect(scene.engine?.transfer(scene.depositId)).toMatchObject({ state: 'needs-you', error: { code: 'file-refused' } })
  scene.command('retry')
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('a'))
})

test('a server that is away is asked by one request at a time, and all goes on when it is back (U42)', async () => {
  const scene = await createScene()
  const names = Array.from({ length: 20 }, (_, at) => `file ${at}`)
  for (const name of names) scene.write(name, name)
  const wire = await scene.throughWire()
  scene.open({ random: () => 0.2 })
  scene.session()
  await wire.add({ toxic: { kind: 'down' }, direction: 'up' })
  scene.add(scene.sources(...names))
  const { error, at } = await scene.until('waiting')
  expect(error).toMatchObject({ code: 'server-unreachable', params: { server: 'Practice' } })
  expect(at).toBeTypeOf('number')
  const rows = scene.engine?.files(scene.depositId, 0, 20).rows
  expect(rows?.every(({ state }) => state.kind === 'queued')).toBe(true)
  await wire.heal()
  scene.session()
  await scene.until('verified')
  expect(scene.server.count('PUT', CONTENT)).toBe(20)
})

test('news comes at most ten times a second, and only of rows that changed', async () => {
  const scene = await createScene()
  const names = Array.from({ length: 60 }, (_, at) => `file ${at}`)
  for (const name of names) scene.write(name, name)
  scene.open()
  scene.session()
  const began = performance.now()
  scene.add(scene.sources(...names))
  await scene.until('verified')
  const progress = scene.events.filter((event) => event.kind === 'progress')
  expect(progress.length).toBeLessThanOrEqual((performance.now() - began) / 100 + 2)
  expect(scene.events.filter((event) => event.kind === 'seen').every(({ ok }) => ok)).toBe(true)
})
