import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import * as tls from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { explain } from '../../../contract/errors.ts'
import { deleteDraftFile, getContent, listDraftFiles, putContent, putPart, startFiles } from '../files.ts'
import { createDraft, publishDraft, readDraft, saveDraft } from '../records.ts'
import { readMe } from '../users.ts'
import { TRUSTED, TRUSTED_AUTHORITY, UNKNOWN } from '../test-support/certificates.ts'
import { answer, serve } from '../test-support/loopback.ts'
import { isPrivateHost } from './addresses.ts'
import { createClient, HttpError, toAppError, type RepositoryClient } from './client.ts'
import { Transport } from './transport.ts'
import { VERSION } from './version.ts'

const TOKEN = 'zz-canary-token'
const any = z.unknown()

// Read by the transport when it first needs a certificate.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), TRUSTED_AUTHORITY])

function connect(origin: string, token: string | null = TOKEN): RepositoryClient {
  const client = createClient({ origin, name: 'Test Repository', token })
  onTestFinished(() => client.close())
  return client
}

async function failure(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => null,
    (error: unknown) => error,
  )
}

async function* bytes(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

test('a call carries the exact headers that InvenioRDM asks for, and no cookie', async () => {
  const { origin, seen } = await serve((_, response) =>
    answer(response, 200, { id: 'a', key: 'k', revision_id: 4 }, { 'set-cookie': 'csrftoken=x' }),
  )
  const client = connect(origin)
  await saveDraft(client, 'a', { metadata: { title: 'T' } }, 3)
  await client.json({ method: 'GET', path: ['records', 'a', 'files'], query: { q: "it's [x] é" } }, any)
  await putContent(client, 'a', 'sub folder/ü?#%.txt', { lengthBytes: 3, body: bytes('abc') })

  expect(seen[0]).toMatchObject({
    method: 'PUT',
    url: '/api/records/a/draft',
    headers: {
      'content-type': 'application/json',
      accept: 'application/vnd.inveniordm.v1+json',
      'if-match': '3',
      authorization: `Bearer ${TOKEN}`,
      'user-agent': `Deposit-Desk/${VERSION}`,
    },
  })
  expect(seen[1]).toMatchObject({
    url: '/api/records/a/files?q=it%27s+%5Bx%5D+%C3%A9',
    headers: { accept: 'application/json' },
  })
  expect(seen[2]).toMatchObject({
    url: '/api/records/a/draft/files/sub%20folder/%C3%BC%3F%23%25.txt/content',
    headers: { 'content-type': 'application/octet-stream', 'content-length': '3' },
    body: 'abc',
  })
  expect(seen.every(({ headers }) => headers.cookie === undefined && headers['transfer-encoding'] === undefined)).toBe(
    true,
  )
})

test('the version in User-Agent is that of the application', () => {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(VERSION).toBe(own.version)
})

// Redirects and origins (S4): `here` is the account's server, `there` another one that must never see the token.
const redirects: [method: 'GET' | 'POST' | 'PUT' | 'DELETE', status: number, to: string, followed: boolean][] = [
  ['GET', 301, '/api/records/b', true],
  ['GET', 302, '/api/records/b', true],
  ['GET', 303, '/api/records/b?x=1', true],
  ['GET', 307, '/api/records/b', true],
  ['GET', 308, 'b', true],
  ['GET', 302, 'HERE/api/records/b', true],
  ['GET', 301, 'THERE/api/records/b', false],
  ['GET', 302, 'THERE/', false],
  ['GET', 307, '//evil.example/api', false],
  ['GET', 308, 'https://127.0.0.1/api', false],
  ['GET', 302, 'http://user:pass@169.254.169.254/latest', false],
  ['GET', 302, 'file:///etc/passwd', false],
  ['GET', 302, 'http://[', false],
  ['GET', 302, '/api/loop', false],
  ['POST', 307, '/api/records/b', false],
  ['POST', 308, 'THERE/api/records', false],
  ['POST', 302, '/api/records/b', false],
  ['PUT', 307, 'THERE/api/records', false],
  ['PUT', 308, '/api/records/b', false],
  ['DELETE', 307, '/api/records/b', false],
]

test.each(redirects)('%s answered with %i to %s: followed %s', async (method, status, to, followed) => {
  const there = await serve((_, response) => answer(response, 200, {}))
  const here = await serve((request, response) => {
    const target =
      request.url === '/api/loop' ? '/api/loop' : to.replace('THERE', there.origin).replace('HERE', here.origin)
    if (request.url === '/api/records/a' || request.url === '/api/loop')
      answer(response, status, {}, { location: target })
    else answer(response, 200, { arrived: true })
  })
  const client = connect(here.origin)
  const error = await failure(
    client.json({ method, path: ['records', 'a'], ...(method === 'GET' ? {} : { body: {} }) }, any),
  )

  expect(there.seen).toEqual([])
  expect(here.seen.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  expect(error === null ? null : toAppError(error, 'Test Repository').code).toBe(
    followed ? null : 'redirected-elsewhere',
  )
})

test('the message about a redirect names both hosts', async () => {
  const { origin } = await serve((_, response) =>
    answer(response, 302, '', { location: 'https://elsewhere.example/login' }),
  )
  const error = toAppError(await failure(readDraft(connect(origin), 'a')), 'Test Repository')
  expect(explain(error).happened).toBe('Test Repository pointed to another address, elsewhere.example.')
})

test('part links get the token on the own origin only, and no other place is taken', async () => {
  const other = await serve((_, response) => response.writeHead(200).end(), TRUSTED)
  const own = await serve((_, response) => answer(response, 200, { key: 'k' }))
  const client = connect(own.origin)
  const part = (url: string) => failure(putPart(client, 'a', 'k', 1, url, { lengthBytes: 3, body: bytes('abc') }))

  expect(await part(`${own.origin}/api/records/a/draft/files/k/content/1`)).toBeNull()
  expect(await part(`${other.origin}/bucket/k?X-Amz-Signature=s`)).toBeNull()
  expect(own.seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  expect(other.seen[0]).toMatchObject({ body: 'abc', url: '/bucket/k?X-Amz-Signature=s' })
  expect(JSON.stringify(other.seen)).not.toContain(TOKEN)
  for (const link of [
    'http://169.254.169.254/part',
    `${own.origin}/login`,
    'file:///etc/passwd',
    'not a link',
    'http://localhost:22/api/x',
  ]) {
    expect(await part(link)).toMatchObject({ phase: 'redirect' })
  }
})

const hostile: [name: string, body: string | (() => string), headers: Record<string, string>, code: string][] = [
  ['more than ten megabytes', () => `{"a":"${'x'.repeat(10_000_001)}"}`, {}, 'answer-not-understood'],
  ['nesting of a hundred thousand', () => '['.repeat(100_000), {}, 'answer-not-understood'],
  ['nesting of sixty-five', () => '['.repeat(65) + ']'.repeat(65), {}, 'answer-not-understood'],
  ['text that is no JSON', '{"a":', {}, 'answer-not-understood'],
  ['a compressed answer', '\x1f\x8b', { 'content-encoding': 'gzip' }, 'answer-not-understood'],
  ['another shape than asked for', '{"id":5}', {}, 'answer-not-understood'],
  ['a sign-in page', '<html>Welcome to the hotel</html>', { 'content-type': 'text/html' }, 'captive-portal'],
]

test.each(hostile)('%s is refused', async (_, body, headers, code) => {
  const { origin } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : body())
  })
  const error = await failure(readDraft(connect(origin), 'a'))
  expect(error).toMatchObject({ phase: 'format', appError: { code } })
})

test('of a long list of files nothing is kept while they are declared, but a refusal and a page are told', async () => {
  const list = () => JSON.stringify({ enabled: true, entries: [{ key: 'x'.repeat(11_000_000) }] })
  const answers: [number, string, string][] = [
    [201, 'application/json', list()],
    [200, 'application/json', list()],
    [400, 'application/json', '{"message":"File with key a already exists."}'],
    [200, 'text/html', '<html>Welcome to the hotel</html>'],
  ]
  const { origin } = await serve((_, response) => {
    const [status, type, body] = answers.shift() ?? [500, 'text/plain', '']
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  const client = connect(origin)
  expect(await startFiles(client, 'a', [{ key: 'a' }])).toEqual([])
  expect(await listDraftFiles(client, 'a')).toHaveLength(1)
  const declare = () => failure(startFiles(client, 'a', [{ key: 'a' }]))
  expect(await declare()).toMatchObject({ status: 400, serverMessage: 'File with key a already exists.' })
  expect(await declare()).toMatchObject({ phase: 'format', appError: { code: 'captive-portal' } })
})

test('an answer without end is cut at the limit', async () => {
  const { origin } = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (!response.destroyed && response.write('['.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  expect(await failure(readDraft(connect(origin), 'a'))).toMatchObject({ phase: 'format' })
})

test('a key named __proto__ changes nothing, however it is spelled', async () => {
  const { origin } = await serve((_, response) =>
    answer(response, 200, String.raw`{"id":"a","__proto__":{"evil":1},"links":{"\u005f_proto__":{"evil":2}}}`),
  )
  const draft = await readDraft(connect(origin), 'a')
  expect(({} as Record<string, unknown>)['evil']).toBeUndefined()
  expect((draft as Record<string, unknown>)['evil']).toBeUndefined()
  expect(JSON.stringify(draft)).not.toContain('evil')
})

test('text of a server reaches a person without control characters, terminal sequences or the token', async () => {
  const message = `\u001b[31mBad\u001b[0m\nBearer ${TOKEN} \u202e${'long '.repeat(200)}`
  const { origin } = await serve((_, response) =>
    answer(response, 400, { message, errors: [{ field: 'metadata.title', messages: [message] }] }),
  )
  const error = await failure(createDraft(connect(origin), { metadata: {} }))
  expect(error).toBeInstanceOf(HttpError)
  const { serverMessage, fieldErrors } = error as HttpError
  expect(serverMessage).toMatch(/^Bad Bearer \[token\] long long/)
  expect(serverMessage).toHaveLength(300)
  expect(JSON.stringify([serverMessage, fieldErrors])).not.toMatch(/zz-canary|\\u|\\n/)
})

test.each([
  [404, { 'content-type': 'text/html' }, 'not-a-repository'],
  [413, { 'content-type': 'text/html' }, 'draft-refused'],
  [502, { 'content-type': 'text/html' }, 'server-trouble'],
  [500, {}, 'server-trouble'],
  [511, { 'content-type': 'text/html' }, 'captive-portal'],
  [403, { 'x-user-id': '2' }, 'not-permitted'],
  [410, {}, 'draft-gone'],
  [412, {}, 'conflict'],
  [401, {}, 'token-refused'],
])('%i with %o is told as %s', async (status, headers, code) => {
  const { origin } = await serve((_, response) => answer(response, status, '{"status":0,"message":null}', headers))
  const error = await failure(createDraft(connect(origin), { metadata: {} }))
  expect(toAppError(error, 'Test Repository')).toMatchObject({ code, params: { server: 'Test Repository' } })
})

test('a 403 without X-User-ID means a dead token only if the server confirms it', async () => {
  let alive = true
  const { origin, seen } = await serve((request, response) =>
    request.url === '/api/me'
      ? answer(response, alive ? 200 : 401, { id: 1 })
      : answer(response, 403, { message: 'Permission denied.' }),
  )
  const first = await failure(readDraft(connect(origin), 'a'))
  expect(toAppError(first, 'T').code).toBe('not-permitted')
  alive = false
  const client = connect(origin)
  expect(toAppError(await failure(readDraft(client, 'a')), 'T').code).toBe('token-refused')
  expect(toAppError(await failure(readDraft(client, 'b')), 'T').code).toBe('token-refused')
  expect(seen.filter(({ url }) => url === '/api/me')).toHaveLength(2)
})

test('reading is tried again after trouble, writing is not', async () => {
  const { origin, seen } = await serve((request, response) => {
    if (seen.filter(({ method }) => method === request.method).length === 1)
      answer(response, 503, {}, { 'retry-after': '0' })
    else answer(response, 200, { id: 'a' })
  })
  const client = connect(origin)
  expect((await readDraft(client, 'a')).id).toBe('a')
  expect(await failure(publishDraft(client, 'a'))).toMatchObject({ status: 503 })
  expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST'])
})

test('a request turned away by the rate limit is repeated whatever its method; Retry-After of a success is ignored', async () => {
  const { origin, seen } = await serve((_, response) => {
    if (seen.length === 1) answer(response, 429, '<html>', { 'retry-after': '0', 'content-type': 'text/html' })
    else answer(response, 201, { id: 'a' }, { 'retry-after': '59' })
  })
  const client = connect(origin)
  expect((await createDraft(client, { metadata: {} })).id).toBe('a')
  expect((await createDraft(client, { metadata: {} })).id).toBe('a')
  expect(seen).toHaveLength(3)
})

test('a pause of more than twenty seconds is handed on at once, clamped to an hour', async () => {
  const { origin } = await serve((_, response) => answer(response, 429, {}, { 'retry-after': '1000000000' }))
  expect(await failure(readDraft(connect(origin), 'a'))).toMatchObject({ status: 429, retryAfterMs: 3_600_000 })
})

test('an empty budget is kept: nothing is sent before the server counts anew', async () => {
  const reset = Math.floor(Date.now() / 1000) + 600
  const budget = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': String(reset) }
  const { origin, seen } = await serve((_, response) => answer(response, 200, { id: 'a' }, budget))
  const client = connect(origin)
  await readDraft(client, 'a')
  expect(client.budget()).toMatchObject({ limit: 100, remaining: 1 })
  budget['x-ratelimit-remaining'] = '0'
  await readDraft(client, 'a')
  const error = await failure(readDraft(connect(origin), 'a'))
  expect(error).toMatchObject({ status: 429 })
  expect(toAppError(error, 'T').code).toBe('server-busy')
  expect(seen).toHaveLength(2)
})

test('calls of a transfer are sent once; what a person does goes first, and may have the last requests', async () => {
  const reset = Math.floor(Date.now() / 1000) + 600
  const budget = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': String(reset) }
  let status = 503
  const { origin, seen } = await serve((_, response) => answer(response, status, { id: 'a' }, budget))
  const person = connect(origin)
  const transfer = createClient({ origin, name: 'Test Repository', token: TOKEN }, undefined, 'transfer')
  onTestFinished(() => transfer.close())
  expect(await failure(readDraft(transfer, 'a'))).toMatchObject({ status: 503 })
  expect(seen).toHaveLength(1)
  status = 200
  budget['x-ratelimit-remaining'] = '2'
  await readDraft(transfer, 'a')
  expect(transfer.opensInMs()).toBeGreaterThan(500_000)
  expect(person.opensInMs('background')).toBeGreaterThan(500_000)
  expect(person.opensInMs()).toBe(0)
  const stop = new AbortController()
  const waits = failure(readMe(transfer, stop.signal))
  budget['x-ratelimit-remaining'] = '1'
  await readDraft(person, 'a')
  stop.abort()
  expect(await waits).toMatchObject({ name: 'AbortError' })
  expect(seen).toHaveLength(3)
})

test('a budget that another process was told of is kept, until its window ends', async () => {
  const { origin, seen } = await serve((_, response) => answer(response, 200, { id: 'a' }))
  const client = connect(origin)
  client.hearBudget({ limit: 100, remaining: 1, resetAt: Date.now() + 500 })
  await readDraft(client, 'a')
  expect(client.budget()).toMatchObject({ limit: 100, remaining: 0 })
  const before = performance.now()
  await readDraft(client, 'a')
  expect(performance.now() - before).toBeGreaterThan(300)
  expect(seen).toHaveLength(2)
})

test('what lost a race on the draft is tried once more, and a file that is gone counts as deleted', async () => {
  const { origin, seen } = await serve((_, response) => {
    if (seen.length === 1) answer(response, 400, { status: 400, message: 'Invalid value dataset.' })
    else if (seen.length === 2) answer(response, 200, { id: 'a', revision_id: 7 })
    else answer(response, 404, {})
  })
  const client = connect(origin)
  expect((await saveDraft(client, 'a', { metadata: {} }, 5)).revision_id).toBe(7)
  await deleteDraftFile(client, 'a', 'gone.txt')
  expect(seen).toHaveLength(3)
})

test('a 200 that holds errors is a failure of the upload', async () => {
  const { origin } = await serve((_, response) =>
    answer(response, 200, { key: 'k', errors: 'File upload transfer failed.' }),
  )
  const error = await failure(putContent(connect(origin), 'a', 'k', { lengthBytes: 1, body: bytes('a') }))
  expect(error).toMatchObject({ status: 200, serverMessage: 'File upload transfer failed.' })
})

test('an upload on which no byte moves is given up, a slow one is not', async () => {
  // Takes what comes and answers when it has all.
  const slow = await serve((_, response) => answer(response, 200, { key: 'k' }))
  async function* dribble() {
    for (let at = 0; at < 8; at++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      yield Buffer.from('x')
    }
  }
  expect(
    await failure(putContent(connect(slow.origin), 'a', 'k', { lengthBytes: 8, body: dribble(), stallMs: 250 })),
  ).toBeNull()

  expect(
    await failure(putContent(connect(slow.origin), 'a', 'k', { lengthBytes: 1, body: Buffer.from('x') })),
  ).toBeNull()

  // Accepts the connection and never reads.
  const deaf = createServer((socket) => socket.pause().on('error', () => undefined))
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<{ destroy(): void }>()
  deaf.on('connection', (socket) => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    deaf.close()
  })
  const origin = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
  async function* endless() {
    for (;;) yield new Uint8Array(1 << 20)
  }
  const atOnce = { lengthBytes: 1, body: Buffer.from('x'), stallMs: 200 }
  expect(await failure(putContent(connect(origin), 'a', 'k', atOnce))).toMatchObject({ phase: 'stall' })
  const error = await failure(
    putContent(connect(origin), 'a', 'k', { lengthBytes: 1 << 30, body: endless(), stallMs: 200 }),
  )
  expect(error).toMatchObject({ phase: 'stall', outcomeUnknown: true })
})

test('a refusal before the body is read is understood although the connection is reset', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nlarge', () =>
        socket.destroy(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  async function* large() {
    for (let at = 0; at < 32; at++) yield new Uint8Array(1 << 20)
  }
  for (let round = 0; round < 10; round++) {
    expect(await failure(putContent(client, 'a', 'k', { lengthBytes: 32 << 20, body: large() }))).toMatchObject({
      status: 413,
      html: true,
    })
  }
})

test('an answer that is cut, or lost after the body, leaves the outcome unknown', async () => {
  let cut = true
  const { origin } = await serve((_, response) => {
    if (cut) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"id":', () => response.destroy())
    } else response.destroy()
  })
  const client = connect(origin)
  expect(await failure(publishDraft(client, 'a'))).toMatchObject({ phase: 'receive', outcomeUnknown: true })
  cut = false
  expect(await failure(publishDraft(client, 'a'))).toMatchObject({ phase: 'send', outcomeUnknown: true })
})

test('what the body throws is thrown on, and a cancelled call is told as cancelled', async () => {
  const { origin } = await serve((_, response) => answer(response, 200, { key: 'k' }))
  const client = connect(origin)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    throw new Error('the disk is gone')
  }
  expect(await failure(putContent(client, 'a', 'k', { lengthBytes: 2, body: broken() }))).toMatchObject({
    message: 'the disk is gone',
  })
  const error = await failure(client.json({ method: 'GET', path: ['me'], signal: AbortSignal.abort() }, any))
  expect(toAppError(error, 'T').code).toBe('cancelled')
})

test('a server that is not there is told as such, and the request counts as not sent', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const error = await failure(publishDraft(connect(`http://127.0.0.1:${port}`), 'a'))
  expect(error).toMatchObject({ phase: 'connect', outcomeUnknown: false, appError: { code: 'server-unreachable' } })
})

test('a certificate of an unknown authority stops the call before the token is sent, and names the authority', async () => {
  const { origin, seen } = await serve((_, response) => answer(response, 200, { id: 'a' }), UNKNOWN)
  const error = await failure(readDraft(connect(origin), 'a'))
  expect(error).toMatchObject({ phase: 'tls', outcomeUnknown: false })
  expect(explain(toAppError(error, 'Test Repository')).happened).toBe(
    'The identity of Test Repository could not be checked: its certificate comes from an authority that this computer does not know (issued by “Test authority unknown”).',
  )
  expect(seen).toEqual([])
})

test.each(['../me', 'a/../b', './a', '/leading', 'a\nb', '\ud800'])(
  'the path element %j is refused before anything is sent',
  async (element) => {
    const { origin, seen } = await serve((_, response) => answer(response, 200, {}))
    expect(await failure(connect(origin).json({ method: 'GET', path: ['records', element] }, any))).toMatchObject({
      code: 'file-name-refused',
    })
    expect(seen).toEqual([])
  },
)

test('the listener hears of answers, refusals and failures', async () => {
  const { origin } = await serve((request, response) => {
    if (request.url?.includes('/good/')) answer(response, 200, { id: 'good' }, { 'x-user-id': '7' })
    else if (request.url?.includes('/gone/')) answer(response, 404, {}, { 'x-user-id': '7' })
    else response.destroy()
  })
  const client = connect(origin)
  const heard: unknown[] = []
  client.onAnswer(({ ok, status, userId, error }) => heard.push([ok, status, userId, error?.code ?? null]))
  await readDraft(client, 'good')
  await failure(readDraft(client, 'gone'))
  await failure(publishDraft(client, 'cut'))
  expect(heard).toEqual([
    [true, 200, '7', null],
    [true, 404, null, null],
    [false, null, null, 'server-unreachable'],
  ])
})

const record = { kind: 'record', id: 'a' } as const

async function textOf({ chunks }: { chunks: AsyncIterable<Uint8Array> }): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  return text
}

test('content is fetched with the token from the server, and without it from the https storage that it points to', async () => {
  const storage = await serve((_, response) => response.end('content'), TRUSTED)
  const { origin, seen } = await serve((request, response) => {
    const hop = request.url?.startsWith('/api/') ? '/other' : `${storage.origin}/object?signature=s`
    response.writeHead(302, { location: hop }).end()
  })
  const from = { bytes: 3, etag: '"e"' }
  expect(await getContent(connect(origin), record, 'x/ü.txt', { from }, textOf)).toBe('content')
  expect(seen.map(({ url, headers }) => [url, headers.authorization, headers.accept])).toEqual([
    ['/api/records/a/files/x/%C3%BC.txt/content', `Bearer ${TOKEN}`, '*/*'],
    ['/other', `Bearer ${TOKEN}`, '*/*'],
  ])
  expect(storage.seen).toMatchObject([
    { url: '/object?signature=s', headers: { range: 'bytes=3-', 'if-range': '"e"', 'accept-encoding': 'identity' } },
  ])
  expect(storage.seen[0]?.headers).not.toHaveProperty('authorization')
})

test('storage that points back gets no token out of us, and its refusals are trouble of the server', async () => {
  const storage = await serve((request, response) => {
    if (request.url === '/refuse') response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error/>')
    else response.writeHead(302, { location: `${repository.origin}/back` }).end()
  }, TRUSTED)
  const repository = await serve((request, response) => {
    if (request.url === '/back') response.end('content')
    else response.writeHead(302, { location: `${storage.origin}/${request.url?.includes('no') ? 'refuse' : ''}` }).end()
  })
  const client = connect(repository.origin)
  expect(await getContent(client, record, 'yes', {}, textOf)).toBe('content')
  expect(repository.seen.at(-1)?.headers).not.toHaveProperty('authorization')
  expect(await failure(getContent(client, record, 'no', {}, textOf))).toMatchObject({
    status: 502,
    tokenRefused: false,
  })
})

test.each([
  ['http://storage.example/x', 'storage.example'],
  ['https://user:secret@storage.example/x', 'storage.example'],
  ['file:///etc/passwd', 'one that is not valid'],
  ['/api/again', /^127/],
])('content is not fetched from %s', async (location, target) => {
  const { origin } = await serve((_, response) => response.writeHead(302, { location }).end())
  const error = toAppError(await failure(getContent(connect(origin), record, 'k', {}, textOf)), 'T')
  expect(error).toMatchObject({ code: 'redirected-elsewhere' })
  expect(error.params['target']).toMatch(target)
})

test.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['192.168.0.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['[::1]', true],
  ['[fd00::1]', true],
  ['[fe80::1]', true],
  ['[::ffff:127.0.0.1]', true],
  ['localhost', true],
  ['minio.localhost', true],
  ['storage.internal', true],
  ['172.32.0.1', false],
  ['188.184.1.1', false],
  ['[2001:1458::1]', false],
  ['zenodo.org', false],
])('that %s is closed to storage elsewhere: %s', (host, closed) => {
  // As an address of the web is written: also as 0x7f.1 or 2130706433.
  expect(isPrivateHost(new URL(`https://${host}/`).hostname)).toBe(closed)
})

test('a name that leads to this computer is as closed as its address', async () => {
  const { origin, seen } = await serve((_, response) => response.end('secret'), TRUSTED)
  const url = new URL(origin.replace('127.0.0.1', 'localhost'))
  const transport = new Transport(url.origin, { publicOnly: true })
  onTestFinished(() => transport.close())
  expect(await failure(transport.open({ url, headers: {} }, 1000))).toMatchObject({ phase: 'redirect' })
  expect(seen).toEqual([])
})

test('content that stops coming is given up, and what throws while taking it comes out as it is', async () => {
  const { origin } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('abc')
  })
  const client = connect(origin)
  expect(await failure(getContent(client, record, 'k', { stallMs: 50 }, textOf))).toMatchObject({ phase: 'stall' })
  const own = new Error('the disk is full')
  expect(await failure(getContent(client, record, 'k', {}, () => Promise.reject(own)))).toBe(own)
  const stop = AbortSignal.timeout(20)
  expect(await failure(getContent(client, record, 'k', { signal: stop }, textOf))).toBe(stop.reason)
})
