import { expect, test } from 'vitest'
import { Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

const CONTENT = /\/content(\/\d+)?$/
const FILES = /\/draft\/files$/
const MIB = 1024 * 1024
/** More than sockets on the way hold, so that the sender is really in the middle of it. */
const LARGE = Buffer.alloc(24 * MIB, 'x')

const practice = usePractice()
const newScene = useScenes(practice)

async function createScene(content: Record<string, string | Buffer>): Promise<Scene> {
  const scene = await newScene()
  for (const [name, bytes] of Object.entries(content)) scene.write(name, bytes)
  scene.open()
  return scene
}

/** The first send is held on its way; resolves when it is, with what has the rest taken and thrown away. */
async function heldInTheMiddle(scene: Scene): Promise<() => void> {
  const reached = new Promise<() => void>((resolve) =>
    scene.server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: MIB, act: (_, drop) => resolve(drop) }),
  )
  scene.session()
  scene.add(scene.sources('data.bin'))
  return reached
}

/** The connection of the last send is closed, and not because all had been sent. How soon, `npm run bench` measures. */
async function expectBrokenOff(scene: Scene): Promise<void> {
  const sent = () => scene.server.seen.findLast(({ method, path }) => method === 'PUT' && CONTENT.test(path))
  await expect.poll(() => sent()?.closedAt, { interval: 5, timeout: 5000 }).not.toBeNull()
  expect(sent()?.bytes).toBeLessThan(LARGE.length)
}

test('sleep breaks off at once, is no pause, and after waking it looks at the server before it goes on (U33)', async () => {
  const scene = await createScene({ 'data.bin': LARGE })
  const drop = await heldInTheMiddle(scene)
  const { engine, server } = scene
  engine?.command({ kind: 'power', asleep: true, onBattery: false })
  drop()
  await expectBrokenOff(scene)
  expect(engine?.transfer(scene.depositId).state).not.toBe('paused')
  const before = server.seen.length
  // The network is not there yet when the computer wakes.
  server.fail('GET', /\/me$/, { kind: 'lose-answer' }, 4)
  engine?.command({ kind: 'power', asleep: false, onBattery: false })
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
  const after = server.seen
    .slice(before)
    .map(({ method, path }) => `${method} ${path.replace(/^\/records\/[^/]+/, '')}`)
  expect(after.indexOf('GET /draft/files')).toBeGreaterThanOrEqual(0)
  expect(after.indexOf('GET /draft/files')).toBeLessThan(after.findIndex((call) => call.startsWith('PUT')))
  expect(server.count('GET', /\/me$/)).toBe(5)
  expect(server.count('POST', FILES)).toBe(1)
  const shown = scene.events.flatMap((event) => (event.kind === 'seen' ? [event.error] : []))
  expect(shown.filter((error) => error !== null)).toEqual([])
})

test('on battery nothing is sent where that is so set, it says so, and it goes on when plugged in', async () => {
  const scene = await createScene({ 'data.bin': 'some' })
  const { engine } = scene
  engine?.command({ kind: 'configure', filesAtATime: 4, pauseOnBattery: true })
  engine?.command({ kind: 'power', asleep: false, onBattery: true })
  scene.session()
  scene.add(scene.sources('data.bin'))
  const { error } = await scene.until('waiting')
  expect(error?.code).toBe('on-battery')
  expect(scene.server.seen).toEqual([])
  engine?.command({ kind: 'power', asleep: false, onBattery: false })
  await scene.until('verified')
  // And where it is not so set, the battery is no matter.
  engine?.command({ kind: 'configure', filesAtATime: 4, pauseOnBattery: false })
  engine?.command({ kind: 'power', asleep: false, onBattery: true })
  expect(engine?.transfer(scene.depositId).error).toBeNull()
})

test('outside its hours nothing is sent, it says when they begin, and then it goes on by itself', async () => {
  const scene = await newScene()
  scene.write('data.bin', 'some')
  const begins = new Date(2026, 10, 26, 22).getTime()
  let startedAt = -Infinity
  // Ten hours before, and then a moment.
  const now = () => (startedAt < 0 ? begins - 36_000_000 : begins - 300 + performance.now() - startedAt)
  const engine = scene.open({ now })
  const hours = { kind: 'configure', filesAtATime: 4, sendingHours: { from: '22:00', to: '06:00' } } as const
  engine.command(hours)
  scene.session()
  scene.add(scene.sources('data.bin'))
  const { error, at } = await scene.until('waiting')
  expect(error).toEqual({ code: 'off-hours', params: { from: '22:00', to: '06:00' } })
  expect(at).toBe(begins)
  startedAt = performance.now()
  engine.command(hours)
  expect(scene.server.seen).toEqual([])
  await scene.until('verified')
})

test('what the window was told of the requests that are left counts here too, and it says so', async () => {
  const scene = await createScene({ 'data.bin': 'some' })
  const { engine } = scene
  scene.session()
  engine?.command({
    kind: 'budget',
    origin: scene.origin,
    budget: { limit: 100, remaining: 2, resetAt: Date.now() + 1000 },
  })
  scene.add(scene.sources('data.bin'))
  const { error, at } = await scene.until('waiting')
  expect(error).toMatchObject({ code: 'requests-spent', params: { server: 'Practice', rate: '100 requests a minute' } })
  expect(at).toBeGreaterThan(Date.now() - 1000)
  expect(scene.server.seen).toEqual([])
  await scene.until('verified')
})

test('files that are paused before they were declared are declared only when they go on', async () => {
  const scene = await createScene({ a: 'a', b: 'b' })
  scene.session()
  scene.add(scene.sources('a', 'b'))
  scene.command('pause', 1)
  await scene.until(({ verifiedFiles }) => verifiedFiles === 1)
  expect(await scene.listed()).toEqual(scene.expected('a'))
  scene.command('resume')
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('a', 'b'))
})

test.each([
  ['a list', 'GET', FILES],
  ['a declaration', 'POST', FILES],
  ['a commit', 'POST', /\/commit$/],
] as const)('a pause ends %s at once, and it goes on from what the server has', async (_, method, path) => {
  const scene = await createScene({ 'data.bin': 'some' })
  const held = new Promise<void>((resolve) => scene.server.fail(method, path, { kind: 'silence', act: resolve }))
  scene.session()
  scene.add(scene.sources('data.bin'))
  await held
  scene.command('pause')
  const call = scene.server.seen.findLast((seen) => seen.method === method && path.test(seen.path))
  await expect.poll(() => call?.closedAt, { interval: 5, timeout: 5000 }).not.toBeNull()
  scene.command('resume')
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
})

test('a speed limit is shared by all files', async () => {
  const parts = ['a', 'b', 'c', 'd']
  const scene = await createScene(Object.fromEntries(parts.map((name) => [name, Buffer.alloc(MIB, name)])))
  const bytesPerSecond = 2 * MIB
  scene.engine?.command({ kind: 'configure', filesAtATime: 4, bytesPerSecond })
  scene.session()
  const startedAt = performance.now()
  scene.add(scene.sources(...parts))
  await scene.until('verified')
  const passedMs = performance.now() - startedAt
  expect(await scene.listed()).toEqual(scene.expected(...parts))
  // Two seconds, but for the tenth that may be caught up on, and the last pieces, which wait for nothing after them.
  expect(passedMs).toBeGreaterThan(1600)
  expect(passedMs).toBeLessThan(4000)
})

test('a pause under a speed limit breaks the connection off', async () => {
  const scene = await createScene({ 'data.bin': LARGE })
  scene.engine?.command({ kind: 'configure', filesAtATime: 4, bytesPerSecond: 100_000 })
  scene.session()
  scene.add(scene.sources('data.bin'))
  await expect.poll(() => scene.server.seen.find(({ method }) => method === 'PUT')?.bytes ?? 0).toBeGreaterThan(0)
  scene.command('pause')
  await expectBrokenOff(scene)
  scene.engine?.command({ kind: 'configure', filesAtATime: 4, bytesPerSecond: null })
  scene.command('resume')
  await scene.until('verified')
})

test('a server that asks twice in a row for a pause gets one file at a time, and that is said (P17)', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `file ${at}`)
  const scene = await createScene(Object.fromEntries(names.map((name) => [name, name])))
  const { server, engine } = scene
  server.fail('PUT', CONTENT, { kind: 'answer', status: 503, headers: { 'retry-after': '0' } }, 4)
  scene.session()
  scene.add(scene.sources(...names))
  await expect.poll(() => engine?.overview().servers[0]?.filesAtATime).toBe(1)
  await expect.poll(() => server.count('PUT', CONTENT)).toBeGreaterThan(5)
  server.most = 0
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected(...names))
  expect(server.most).toBeLessThanOrEqual(2)
})

test('a file that is to be sent first is sent next', async () => {
  const names = Array.from({ length: 6 }, (_, at) => `file ${at}`)
  const scene = await createScene(Object.fromEntries(names.map((name) => [name, name])))
  const { server, engine } = scene
  engine?.command({ kind: 'configure', filesAtATime: 1 })
  const held = new Promise<() => void>((resolve) =>
    server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: 1, act: (goOn) => resolve(goOn) }),
  )
  scene.session()
  scene.add(scene.sources(...names))
  const goOn = await held
  scene.command('first', 4)
  scene.command('first', 5)
  goOn()
  await scene.until('verified')
  const sent = server.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/').at(-2))
  expect(sent).toEqual(['file 0', 'file 5', 'file 4', 'file 1', 'file 2', 'file 3'])
})
