import { setTimeout as sleep } from 'node:timers/promises'
import { NO_LIMIT, pieceBytes, takeBytes, type RateLimit } from '../../core/transfer/rate-limit.ts'
import { monotonic } from './clock.ts'

/** Holds back the bytes of all files together to the speed limit. */
export class Pace {
  #limit: RateLimit = NO_LIMIT

  setLimit(bytesPerSecond: number | null): void {
    if (bytesPerSecond !== this.#limit.bytesPerSecond) this.#limit = { ...this.#limit, bytesPerSecond }
  }

  get isLimited(): boolean {
    return this.#limit.bytesPerSecond !== null
  }

  /** A chunk in pieces of the same memory, each when it may leave. Ends at once with the signal, whose reason it throws. */
  async *pieces(chunk: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + pieceBytes(this.#limit))
      const { limit, waitMs } = takeBytes(this.#limit, piece.length, monotonic())
      this.#limit = limit
      if (waitMs > 0) await sleep(waitMs, undefined, { signal })
      yield piece
      at += piece.length
    }
  }
}
