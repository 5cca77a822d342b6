import { setTimeout as sleep } from 'node:timers/promises'
import type { Digests } from '../../core/transfer/machine.ts'
import { hasPart, partLength, type TransferPlan } from '../../core/transfer/parts.ts'
import { backoffMs, type Random } from '../../core/transfer/retry.ts'
import { putPart } from '../repository/files.ts'
import { HttpError, NetworkError } from '../repository/http/client.ts'
import type { Chunk, ChunkPool, ChunkShare } from './chunks.ts'
import { Hashes } from './hashes.ts'
import type { Sending } from './perform.ts'
import { openSource, type OpenSource } from './source.ts'

/** The sums up to the end of a part, so that what comes before need not be read again for them. */
export type HashedParts = {
  readonly parts: number
  readonly partBytes: number
  /** Of the file that was read. */
  readonly modifiedAt: number
  readonly hashes: Hashes
}

/** Connections of the server beyond the one that a file has anyway. */
export type Slots = {
  /** Nothing keeps this file from beginning another part. */
  mayGoOn(): boolean
  /** Takes another connection, unless all are in use or somebody else waits for one. */
  take(): boolean
  give(): void
  /** Resolves when one may have become free. */
  changed(): Promise<void>
}

/** What only a file that goes in parts needs. */
export type SendingParts = {
  readonly chunks: ChunkPool
  readonly slots: Slots
  readonly random: Random
  readonly hashed: HashedParts | null
  /** Where a part goes; null for its usual place on the server. */
  readonly linkOf: (part: number) => string | null
  /** Has the server make new links to its storage. */
  readonly renewLinks: () => Promise<void>
  readonly onPart: (part: number) => void
  readonly onHashed: (hashed: HashedParts) => void
  /** Bytes of a part that was not taken: they are sent again. */
  readonly onUnsent: (bytes: number) => void
}

/** How often a part is tried before the whole file waits. */
const TRIES = 3

/**
 * Sends the parts that are missing, some at a time, while the file is read once, in order, to be hashed. A chunk is forgotten
 * when it has left: a part that was not taken is read again. Null where it had to stop before the end, but not because of
 * anything that failed. Throws what the client and the source throw, when the parts under way have ended.
 */
export async function sendParts(sending: Sending): Promise<Digests | null> {
  const { plan, parts, digests } = sending.ledger
  if (plan.kind !== 'parts') throw new Error('not a transfer in parts')
  const share = sending.parts.chunks.join()
  try {
    return await new PartSender(sending, plan, share).run(parts, digests)
  } finally {
    share.leave()
  }
}

class PartSender {
  readonly #sending: Sending
  readonly #plan: TransferPlan & { kind: 'parts' }
  readonly #share: ChunkShare
  /** Ends all that is under way when there is no use in it any more. */
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #underWay = new Map<number, Promise<void>>()
  readonly #tries = new Map<number, number>()
  #again: number[] = []
  #failure: { readonly error: unknown } | null = null
  #extraSlots = 0
  #renewing: Promise<void> | null = null
  /** Where the next chunk is read into. */
  #chunk: Chunk | null = null

  constructor(sending: Sending, plan: TransferPlan & { kind: 'parts' }, share: ChunkShare) {
    this.#sending = sending
    this.#plan = plan
    this.#share = share
    this.#signal = AbortSignal.any([sending.signal, this.#stop.signal])
  }

  async run(sent: Sending['ledger']['parts'], digests: Digests | null): Promise<Digests | null> {
    const { parts } = this.#plan
    const missing = Array.from({ length: parts }, (_, at) => at + 1).filter((part) => !hasPart(sent, part))
    if (missing.length === 0 && digests !== null) return digests
    const source = await openSource(this.#sending.file, { next: () => this.#next(), renew: () => undefined })
    try {
      return await this.#run(source, new Set(missing))
    } catch (error) {
      this.#stop.abort(error)
      throw error
    } finally {
      await Promise.allSettled(this.#underWay.values())
      await source.close()
    }
  }

  async #run(source: OpenSource, missing: ReadonlySet<number>): Promise<Digests | null> {
    const known = this.#known()
    let hashes = known?.hashes.copy() ?? Hashes.of(this.#sending.file.bytes)
    for (let part = 1; part <= this.#plan.parts && this.#failure === null; part += 1) {
      const toHash = part > (known?.parts ?? 0)
      if (!toHash && !missing.has(part)) continue
      const outgoing = missing.has(part) ? await this.#begin(source, part) : null
      if (outgoing === 'stop') return null
      await this.#read(source, part, toHash ? hashes : null, outgoing)
      if (toHash) hashes = this.#keep(hashes, part)
    }
    while (this.#underWay.size > 0 || this.#again.length > 0) {
      if (!(await this.#sendAgain(source))) return null
      if (this.#underWay.size > 0) await Promise.race(this.#underWay.values())
    }
    this.#throwFailure()
    return hashes.digest()
  }

  #known(): HashedParts | null {
    const { file, parts } = this.#sending
    const { hashed } = parts
    const isOfThis = hashed?.partBytes === this.#plan.partBytes && hashed.modifiedAt === modifiedAt(file)
    return isOfThis ? hashed : null
  }

  #keep(hashes: Hashes, parts: number): Hashes {
    const { file, parts: shared } = this.#sending
    shared.onHashed({ parts, partBytes: this.#plan.partBytes, modifiedAt: modifiedAt(file), hashes })
    return hashes.copy()
  }

  /** What is to be filled with the bytes of a part, when there is a connection for it. */
  async #begin(source: OpenSource, part: number): Promise<Outgoing | 'stop'> {
    if (!(await this.#sendAgain(source)) || !(await this.#connection())) return 'stop'
    return this.#send(part)
  }

  /** What was not taken comes before what was not sent yet. False when it has to stop. */
  async #sendAgain(source: OpenSource): Promise<boolean> {
    for (let part = this.#again.shift(); part !== undefined; part = this.#again.shift()) {
      if (!(await this.#connection())) return false
      await this.#read(source, part, null, this.#send(part))
    }
    return true
  }

  /** False when it has to stop; what is under way has ended then. */
  async #connection(): Promise<boolean> {
    const { slots } = this.#sending.parts
    for (;;) {
      this.#signal.throwIfAborted()
      if (this.#failure !== null || !slots.mayGoOn()) {
        await Promise.all(this.#underWay.values())
        this.#throwFailure()
        return false
      }
      if (this.#underWay.size === 0) return true
      if (slots.take()) {
        this.#extraSlots += 1
        return true
      }
      await Promise.race([...this.#underWay.values(), slots.changed()])
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  #send(part: number): Outgoing {
    const outgoing = new Outgoing()
    const sent = this.#put(part, outgoing)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#underWay.delete(part)
        if (this.#extraSlots === 0) return
        this.#extraSlots -= 1
        this.#sending.parts.slots.give()
      })
    this.#underWay.set(part, sent)
    return outgoing
  }

  /** Resolves when the part was taken, or when it may be sent again. */
  async #put(part: number, outgoing: Outgoing): Promise<void> {
    const { client, draftId, file, pace, onSent, parts } = this.#sending
    const lengthBytes = partLength(this.#plan, part, file.bytes)
    const url = parts.linkOf(part)
    let sentBytes = 0
    async function* body(signal: AbortSignal) {
      for await (const chunk of outgoing.chunks()) {
        for await (const piece of pace(chunk.bytes, signal)) {
          yield piece
          sentBytes += piece.length
          onSent(piece.length)
        }
      }
    }
    try {
      await putPart(client, draftId, file.key, part, url, {
        lengthBytes,
        body: body(this.#signal),
        signal: this.#signal,
      })
      // An answer that came before the bytes were gone is no answer to them.
      if (sentBytes < lengthBytes) throw new NetworkError('receive', true, { code: 'server-trouble', params: {} })
      this.#signal.throwIfAborted()
      parts.onPart(part)
    } catch (error) {
      await this.#repeatLater(part, url, error)
      parts.onUnsent(sentBytes)
      this.#again.push(part)
    } finally {
      outgoing.close()
    }
  }

  /** Waits until the part may be sent again; throws the error where it can’t simply be. */
  async #repeatLater(part: number, url: string | null, error: unknown): Promise<void> {
    const tries = (this.#tries.get(part) ?? 0) + 1
    this.#tries.set(part, tries)
    const foreign = url !== null
    const refused = foreign && error instanceof HttpError && error.status < 500 && error.status !== 429
    const may = tries < TRIES && this.#failure === null && this.#sending.parts.slots.mayGoOn()
    if (!may || !(refused || isPassing(error))) throw error
    // A storage that refuses a link may close before its answer is read, so any failure of one may be a matter of its age.
    if (foreign) await this.#renewLinks()
    if (!refused) await sleep(backoffMs(tries, this.#sending.parts.random), undefined, { signal: this.#signal })
  }

  /** Once for all parts that are refused at the same time. */
  async #renewLinks(): Promise<void> {
    this.#renewing ??= this.#sending.parts.renewLinks().finally(() => {
      this.#renewing = null
    })
    await this.#renewing
  }

  #next(): Buffer {
    if (this.#chunk === null) throw new Error('no memory was taken for this read')
    return this.#chunk.memory
  }

  /** Reads one part, for the sums, for the server, or for both. */
  async #read(source: OpenSource, part: number, hashes: Hashes | null, outgoing: Outgoing | null): Promise<void> {
    const from = (part - 1) * this.#plan.partBytes
    const to = from + partLength(this.#plan, part, this.#sending.file.bytes)
    const chunks = source.chunks(from, to)
    let hashing: Chunk | null = null
    try {
      for (let at = from; at < to;) {
        const chunk = await this.#share.take(this.#signal)
        this.#chunk = chunk
        try {
          const step = await chunks.next()
          if (step.done === true) throw new Error('the source ended too early')
          chunk.bytes = step.value
          at += chunk.bytes.length
          this.#signal.throwIfAborted()
          outgoing?.push(chunk.keep())
          if (hashes === null) continue
          await hashes.update(chunk.bytes)
          // The one before is hashed now.
          hashing?.drop()
          hashing = chunk.keep()
        } finally {
          chunk.drop()
        }
      }
      outgoing?.end()
      await hashes?.settle()
    } finally {
      hashing?.drop()
      await chunks.return(undefined)
    }
  }
}

/** Chunks of one part, on their way from the file to the server. */
class Outgoing {
  #waiting: Chunk[] = []
  #isComplete = false
  #isClosed = false
  #wake: (() => void) | null = null

  push(chunk: Chunk): void {
    if (this.#isClosed) chunk.drop()
    else this.#waiting.push(chunk)
    this.#wake?.()
  }

  end(): void {
    this.#isComplete = true
    this.#wake?.()
  }

  /** Nothing is sent of it any more. */
  close(): void {
    this.#isClosed = true
    for (const chunk of this.#waiting.splice(0)) chunk.drop()
    this.#wake?.()
  }

  /** Each is dropped when the one after it has left, since the system may still be reading it before; all are, in the end. */
  async *chunks(): AsyncGenerator<Chunk> {
    let [left, last]: [Chunk | undefined, Chunk | undefined] = [undefined, undefined]
    try {
      for (;;) {
        const chunk = this.#waiting.shift()
        if (chunk !== undefined) {
          left?.drop()
          ;[left, last] = [last, chunk]
          yield chunk
        } else if (this.#isComplete || this.#isClosed) return
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      left?.drop()
      last?.drop()
    }
  }
}

/** What another try may cure: the connection of this part, or trouble of the server that is not a pause it asks for. */
function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return ['send', 'receive', 'stall'].includes(error.phase)
  return error instanceof HttpError && error.retryAfterMs === null && (error.status >= 500 || error.status === 408)
}

function modifiedAt({ source }: Sending['file']): number {
  return source.kind === 'file' || source.kind === 'slice' ? source.modifiedAt : 0
}
