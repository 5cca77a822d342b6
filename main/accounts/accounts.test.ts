import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as tls from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Account } from '../../contract/desk/account.ts'
import { explain } from '../../contract/errors.ts'
import { TRUSTED, TRUSTED_AUTHORITY } from '../repository/test-support/certificates.ts'
import { answer, serve } from '../repository/test-support/loopback.ts'
import { createAccounts, type Accounts } from './accounts.ts'
import { createMemoryKeychain, noKeychain, type Keychain } from './keychain/keychain.ts'
import { readToken, resolveServer } from './servers.ts'

// Read by the transport when it first needs a certificate.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), TRUSTED_AUTHORITY])

const TOKEN = 'zz-canary-token'
const MD5_OF_PART = createHash('md5').update(new Uint8Array(1024).fill(1)).digest('hex')

type Traits = {
  me: boolean
  multipart: boolean
  legacy: boolean
  storage: string | null
  users: Record<string, number>
}

/** As much of an InvenioRDM as connecting needs. */
async function repository(traits: Partial<Traits> = {}) {
  const { me, multipart, legacy, storage, users }: Traits = {
    me: true,
    multipart: true,
    legacy: false,
    storage: null,
    users: { [TOKEN]: 7, other: 8 },
    ...traits,
  }
  const drafts = new Set<string>()
  const md5 = createHash('md5')
  const handle = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const call = `${request.method} ${request.url?.replace(/^\/api/, '')}`
    const user = users[request.headers.authorization?.replace('Bearer ', '') ?? '']
    const ok = (status: number, value: unknown) =>
      answer(response, status, value, user ? { 'x-user-id': String(user) } : {})
    const key = /files\/([^/]+)/.exec(call)?.[1]
    if (call === 'GET /me')
      return me ? ok(user ? 200 : 401, user ? { id: user, email: null } : { message: 'no' }) : ok(404, { status: 404 })
    if (user === undefined) return ok(403, { message: 'Permission denied.' })
    if (call.startsWith('GET /users/')) return ok(200, { id: String(user), profile: { full_name: `Person ${user}` } })
    if (call === 'POST /records') {
      drafts.add('1234')
      return ok(201, legacy ? { id: 1234 } : { id: '1234', parent: { access: { owned_by: { user: String(user) } } } })
    }
    if (call === 'DELETE /records/1234/draft') {
      drafts.delete('1234')
      return response.writeHead(204).end()
    }
    if (call === 'POST /records/1234/draft/files') {
      const entries = (JSON.parse(body) as { key: string; transfer?: { parts: number } }[]).map((file) => {
        const parts = [1, 2].slice(0, file.transfer?.parts).map((part) => ({
          part,
          url:
            storage !== null
              ? `${storage}/bucket/${file.key}?partNumber=${part}`
              : `http://${request.headers.host}/api/records/1234/draft/files/${file.key}/content/${part}`,
        }))
        return { key: file.key, status: 'pending', ...(file.transfer ? { links: { parts } } : {}) }
      })
      return ok(201, { entries })
    }
    // As Zenodo: it hands out links to parts, then refuses the parts.
    if (call.includes('/content/')) {
      md5.update(body)
      return multipart ? ok(200, { key }) : ok(403, { message: 'Permission denied.' })
    }
    if (call.endsWith('/content')) return ok(200, { key })
    if (call.endsWith('/parts.bin/commit')) return ok(200, { key, status: 'completed', checksum: null })
    if (call.endsWith('/part.bin/commit')) return ok(200, { key, status: 'completed', checksum: 'multipart:e-1-1024' })
    if (call.endsWith('/empty.bin/commit')) return ok(400, { message: 'Empty files are not accepted.' })
    if (key === 'parts.bin') return ok(200, { key, status: 'completed', checksum: `md5:${md5.copy().digest('hex')}` })
    // What its storage holds of a single part.
    if (key === 'part.bin') return ok(200, { key, status: 'completed', checksum: `md5:${MD5_OF_PART}` })
    return ok(404, { status: 404 })
  }
  return { ...(await serve(handle)), drafts }
}

function desk(keychain: Keychain = createMemoryKeychain(), saved = new Map<string, Account>()) {
  const emitted: string[] = []
  let practiceUrl = ''
  const accounts = createAccounts({
    store: {
      accounts: {
        list: () => [...saved.values()],
        save: (account) => void saved.set(account.id, account),
        remove: (accountId) => void saved.delete(accountId),
      },
    },
    keychain,
    practice: async () => ({
      url: practiceUrl,
      tokens: { admin: 'a', researcher: TOKEN, curator: 'c', reader: 'r' },
      stop: async () => undefined,
    }),
    events: { emit: (name) => void emitted.push(name) },
    inUse: (accountId) => accountId === 'busy',
  })
  onTestFinished(() => accounts.close())
  return { accounts, saved, emitted, runPractice: (url: string) => (practiceUrl = url) }
}

async function connected(accounts: Accounts, address: string, token = TOKEN): Promise<Account> {
  const { checkId } = await accounts.check({ kind: 'other', address }, token)
  return accounts.add(checkId ?? '')
}

test('a check of a page inside a repository learns who and what, leaves nothing behind and stays under twelve requests', async () => {
  const server = await repository()
  const { accounts, saved } = desk()
  const check = await accounts.check({ kind: 'other', address: `${server.origin}/records/1?q=x#top` }, `  ${TOKEN}\n`)
  expect(check).toMatchObject({
    origin: server.origin,
    user: { id: '7', name: 'Person 7' },
    capabilities: {
      recordShape: 'rdm',
      multipart: 'works',
      emptyFiles: 'refused',
      maxFiles: 100,
      limitsSource: 'default',
    },
    error: null,
  })
  expect(check.requests).toBeLessThanOrEqual(12)
  expect(check.requests).toBe(server.seen.length)
  expect(server.drafts.size).toBe(0)
  expect(saved.size).toBe(0)
})

test('a server that hands out part links and refuses the parts counts as one without multipart', async () => {
  const server = await repository({ multipart: false, legacy: true })
  const { capabilities } = await desk().accounts.check({ kind: 'other', address: server.origin }, TOKEN)
  expect(capabilities).toMatchObject({ recordShape: 'legacy', multipart: 'refused', emptyFiles: 'refused' })
  expect(server.drafts.size).toBe(0)
})

test.each([
  [200, 'works'],
  [403, 'refused'],
] as const)(
  'a server with a storage of its own, which answers %i, is tried with one part: %s',
  async (status, multipart) => {
    const storage = await serve((_, response) => response.writeHead(status).end(), TRUSTED)
    const server = await repository({ storage: storage.origin })
    const check = await desk().accounts.check({ kind: 'other', address: server.origin }, TOKEN)
    expect(check.capabilities).toMatchObject({ multipart, emptyFiles: 'refused' })
    expect(storage.seen).toHaveLength(1)
    expect(JSON.stringify(storage.seen)).not.toContain(TOKEN)
    expect(server.seen.length).toBeLessThanOrEqual(12)
    expect(server.drafts.size).toBe(0)
  },
)

test('without GET /api/me the server is asked in another way whose token it is', async () => {
  const server = await repository({ me: false })
  const check = await desk().accounts.check({ kind: 'other', address: server.origin }, TOKEN)
  expect(check.user?.id).toBe('7')
  expect(check.error).toBeNull()
  expect(server.drafts.size).toBe(0)
})

test.each([
  ['an address that is none', 'not an address', 'address-invalid'],
  ['an address without encryption', 'http://repository.example', 'address-insecure'],
  ['another scheme', 'ftp://repository.example', 'address-invalid'],
  ['an address with a password in it', 'https://me:secret@repository.example', 'address-invalid'],
])('%s is refused before anything is sent', async (_, address, code) => {
  const check = await desk().accounts.check({ kind: 'other', address }, TOKEN)
  expect(check).toMatchObject({ checkId: null, requests: 0, error: { code } })
})

test.each([
  ['a web site', 200, '<html><h1>Our library</h1></html>', 'not-a-repository'],
  ['a site without the page', 404, '<html>Not found</html>', 'not-a-repository'],
  [
    'the sign-in page of a network',
    200,
    '<html><form action="/login"><input type="password"></form></html>',
    'captive-portal',
  ],
  ['a network that says so', 511, '<html>sign in</html>', 'captive-portal'],
  ['a server in trouble', 502, '<html>Bad gateway</html>', 'server-trouble'],
])('%s is told as what it is', async (_, status, page, code) => {
  const { origin } = await serve((_request, response) =>
    answer(response, status, page, { 'content-type': 'text/html; charset=utf-8' }),
  )
  const check = await desk().accounts.check({ kind: 'other', address: origin }, TOKEN)
  expect(check).toMatchObject({ checkId: null, error: { code } })
  expect(check.error && explain(check.error).happened).not.toContain('…')
})

test('a dead token and one with a line break inside are each told as such', async () => {
  const server = await repository()
  const { accounts } = desk()
  expect((await accounts.check({ kind: 'other', address: server.origin }, 'dead')).error?.code).toBe(
    'token-not-accepted',
  )
  const asked = server.seen.length
  expect((await accounts.check({ kind: 'other', address: server.origin }, 'a\r\nX-Evil: 1')).error?.code).toBe(
    'token-malformed',
  )
  expect(server.seen).toHaveLength(asked)
})

test('addresses are reduced to the server, and the presets are recognised', () => {
  const origin = (address: string) => resolveServer({ kind: 'other', address }).origin
  expect(origin('repository.example.org/records/1')).toBe('https://repository.example.org')
  expect(origin(' HTTPS://Repository.Example.org:8443/api ')).toBe('https://repository.example.org:8443')
  expect(origin('localhost:5000')).toBe('http://localhost:5000')
  expect(resolveServer({ kind: 'other', address: 'https://zenodo.org/records/1' })).toMatchObject({
    kind: 'zenodo',
    name: 'Zenodo',
  })
  expect(readToken(' abc\n')).toBe('abc')
})

test('an account survives a restart through the keychain, and the token is nowhere else', async () => {
  const server = await repository()
  const keychain = createMemoryKeychain()
  const first = desk(keychain)
  const account = await connected(first.accounts, server.origin)
  expect(account.token).toBe('keychain')
  expect(JSON.stringify([...first.saved.values()])).not.toContain(TOKEN)

  const second = desk(keychain, first.saved)
  const client = await second.accounts.client(account.id)
  expect(client.server.token).toBe(TOKEN)
  expect(await second.accounts.client(account.id)).toBe(client)
})

test('without a keychain the token lives for this run, and the next run asks for it', async () => {
  const server = await repository()
  const first = desk(noKeychain)
  const account = await connected(first.accounts, server.origin)
  expect(account.token).toBe('session')
  expect((await first.accounts.client(account.id)).server.token).toBe(TOKEN)

  const second = desk(noKeychain, first.saved)
  expect(second.accounts.list()[0]?.token).toBe('missing')
  expect(second.accounts.connections()[0]).toMatchObject({ state: 'token-missing' })
  await expect(second.accounts.client(account.id)).rejects.toMatchObject({ code: 'token-missing' })
  expect((await second.accounts.renewToken(account.id, TOKEN)).token).toBe('session')
  expect((await second.accounts.client(account.id)).server.token).toBe(TOKEN)
})

test('a token in the keychain is found again after a run whose token came from elsewhere', async () => {
  const server = await repository()
  const keychain = createMemoryKeychain()
  const { accounts, saved } = desk(keychain)
  const account = await connected(accounts, server.origin)
  await desk(noKeychain, saved).accounts.renewToken(account.id, TOKEN)
  expect(saved.get(account.id)?.token).toBe('session')

  const next = desk(keychain, saved)
  await vi.waitFor(() => expect(next.accounts.get(account.id).token).toBe('keychain'))
})

test('the same person is renewed, another one stands beside, and a token of another person is not taken', async () => {
  const server = await repository()
  const { accounts } = desk()
  const account = await connected(accounts, server.origin)
  expect((await connected(accounts, server.origin)).id).toBe(account.id)
  const other = await connected(accounts, server.origin, 'other')
  expect(accounts.list().map(({ id }) => id)).toEqual([account.id, other.id])
  await expect(accounts.renewToken(account.id, 'other')).rejects.toMatchObject({ code: 'token-other-user' })
  await expect(accounts.renewToken(account.id, 'dead')).rejects.toMatchObject({ code: 'token-not-accepted' })
})

test('a check can be used once', async () => {
  const server = await repository()
  const { accounts } = desk()
  const { checkId } = await accounts.check({ kind: 'other', address: server.origin }, TOKEN)
  await accounts.add(checkId ?? '')
  await expect(accounts.add(checkId ?? '')).rejects.toMatchObject({ code: 'check-expired' })
})

test('signing out removes the account and its token, but not while deposits are under way', async () => {
  const server = await repository()
  const keychain = createMemoryKeychain()
  const { accounts, saved } = desk(keychain)
  const account = await connected(accounts, server.origin)
  saved.set('busy', { ...account, id: 'busy' })
  await expect(accounts.signOut('busy')).rejects.toMatchObject({ code: 'account-in-use' })
  await accounts.signOut(account.id)
  expect(await keychain.read(server.origin, '7')).toBeNull()
  expect(saved.has(account.id)).toBe(false)
})

test('the practice account needs no token and follows the practice server to its new port', async () => {
  const [first, second] = [await repository(), await repository()]
  const { accounts, runPractice } = desk(noKeychain)
  runPractice(first.origin)
  const { checkId } = await accounts.check({ kind: 'practice' }, '')
  const account = await accounts.add(checkId ?? '')
  expect(account).toMatchObject({
    server: 'practice',
    serverName: 'Practice',
    token: 'not-needed',
    origin: first.origin,
  })
  runPractice(second.origin)
  expect((await accounts.client(account.id)).server.origin).toBe(second.origin)
  expect(accounts.get(account.id).origin).toBe(second.origin)
})

test('connections follow the answers: connected, dead token, connected again', async () => {
  const users: Record<string, number> = { [TOKEN]: 7 }
  const server = await repository({ users })
  const { accounts, emitted } = desk()
  const account = await connected(accounts, server.origin)
  const state = () => accounts.connections()[0]?.state
  expect(state()).toBe('connected')
  delete users[TOKEN]
  await expect(accounts.probe(account.id)).rejects.toMatchObject({ code: 'token-refused' })
  expect(state()).toBe('token-refused')
  users[TOKEN] = 7
  await accounts.probe(account.id)
  expect(state()).toBe('connected')
  accounts.noteSeen(account.id, { ok: false, at: 1, error: { code: 'server-unreachable', params: {} } })
  expect(state()).toBe('unreachable')
  await vi.waitFor(() => expect(emitted).toContain('connections.changed'))
})
