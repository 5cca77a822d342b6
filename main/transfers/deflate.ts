import { createDeflateRaw } from 'node:zlib'
import type { OpenFile } from './source.ts'

/*
 * Entries of a zip that are compressed (docs/decisions/0007). The length of an upload is declared before its first byte, so
 * everything is compressed twice: once to measure, once while it is sent. Nothing is kept in between but the lengths.
 */

/** Fixed for ever: other values would be other bytes for the same files. */
const OPTIONS = { level: 6, memLevel: 8, windowBits: 15 } as const
/** What is given to the compressor at once. Fixed too, and counted from the start of each entry. */
const READ_BYTES = 256 * 1024

/** An entry became longer or shorter than it was measured: it changed unnoticed, or the compressor is another one. */
export class PackedDiffers extends Error {}

/** The compressed bytes of a file, in memory of their own. `onRead` sees what goes in. */
export async function* deflated(
  file: OpenFile,
  bytes: number,
  onRead: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const deflate = createDeflateRaw(OPTIONS)
  const feed = async () => {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes))
    for (let at = 0; at < bytes;) {
      const chunk = buffer.subarray(0, bytes - at)
      await file.read(chunk, at)
      onRead(chunk)
      at += chunk.length
      // It is done with the chunk once it says so, and says so only while somebody reads.
      await new Promise<void>((resolve, reject) => {
        deflate.write(chunk, (error) => (error ? reject(error) : resolve()))
      })
    }
    deflate.end()
  }
  const feeding = feed()
  feeding.catch((error: unknown) => deflate.destroy(error instanceof Error ? error : new Error(String(error))))
  try {
    for await (const chunk of deflate) yield chunk as Uint8Array
  } finally {
    deflate.destroy()
    await feeding.catch(() => undefined)
  }
}
