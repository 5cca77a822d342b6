import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that arrived, before they have a name in the store. */
export type Arrived = { readonly id: string; readonly bytes: number; readonly md5: string }

/** More bytes came than `limit` allows. */
export class TooManyBytes extends Error {}

const READ_BYTES = 1 << 20
const BATCH_BYTES = 1 << 20

/**
 * File bytes on disk: `objects/<id>`, one file each, never changed once whole; `incoming/<id>` while a whole transfer is
 * under way. Nothing is held in memory beyond the chunk at hand.
 */
export class ContentStore {
  readonly #objects: string
  readonly #incoming: string

  constructor(folder: string) {
    this.#objects = join(folder, 'objects')
    this.#incoming = join(folder, 'incoming')
    mkdirSync(this.#objects, { recursive: true })
    // What a killed predecessor was receiving is of no use: the client sends it again.
    rmSync(this.#incoming, { recursive: true, force: true })
    mkdirSync(this.#incoming, { recursive: true })
  }

  path(id: string): string {
    return join(this.#objects, id)
  }

  /** Writes a body to disk and computes its MD5 in the same pass. Leaves nothing behind when the body fails. */
  async receive(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Arrived> {
    const id = randomUUID()
    const path = join(this.#incoming, id)
    const handle = await open(path, 'wx')
    const hash = createHash('md5')
    const writer = new BatchWriter(handle, 0)
    try {
      for await (const chunk of body) {
        if (writer.bytes + chunk.byteLength > limitBytes) throw new TooManyBytes()
        hash.update(chunk)
        await writer.add(chunk)
      }
      await writer.flush()
    } catch (error) {
      await writer.settle()
      await handle.close()
      rmSync(path, { force: true })
      throw error
    }
    await handle.close()
    renameSync(path, this.path(id))
    return { id, bytes: writer.bytes, md5: hash.digest('hex') }
  }

  /** Room for a file that arrives in parts: its full size, all zero bytes, as the real server's local storage does. */
  async reserve(bytes: number): Promise<string> {
    const id = randomUUID()
    const handle = await open(this.path(id), 'wx')
    await handle.truncate(bytes)
    await handle.close()
    return id
  }

  /** Writes one part at its place. A part that is cut leaves what arrived; sending it again mends it. */
  async receivePart(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<void> {
    const handle = await open(this.path(id), 'r+')
    const writer = new BatchWriter(handle, offset)
    try {
      for await (const chunk of body) await writer.add(chunk)
      await writer.flush()
    } finally {
      await writer.settle()
      await handle.close()
    }
  }

  /** MD5 of all bytes on disk, hexadecimal. */
  async digest(id: string, signal: AbortSignal): Promise<string> {
    const hash = createHash('md5')
    const handle = await open(this.path(id), 'r')
    try {
      const buffer = Buffer.allocUnsafe(READ_BYTES)
      for (;;) {
        signal.throwIfAborted()
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES)
        if (bytesRead === 0) return hash.digest('hex')
        hash.update(buffer.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) rmSync(this.path(id), { force: true })
  }

  /** Removes what no entry points at any more. */
  sweep(needed: ReadonlySet<string>): void {
    this.remove(readdirSync(this.#objects).filter((id) => !needed.has(id)))
  }
}

/** Collects chunks and writes them together, one batch while the next one comes in: a call a chunk costs more than the copy. */
class BatchWriter {
  readonly #handle: FileHandle
  readonly #start: number
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #written: Promise<void> = Promise.resolve()
  bytes = 0

  constructor(handle: FileHandle, start: number) {
    this.#handle = handle
    this.#start = start
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk)
    this.#batchBytes += chunk.byteLength
    this.bytes += chunk.byteLength
    if (this.#batchBytes >= BATCH_BYTES) await this.#begin()
  }

  /** Everything is on disk when this resolves. */
  async flush(): Promise<void> {
    if (this.#batchBytes > 0) await this.#begin()
    await this.#written
  }

  /** Waits for what was begun, whether it works or not. */
  async settle(): Promise<void> {
    await this.#written.catch(() => undefined)
  }

  async #begin(): Promise<void> {
    await this.#written
    const position = this.#start + this.bytes - this.#batchBytes
    this.#written = writeAll(this.#handle, this.#batch, position)
    // Looked at by the next batch, or at the end.
    this.#written.catch(() => undefined)
    this.#batch = []
    this.#batchBytes = 0
  }
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await handle.writev([...chunks], position)
  let skip = bytesWritten
  let at = position
  for (const chunk of chunks) {
    // A disk that is nearly full takes a part only: the rest says why.
    for (let from = Math.min(skip, chunk.byteLength); from < chunk.byteLength;) {
      from += (await handle.write(chunk, from, chunk.byteLength - from, at + from)).bytesWritten
    }
    skip = Math.max(0, skip - chunk.byteLength)
    at += chunk.byteLength
  }
}
