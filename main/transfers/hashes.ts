import { createHash, type Hash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Digests } from '../../core/transfer/machine.ts'

/*
 * Sums of bytes as they pass. MD5 costs as much as everything else together, reading and sending included, so for large files
 * a thread of its own computes it while this one sends; SHA-256, of which processors do the most by themselves, stays here.
 */

export type ToMd5Thread =
  | { readonly kind: 'begin'; readonly id: number }
  | { readonly kind: 'copy'; readonly id: number; readonly from: number }
  | { readonly kind: 'update'; readonly id: number; readonly chunk: Uint8Array }
  | { readonly kind: 'digest'; readonly id: number }
  | { readonly kind: 'drop'; readonly id: number }

/** To `update` an empty text, to `digest` the sum. */
export type FromMd5Thread = string

/** The thread ended, or never began. From then on sums are computed without one, so the file has only to be read again. */
export class HashThreadEnded extends Error {}

/** MD5 and SHA-256. A chunk may be written over once the next `update` has resolved, or `settle`. */
export class Hashes {
  readonly #md5: Md5
  readonly #sha256: Hash
  #last: Promise<unknown> = Promise.resolve()

  constructor(md5: Md5, sha256 = createHash('sha256')) {
    this.#md5 = md5
    this.#sha256 = sha256
  }

  /** For so many bytes. Where there are few, a thread costs more than it saves. */
  static of(bytes: number): Hashes {
    return new Hashes(bytes < FEW_BYTES ? new OwnMd5() : (Md5Thread.running()?.begin() ?? new OwnMd5()))
  }

  async update(chunk: Uint8Array): Promise<void> {
    const before = this.#last
    this.#last = this.#md5.update(chunk)
    // Heard of where it is waited for.
    this.#last.catch(() => undefined)
    this.#sha256.update(chunk)
    await before
  }

  /** All chunks have been taken in. */
  async settle(): Promise<void> {
    await this.#last
  }

  copy(): Hashes {
    return new Hashes(this.#md5.copy(), this.#sha256.copy())
  }

  async digest(): Promise<Digests> {
    await this.settle()
    return { md5: await this.#md5.digest(), sha256: this.#sha256.copy().digest('hex') }
  }
}

const FEW_BYTES = 4 * 1024 * 1024

type Md5 = {
  update(chunk: Uint8Array): Promise<unknown>
  copy(): Md5
  digest(): Promise<string>
}

class OwnMd5 implements Md5 {
  readonly #hash: Hash

  constructor(hash = createHash('md5')) {
    this.#hash = hash
  }

  update(chunk: Uint8Array): Promise<unknown> {
    this.#hash.update(chunk)
    return DONE
  }

  copy(): Md5 {
    return new OwnMd5(this.#hash.copy())
  }

  async digest(): Promise<string> {
    return this.#hash.copy().digest('hex')
  }
}

const DONE = Promise.resolve()

/** One of the sums that the thread keeps. */
class ThreadMd5 implements Md5 {
  readonly #thread: Md5Thread
  readonly #id: number

  constructor(thread: Md5Thread, id: number) {
    this.#thread = thread
    this.#id = id
  }

  update(chunk: Uint8Array): Promise<unknown> {
    return this.#thread.ask({ kind: 'update', id: this.#id, chunk })
  }

  copy(): Md5 {
    return this.#thread.begin(this.#id)
  }

  digest(): Promise<string> {
    return this.#thread.ask({ kind: 'digest', id: this.#id })
  }
}

type Asked = { readonly resolve: (answer: FromMd5Thread) => void; readonly reject: (error: Error) => void }

/** Shared by all files. Chunks lie in shared memory (source.ts), so that only where they are is told, and nothing is copied. */
class Md5Thread {
  static #running: Md5Thread | null = null
  readonly #worker: Worker
  /** In the order in which the thread will answer. */
  readonly #asked: Asked[] = []
  readonly #dropped = new FinalizationRegistry<number>((id) => this.#send({ kind: 'drop', id }))
  #lastId = 0
  #ended = false

  constructor() {
    // Beside this module, as source and as built (vite.config.ts).
    const file = import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), {
      name: 'MD5',
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    this.#worker.on('message', (answer: FromMd5Thread) => {
      this.#asked.shift()?.resolve(answer)
      // Keeps the process for as long as somebody waits, and no longer.
      if (this.#asked.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(null))
    this.#worker.unref()
  }

  /** Null where it ended once: a system on which it can’t live is spared another try. */
  static running(): Md5Thread | null {
    this.#running ??= new Md5Thread()
    return this.#running.#ended ? null : this.#running
  }

  begin(from?: number): ThreadMd5 {
    const id = (this.#lastId += 1)
    this.#send(from === undefined ? { kind: 'begin', id } : { kind: 'copy', id, from })
    const md5 = new ThreadMd5(this, id)
    this.#dropped.register(md5, id)
    return md5
  }

  ask(message: ToMd5Thread): Promise<FromMd5Thread> {
    if (this.#ended) return Promise.reject(new HashThreadEnded())
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) this.#worker.ref()
      this.#asked.push({ resolve, reject })
      this.#send(message)
    })
  }

  #send(message: ToMd5Thread): void {
    if (!this.#ended) this.#worker.postMessage(message)
  }

  #end(cause: unknown): void {
    this.#ended = true
    for (const { reject } of this.#asked.splice(0)) reject(new HashThreadEnded('the thread ended', { cause }))
  }
}
