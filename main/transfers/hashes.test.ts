import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Hashes } from './hashes.ts'

const MANY_BYTES = 64 * 1024 * 1024

function sum(algorithm: string, ...chunks: Buffer[]): string {
  return createHash(algorithm).update(Buffer.concat(chunks)).digest('hex')
}

test.each([10, MANY_BYTES])(
  'sums and their copies are right, whichever thread computes them (%d bytes)',
  async (bytes) => {
    const [a, b, c] = [Buffer.from('a'), Buffer.alloc(1024 * 1024, 7), Buffer.from('c')]
    const hashes = Hashes.of(bytes)
    await hashes.update(a)
    await hashes.update(b)
    const copy = hashes.copy()
    await hashes.update(c)
    expect(await hashes.digest()).toEqual({ md5: sum('md5', a, b, c), sha256: sum('sha256', a, b, c) })
    expect(await copy.digest()).toEqual({ md5: sum('md5', a, b), sha256: sum('sha256', a, b) })
  },
)

test('a chunk can be written over once the next is taken in', async () => {
  const hashes = Hashes.of(MANY_BYTES)
  const memory = [0, 1].map(() => Buffer.from(new SharedArrayBuffer(1024 * 1024)))
  const expected = createHash('md5')
  for (let round = 0; round < 20; round += 1) {
    const chunk = (memory[round % 2] ?? Buffer.alloc(0)).fill(round)
    expected.update(chunk)
    await hashes.update(chunk)
  }
  expect((await hashes.digest()).md5).toBe(expected.digest('hex'))
})

test('where the thread dies the file is tried again, without a thread', async () => {
  class Dying extends EventEmitter {
    ref(): void {}
    unref(): void {}
    postMessage({ kind }: { kind: string }): void {
      if (kind === 'update') queueMicrotask(() => this.emit('error', new Error('out of memory')))
    }
  }
  vi.resetModules()
  vi.doMock('node:worker_threads', () => ({ Worker: Dying }))
  onTestFinished(() => void vi.doUnmock('node:worker_threads'))
  const { Hashes: Fresh } = await import('./hashes.ts')
  const { HashThreadEnded } = await import('./hash-thread.ts')
  const { toTrouble } = await import('./perform.ts')
  const hashes = Fresh.of(MANY_BYTES)
  await hashes.update(Buffer.from('a'))
  const failure: unknown = await hashes.update(Buffer.from('b')).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(HashThreadEnded)
  expect(toTrouble(failure, 'Zenodo')).toMatchObject({ kind: 'network', phase: 'send' })

  const again = Fresh.of(MANY_BYTES)
  await again.update(Buffer.from('a'))
  expect((await again.digest()).md5).toBe(sum('md5', Buffer.from('a')))
})
