import dns from 'node:dns'
import { connect as open, createServer, type AddressInfo, type Socket } from 'node:net'
import * as tls from 'node:tls'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { explain, type AppError } from '../../../contract/errors.ts'
import { createDraft, publishDraft, readDraft } from '../records.ts'
import { EXPIRED, EXPIRED_AUTHORITY, TRUSTED, TRUSTED_AUTHORITY, UNKNOWN } from '../test-support/certificates.ts'
import { answer, serve } from '../test-support/loopback.ts'
import { createClient, HttpError, toAppError, type RepositoryClient } from './client.ts'
import { PATIENCE } from './transport.ts'

// Read by the transport when it first needs a certificate.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), TRUSTED_AUTHORITY, EXPIRED_AUTHORITY])

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

function connect(origin: string, patience = PATIENCE): RepositoryClient {
  const client = createClient({ origin, name: 'Example', token: 'zz-canary-token' }, patience)
  onTestFinished(() => client.close())
  return client
}

/** The error of a call, with the sentence that a person reads first. */
async function failure(attempt: Promise<unknown>): Promise<{ error: unknown; app: AppError; happened: string }> {
  const error = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  const app = toAppError(error, 'Example')
  const { happened, next, todo } = explain(app)
  for (const sentence of [happened, next, todo]) expect(sentence).not.toMatch(/…|[{}]|\bE[A-Z]{4,}\b|\b[45]\d\d\b|^$/)
  return { error, app, happened }
}

/** A server of plain TCP, and what it was told. */
async function listen(act: (socket: Socket) => void, host = '127.0.0.1'): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => heard.push(bytes.toString('latin1')))
    act(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, heard }
}

/** Names lead where the test says, as `dns.lookup` would answer; `null` for nowhere. */
function resolveAs(addresses: () => readonly string[] | null): void {
  const answer = (_: string, options: unknown, callback: (...given: unknown[]) => void) => {
    const found = addresses()
    if (found === null) callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    else if ((options as { all?: boolean }).all)
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    else callback(null, found[0], found[0]?.includes(':') ? 6 : 4)
  }
  vi.spyOn(dns, 'lookup').mockImplementation(answer as never)
}

test('a server that takes the connection and says nothing is given up while nothing was sent (U09)', async () => {
  const { port, heard } = await listen(() => undefined)
  const client = connect(`https://127.0.0.1:${port}`, { ...PATIENCE, connectMs: 300 })
  const { error, app } = await failure(publishDraft(client, 'a'))
  expect(error).toMatchObject({ phase: 'connect', outcomeUnknown: false })
  expect(app.code).toBe('server-unreachable')
  expect(heard.join()).not.toContain('zz-canary-token')
})

test.each([
  ['seconds', () => '7', 7000],
  ['a date, by the clock of the server', () => new Date(0 + 7000).toUTCString(), 7000],
  ['nothing', () => null, null],
  ['nonsense', () => 'soon', null],
  ['thirty years', () => '1000000000', 3_600_000],
])('a pause that is asked for with %s is told as such (U15)', async (_, retryAfter, expected) => {
  const value = retryAfter()
  const { origin } = await serve((_request, response) => {
    // Its clock is decades away from ours.
    response.sendDate = false
    answer(response, 429, {}, { date: new Date(0).toUTCString(), ...(value === null ? {} : { 'retry-after': value }) })
  })
  const { error, app } = await failure(
    connect(origin).send({ path: ['x'], lengthBytes: 0, body: (async function* () {})() }),
  )
  expect(error).toMatchObject({ status: 429, retryAfterMs: expected })
  expect(app.code).toBe('server-busy')
})

test.each([-1, 1])(
  'a budget is kept by the clock of the server, also when ours is %i day away or jumps (U34)',
  async (days) => {
    const here = Date.now()
    const now = vi.spyOn(Date, 'now').mockImplementation(() => here)
    const there = here + days * 86_400_000
    const reset = Math.floor(there / 1000) + 60
    const { origin, seen } = await serve((_, response) => {
      response.sendDate = false
      const left = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }
      answer(response, 200, { id: 'a' }, { date: new Date(there).toUTCString(), ...left })
    })
    const client = connect(origin)
    await readDraft(client, 'a')
    const { error } = await failure(readDraft(client, 'a'))
    expect((error as HttpError).retryAfterMs).toBeGreaterThan(58_000)
    expect((error as HttpError).retryAfterMs).toBeLessThan(62_000)
    expect(seen).toHaveLength(1)
    now.mockImplementation(() => here - 86_400_000)
    expect(((await failure(readDraft(client, 'a'))).error as HttpError).retryAfterMs).toBeLessThan(62_000)
  },
)

test.each<[string, (socket: Socket) => void]>([
  [
    'wants a password',
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 407 Authentication Required\r\n\r\n')),
  ],
  ['refuses', (socket) => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))],
  ['says nothing', () => undefined],
  ['hangs up', (socket) => socket.once('data', () => socket.resetAndDestroy())],
])('a proxy that %s is named, and never sees the token (U35)', async (_, act) => {
  const { port, heard } = await listen(act)
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${port}`)
  const { error, app } = await failure(
    createDraft(connect('https://repository.example', { ...PATIENCE, connectMs: 300 }), { metadata: {} }),
  )
  expect(app.code).toBe('proxy-failed')
  expect(error).toMatchObject({ phase: 'connect', outcomeUnknown: false })
  expect(heard.join()).toContain('CONNECT repository.example:443')
  expect(heard.join()).not.toContain('zz-canary-token')
})

test('a proxy that died is named, and the next call finds it when it is back (U35)', async () => {
  const { origin, seen } = await serve((_, response) => answer(response, 200, { id: 'a' }), TRUSTED)
  let alive = false
  const { port } = await listen((socket) => {
    if (!alive) return void socket.resetAndDestroy()
    socket.once('data', () => {
      const onward = open(Number(new URL(origin).port), '127.0.0.1').on('error', () => undefined)
      onTestFinished(() => void onward.destroy())
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
  })
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${port}`)
  const client = connect('https://repository.example')
  expect((await failure(readDraft(client, 'a'))).app.code).toBe('proxy-failed')
  alive = true
  // The way is open again; who is at its end is checked all the same, and is another one.
  const { happened } = await failure(readDraft(client, 'a'))
  expect(happened).toBe('The identity of Example could not be checked: its certificate is for another name.')
  expect(seen).toEqual([])
})

test.each([
  [
    'of an unknown authority',
    UNKNOWN,
    'an authority that this computer does not know (issued by “Test authority unknown”)',
  ],
  ['that has expired', EXPIRED, 'its certificate has expired'],
])('a certificate %s ends the call before the token is sent, and why is said (U36)', async (_, certificate, reason) => {
  const { origin, seen } = await serve((_request, response) => answer(response, 200, { id: 'a' }), certificate)
  const { error, happened } = await failure(readDraft(connect(origin), 'a'))
  expect(error).toMatchObject({ phase: 'tls', outcomeUnknown: false })
  expect(happened).toContain(reason)
  expect(seen).toEqual([])
})

test('a certificate for another name ends the call before the token is sent (U36)', async () => {
  resolveAs(() => ['127.0.0.1'])
  const { origin, seen } = await serve((_, response) => answer(response, 200, { id: 'a' }), TRUSTED)
  const { happened } = await failure(readDraft(connect(origin.replace('127.0.0.1', 'repository.test')), 'a'))
  expect(happened).toContain('its certificate is for another name')
  expect(seen).toEqual([])
})

test('a name that leads nowhere, then to a broken IPv6 and a good IPv4, then elsewhere: each is found by itself (U38)', async () => {
  let addresses: string[] | null = null
  const first = await serve((_, response) => answer(response, 200, { id: 'first' }, { connection: 'close' }))
  const { port } = new URL(first.origin)
  resolveAs(() => addresses)
  const client = connect(`http://repository.test:${port}`)
  const { error, app } = await failure(publishDraft(client, 'a'))
  expect(error).toMatchObject({ phase: 'connect', outcomeUnknown: false })
  expect(app.code).toBe('server-unreachable')
  // 100::/64 discards what is sent to it (RFC 6666).
  addresses = ['100::1', '127.0.0.1']
  expect((await readDraft(client, 'a')).id).toBe('first')
  addresses = ['127.0.0.2', '127.0.0.1']
  expect((await readDraft(client, 'a')).id).toBe('first')
  expect(first.seen).toHaveLength(2)
})
