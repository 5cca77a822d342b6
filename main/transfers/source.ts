import { open, type FileHandle } from 'node:fs/promises'
import { DeskError } from '../../contract/errors.ts'
import type { PlannedFile } from '../../core/deposit/plan.ts'
import { formatBytes } from '../../core/format.ts'
import { isSame, OPEN_FLAGS, seenFile, type SeenFile } from './read-small.ts'
import { zipChunks } from './zip.ts'

/** A file of a deposit. `bytes` of a zip is its exact size (core/transfer/zip-size), if it is not still to be measured. */
export type SourceFile = {
  /** Place in the deposit, from 0. */
  readonly fileId: number
  readonly key: string
  readonly bytes: number
  readonly source:
    | { readonly kind: 'file'; readonly path: string; readonly modifiedAt: number }
    /** `compress`: its size is known only once it was measured (measure.ts). */
    | { readonly kind: 'zip'; readonly entries: readonly ZipEntry[]; readonly compress?: boolean }
    /** `bytes` of the file from `from` on; `fileBytes`: all that the file has. */
    | {
        readonly kind: 'slice'
        readonly path: string
        readonly modifiedAt: number
        readonly from: number
        readonly fileBytes: number
      }
    | { readonly kind: 'text'; readonly text: string }
}

export type ZipEntry = {
  readonly path: string
  /** Path in the zip. */
  readonly name: string
  readonly bytes: number
  readonly modifiedAt: number
  /** What it takes compressed, as it was measured; absent where it is stored. */
  readonly packedBytes?: number
}

/** Whether the size of what was just planned, or read again, is known. */
export function isMeasured(source: SourceFile['source']): boolean {
  return source.kind !== 'zip' || source.compress !== true
}

/** What a plan says of a file, with the places of its parts on this computer. */
export function locateSource(source: PlannedFile['source'], locate: (path: string) => string): SourceFile['source'] {
  switch (source.kind) {
    case 'file':
    case 'slice':
      return { ...source, path: locate(source.path) }
    case 'zip': {
      const entries = source.entries.map(({ path, name, bytes, modifiedAt }) => ({
        path: locate(path),
        name,
        bytes,
        modifiedAt,
      }))
      return { kind: 'zip', entries, ...(source.compress ? { compress: true } : {}) }
    }
    case 'text':
      return source
  }
}

/** 64 KiB, the default of Node, costs a quarter of the speed while hashing (quality M8). */
export const CHUNK_BYTES = 1024 * 1024

/**
 * What a transfer reads into, in turns of three: one chunk may still be on its way while the next is sent and the one after
 * that is read. In memory that the threads which hash can reach, too (hash-thread.ts).
 */
export type Buffers = {
  next(): Buffer
  /** What was given out is left to whoever still has it. */
  renew(): void
}

export function createBuffers(): Buffers {
  const create = () => Buffer.from(new SharedArrayBuffer(CHUNK_BYTES))
  const createAll = (): [Buffer, Buffer, Buffer] => [create(), create(), create()]
  let [first, second, third] = createAll()
  return {
    next: () => {
      ;[first, second, third] = [second, third, first]
      return third
    },
    renew: () => {
      ;[first, second, third] = createAll()
    },
  }
}

/**
 * A file that was opened for one transfer. Chunks come in order, and each is good until the second one after it is asked for.
 * Throws `file-changed` before the last chunk is given out, so that a changed file never arrives as a whole.
 */
export type OpenSource = {
  /** Bytes from `from` up to, not including, `to`. A zip can only be read as a whole. */
  chunks(from: number, to: number): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}

/** Throws DeskError `file-missing`, `file-not-regular`, `file-changed`, for a volume `volumes-changed`, or `file-unreadable`. */
export async function openSource(file: SourceFile, buffers: Buffers): Promise<OpenSource> {
  const { source, key, bytes } = file
  switch (source.kind) {
    case 'zip':
      return { chunks: () => zipChunks(source.entries, buffers, openEntry), close: () => Promise.resolve() }
    case 'text':
      return { chunks: (from, to) => textChunks(source.text, from, to, buffers), close: () => Promise.resolve() }
    case 'file': {
      const opened = await openFile({ path: source.path, name: key, bytes, modifiedAt: source.modifiedAt })
      return { chunks: (from, to) => wholeChunks(opened, from, to, buffers), close: () => opened.close() }
    }
    case 'slice': {
      const { path, modifiedAt, fileBytes, from: start } = source
      // A change anywhere in the file is one for all its volumes: they would not fit together any more.
      const opened = await openFile({ path, name: key, bytes: fileBytes, modifiedAt }, 'volumes-changed')
      return {
        chunks: (from, to) => wholeChunks(opened, start + from, start + to, buffers),
        close: () => opened.close(),
      }
    }
  }
}

export type OpenFile = {
  /** Fills `into` from `at`; never fewer bytes than asked for. */
  read(into: Uint8Array, at: number): Promise<void>
  /** Throws `file-changed` when size or time are not what they were. */
  check(): Promise<void>
  close(): Promise<void>
}

export async function openEntry(entry: ZipEntry): Promise<OpenFile> {
  return openFile(entry)
}

type Changed = 'file-changed' | 'volumes-changed'

async function openFile(expected: ZipEntry, code: Changed = 'file-changed'): Promise<OpenFile> {
  const { path, name } = expected
  const handle = await open(path, OPEN_FLAGS).catch((error: unknown) => {
    throw readFailure(error, name)
  })
  const check = async () => {
    const seen = await handle.stat().catch((error: unknown) => {
      throw readFailure(error, name)
    })
    if (!isSame(seenFile(seen), expected)) throw changedFile(expected, seenFile(seen), code)
  }
  try {
    await check()
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    check,
    read: (into, at) => readFully(handle, into, at, expected, code),
    close: () => handle.close(),
  }
}

async function readFully(
  handle: FileHandle,
  into: Uint8Array,
  at: number,
  expected: ZipEntry,
  code: Changed,
): Promise<void> {
  for (let filled = 0; filled < into.length;) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, at + filled).catch((error: unknown) => {
      throw readFailure(error, expected.name)
    })
    if (bytesRead === 0) throw changedFile(expected, { isFile: true, bytes: at + filled, modifiedAt: Date.now() }, code)
    filled += bytesRead
  }
}

async function* wholeChunks(file: OpenFile, from: number, to: number, buffers: Buffers): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    const chunk = buffers.next().subarray(0, Math.min(CHUNK_BYTES, to - at))
    await file.read(chunk, at)
    at += chunk.length
    // At the end, and now and then, since a large file may be on its way for hours.
    if (at === to || at % (64 * CHUNK_BYTES) === 0) await file.check()
    yield chunk
  }
}

async function* textChunks(text: string, from: number, to: number, buffers: Buffers): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text).subarray(from, to)
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES)
    const chunk = buffers.next().subarray(0, part.length)
    chunk.set(part)
    yield chunk
  }
}

/** Reads one chunk further than it was asked to, so that reading and sending overlap. When it has ended, nothing is read any more. */
export async function* readAhead(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const read = () => {
    const reading = chunks.next()
    // A failure is heard of where the chunk is waited for.
    reading.catch(() => undefined)
    return reading
  }
  let next = read()
  try {
    for (;;) {
      const step = await next
      if (step.done === true) return
      next = read()
      yield step.value
    }
  } finally {
    await chunks.return(undefined)
  }
}

export function changedFile(before: ZipEntry, now: SeenFile, code: Changed = 'file-changed'): DeskError {
  if (!now.isFile) return new DeskError('file-not-regular', { name: before.name })
  const sizes = before.bytes !== now.bytes
  const describe = ({ bytes, modifiedAt }: { bytes: number; modifiedAt: number }) =>
    sizes ? describeBytes(bytes, before.bytes, now.bytes) : `saved ${describeTime(modifiedAt)}`
  return new DeskError(code, { name: before.name, before: describe(before), now: describe(now) })
}

/** As rounded as it can be while the two sizes still differ. */
function describeBytes(bytes: number, before: number, now: number): string {
  return formatBytes(before) === formatBytes(now) ? `${bytes.toLocaleString('en')} bytes` : formatBytes(bytes)
}

function describeTime(at: number): string {
  return new Date(at).toLocaleString('sv', { dateStyle: 'short', timeStyle: 'medium' })
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EBUSY: 'another program has locked it',
  EIO: 'the disk reported an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENODEV: 'its disk is no longer there',
  ENXIO: 'its disk is no longer there',
  ESTALE: 'its network drive is no longer there',
}

/** What a failure to read means; what is a DeskError already stays. */
export function readFailure(error: unknown, name: string): unknown {
  if (error instanceof DeskError || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  if (code === 'ENOENT' || code === 'ENOTDIR') return new DeskError('file-missing', { name }, { cause: error })
  if (code === 'ELOOP' || code === 'EISDIR') return new DeskError('file-not-regular', { name }, { cause: error })
  return new DeskError(
    'file-unreadable',
    { name, reason: REASONS[code] ?? `the system says ${code}` },
    { cause: error },
  )
}
