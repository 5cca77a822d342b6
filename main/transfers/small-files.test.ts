import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readSmallFile } from './small-files.ts'
import { createBuffers, type SourceFile } from './source.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'small-files-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function source(path: string): SourceFile {
  const { size, mtimeMs: modifiedAt } = statSync(path)
  return { fileId: 0, key: 'a.txt', bytes: size, source: { kind: 'file', path, modifiedAt } }
}

function write(content: string | Buffer): string {
  const path = join(folder(), 'a.txt')
  writeFileSync(path, content)
  return path
}

function sum(algorithm: string, content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex')
}

test.each([
  [0, true],
  [1, true],
  [64 * 1024, true],
  [0, false],
  [64 * 1024, false],
])('a file of %d bytes is read at once, with its sums (a drive of this computer: %s)', async (bytes, isLocal) => {
  vi.resetModules()
  vi.doMock('./local-drive.ts', () => ({ isOnLocalDrive: async () => isLocal }))
  onTestFinished(() => void vi.doUnmock('./local-drive.ts'))
  const { readSmallFile: readSmall } = await import('./small-files.ts')
  const content = Buffer.alloc(bytes, 'x')
  const read = await readSmall(source(write(content)), createBuffers())
  expect(read?.digests).toEqual({ md5: sum('md5', content), sha256: sum('sha256', content) })
  expect(Buffer.compare(read?.content ?? Buffer.from('none'), content)).toBe(0)
})

test('a large file, and a zip, are read otherwise', async () => {
  expect(await readSmallFile(source(write(Buffer.alloc(64 * 1024 + 1))), createBuffers())).toBeNull()
  const zip: SourceFile = { fileId: 0, key: 'a.zip', bytes: 22, source: { kind: 'zip', entries: [] } }
  expect(await readSmallFile(zip, createBuffers())).toBeNull()
})

test.each<[string, string, (path: string) => void]>([
  ['is longer', 'file-changed', (path) => writeFileSync(path, 'longer than before')],
  ['is shorter', 'file-changed', (path) => truncateSync(path, 1)],
  ['was saved again', 'file-changed', (path) => utimesSync(path, 1, 1)],
  ['is gone', 'file-missing', (path) => rmSync(path)],
  [
    'is a link now',
    'file-not-regular',
    (path) => {
      rmSync(path)
      symlinkSync('/etc/hostname', path)
    },
  ],
  [
    'is a folder now',
    'file-not-regular',
    (path) => {
      rmSync(path)
      execFileSync('mkdir', [path])
    },
  ],
  [
    'is a pipe now, which holds nobody',
    'file-not-regular',
    (path) => {
      rmSync(path)
      execFileSync('mkfifo', [path])
    },
  ],
])('a small file that %s is told as such', async (_, code, change) => {
  const file = source(write('as planned'))
  change(file.source.kind === 'file' ? file.source.path : '')
  await expect(readSmallFile(file, createBuffers())).rejects.toMatchObject({ code, params: { name: 'a.txt' } })
})

test('a drive that does not answer holds only the file that is read there; the thread’s late bytes hurt nobody', async () => {
  vi.resetModules()
  const answers: ((answer: unknown) => void)[] = []
  vi.doMock('./hash-thread.ts', () => ({
    HashThread: class {
      readonly hasEnded = false
      ask = () => new Promise((resolve) => answers.push(resolve))
    },
  }))
  vi.doMock('./local-drive.ts', () => ({ isOnLocalDrive: async () => false }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => {
    vi.doUnmock('./hash-thread.ts')
    vi.doUnmock('./local-drive.ts')
    vi.useRealTimers()
  })
  const { readSmallFile: read } = await import('./small-files.ts')
  const file = source(write('content'))
  const [hanging, waiting] = [createBuffers(), createBuffers()]
  const first = read(file, hanging)
  const second = read(file, waiting)
  const given = waiting.next()
  await vi.advanceTimersByTimeAsync(1100)
  expect(await second).toBeNull()
  expect([waiting.next(), waiting.next(), waiting.next()].map(({ buffer }) => buffer)).not.toContain(given.buffer)
  expect(await read(file, createBuffers())).toBeNull()

  const digests = { md5: 'm', sha256: 's' }
  for (const answer of answers) answer({ kind: 'read', digests })
  expect((await first)?.digests).toEqual(digests)
  // The thread is free again.
  const next = read(file, createBuffers())
  await vi.advanceTimersByTimeAsync(0)
  answers.at(-1)?.({ kind: 'read', digests })
  expect((await next)?.digests).toEqual(digests)
})
