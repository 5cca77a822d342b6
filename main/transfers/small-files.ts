import { dirname } from 'node:path'
import type { Digests } from '../../core/transfer/machine.ts'
import { monotonic } from './clock.ts'
import { HashThread } from './hash-thread.ts'
import { isOnLocalDrive } from './local-drive.ts'
import { readSmall, type ReadResult, type SmallFile } from './read-small.ts'
import { changedFile, readFailure, type Buffers, type SourceFile } from './source.ts'

/** Up to this size a file is read and sent at once. */
const SMALL_BYTES = 64 * 1024
/** A drive that takes longer for a small file holds only the file that is being read there. */
const SLOW_MS = 500

export type SmallContent = { readonly content: Uint8Array; readonly digests: Digests }

/**
 * Reads small files: on a drive of this computer at once, since to hand a call of the system to the thread pool costs ten times
 * the call, and a file takes five; from anywhere else, which may be slow to answer, in a thread that all share. Null where the
 * file is not small, or the thread is held by a slow drive: read it as a large one. The content is good until `buffers` is
 * asked for the third time. Throws as `openSource` and its chunks.
 */
export async function readSmallFile(file: SourceFile, buffers: Buffers): Promise<SmallContent | null> {
  const { source, bytes, key: name } = file
  if (source.kind !== 'file' || bytes > SMALL_BYTES) return null
  const expected = { path: source.path, bytes, modifiedAt: source.modifiedAt }
  const into = buffers.next()
  const result = (await isOnLocalDrive(dirname(source.path)))
    ? readSmall(expected, into)
    : await SmallFiles.running()?.read(expected, into)
  if (result === undefined) return null
  switch (result.kind) {
    case 'read':
      return { content: into.subarray(0, bytes), digests: result.digests }
    case 'other':
      throw changedFile({ ...expected, name }, result.seen)
    case 'failed':
      throw readFailure(Object.assign(new Error(result.code), { code: result.code }), name)
    case 'held':
      // The thread may write there yet, when its drive answers.
      buffers.renew()
      return null
  }
}

type Held = { readonly kind: 'held' }
const HELD: Held = { kind: 'held' }

class SmallFiles {
  static #running: SmallFiles | null = null
  readonly #thread = new HashThread('small files')
  /** One for each file that the thread was asked for, in its order: lets its asker go. */
  readonly #asked: ((held: Held) => void)[] = []
  /** Since when the thread has been at the first of them. */
  #since = 0
  #watch: NodeJS.Timeout | null = null

  static running(): SmallFiles | null {
    this.#running ??= new SmallFiles()
    return this.#running.#thread.hasEnded ? null : this.#running
  }

  read(file: SmallFile, into: Uint8Array): Promise<ReadResult | Held> {
    if (this.#isHeld) return Promise.resolve(HELD)
    if (this.#asked.length === 0) this.#since = monotonic()
    this.#watch ??= setTimeout(() => this.#look(), SLOW_MS).unref()
    return new Promise((resolve, reject) => {
      this.#asked.push(resolve)
      this.#thread
        .ask({ kind: 'read', file, into })
        .finally(() => {
          this.#asked.shift()
          this.#since = monotonic()
        })
        .then(resolve, reject)
    })
  }

  get #isHeld(): boolean {
    return this.#asked.length > 0 && monotonic() - this.#since > SLOW_MS
  }

  #look(): void {
    this.#watch = null
    if (this.#asked.length === 0) return
    if (this.#isHeld) for (const letGo of this.#asked.slice(1)) letGo(HELD)
    this.#watch = setTimeout(() => this.#look(), SLOW_MS).unref()
  }
}
