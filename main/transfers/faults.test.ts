import { expect, test } from 'vitest'
import { explain } from '../../contract/errors.ts'
import { deleteDraft } from '../repository/records.ts'
import { createClient } from '../repository/http/client.ts'
import { IMPATIENT, Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'
import { seeded, type Rule } from './test-support/toxic-proxy.ts'

const CONTENT = /\/content(\/\d+)?$/
const COMMIT = /\/commit$/
const FILES = /\/draft\/files$/
const MIB = 1024 * 1024
const BYTES = 3 * MIB

const practice = usePractice()
const newScene = useScenes(practice)

async function createScene(...names: string[]): Promise<Scene> {
  const scene = await newScene()
  for (const name of names) scene.write(name, name)
  return scene
}

/** One file of random bytes, sent over a wire that fails by these rules until it is verified. */
async function sendThrough(...rules: Rule[]): Promise<Scene> {
  const scene = await createScene()
  scene.write('data.bin', randomBytes(BYTES))
  const wire = await scene.throughWire()
  await wire.add(...rules)
  scene.open({ patience: IMPATIENT })
  scene.session()
  scene.add(scene.sources('data.bin'))
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
  return scene
}

function randomBytes(bytes: number): Buffer {
  const random = seeded(bytes)
  return Buffer.from(Uint32Array.from({ length: bytes / 4 }, () => random() * 2 ** 32).buffer)
}

test.each([
  ['1 %', Math.round(BYTES / 100)],
  ['50 %', BYTES / 2],
  ['99 %', Math.round(BYTES * 0.99)],
  ['the last byte', BYTES - 1],
])('a connection that is reset at %s costs one file again, and nothing else (U06)', async (_, afterBytes) => {
  const { server } = await sendThrough({
    toxic: { kind: 'reset_peer' },
    direction: 'up',
    request: CONTENT,
    afterBytes,
  })
  expect(server.count('PUT', CONTENT)).toBe(2)
  // At the last byte all of it may have arrived: the commit that asks costs one more.
  expect(server.seen.length).toBeLessThanOrEqual(10)
})

test.each<[string, Rule]>([
  ['reset before its head', { toxic: { kind: 'reset_peer' }, direction: 'down', request: CONTENT }],
  ['cut after its head', { toxic: { kind: 'limit_data' }, direction: 'down', request: CONTENT, afterBytes: 0 }],
  ['cut in its JSON', { toxic: { kind: 'limit_data' }, direction: 'down', request: CONTENT, afterBytes: 20 }],
  ['never coming', { toxic: { kind: 'timeout', ms: 0 }, direction: 'down', request: CONTENT }],
])('an answer to content that is %s leaves it in doubt, and it is not sent again (U07, U08, U09)', async (_, rule) => {
  const { server } = await sendThrough(rule)
  expect(server.count('PUT', CONTENT)).toBe(1)
  expect(server.count('POST', COMMIT)).toBe(1)
})

test.each<[string, Rule]>([
  ['the list', { toxic: { kind: 'timeout', ms: 0 }, direction: 'down', request: FILES }],
  ['the middle of content', { toxic: { kind: 'timeout', ms: 0 }, direction: 'up', request: CONTENT, afterBytes: MIB }],
  ['the commit', { toxic: { kind: 'timeout', ms: 0 }, direction: 'down', request: COMMIT }],
])('a black hole at %s is noticed and left, and all goes on by itself (U09)', async (_, rule) => {
  const { errors } = await sendThrough(rule)
  // Trouble: what a commit answers that asks for content which never arrived (live findings D1).
  expect(errors.filter(({ code }) => code !== 'server-unreachable' && code !== 'server-trouble')).toEqual([])
})

test('answers that come byte by byte, late and unevenly are read like others (U11)', async () => {
  const { server } = await sendThrough(
    { toxic: { kind: 'slicer', bytes: 1 }, direction: 'down', times: Infinity },
    { toxic: { kind: 'latency', ms: 1, jitterMs: 5 }, direction: 'down', times: Infinity },
    { toxic: { kind: 'slicer', bytes: 5000, variation: 4000 }, direction: 'up', times: Infinity },
    { toxic: { kind: 'slow_close', ms: 100 }, direction: 'down', times: Infinity },
  )
  expect(server.seen).toHaveLength(4)
})

test('a connection that was kept and is closed as it is used again makes nothing twice: content is asked for first (U12)', async () => {
  const stale = (request: RegExp): Rule => ({ toxic: { kind: 'reset_peer' }, direction: 'up', request })
  const { server } = await sendThrough(
    stale(/^GET .*\/draft\/files$/),
    stale(/^POST .*\/draft\/files$/),
    stale(CONTENT),
  )
  // Where no byte of the content arrived, the commit that asks is refused, and the entry made anew.
  expect(server.count('PUT', CONTENT)).toBe(1)
  expect(server.count('POST', FILES)).toBeLessThanOrEqual(2)
})

test('a line of half a kilobyte a second is slow, and nothing else (U10)', async () => {
  const scene = await createScene('data.bin')
  scene.write('data.bin', randomBytes(1000))
  const wire = await scene.throughWire()
  await wire.add({ toxic: { kind: 'bandwidth', bytesPerSecond: 700 }, direction: 'up', request: CONTENT })
  scene.open({ patience: { ...IMPATIENT, stallMs: 500 } })
  scene.session()
  scene.add(scene.sources('data.bin'))
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin'))
  expect(scene.server.count('PUT', CONTENT)).toBe(1)
  expect(scene.errors).toEqual([])
})

test('a file over the quota, or larger than a proxy takes, is blocked with sizes, and the others go on (U18)', async () => {
  const scene = await createScene('quota', 'proxy', 'fine')
  const html = { 'content-type': 'text/html' }
  scene.server.fail('PUT', /quota\/content$/, {
    kind: 'answer',
    status: 400,
    body: { message: 'Bucket quota exceeded.' },
  })
  scene.server.fail('PUT', /proxy\/content$/, { kind: 'answer', status: 413, body: '<h1>413</h1>', headers: html })
  scene.open()
  scene.session(undefined, { quotaBytes: 50e9 })
  scene.add(scene.sources('quota', 'proxy', 'fine'))
  expect(await scene.until('needs-you')).toMatchObject({ verifiedFiles: 1, blockedFiles: 2 })
  const rows = scene.engine?.files(scene.depositId, 0, 10).rows ?? []
  const said = rows.map(({ state }) => (state.kind === 'blocked' ? explain(state.error).happened : state.kind))
  expect(said).toEqual([
    'quota has 5 B, more than Practice takes: the space of this draft is used up (50 GB).',
    'proxy has 5 B, more than Practice takes: no single request may be as large.',
    'verified',
  ])
  expect(scene.server.count('PUT', CONTENT)).toBe(3)
})

test('more files than the record may hold start nothing, and packing is offered (U19)', async () => {
  const scene = await createScene('a', 'b', 'c')
  const body = { message: 'Uploading selected files will result in 3 files. Maximum number of files is 2.' }
  scene.server.fail('POST', FILES, { kind: 'answer', status: 400, body }, 10)
  scene.open()
  scene.session(undefined, { maxFiles: 2 })
  scene.add(scene.sources('a', 'b', 'c'))
  const { error } = await scene.until('needs-you')
  expect(error).toEqual({ code: 'too-many-files', params: { server: 'Practice', limit: '2' } })
  expect(error && explain(error).todo).toContain('zip')
  expect(scene.server.count('PUT', CONTENT)).toBe(0)
})

test('300 names of every kind arrive byte for byte (U28)', { timeout: 60_000 }, async () => {
  const names = hostileNames()
  for (const from of [0, 100, 200]) {
    const scene = await createScene(...names.slice(from, from + 100))
    scene.open()
    scene.session()
    scene.add(scene.sources(...names.slice(from, from + 100)))
    await scene.until('verified')
    expect(await scene.listed()).toEqual(scene.expected(...names.slice(from, from + 100)))
  }
})

/** 300 names that a file system takes and that a careless client changes on the way. */
function hostileNames(): string[] {
  const bare = [
    'é',
    'é'.normalize('NFD'),
    '🜁🦔',
    '%2F',
    '%',
    '#?&=+;',
    'a b',
    ' lead',
    'trail ',
    'dot.',
    '.hidden',
    '\u202Ertl',
    'ل'.repeat(120),
  ]
  const more = [
    "it's",
    '"quoted"',
    'a\\b',
    '..',
    '...',
    '~',
    '*|<>:',
    'con',
    'NUL.txt',
    '\u00a0',
    '\u200b',
    '日本',
    '𝒳',
    '\ufeffbom',
    '%E4',
    'a//b',
  ]
  const random = seeded(28)
  const signs = [...' !"#$%&\'()*+,-.;<=>?@[]^_`{|}~äéßñ日本語🙂\u0301\u200f\u00ad']
  const names = new Set([
    ...bare,
    ...more.filter((name) => name !== '..' && name !== 'a//b'),
    'x'.repeat(255),
    `${'ü'.repeat(127)}x`,
  ])
  while (names.size < 300) {
    const length = 1 + Math.floor(random() * 40)
    names.add(Array.from({ length }, () => signs[Math.floor(random() * signs.length)]).join('') + names.size)
  }
  return [...names]
}

test('connections that died in a sleep of which nobody told are replaced without a word (U33)', async () => {
  const scene = await createScene('small')
  scene.write('data.bin', randomBytes(24 * MIB))
  const wire = await scene.throughWire()
  const held = new Promise<void>((resolve) => {
    scene.server.fail('PUT', /data\.bin\/content$/, { kind: 'hold', afterBytes: MIB, act: () => resolve() })
  })
  scene.open()
  scene.session()
  scene.add(scene.sources('data.bin', 'small'))
  await held
  // No network while it sleeps; what was open is dead when it wakes.
  await wire.add({ toxic: { kind: 'down' }, direction: 'up' })
  await wire.heal()
  scene.session()
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin', 'small'))
  const states = scene.events.flatMap((event) => (event.kind === 'deposit' ? [event.transfer.state] : []))
  expect(states).not.toContain('needs-you')
})

test.each([-1, 1])(
  'a clock that jumps by %i day in the middle of a wait neither shortens nor prolongs it (U34)',
  async (days) => {
    const scene = await createScene('a', 'b', 'c')
    let jumpMs = 0
    scene.open({ now: () => Date.now() + jumpMs })
    scene.server.fail('PUT', CONTENT, { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }, 3)
    scene.session()
    scene.add(scene.sources('a', 'b', 'c'))
    await scene.until(({ error }) => error?.code === 'server-busy')
    const [asked, before] = [scene.server.seen.length, performance.now()]
    jumpMs = days * 86_400_000
    await scene.until('verified')
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(performance.now() - before).toBeGreaterThan(500)
    expect(scene.server.seen.length - asked).toBeLessThanOrEqual(12)
  },
)

test('a page in place of every answer is a network that wants a sign-in: one asks, all wait, all go on (U37)', async () => {
  const scene = await createScene('a', 'b', 'c', 'd', 'e')
  const page = {
    kind: 'answer',
    status: 200,
    body: '<html>Hotel</html>',
    headers: { 'content-type': 'text/html' },
  } as const
  for (const method of ['PUT', 'GET']) scene.server.fail(method, /^(?!.*draft\/files$)/, page, method === 'PUT' ? 4 : 2)
  // Waits long enough to be told: news come ten times a second at most.
  scene.open({ random: () => 0.1 })
  scene.session()
  scene.add(scene.sources('a', 'b', 'c', 'd', 'e'))
  expect(await scene.until('waiting')).toMatchObject({ error: { code: 'captive-portal' }, blockedFiles: 0 })
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('a', 'b', 'c', 'd', 'e'))
})

test('a draft that is deleted in the browser during the upload stops it, and says so (U17, U40)', async () => {
  const scene = await createScene('small')
  scene.write('data.bin', randomBytes(24 * MIB))
  scene.server.fail('PUT', /data\.bin\/content$/, {
    kind: 'hold',
    afterBytes: MIB,
    act: (goOn) => {
      const client = createClient({
        origin: practice.current.url,
        name: 'Practice',
        token: practice.current.tokens.researcher,
      })
      void deleteDraft(client, scene.draftId)
        .then(() => client.close())
        .then(goOn)
    },
  })
  scene.open()
  scene.session()
  scene.add(scene.sources('data.bin', 'small'))
  const { error } = await scene.until('needs-you')
  expect(error).toMatchObject({ code: 'draft-gone' })
  expect(error && explain(error).action).toBe('new-draft')
})

test('quitting in the middle of a file takes no two seconds, and the next start goes on unasked (U41)', async () => {
  const scene = await createScene('small')
  scene.write('data.bin', randomBytes(24 * MIB))
  const held = new Promise<void>((resolve) => {
    scene.server.fail('PUT', /data\.bin\/content$/, { kind: 'hold', afterBytes: MIB, act: () => resolve() })
  })
  scene.open()
  scene.session()
  scene.add(scene.sources('data.bin', 'small'))
  await held
  const before = performance.now()
  await scene.stop()
  expect(performance.now() - before).toBeLessThan(2000)
  scene.open()
  scene.session()
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('data.bin', 'small'))
  expect(scene.errors).toEqual([])
})
