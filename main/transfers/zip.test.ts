import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { ZipFile } from 'yazl'
import { startPracticeServer } from '../../practice/server.ts'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import { measureZip } from './measure.ts'
import { createBuffers, openEntry, openSource, type OpenFile, type SourceFile, type ZipEntry } from './source.ts'
import { Scene } from './test-support/scene.ts'
import { zipChunks } from './zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'zip-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function entryOf(name: string, content: Buffer): ZipEntry {
  const path = join(folder, String(createHash('md5').update(name).digest('hex')))
  writeFileSync(path, content)
  return { path, name, bytes: content.length, modifiedAt: statSync(path).mtimeMs }
}

async function zipOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const file: SourceFile = {
    fileId: 0,
    key: 'all.zip',
    bytes: zipBytes(entries),
    source: { kind: 'zip', entries },
  }
  const source = await openSource(file, createBuffers())
  const chunks: Buffer[] = []
  // Copied, since the buffers are used again.
  for await (const chunk of source.chunks(0, file.bytes)) chunks.push(Buffer.from(chunk))
  await source.close()
  return Buffer.concat(chunks)
}

test('a zip is byte for byte what yazl makes of the same entries, and as long as was planned', async () => {
  const zone = process.env['TZ']
  process.env['TZ'] = 'UTC'
  onTestFinished(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  const entries = [
    entryOf('empty', Buffer.alloc(0)),
    entryOf('a folder/ümläut 日本.txt', Buffer.from('some text')),
    entryOf('larger than a chunk', Buffer.alloc(3 * 1024 * 1024 + 17, 'abc')),
    entryOf('last', Buffer.alloc(1024 * 1024, 1)),
  ]
  const reference = new ZipFile()
  for (const { path, name } of entries)
    reference.addFile(path, name, { compress: false, mtime: new Date(1980, 0, 1), mode: 0o100644 })
  reference.end()
  const expected = await buffer(reference.outputStream)
  const made = await zipOf(entries)
  expect(made.equals(expected)).toBe(true)
  expect(made).toHaveLength(zipBytes(entries))
  expect((await zipOf(entries)).equals(made)).toBe(true)
})

const table = (rows: number) => Buffer.from(Array.from({ length: rows }, (_, at) => `${at};${at % 7};text\n`).join(''))

async function measured(entries: readonly ZipEntry[]): Promise<ZipEntry[]> {
  const source = { kind: 'zip', entries, compress: true } as const
  let read = 0
  const known = await measureZip(source, new AbortController().signal, (bytes) => (read += bytes))
  expect(read).toBe(entries.reduce((sum, { bytes }) => sum + bytes, 0))
  return [...known.entries]
}

test('a compressed zip is as long as it was measured, holds what it should, and is the same from another process', async () => {
  const contents: Record<string, Buffer> = {
    'data/table.csv': table(200_000),
    'data/random.csv': randomBytes(5000),
    'data/photo.jpg': Buffer.alloc(5000),
    'data/ümläut 日本.txt': table(900),
    'data/few.txt': Buffer.from('few'),
    'data/empty.csv': Buffer.alloc(0),
  }
  const entries = await measured(Object.entries(contents).map(([name, content]) => entryOf(name, content)))
  // What grows, what is compressed already and what is hardly anything is stored.
  expect(entries.map(({ packedBytes }) => packedBytes !== undefined)).toEqual([true, false, false, true, false, false])
  const made = await zipOf(entries)
  expect(made).toHaveLength(zipBytes(entries))
  expect(made.length).toBeLessThan(zipBytes(entries.map(({ name, bytes }) => ({ name, bytes }))) / 2)
  const path = join(folder, 'compressed.zip')
  writeFileSync(path, made)
  const sums = Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, md5(content)]))
  expect(unpack(path) ?? sums).toEqual(sums)
  expect(md5(await zipOf(await measured(entries)))).toBe(md5(made))
  const script = `
    import { createHash } from 'node:crypto'
    import { measureZip } from ${JSON.stringify(new URL('./measure.ts', import.meta.url).href)}
    import { createBuffers, openSource } from ${JSON.stringify(new URL('./source.ts', import.meta.url).href)}
    const entries = ${JSON.stringify(entries)}
    const source = await measureZip({ kind: 'zip', entries, compress: true }, new AbortController().signal, () => {})
    const opened = await openSource({ fileId: 0, key: '', bytes: 0, source }, createBuffers())
    const sum = createHash('md5')
    for await (const chunk of opened.chunks(0, 0)) sum.update(chunk)
    console.log(sum.digest('hex'))`
  const other = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    encoding: 'utf8',
  })
  expect(other.trim()).toBe(md5(made))
})

/** Name to MD5, as another program unpacks it; null where there is none. */
function unpack(path: string): Record<string, string> | null {
  const script = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({i.filename: hashlib.md5(z.read(i)).hexdigest() for i in z.infolist()}))`
  const seen = tryPython(script, path)
  return seen === null ? null : (JSON.parse(seen) as Record<string, string>)
}

/** What a script prints; null where there is no Python. */
function tryPython(script: string, path: string): string | null {
  try {
    return execFileSync('python3', ['-c', script, path], { encoding: 'utf8' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

test('a compressed entry beyond 4 GiB gets an offset of Zip64', async () => {
  const large = { path: '', name: 'zeros.bin', bytes: 0x1_0000_1000, modifiedAt: 0 }
  const content = table(1000)
  const [small] = await measured([entryOf('after.csv', content)])
  const entries = [large, small as ZipEntry]
  const zeros: OpenFile = { read: async (into) => void into.fill(0), check: async () => {}, close: async () => {} }
  const path = join(folder, 'zip64.zip')
  const file = openSync(path, 'w')
  let at = 0
  // Zeros are left to the file system, which stores none.
  const open = async (entry: ZipEntry) => (entry === large ? zeros : openEntry(entry))
  for await (const chunk of zipChunks(entries, createBuffers(), open)) {
    if (at === 0 || at + chunk.length > large.bytes) writeSync(file, chunk, 0, chunk.length, at)
    at += chunk.length
  }
  closeSync(file)
  expect(at).toBe(zipBytes(entries))
  const script = `
import hashlib, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
i = z.infolist()[1]
print(i.header_offset > 0xffffffff, i.compress_size, hashlib.md5(z.read(i)).hexdigest())`
  const right = `True ${String(small?.packedBytes)} ${md5(content)}`
  expect(tryPython(script, path)?.trim() ?? right).toBe(right)
}, 60_000)

test('more entries than the old format counts are as long as planned, with the end of Zip64', async () => {
  const entries = Array.from({ length: 65_536 }, (_, at) => ({ path: '', name: `f/${at}`, bytes: 1, modifiedAt: 0 }))
  const nothing = async () => ({
    read: async (into: Uint8Array) => void into.fill(65),
    check: async () => {},
    close: async () => {},
  })
  let bytes = 0
  let tail = Buffer.alloc(0)
  for await (const chunk of zipChunks(entries, createBuffers(), nothing)) {
    bytes += chunk.length
    tail = Buffer.concat([tail, chunk]).subarray(-98)
  }
  expect(bytes).toBe(zipBytes(entries))
  expect(tail.readUInt32LE(0)).toBe(0x06064b50)
  expect(tail.readBigUInt64LE(32)).toBe(65_536n)
})

test('a zip is made while it is sent, and a change of one of its files stops it', async () => {
  const practice = await startPracticeServer({ dataFolder: join(folder, 'practice') })
  const scene = await Scene.create(practice)
  onTestFinished(async () => {
    await scene.close()
    await practice.close()
  })
  const entries = [entryOf('one', Buffer.alloc(2_000_000, '1')), entryOf('two', Buffer.from('2'))]
  const source: SourceFile = {
    fileId: 0,
    key: 'all.zip',
    bytes: zipBytes(entries),
    source: { kind: 'zip', entries },
  }
  scene.open()
  scene.session()
  writeFileSync(entries[1]?.path ?? '', 'changed')
  scene.add([source])
  const { error } = await scene.until('needs-you')
  expect(error).toMatchObject({ code: 'file-changed', params: { name: 'two', before: '1 B', now: '7 B' } })
  scene.command('read-again')
  await scene.until('verified')
  const [report] = scene.engine?.report(scene.depositId) ?? []
  const now = await zipOf([
    entries[0],
    { ...entries[1], bytes: 7, modifiedAt: statSync(entries[1]?.path ?? '').mtimeMs },
  ] as ZipEntry[])
  expect(report?.remoteChecksum).toBe(`md5:${createHash('md5').update(now).digest('hex')}`)
})

test('a compressed zip is measured, sent and verified; killed or changed in between, it is measured again', async () => {
  const practice = await startPracticeServer({ dataFolder: join(folder, 'practice-2') })
  const scene = await Scene.create(practice)
  onTestFinished(async () => {
    await scene.close()
    await practice.close()
  })
  const entries = [entryOf('a.csv', table(120_000)), entryOf('b.csv', table(90_000))]
  const key = 'all.zip'
  const source = { kind: 'zip', entries, compress: true } as const
  // Processes that ended before it was stored that it is measured, and after.
  for (const stopAt of ['before measured', 'before declaring']) {
    scene.open({
      onPersist: (point) => {
        if (point === stopAt) throw Object.assign(new Error('the process ended'), { errcode: 13 })
      },
    })
    scene.session()
    scene.add([{ fileId: 0, key, bytes: zipBytes(entries), source }])
    await scene.until('needs-you')
    await scene.stop()
  }
  scene.open()
  scene.session()
  await scene.until('verified')
  const [report] = scene.engine?.report(scene.depositId) ?? []
  const sent = await zipOf(await measured(entries))
  expect(report?.remoteChecksum).toBe(`md5:${md5(sent)}`)
  expect(md5(await scene.content(key))).toBe(md5(sent))
})

test('what comes out otherwise than it was measured is never sent as a whole, and measured again', async () => {
  const practice = await startPracticeServer({ dataFolder: join(folder, 'practice-3') })
  const scene = await Scene.create(practice)
  onTestFinished(async () => {
    await scene.close()
    await practice.close()
  })
  const entry = entryOf('c.csv', table(120_000))
  const source = { kind: 'zip', entries: [entry], compress: true } as const
  let spoilt = false
  scene.open({
    onPersist: (point) => {
      if (point !== 'before declaring' || spoilt) return
      spoilt = true
      // Other content of the same size and time, as a file that is written to in place has, or a new compressor makes.
      writeFileSync(entry.path, randomBytes(entry.bytes))
      utimesSync(entry.path, entry.modifiedAt / 1000, entry.modifiedAt / 1000)
    },
  })
  scene.session()
  scene.add([{ fileId: 0, key: 'c.zip', bytes: zipBytes([entry]), source }])
  await scene.until('verified')
  expect(spoilt).toBe(true)
  const sent = await scene.content('c.zip')
  expect(md5(sent)).toBe(md5(await zipOf(await measured([entry]))))
  expect(scene.server.count('POST', /\/files$/)).toBe(2)
})
