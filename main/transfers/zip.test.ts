import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { ZipFile } from 'yazl'
import { startPracticeServer } from '../../practice/server.ts'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import { createBuffers, openSource, type SourceFile, type ZipEntry } from './source.ts'
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
