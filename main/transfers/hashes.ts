import { createHash, type Hash } from 'node:crypto'
import type { Digests } from '../../core/transfer/machine.ts'
import { HashThread } from './hash-thread.ts'

/*
 * Sums of bytes as they pass. MD5 costs as much as everything else together, reading and sending included, so for large files
 * a thread of its own computes it while this one sends; SHA-256, of which processors do the most by themselves, stays here.
 */

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
    return this.#thread.update(this.#id, chunk)
  }

  copy(): Md5 {
    return this.#thread.begin(this.#id)
  }

  digest(): Promise<string> {
    return this.#thread.digest(this.#id)
  }
}

/** The thread, shared by all files, and the numbers by which it knows their sums. */
class Md5Thread {
  static #running: Md5Thread | null = null
  readonly #thread = new HashThread('MD5')
  readonly #dropped = new FinalizationRegistry<number>((id) => this.#thread.tell({ kind: 'drop', id }))
  #lastId = 0

  static running(): Md5Thread | null {
    this.#running ??= new Md5Thread()
    return this.#running.#thread.hasEnded ? null : this.#running
  }

  begin(from?: number): ThreadMd5 {
    const id = (this.#lastId += 1)
    this.#thread.tell(from === undefined ? { kind: 'begin', id } : { kind: 'copy', id, from })
    const md5 = new ThreadMd5(this, id)
    this.#dropped.register(md5, id)
    return md5
  }

  update(id: number, chunk: Uint8Array): Promise<null> {
    return this.#thread.ask({ kind: 'update', id, chunk })
  }

  digest(id: number): Promise<string> {
    return this.#thread.ask({ kind: 'digest', id })
  }
}
