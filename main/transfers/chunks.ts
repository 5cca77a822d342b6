/** Half of what whole files are read in (source.ts): the last chunk of every part under way has to stay until the next has left. */
const CHUNK_BYTES = 512 * 1024
/** 20 MiB for all files together: what eight parts under way take, each of them half sent on the average. */
const MOST_CHUNKS = 40
/** Always there for a file, so that none has to wait for another. */
const OWN_CHUNKS = 6

/** Memory of one read, for those who send and hash it; such as the thread that hashes can read, too. */
export class Chunk {
  readonly memory: Buffer
  /** What was read into it. */
  bytes: Uint8Array
  readonly #onFree: () => void
  #uses = 1

  constructor(memory: Buffer, onFree: () => void) {
    this.memory = memory
    this.bytes = memory
    this.#onFree = onFree
  }

  /** One more needs it. */
  keep(): this {
    this.#uses += 1
    return this
  }

  /** One needs it no more; when nobody does, it will be written over. */
  drop(): void {
    this.#uses -= 1
    if (this.#uses === 0) this.#onFree()
  }
}

/** What files that go in parts are read into, all of them within one bound. */
export class ChunkPool {
  /** Chunks in use, by those who use them. */
  readonly #held = new Map<object, number>()
  #idle: Buffer[] = []
  #waiting: (() => void)[] = []

  /** The share of one file; to be left when all its chunks are dropped. */
  join(): ChunkShare {
    const share = {
      take: async (signal: AbortSignal) => {
        while (!this.#mayTake(share)) await this.#freed(signal)
        signal.throwIfAborted()
        this.#count(share, 1)
        const memory = this.#idle.pop() ?? Buffer.from(new SharedArrayBuffer(CHUNK_BYTES))
        return new Chunk(memory, () => {
          this.#idle.push(memory)
          this.#count(share, -1)
          for (const wake of this.#waiting.splice(0)) wake()
        })
      },
      leave: () => {
        this.#held.delete(share)
        if (this.#held.size === 0) this.#idle = []
      },
    }
    this.#held.set(share, 0)
    return share
  }

  #count(share: object, change: 1 | -1): void {
    const held = this.#held.get(share)
    if (held !== undefined) this.#held.set(share, held + change)
  }

  #mayTake(share: object): boolean {
    if ((this.#held.get(share) ?? 0) < OWN_CHUNKS) return true
    const spoken = [...this.#held.values()].reduce((sum, held) => sum + Math.max(held, OWN_CHUNKS), 0)
    return spoken < MOST_CHUNKS
  }

  #freed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const stop = () => reject(signal.reason as Error)
      signal.addEventListener('abort', stop, { once: true })
      this.#waiting.push(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
    })
  }
}

export type ChunkShare = {
  /** Waits for memory. Throws the reason of the signal. */
  take(signal: AbortSignal): Promise<Chunk>
  leave(): void
}
