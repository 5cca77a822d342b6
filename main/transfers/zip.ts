import { crc32 } from 'node:zlib'
import { deflated, PackedDiffers } from './deflate.ts'
import type { Buffers, OpenFile, ZipEntry } from './source.ts'

/*
 * A zip that is made while it is sent: no temporary copy, the same bytes for the same files, the size known in advance
 * (core/transfer/zip-size), for which what is compressed was measured before (measure.ts). The format is yazl’s, byte for byte (the test compares), with every date 1980-01-01
 * UTC and every mode 0644. Not yazl itself: it computes CRC-32 in JavaScript at a third of the speed of everything else here,
 * and keeps chunks in its pipes, so that buffers could not be used again. Source: APPNOTE 6.3.10.
 */

const LOCAL_HEADER = 0x04034b50
const DESCRIPTOR = 0x08074b50
const CENTRAL_HEADER = 0x02014b50
const ZIP64_END = 0x06064b50
const ZIP64_LOCATOR = 0x07064b50
const END = 0x06054b50

/** UTF-8 names (bit 11), sums and sizes after the content (bit 3), since they are known only then. */
const FLAGS = 0x0808
const STORED = 0
const DEFLATED = 8
const VERSION = 20
const VERSION_ZIP64 = 45
/** Made on Unix, version 6.3 of the specification. */
const MADE_BY = (3 << 8) | 63
const MODE = (0o100644 << 16) >>> 0
/** 1980-01-01, the first day that the format knows. */
const DOS_DATE = 0x0021
const UNIX_TIME = Date.UTC(1980, 0, 1) / 1000
const MOST_IN_32_BITS = 0xfffffffe

type Written = {
  readonly name: Buffer
  readonly method: number
  readonly bytes: number
  readonly packedBytes: number
  readonly offset: number
  readonly crc: number
}

/** Opens an entry’s file; throws as a file of its own would. */
export type OpenEntry = (entry: ZipEntry) => Promise<OpenFile>

export async function* zipChunks(
  entries: readonly ZipEntry[],
  buffers: Buffers,
  openEntry: OpenEntry,
): AsyncGenerator<Uint8Array> {
  let buffer = buffers.next()
  let filled = 0
  let offset = 0
  const room = () => buffer.subarray(filled)
  const isFull = (bytes: number) => {
    filled += bytes
    offset += bytes
    return filled === buffer.length
  }
  const next = () => {
    const chunk = buffer.subarray(0, filled)
    buffer = buffers.next()
    filled = 0
    return chunk
  }
  function* put(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + room().length)
      room().set(part)
      at += part.length
      if (isFull(part.length)) yield next()
    }
  }

  const written: Written[] = []
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const start = offset
    const { packedBytes = entry.bytes } = entry
    const method = entry.packedBytes === undefined ? STORED : DEFLATED
    yield* put(localHeader(name, method))
    const file = await openEntry(entry)
    let crc = 0
    try {
      if (method === DEFLATED) {
        let left = packedBytes
        const onRead = (chunk: Uint8Array) => {
          crc = crc32(chunk, crc)
        }
        for await (const chunk of deflated(file, entry.bytes, onRead)) {
          left -= chunk.length
          // Not one byte more than was declared.
          if (left < 0) throw new PackedDiffers(entry.name)
          yield* put(chunk)
        }
        if (left > 0) throw new PackedDiffers(entry.name)
      }
      for (let at = method === STORED ? 0 : entry.bytes; at < entry.bytes;) {
        const into = room().subarray(0, entry.bytes - at)
        await file.read(into, at)
        crc = crc32(into, crc)
        at += into.length
        if (isFull(into.length)) yield next()
      }
      await file.check()
    } finally {
      await file.close()
    }
    const record = { name, method, bytes: entry.bytes, packedBytes, offset: start, crc }
    written.push(record)
    yield* put(descriptor(record))
  }
  const directory = offset
  for (const record of written) yield* put(centralHeader(record))
  yield* put(end(written.length, directory, offset - directory))
  if (filled > 0) yield next()
}

function isZip64({ bytes, offset }: Written): boolean {
  return bytes > MOST_IN_32_BITS || offset > MOST_IN_32_BITS
}

function localHeader(name: Buffer, method: number): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(LOCAL_HEADER, 0)
  header.writeUInt16LE(VERSION, 4)
  header.writeUInt16LE(FLAGS, 6)
  header.writeUInt16LE(method, 8)
  header.writeUInt16LE(DOS_DATE, 12)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, name])
}

function descriptor(record: Written): Buffer {
  const zip64 = isZip64(record)
  const data = Buffer.alloc(zip64 ? 24 : 16)
  data.writeUInt32LE(DESCRIPTOR, 0)
  data.writeUInt32LE(record.crc, 4)
  if (zip64) {
    data.writeBigUInt64LE(BigInt(record.packedBytes), 8)
    data.writeBigUInt64LE(BigInt(record.bytes), 16)
  } else {
    data.writeUInt32LE(record.packedBytes, 8)
    data.writeUInt32LE(record.bytes, 12)
  }
  return data
}

function centralHeader(record: Written): Buffer {
  const zip64 = isZip64(record)
  const time = Buffer.alloc(9)
  time.writeUInt16LE(0x5455, 0)
  time.writeUInt16LE(5, 2)
  // Both times are said to follow, as Info-ZIP does, though the second one never stands here.
  time.writeUInt8(3, 4)
  time.writeInt32LE(UNIX_TIME, 5)
  const large = Buffer.alloc(zip64 ? 28 : 0)
  if (zip64) {
    large.writeUInt16LE(1, 0)
    large.writeUInt16LE(24, 2)
    large.writeBigUInt64LE(BigInt(record.bytes), 4)
    large.writeBigUInt64LE(BigInt(record.packedBytes), 12)
    large.writeBigUInt64LE(BigInt(record.offset), 20)
  }
  const header = Buffer.alloc(46)
  header.writeUInt32LE(CENTRAL_HEADER, 0)
  header.writeUInt16LE(MADE_BY, 4)
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 6)
  header.writeUInt16LE(FLAGS, 8)
  header.writeUInt16LE(record.method, 10)
  header.writeUInt16LE(DOS_DATE, 14)
  header.writeUInt32LE(record.crc, 16)
  header.writeUInt32LE(zip64 ? 0xffffffff : record.packedBytes, 20)
  header.writeUInt32LE(zip64 ? 0xffffffff : record.bytes, 24)
  header.writeUInt16LE(record.name.length, 28)
  header.writeUInt16LE(time.length + large.length, 30)
  header.writeUInt32LE(MODE, 38)
  header.writeUInt32LE(zip64 ? 0xffffffff : record.offset, 42)
  return Buffer.concat([header, record.name, time, large])
}

function end(count: number, directory: number, directoryBytes: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(END, 0)
  record.writeUInt16LE(Math.min(count, 0xffff), 8)
  record.writeUInt16LE(Math.min(count, 0xffff), 10)
  record.writeUInt32LE(Math.min(directoryBytes, 0xffffffff), 12)
  record.writeUInt32LE(Math.min(directory, 0xffffffff), 16)
  if (count < 0xffff && directoryBytes < 0xffffffff && directory < 0xffffffff) return record
  const large = Buffer.alloc(56)
  large.writeUInt32LE(ZIP64_END, 0)
  large.writeBigUInt64LE(44n, 4)
  large.writeUInt16LE(MADE_BY, 12)
  large.writeUInt16LE(VERSION_ZIP64, 14)
  large.writeBigUInt64LE(BigInt(count), 24)
  large.writeBigUInt64LE(BigInt(count), 32)
  large.writeBigUInt64LE(BigInt(directoryBytes), 40)
  large.writeBigUInt64LE(BigInt(directory), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(ZIP64_LOCATOR, 0)
  locator.writeBigUInt64LE(BigInt(directory + directoryBytes), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([large, locator, record])
}
