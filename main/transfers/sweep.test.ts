import type * as fs from 'node:fs'
import type * as fsPromises from 'node:fs/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { DeskError } from '../../contract/errors.ts'
import type { ReadResult, SmallFile } from './read-small.ts'
import { IMPATIENT, Scene } from './test-support/scene.ts'
import { usePractice } from './test-support/scenes.ts'
import type { Fault } from './test-support/faults.ts'

/*
 * One thing after the other fails, for every call of a small upload (R1). The end is always that all files are stored with
 * the right sum, or that it is said what is wrong and one “Try again” leads there.
 */

/** What is done to read files below `root`; the k-th of these calls fails. */
const disk = vi.hoisted(() => ({ root: '', calls: 0, failAt: Infinity }))
function callDisk(): void {
  disk.calls += 1
  if (disk.calls === disk.failAt) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
}
function isWatched(path: unknown): boolean {
  return disk.root !== '' && String(path).startsWith(disk.root)
}
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof fsPromises>()
  const open: typeof real.open = async (path, ...given) => {
    if (!isWatched(path)) return real.open(path, ...given)
    callDisk()
    const handle = await real.open(path, ...given)
    for (const name of ['read', 'stat'] as const) {
      const original = handle[name].bind(handle) as (...input: unknown[]) => Promise<never>
      handle[name] = async (...input: unknown[]) => {
        callDisk()
        return original(...input)
      }
    }
    return handle
  }
  return { ...real, default: { ...real, open }, open }
})
// Small files are read in a thread, which has a disk of its own: here they are read in this one.
vi.mock('./hash-thread.ts', async (load) => {
  const { readSmall } = await import('./read-small.ts')
  class HashThread {
    readonly hasEnded = false
    async ask({ file, into }: { file: SmallFile; into: Uint8Array }): Promise<ReadResult> {
      return readSmall(file, into)
    }
  }
  return { ...(await load<object>()), HashThread }
})
vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>()
  const handles = new Set<number>()
  const openSync: typeof real.openSync = (path, ...given) => {
    if (!isWatched(path)) return real.openSync(path, ...given)
    callDisk()
    const handle = real.openSync(path, ...given)
    handles.add(handle)
    return handle
  }
  const watched = <F extends (handle: number, ...given: never[]) => unknown>(call: F) =>
    ((handle: number, ...given: never[]) => {
      if (handles.has(handle)) callDisk()
      return call(handle, ...given)
    }) as F
  const closeSync: typeof real.closeSync = (handle) => {
    handles.delete(handle)
    real.closeSync(handle)
  }
  const mocked = { openSync, closeSync, fstatSync: watched(real.fstatSync), readSync: watched(real.readSync as never) }
  return { ...real, ...mocked, default: { ...real, ...mocked } }
})

const NAMES = ['a.txt', 'b.bin', 'c.bin'] as const
const LIMIT_MS = 30_000
const AT_ONCE = 4

const practice = usePractice()
beforeEach(() => Object.assign(disk, { root: '', calls: 0, failAt: Infinity }))

/** A text, a file of two chunks, and one that is empty. */
async function createScene(): Promise<Scene> {
  const scene = await Scene.create(practice.current)
  scene.write('a.txt', 'some text')
  scene.write('b.bin', Buffer.alloc(1.5 * 1024 * 1024, 'b'))
  scene.write('c.bin', '')
  return scene
}

/** Starts the upload and helps it as a person would, until all is stored. Answers what was asked of that person. */
async function finish(scene: Scene, begin: () => void): Promise<string[]> {
  const helped: string[] = []
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`hangs: ${JSON.stringify(scene.engine?.transfer(scene.depositId))}`)),
      LIMIT_MS,
    ).unref()
  })
  for (begin(); ; scene.command('retry')) {
    const { state, error } = await Promise.race([
      scene.until(({ state }) => state === 'verified' || state === 'needs-you'),
      late,
    ])
    if (state === 'verified') break
    helped.push(error?.code ?? 'nothing said')
    if (helped.length > 3) throw new Error(`one “Try again” should do: ${helped.join()}`)
  }
  expect(await scene.listed()).toEqual(scene.expected(...NAMES))
  return helped
}

/** Runs `one` for each k from 1, some at a time, and answers what each of them gave. */
async function sweep<T>(most: number, atOnce: number, one: (k: number) => Promise<T>): Promise<T[]> {
  const given: T[] = []
  let next = 1
  const work = async () => {
    for (let k = next++; k <= most; k = next++) given[k - 1] = await one(k)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return given
}

async function inScene<T>(act: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await createScene()
  try {
    return await act(scene)
  } finally {
    await scene.close()
  }
}

function begin(scene: Scene): () => void {
  return () => {
    scene.session()
    scene.add(scene.sources(...NAMES))
  }
}

const page = { headers: { 'content-type': 'text/html' }, body: '<h1>Trouble</h1>' }
test.each<[string, Fault]>([
  ['is refused by a proxy in trouble', { kind: 'answer', status: 502, ...page }],
  ['fails in the server', { kind: 'answer', status: 500, body: { status: 500, message: 'Internal server error.' } }],
  ['is too much at once', { kind: 'answer', status: 429, headers: { 'retry-after': '0' } }],
  ['loses its answer', { kind: 'lose-answer' }],
  ['is answered by a page', { kind: 'answer', status: 200, ...page }],
])(
  'whichever call %s, all three files end stored, and nobody is asked anything (R1)',
  { timeout: 120_000 },
  async (_, fault) => {
    const calls = await inScene(async (scene) => {
      scene.open()
      await finish(scene, begin(scene))
      return scene.server.seen.length
    })
    expect(calls).toBe(8)
    const helped = await sweep(calls, AT_ONCE, (k) =>
      inScene(async (scene) => {
        scene.open({ patience: IMPATIENT })
        scene.server.failCall(k, fault)
        return finish(scene, begin(scene))
      }),
    )
    expect(helped.flat()).toEqual([])
  },
)

test(
  'whichever read of the disk fails, that file is named and the others go on; trying again ends it (R1)',
  { timeout: 120_000 },
  async () => {
    await inScene(async (scene) => {
      disk.root = scene.root
      scene.open()
      await finish(scene, begin(scene))
    })
    const { calls } = disk
    expect(calls).toBeGreaterThan(9)
    // One at a time, since all scenes share one disk.
    const helped = await sweep(calls, 1, (k) =>
      inScene(async (scene) => {
        Object.assign(disk, { root: scene.root, calls: 0, failAt: k })
        scene.open()
        const codes = await finish(scene, begin(scene))
        expect(scene.errors.every(({ params }) => params['name'] !== undefined)).toBe(true)
        return codes
      }),
    )
    expect(helped).toEqual(helped.map(() => ['file-unreadable']))
  },
)

test(
  'whichever write of the journal fails, all stops and it is said; with space again nothing is lost (R1, U30)',
  { timeout: 120_000 },
  async () => {
    /** With k failing; answers how many there were, and what was asked. */
    const run = (failAt: number) =>
      inScene(async (scene) => {
        let writes = 0
        scene.open({
          onPersist: (point) => {
            if (!point.startsWith('before') || (writes += 1) !== failAt) return
            throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
          },
        })
        scene.engine?.command({ kind: 'configure', filesAtATime: 1 })
        let refused = false
        const helped = await finish(scene, () => {
          scene.session()
          try {
            scene.add(scene.sources(...NAMES))
          } catch (error) {
            if (!(error instanceof DeskError) || error.code !== 'disk-full') throw error
            refused = true
            scene.engine?.command({ kind: 'command', command: 'retry', target: { kind: 'all' } })
            scene.add(scene.sources(...NAMES))
          }
        })
        return { writes, codes: refused ? ['disk-full', ...helped] : helped }
      })
    const { writes, codes } = await run(Infinity)
    expect(codes).toEqual([])
    const ended = await sweep(writes, AT_ONCE, run)
    expect(ended.map(({ codes: asked }) => asked.filter((code) => code !== 'disk-full'))).toEqual(ended.map(() => []))
    expect(ended.filter(({ codes: asked }) => asked.length > 0).length).toBeGreaterThan(writes / 2)
  },
)
