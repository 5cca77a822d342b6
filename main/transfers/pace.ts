import { setTimeout as sleep } from 'node:timers/promises'
import { NO_LIMIT, pieceBytes, takeBytes, type RateLimit } from '../../core/transfer/rate-limit.ts'
import type { RepositoryClient } from '../repository/http/client.ts'
import { monotonic } from './clock.ts'

/** Holds back the bytes of all files together to the speed limit. */
export class Pace {
  #limit: RateLimit = NO_LIMIT

  setLimit(bytesPerSecond: number | null): void {
    if (bytesPerSecond !== this.#limit.bytesPerSecond) this.#limit = { ...this.#limit, bytesPerSecond }
  }

  /** The client, with what it sends held back. */
  over(client: RepositoryClient): RepositoryClient {
    return {
      server: client.server,
      budget: () => client.budget(),
      onAnswer: (listener) => client.onAnswer(listener),
      json: (call, schema) => client.json(call, schema),
      send: (call) => client.send({ ...call, body: this.#hold(call.body, call.signal) }),
      receive: (call, take) => client.receive(call, take),
      close: () => client.close(),
    }
  }

  /** Pieces of the same memory, and the next chunk is asked for only after the last piece. Ends at once with the signal. */
  async *#hold(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length;) {
        const piece = chunk.subarray(at, at + pieceBytes(this.#limit))
        const { limit, waitMs } = takeBytes(this.#limit, piece.length, monotonic())
        this.#limit = limit
        if (waitMs > 0) await sleep(waitMs, undefined, signal ? { signal } : {})
        yield piece
        at += piece.length
      }
    }
  }
}
