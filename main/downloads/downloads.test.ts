import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { accountSchema } from '../../contract/desk/account.ts'
import type { Download } from '../../contract/desk/download.ts'
import type { AppError } from '../../contract/errors.ts'
import { DeskError } from '../../contract/errors.ts'
import { createDeskEvents } from '../events.ts'
import { createClient, type RepositoryClient } from '../repository/http/client.ts'
import { answer, serve } from '../repository/test-support/loopback.ts'
import { openDeskStore } from '../store/store.ts'
import { createDownloads } from './downloads.ts'
import { createDownloadRunner } from './runner.ts'

const ACCOUNT = '7b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1'
const BIG = Buffer.alloc(3_000_000, 'content that repeats itself, but not in step with anything. ')

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

function makeFolder(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `deposit-desk-${name}-`)))
  folders.push(folder)
  return folder
}

type ServedFile = { content?: Buffer; size?: number | null; checksum?: string | null; status?: string }
type Repository = {
  files: Record<string, ServedFile>
  title?: string
  /** Answers for itself, and returns true. */
  onContent?: (key: string, request: IncomingMessage, response: ServerResponse) => boolean
  needsToken?: boolean
}

const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex')

/** A repository with the record `abc-1`, a store, and downloads as the application runs them. */
async function scene(repository: Repository) {
  const ranges: (string | undefined)[] = []
  const { origin, seen } = await serve((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const key = /\/files\/(.+)\/content$/.exec(path)?.[1]
    if (repository.needsToken && request.headers.authorization === undefined) answer(response, 403, {})
    else if (!path.startsWith('/api/records/abc-1') || path.includes('/draft')) answer(response, 404, {})
    else if (key !== undefined) {
      ranges.push(request.headers.range)
      if (repository.onContent?.(key, request, response)) return
      const content = repository.files[key]?.content ?? Buffer.alloc(0)
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const head = { etag: `"${md5(content)}"`, 'content-length': content.length - from }
      if (from > 0)
        response.writeHead(206, { ...head, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }) // prettier-ignore
      else response.writeHead(200, head)
      response.end(content.subarray(from))
    } else if (path.endsWith('/files')) {
      const entries = Object.entries(repository.files).map(([name, { content = Buffer.alloc(0), ...given }]) => ({
        key: name,
        size: content.length,
        checksum: `md5:${md5(content)}`,
        ...given,
      }))
      answer(response, 200, { entries })
    } else answer(response, 200, { id: 'abc-1', metadata: { title: repository.title ?? 'Soil' } })
  })
  const home = makeFolder('home')
  const place = makeFolder('place')
  const account = accountSchema.parse({
    id: ACCOUNT,
    server: 'other',
    origin,
    serverName: 'Test',
    user: { id: '1', name: 'A', email: null },
    token: 'keychain',
    capabilities: {
      recordShape: 'rdm',
      multipart: 'unknown',
      emptyFiles: 'unknown',
      maxFiles: null,
      quotaBytes: null,
      maxFileBytes: null,
      limitsSource: 'default',
      requestsPerMinute: null,
    },
    addedAt: 0,
    checkedAt: 0,
  })
  const noted: boolean[] = []
  const token = { value: 't' as string | null }

  /** As at a start of the application. */
  const open = () => {
    const store = openDeskStore(home)
    const events = createDeskEvents()
    const listeners = new Set<Parameters<Parameters<typeof createDownloads>[0]['runner']['onNews']>[0]>()
    const runner = createDownloadRunner({ home, tell: (news) => listeners.forEach((listener) => listener(news)) })
    const clients: RepositoryClient[] = []
    const downloads = createDownloads({
      store,
      events,
      deposits: { get: () => { throw new DeskError('deposit-unknown') } }, // prettier-ignore
      accounts: {
        list: () => [account],
        get: () => account,
        noteSeen: (_: string, seen: { ok: boolean }) => noted.push(seen.ok),
        client: async () => {
          if (token.value === null) throw new DeskError('token-missing', { server: 'Test' })
          const client = createClient({ origin, name: 'Test', token: token.value })
          clients.push(client)
          return client
        },
      } as unknown as Parameters<typeof createDownloads>[0]['accounts'],
      runner: {
        start: async (task) => runner.start(structuredClone(task)),
        stop: (id, discard) => runner.stop(id, discard),
        onNews: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      retryMs: 20,
    })
    let closed = false
    const close = async () => {
      if (closed) return
      closed = true
      listeners.clear()
      await runner.close()
      downloads.close()
      store.close()
      await Promise.all(clients.map((client) => client.close()))
    }
    onTestFinished(close)
    return { downloads, runner, events, close }
  }
  let desk = open()
  const one = () => desk.downloads.list()[0] as Download
  return {
    origin,
    seen,
    ranges,
    place,
    token,
    noted,
    /** The one that runs. */
    desk: () => desk,
    one,
    state: () => one().state.kind,
    /** The process ends, and another one takes its place. */
    restart: async () => {
      await desk.close()
      desk = open()
      desk.downloads.resume()
    },
    start: async (keys: readonly string[] = Object.keys(repository.files), name = 'abc-1') => {
      const found = await desk.downloads.find({ name, accountId: ACCOUNT })
      const { placeId } = await desk.downloads.addPlace(place)
      const files = keys.map((key) => found.files.findIndex((file) => file.key === key))
      return desk.downloads.start({ foundId: found.foundId, placeId, files })
    },
    becomes: (kind: Download['state']['kind']) => expect.poll(() => one().state.kind, { timeout: 15_000 }).toBe(kind),
    inside: () => readdirSync(join(place, one().folder), { recursive: true }).map(String).sort(),
    trouble: (): AppError | undefined => one().troubles[0]?.error,
  }
}

/** Sends the first `bytes` of a file and then nothing more, until the connection ends. */
function holdAfter(bytes: number, content: Buffer, response: ServerResponse): true {
  response.writeHead(200, { etag: `"${md5(content)}"`, 'content-length': content.length })
  response.write(content.subarray(0, bytes))
  return true
}

function hasPart({ place, one }: { place: string; one: () => Download }, bytes: number) {
  const folder = join(place, one().folder)
  const size = () => {
    const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.part')) : undefined
    return name === undefined ? 0 : statSync(join(folder, name)).size
  }
  return expect.poll(size, { timeout: 15_000 }).toBeGreaterThanOrEqual(bytes)
}

test('a record comes into a folder of its own, every MD5 equal; of some files only these', async () => {
  const { start, becomes, one, inside, desk, noted } = await scene({
    files: { 'a.csv': { content: Buffer.from('a') }, 'raw/b.csv': { content: BIG }, 'c.csv': {} },
    title: 'Soil / 2024: raw?',
  })
  await start(['a.csv', 'raw/b.csv'])
  await becomes('complete')
  expect(one()).toMatchObject({ folder: 'Soil 2024_ raw_ (abc-1)', files: 2, savedFiles: 2, uncheckedFiles: 0 })
  expect(one()).toMatchObject({ failedFiles: 0, receivedBytes: BIG.length + 1, bytes: BIG.length + 1, troubles: [] })
  expect(inside()).toEqual(['a.csv', 'raw', 'raw/b.csv'])
  expect(noted).toContain(true)
  await desk().downloads.command(one().id, 'forget')
  expect(desk().downloads.list()).toEqual([])
})

test('paused, the rest comes by a range after a restart; files that were saved are not read again', async () => {
  let held = true
  const repository: Repository = {
    files: { 'big.bin': { content: BIG }, 'small.txt': { content: Buffer.from('x') } },
    onContent: (key, _, response) => held && key === 'big.bin' && holdAfter(2_000_000, BIG, response),
  }
  const all = await scene(repository)
  await all.start()
  await hasPart(all, 1_000_000)
  await expect.poll(() => all.one().savedFiles).toBe(1)
  await all.desk().downloads.command(all.one().id, 'pause')
  expect(all.state()).toBe('paused')
  await all.restart()
  expect(all.one()).toMatchObject({ state: { kind: 'paused' }, savedFiles: 1 })
  held = false
  const before = all.ranges.length
  await all.desk().downloads.command(all.one().id, 'resume')
  await all.becomes('complete')
  expect(all.ranges.slice(before)).toEqual([expect.stringMatching(/^bytes=[12]\d{6}-$/)])
  expect(all.inside()).toEqual(['big.bin', 'small.txt'])
  expect(readFileSync(join(all.place, all.one().folder, 'big.bin')).equals(BIG)).toBe(true)
})

test('under way when the application ends, it goes on by itself at the next start', async () => {
  let held = true
  const all = await scene({
    files: { 'big.bin': { content: BIG } },
    onContent: (_key, _, response) => held && holdAfter(2_000_000, BIG, response),
  })
  await all.start()
  await hasPart(all, 1_000_000)
  held = false
  await all.restart()
  await all.becomes('complete')
  expect(all.ranges.at(-1)).toMatch(/^bytes=[12]\d{6}-$/)
  expect(readFileSync(join(all.place, all.one().folder, 'big.bin')).equals(BIG)).toBe(true)
})

test('cancelled, begun files go and complete ones stay; a folder that is empty then goes too', async () => {
  const repository: Repository = {
    files: { 'raw/big.bin': { content: BIG }, 'small.txt': { content: Buffer.from('x') } },
    onContent: (key, _, response) => key === 'raw/big.bin' && holdAfter(2_000_000, BIG, response),
  }
  const all = await scene(repository)
  await all.start()
  await expect.poll(() => all.one().savedFiles).toBe(1)
  await expect.poll(() => all.inside().some((name) => name.endsWith('.part'))).toBe(true)
  await all.desk().downloads.command(all.one().id, 'cancel')
  expect(all.inside()).toEqual(['small.txt'])
  expect(all.state()).toBe('cancelled')

  await all.desk().downloads.command(all.one().id, 'forget')
  rmSync(join(all.place, 'Soil (abc-1)'), { recursive: true })
  await all.start(['raw/big.bin'])
  await expect.poll(() => existsSync(join(all.place, 'Soil (abc-1)', 'raw'))).toBe(true)
  await all.desk().downloads.command(all.one().id, 'cancel')
  expect(readdirSync(all.place)).toEqual([])
})

test('a pause that the server’s budget asks for is shown, and ends at once with the download', async () => {
  const resetsAt = Math.ceil(Date.now() / 1000) + 600
  const all = await scene({
    files: { 'a.txt': { content: Buffer.from('a') }, 'b.txt': { content: Buffer.from('b') } },
    onContent: (_key, _, response) => {
      const told = { limit: 10, remaining: 0, reset: resetsAt }
      for (const [name, value] of Object.entries(told)) response.setHeader(`x-ratelimit-${name}`, value)
      return false
    },
  })
  all.desk().runner.obey({ kind: 'configure', filesAtATime: 1 })
  await all.start()
  await all.becomes('waiting')
  expect(all.one()).toMatchObject({ savedFiles: 1 })
  expect(all.one().state).toMatchObject({ until: expect.closeTo(resetsAt * 1000, -4) as number })
  await all.desk().downloads.command(all.one().id, 'cancel')
  expect(all.state()).toBe('cancelled')
})

test('a file that changed on the server is not mixed with what is here, and said to have changed', async () => {
  let held = true
  const repository: Repository = {
    files: { 'big.bin': { content: BIG }, 'gone.txt': { content: Buffer.from('x') } },
    onContent: (_key, _, response) => held && holdAfter(2_000_000, BIG, response),
  }
  const all = await scene(repository)
  await all.start()
  await hasPart(all, 1_000_000)
  await all.desk().downloads.command(all.one().id, 'pause')
  held = false
  repository.files = { 'big.bin': { content: Buffer.alloc(BIG.length, 'other') } }
  await all.desk().downloads.command(all.one().id, 'resume')
  await all.becomes('incomplete')
  expect(all.one().troubles.map(({ key, error }) => [key, error.code, error.params['reason']])).toEqual([
    ['big.bin', 'download-changed', 'it has another MD5'],
    ['gone.txt', 'download-changed', 'it is no longer there'],
  ])
  // What was begun of it is of no more use.
  expect(all.inside()).toEqual([])
})

test('content that changes while it comes is told from damage on the way', async () => {
  const other = Buffer.alloc(BIG.length, 'other')
  const repository: Repository = {
    files: { 'big.bin': { content: BIG }, 'damaged.bin': { content: Buffer.from('right') } },
    onContent: (key, _, response) => {
      if (key === 'damaged.bin') return void response.end('wrong') === undefined
      repository.files['big.bin'] = { content: other }
      return false
    },
  }
  const all = await scene(repository)
  await all.start()
  await all.becomes('incomplete')
  const codes = Object.fromEntries(all.one().troubles.map(({ key, error }) => [key, error.code]))
  expect(codes).toEqual({ 'big.bin': 'download-changed', 'damaged.bin': 'download-differs' })
})

test('without an MD5 a file is saved by its size, and counted as not checked', async () => {
  const all = await scene({
    files: {
      'plain.txt': { content: Buffer.from('plain'), checksum: null },
      'sha.txt': { content: Buffer.from('sha'), checksum: 'sha256:00' },
      'endless.bin': { content: Buffer.alloc(100), checksum: null, size: 10 },
    },
  })
  await all.start()
  await all.becomes('incomplete')
  expect(all.one()).toMatchObject({ savedFiles: 2, uncheckedFiles: 2, failedFiles: 1 })
  expect(all.trouble()).toMatchObject({ code: 'file-not-fetched', params: { reason: 'more than 10 B came' } })
  expect(all.inside()).toEqual(['plain.txt', 'sha.txt'])
  // Complete, though nothing says what it should be: known by the time of its last change.
  const before = all.ranges.length
  await all.desk().downloads.command(all.one().id, 'retry')
  await all.becomes('incomplete')
  expect(all.one().savedFiles).toBe(2)
  expect(all.ranges.length - before).toBe(2)
})

test('files that are not uploaded or have no size are shown as such, and can’t be asked for', async () => {
  const all = await scene({ files: { 'a.txt': { status: 'pending' }, 'b.txt': { size: null } } })
  const found = await all.desk().downloads.find({ name: `${all.origin}/records/abc-1`, accountId: ACCOUNT })
  expect(found.files.map(({ obstacle }) => obstacle)).toEqual(['not-uploaded', 'no-size'])
  const { placeId } = await all.desk().downloads.addPlace(all.place)
  for (const files of [[0], [1], [2]])
    await expect(all.desk().downloads.start({ foundId: found.foundId, placeId, files })).rejects.toMatchObject({ code: 'found-expired' }) // prettier-ignore
})

test('names of a hostile record stay inside, apart from each other, and possible everywhere', async () => {
  const content = Buffer.from('x')
  const keys = ['../../up', 'C:\\x', 'CON', 'A', 'a', '\u202egnp.exe', 'é', 'e\u0301', `${'n'.repeat(300)}.csv`, '/etc/passwd'] // prettier-ignore
  const all = await scene({
    files: Object.fromEntries(keys.map((key) => [key, { content }])),
    title: '../../..\u202e\u0000CON/ ',
  })
  await all.start()
  await all.becomes('incomplete')
  // No address leads to “../../up” or “/etc/passwd”, whatever they are called here.
  expect(all.one()).toMatchObject({ savedFiles: keys.length - 2, failedFiles: 2 })
  expect(all.one().folder).toMatch(/^_.* \(abc-1\)$/)
  expect(readdirSync(all.place)).toEqual([all.one().folder])
  const names = all.inside().map((name) => name.normalize('NFC').toLowerCase())
  expect(new Set(names).size).toBe(names.length)
})

test('a server that goes away is waited for, and one that refuses is not', async () => {
  let away = true
  const repository: Repository = {
    files: { 'a.txt': { content: Buffer.from('a') } },
    onContent: (_key, _, response) => {
      if (away) response.writeHead(429, { 'retry-after': '0', 'content-type': 'application/json' }).end('{}')
      return away
    },
  }
  const all = await scene(repository)
  await all.start()
  await all.becomes('waiting')
  away = false
  await all.becomes('complete')

  all.token.value = null
  await all.desk().downloads.command(all.one().id, 'forget')
  all.token.value = 't'
  const found = await all.desk().downloads.find({ name: 'abc-1', accountId: ACCOUNT })
  const { placeId } = await all.desk().downloads.addPlace(all.place)
  all.token.value = null
  await all.desk().downloads.start({ foundId: found.foundId, placeId, files: [0] })
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'token-missing' } })
  all.token.value = 't'
  all.desk().events.emit('accounts.changed', {})
  await all.becomes('complete')
})

test('a folder that is taken away stops it, and is not made anew unless the person tries again', async () => {
  let held = true
  const repository: Repository = {
    files: { 'big.bin': { content: BIG } },
    onContent: (_key, _, response) => held && holdAfter(2_000_000, BIG, response),
  }
  const all = await scene(repository)
  await all.start()
  await hasPart(all, 1_000_000)
  await all.desk().downloads.command(all.one().id, 'pause')
  rmSync(join(all.place, all.one().folder), { recursive: true })
  held = false
  await all.desk().downloads.command(all.one().id, 'resume')
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'download-folder-gone', params: { folder: 'Soil (abc-1)' } } })
  expect(readdirSync(all.place)).toEqual([])
  await all.desk().downloads.command(all.one().id, 'retry')
  await all.becomes('complete')

  // A disk that is not connected.
  await all.desk().downloads.command(all.one().id, 'forget')
  const found = await all.desk().downloads.find({ name: 'abc-1', accountId: ACCOUNT })
  const { placeId } = await all.desk().downloads.addPlace(join(all.place, 'usb'))
  await all.desk().downloads.start({ foundId: found.foundId, placeId, files: [0] })
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'download-folder-gone', params: { folder: 'usb' } } })
})

test('a folder that vanishes while files come stops it with the same words', async () => {
  const all = await scene({
    files: { 'a.txt': { content: Buffer.from('a') } },
    onContent: () => {
      renameSync(join(all.place, 'Soil (abc-1)'), join(all.place, 'moved'))
      return false
    },
  })
  await all.start()
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'download-folder-gone' } })
})

// Root may write anywhere.
test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder that can’t be written stops it', async () => {
  const all = await scene({ files: { 'a.txt': { content: Buffer.from('a') } } })
  chmodSync(all.place, 0o500)
  await all.start()
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'download-stopped' } })
  chmodSync(all.place, 0o700)
}) // prettier-ignore

test('something that is no folder where the record’s folder should be stops it', async () => {
  const all = await scene({ files: { 'a.txt': { content: Buffer.from('a') } } })
  writeFileSync(join(all.place, 'Soil (abc-1)'), 'mine')
  await all.start()
  await all.becomes('stopped')
  expect(all.one().state).toMatchObject({ error: { code: 'download-stopped' } })
  expect(readFileSync(join(all.place, 'Soil (abc-1)'), 'utf8')).toBe('mine')
})

test('a record is found by DOI, address or id, public ones without an account', async () => {
  const repository: Repository = { files: { 'a.txt': { content: Buffer.from('a') } } }
  const all = await scene(repository)
  const find = (name: string) => all.desk().downloads.find({ name, accountId: ACCOUNT })
  expect(await find('10.5072/abc-1')).toMatchObject({ recordId: 'abc-1', accountId: ACCOUNT, title: 'Soil' })
  const guest = await scene({ ...repository, needsToken: true })
  const elsewhere = await scene(repository)
  expect(await find(`${elsewhere.origin}/records/abc-1`)).toMatchObject({ accountId: null, server: 'other' })
  await expect(find(`${guest.origin}/records/abc-1`)).rejects.toMatchObject({ code: 'record-not-public' })
  await expect(find('abc-2')).rejects.toMatchObject({ code: 'record-not-found' })
  await expect(find('no record')).rejects.toMatchObject({ code: 'record-name-unclear' })
  await expect(find('http://example.org/records/1')).rejects.toMatchObject({ code: 'address-insecure' })
  expect(elsewhere.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

test('storage elsewhere gets no token, and a place on this computer only from a server on it', async () => {
  const storage = await serve((_, response) => response.end('a'))
  const all = await scene({
    files: { 'a.txt': { content: Buffer.from('a') } },
    onContent: (_key, _, response) => {
      response.writeHead(302, { location: `${storage.origin}/bucket/a.txt` }).end()
      return true
    },
  })
  await all.start()
  await expect.poll(() => ['complete', 'incomplete', 'stopped', 'waiting'].includes(all.state())).toBe(true)
  expect(storage.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

test('the same record into the same folder twice at once is refused', async () => {
  const all = await scene({
    files: { 'big.bin': { content: BIG } },
    onContent: (_key, _, response) => holdAfter(1000, BIG, response),
  })
  await all.start()
  await expect(all.start()).rejects.toMatchObject({ code: 'download-under-way' })
  expect(all.desk().downloads.list()).toHaveLength(1)
})

test('asleep or on battery nothing is received; awake it goes on', async () => {
  let held = true
  const repository: Repository = {
    files: { 'big.bin': { content: BIG } },
    onContent: (_key, request, response) => {
      if (held) {
        holdAfter(2_000_000, BIG, response)
        void once(request.socket, 'close').then(() => (held = false))
      }
      return held
    },
  }
  const all = await scene(repository)
  await all.start()
  await hasPart(all, 1_000_000)
  all.desk().runner.obey({ kind: 'configure', filesAtATime: 1, pauseOnBattery: true })
  all.desk().runner.obey({ kind: 'power', asleep: false, onBattery: true })
  await all.becomes('waiting')
  expect(all.one().state).toMatchObject({ error: { code: 'on-battery' } })
  await expect.poll(() => held).toBe(false)
  all.desk().runner.obey({ kind: 'power', asleep: false, onBattery: false })
  await all.becomes('complete')
})

test('what is told is batched, and the newest state comes last', async () => {
  const all = await scene({ files: Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`${number}.txt`, { content: Buffer.from('x') }])) }) // prettier-ignore
  const told: Download[] = []
  all.desk().events.on('downloads.changed', ({ changed }) => told.push(...changed))
  const startedAt = performance.now()
  await all.start()
  await all.becomes('complete')
  await expect.poll(() => told.at(-1)?.state.kind).toBe('complete')
  expect(told.length).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAt) / 100) + 1)
  await all.restart()
  expect(all.one()).toMatchObject({ state: { kind: 'complete' }, savedFiles: 300 })
})
