import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startPracticeServer } from '../../practice/server.ts'
import { commitFile, putContent, startFiles } from '../repository/files.ts'
import { createClient } from '../repository/http/client.ts'
import { createDraft } from '../repository/records.ts'
import { answer, serve } from '../repository/test-support/loopback.ts'
import { downloadFiles, type DownloadEvent } from './download.ts'
import { findRecord, type FoundRecord } from './find.ts'
import { diskTrouble, makePlace } from './place.ts'
import { cuttingProxy, type Mischief } from './test-support/cutting-proxy.ts'

const MIB = 1024 * 1024
const BIG = Buffer.alloc(3 * MIB, 'content that repeats itself, but not in step with anything. ')

let practice: Awaited<ReturnType<typeof startPracticeServer>>
let work: string
let draftId: string

beforeAll(async () => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'deposit-desk-downloads-')))
  practice = await startPracticeServer({ dataFolder: join(work, 'server') })
  draftId = await draftOf({ 'big.bin': BIG, 'raw/ü 数据.csv': Buffer.from('1,2,3'), 'empty.txt': Buffer.alloc(0) })
})
afterAll(async () => {
  await practice.close()
  rmSync(work, { recursive: true, force: true })
})

async function draftOf(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const client = createClient({ origin: practice.url, name: 'Practice', token: practice.tokens.researcher })
  const { id } = await createDraft(client, { metadata: { title: 'T' }, files: { enabled: true } })
  await startFiles(
    client,
    id,
    Object.keys(files).map((key) => ({ key })),
  )
  for (const [key, content] of Object.entries(files)) {
    await putContent(client, id, key, { lengthBytes: content.length, body: (async function* () { yield await Promise.resolve(content) })() }) // prettier-ignore
    await commitFile(client, id, key)
  }
  await client.close()
  return id
}

/** A folder, and what downloads the draft into it through a proxy that does `mischief`. */
async function scene(mischief: (download: number, url: string) => Mischief = () => ({})) {
  const folder = mkdtempSync(join(work, 'target-'))
  const proxy = await cuttingProxy(practice.url, mischief)
  const client = createClient({ origin: proxy.origin, name: 'Test', token: practice.tokens.researcher })
  onTestFinished(() => client.close())
  const events: DownloadEvent[] = []
  const download = async (change: (record: FoundRecord) => FoundRecord = (record) => record, stop?: AbortSignal) => {
    events.length = 0
    return downloadFiles({
      client,
      record: change(await findRecord(client, draftId)),
      root: await makePlace(folder),
      signal: stop ?? new AbortController().signal,
      tell: (event) => events.push(event),
      random: () => 0,
    })
  }
  const big = () => proxy.seen.filter(({ url }) => url.includes('big.bin'))
  const failures = () => events.flatMap((event) => (event.kind === 'failed' ? [event.error.code] : []))
  return { folder, download, events, seen: proxy.seen, big, failures }
}

/** The one begun file in a folder. */
function partIn(folder: string): string {
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.part')) ?? 'none')
}

async function hasBegun(folder: string): Promise<void> {
  const bytes = () => statSync(partIn(folder), { throwIfNoEntry: false })?.size ?? 0
  await expect.poll(bytes, { timeout: 15_000 }).toBeGreaterThanOrEqual(MIB)
}

function only(key: string): (record: FoundRecord) => FoundRecord {
  return (record) => ({ ...record, files: record.files.filter((file) => file.key === key) })
}

/** The n-th download of big.bin, from 0, meets the n-th mischief; the others go well. */
function forBig(...mischief: Mischief[]): (download: number, url: string) => Mischief {
  let asked = 0
  return (_, url) => (url.includes('big.bin') ? (mischief[asked++] ?? {}) : {})
}

test('all files arrive under their names, checked; the next time none is fetched', async () => {
  const { folder, download, events, seen } = await scene()
  expect(await download()).toEqual({ files: 3, kept: 0, failed: 0, bytes: BIG.length + 5 })
  expect(readFileSync(join(folder, 'raw', 'ü 数据.csv'), 'utf8')).toBe('1,2,3')
  expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['big.bin', 'empty.txt', 'raw', 'raw/ü 数据.csv'])
  expect(events.at(-1)).toMatchObject({ kind: 'progress', files: 3, verifiedFiles: 3, receivedBytes: BIG.length + 5 })

  const before = seen.length
  expect(await download()).toMatchObject({ files: 3, kept: 3, failed: 0 })
  expect(seen).toHaveLength(before)
})

test('a connection that breaks goes on with a range, if the content is still the same', async () => {
  const { folder, download, big } = await scene(forBig({ cutAfter: 2 * MIB + 5 }))
  expect(await download()).toMatchObject({ files: 3, failed: 0 })
  expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
  const from = /^bytes=(\d+)-$/.exec(big()[1]?.headers.range ?? '')?.[1]
  expect(Number(from)).toBeGreaterThan(0)
  expect(big().map(({ status }) => status)).toEqual([200, 206])
  expect(big()[1]?.headers).toMatchObject({
    'if-range': `"md5:${createHash('md5').update(BIG).digest('hex')}"`,
    accept: '*/*',
  })
})

test('a server without ranges sends all of it again', async () => {
  const { folder, download, big } = await scene(
    forBig({ cutAfter: 2 * MIB, withoutRanges: true }, { withoutRanges: true }),
  )
  expect(await download()).toMatchObject({ files: 3, failed: 0 })
  expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
  expect(big().map(({ status }) => status)).toEqual([200, 200])
})

test.each<[string, Mischief]>([
  ['of other content', { headers: { etag: '"md5:other"' } }],
  ['that begins elsewhere', { headers: { 'content-range': `bytes 7-${BIG.length - 1}/${BIG.length}` } }],
  ['of another size', { headers: { 'content-range': `bytes ${MIB}-${BIG.length}/${BIG.length + 1}` } }],
])('a range %s is not appended', async (_, mischief) => {
  const { folder, download, big } = await scene(forBig({ cutAfter: MIB }, mischief))
  expect(await download(only('big.bin'))).toMatchObject({ files: 1, failed: 0 })
  expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
  expect(big().map(({ headers }) => headers.range === undefined)).toEqual([true, false, true])
})

test('what an earlier run left is continued; where it was damaged it is fetched anew', async () => {
  const { folder, download, big, seen } = await scene(() => (seen.length === 0 ? { holdAfter: 2 * MIB + 5 } : {}))
  const stop = new AbortController()
  const first = download(only('big.bin'), stop.signal)
  await hasBegun(folder)
  stop.abort(new Error('stopped'))
  await expect(first).rejects.toThrow('stopped')
  const part = partIn(folder)
  const begun = readFileSync(part)
  expect(begun.equals(BIG.subarray(0, begun.length))).toBe(true)

  await download(only('big.bin'))
  expect(big()[1]?.headers.range).toBe(`bytes=${begun.length}-`)
  expect(readdirSync(folder)).toEqual(['big.bin'])

  rmSync(join(folder, 'big.bin'))
  writeFileSync(part, Buffer.alloc(begun.length, 'damage'))
  expect(await download(only('big.bin'))).toMatchObject({ files: 1, failed: 0 })
  expect(big().slice(2).map(({ status }) => status)).toEqual([206, 200]) // prettier-ignore
  expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
})

test('a file whose MD5 is not that of the server is fetched twice, and not kept', async () => {
  const { folder, download, big, events, failures } = await scene()
  const lie = (record: FoundRecord): FoundRecord => ({
    ...record,
    files: record.files.map((file) => (file.key === 'big.bin' ? { ...file, checksum: `md5:${'0'.repeat(32)}` } : file)),
  })
  expect(await download(lie)).toMatchObject({ files: 2, failed: 1 })
  expect(big()).toHaveLength(2)
  expect(failures()).toEqual(['download-differs'])
  expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({
    error: { params: { name: 'big.bin', local: createHash('md5').update(BIG).digest('hex') } },
  })
  expect(readdirSync(folder).sort()).toEqual(['empty.txt', 'raw'])
})

test('content that does not end is cut where it should', async () => {
  const { folder, download, failures } = await scene()
  const short = (record: FoundRecord): FoundRecord => ({
    ...record,
    files: record.files.map((file) => (file.key === 'big.bin' ? { ...file, size: 100 } : file)),
  })
  expect(await download(short)).toMatchObject({ files: 2, failed: 1 })
  expect(failures()).toEqual(['download-differs'])
  expect(existsSync(join(folder, 'big.bin'))).toBe(false)
})

test('nothing that is in the folder is overwritten, followed or written through', async () => {
  const { folder, download, failures } = await scene()
  const outside = mkdtempSync(join(work, 'outside-'))
  writeFileSync(join(outside, 'precious'), 'precious')
  writeFileSync(join(folder, 'big.bin'), 'mine')
  symlinkSync(join(outside, 'precious'), join(folder, 'empty.txt'))
  symlinkSync(outside, join(folder, 'raw'))
  expect(await download()).toMatchObject({ files: 0, failed: 3 })
  expect(failures().sort()).toEqual(['file-differs', 'file-differs', 'file-not-fetched'])
  expect(readFileSync(join(folder, 'big.bin'), 'utf8')).toBe('mine')
  expect(readdirSync(outside)).toEqual(['precious'])
  expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious')
})

test.each(['symbolic', 'hard'])('a %s link in place of a begun file is not written through', async (kind) => {
  const { folder, download, seen } = await scene(() => (seen.length === 0 ? { holdAfter: 2 * MIB } : {}))
  const stop = new AbortController()
  const first = download(only('big.bin'), stop.signal)
  await hasBegun(folder)
  stop.abort(new Error('stopped'))
  await expect(first).rejects.toThrow('stopped')
  const part = partIn(folder)
  const precious = join(work, `precious-${kind}`)
  writeFileSync(precious, 'precious')
  rmSync(part)
  if (kind === 'hard') linkSync(precious, part)
  else symlinkSync(precious, part)
  expect(await download(only('big.bin'))).toMatchObject({ files: 1, failed: 0 })
  expect(readFileSync(precious, 'utf8')).toBe('precious')
})

test('killed between its name and the end, a file is whole and its part goes', async () => {
  const { folder, download, seen } = await scene()
  await download(only('big.bin'))
  const before = seen.length
  const md5 = createHash('md5').update(BIG).digest('hex')
  const id = createHash('sha256').update(`${md5}\nbig.bin`).digest('hex').slice(0, 12)
  linkSync(join(folder, 'big.bin'), join(folder, `big.bin.${id}.part`))
  expect(await download(only('big.bin'))).toMatchObject({ kept: 1 })
  expect(seen).toHaveLength(before)
  expect(readdirSync(folder)).toEqual(['big.bin'])
})

test('a file that the server fails on does not stop the others; a server that stays away does', async () => {
  const broken = await scene((_, url) => (url.includes('big.bin') ? { answer: { status: 500 } } : {}))
  expect(await broken.download()).toMatchObject({ files: 2, failed: 1 })
  expect(broken.big()).toHaveLength(10)
  expect(broken.failures()).toEqual(['file-not-fetched'])

  const away = await scene(() => ({ cutAfter: 0 }))
  await expect(away.download(only('big.bin'))).rejects.toMatchObject({ code: 'server-unreachable' })
  expect(away.big()).toHaveLength(10)

  const closed = await scene(() => ({ answer: { status: 403, headers: { 'x-user-id': '2' } } }))
  await expect(closed.download()).rejects.toMatchObject({ code: 'not-permitted' })
  expect(closed.seen.length).toBeLessThanOrEqual(4)
})

test('what can’t be checked or has no address is told, file by file', async () => {
  const { folder, download, failures } = await scene()
  const odd = (record: FoundRecord): FoundRecord => ({
    ...record,
    files: [
      { key: 'pending.txt', status: 'pending', size: 1, checksum: `md5:${'0'.repeat(32)}` },
      { key: 'unsummed.txt', size: 1, checksum: null },
      { key: '../up.txt', size: 1, checksum: `md5:${'0'.repeat(32)}` },
      { key: 'gone.txt', size: 1, checksum: `md5:${'0'.repeat(32)}` },
      ...record.files,
    ],
  })
  expect(await download(odd)).toMatchObject({ files: 3, failed: 4 })
  expect(readdirSync(folder).sort()).toEqual(['big.bin', 'empty.txt', 'raw'])
  expect(new Set(failures())).toEqual(new Set(['file-not-fetched']))
})

test('records are found by their id, those of others and those that are gone are not', async () => {
  const find = async (id: string, token: string | null) => {
    const client = createClient({ origin: practice.url, name: 'Practice', token })
    onTestFinished(() => client.close())
    return findRecord(client, id)
  }
  const { researcher, reader } = practice.tokens
  expect(await find(draftId, researcher)).toMatchObject({ kind: 'draft', id: draftId })
  await expect(find(draftId, reader)).rejects.toMatchObject({ code: 'not-permitted' })
  await expect(find(draftId, null)).rejects.toMatchObject({ code: 'not-permitted' })
  await expect(find('nope1-12345', researcher)).rejects.toMatchObject({ code: 'record-not-found' })
})

test('with 4 files at a time none is fetched twice, and hostile names stay inside', async () => {
  const content = 'x'
  const checksum = `md5:${createHash('md5').update(content).digest('hex')}`
  const keys = ['..\\..\\x', 'C:\\x', 'CON', 'a/b', 'a', 'A', '\u202egnp.exe', 'é', 'e\u0301', 'x. ']
  let running = 0
  let most = 0
  const { origin, seen } = await serve((request, response) => {
    if (!request.url?.endsWith('/content')) {
      answer(response, 200, request.url?.endsWith('/files') ? { entries: keys.map((key) => ({ key, size: 1, checksum })) } : { id: 'a' }) // prettier-ignore
      return
    }
    most = Math.max(most, ++running)
    setImmediate(() => {
      running--
      response.end(content)
    })
  })
  const client = createClient({ origin, name: 'Test', token: null })
  onTestFinished(() => client.close())
  const place = join(work, 'hostile', 'target')
  mkdirSync(place, { recursive: true })
  const tally = await downloadFiles({
    client,
    record: await findRecord(client, 'a'),
    root: await makePlace(place),
    signal: new AbortController().signal,
    tell: () => undefined,
  })
  expect(tally).toMatchObject({ files: keys.length, failed: 0 })
  expect(readdirSync(join(work, 'hostile'))).toEqual(['target'])
  expect(seen.filter(({ url }) => url.endsWith('/content'))).toHaveLength(keys.length)
  expect(most).toBeLessThanOrEqual(4)
})

test.each([
  ['ENOSPC', 'the disk is full', true],
  ['EROFS', 'the disk can’t be written', true],
  ['EACCES', 'you may not write there', false],
  ['ENOENT', 'its folder is not there any more', false],
])('a disk that says %s is understood', (code, reason, all) => {
  expect(diskTrouble(Object.assign(new Error(code), { code }))).toEqual({ reason, all })
})
