import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that arrived, before they have a name in the store. */
export type Arrived = { readonly id: string; readonly bytes: number; readonly md5: string }

/** More bytes came than `limit` allows. */
export class TooManyBytes extends Error {}

const READ_BYTES = 1 << 20

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
    let bytes = 0
    try {
      for await (const chunk of body) {
        bytes += chunk.byteLength
        if (bytes > limitBytes) throw new TooManyBytes()
        // Hashed while the system writes.
        const written = writeAll(handle, chunk, bytes - chunk.byteLength)
        hash.update(chunk)
        await written
      }
    } catch (error) {
      await handle.close()
      rmSync(path, { force: true })
      throw error
    }
    await handle.close()
    renameSync(path, this.path(id))
    return { id, bytes, md5: hash.digest('hex') }
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
  async receivePart(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number> {
    const handle = await open(this.path(id), 'r+')
    let bytes = 0
    try {
      for await (const chunk of body) {
        await writeAll(handle, chunk, offset + bytes)
        bytes += chunk.byteLength
      }
    } finally {
      await handle.close()
    }
    return bytes
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

  async size(id: string): Promise<number> {
    return (await stat(this.path(id))).size
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) rmSync(this.path(id), { force: true })
  }

  /** Removes what no entry points at any more. */
  sweep(needed: ReadonlySet<string>): void {
    this.remove(readdirSync(this.#objects).filter((id) => !needed.has(id)))
  }
}

async function writeAll(
  handle: {
    write: (data: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>
  },
  chunk: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < chunk.byteLength) {
    done += (await handle.write(chunk, done, chunk.byteLength - done, position + done)).bytesWritten
  }
}
