import type { FileEntry } from '../../contract/repository/file.ts'
import type { Trouble } from '../../core/transfer/failure.ts'
import type { Digests, Ledger, RemoteFile } from '../../core/transfer/machine.ts'
import { isStorageLink, putBucketFile, putContent } from '../repository/files.ts'
import { HttpError, NetworkError, toAppError, type RepositoryClient } from '../repository/http/client.ts'
import { HashThreadEnded } from './hash-thread.ts'
import { Hashes } from './hashes.ts'
import { sendParts, type SendingParts } from './send-parts.ts'
import { readSmallFile, type SmallContent } from './small-files.ts'
import { openSource, readAhead, type Buffers, type OpenSource, type SourceFile } from './source.ts'

export type Sending = {
  readonly client: RepositoryClient
  readonly draftId: string
  readonly file: SourceFile
  readonly ledger: Ledger
  readonly buffers: Buffers
  readonly signal: AbortSignal
  readonly parts: SendingParts
  /** A speed limit holds back what leaves. */
  readonly isPaced: boolean
  /** A chunk in the pieces in which it may leave, each when it may. */
  readonly pace: (chunk: Uint8Array, signal: AbortSignal) => AsyncIterable<Uint8Array>
  /** Bytes that the system has taken from us. */
  readonly onSent: (bytes: number) => void
  /** The last byte is about to leave: from here on the server may have all. */
  readonly onWhole: () => void
}

/**
 * Sends what the server does not have yet, and reads the file once while it does. Null where it had to stop before the end, but
 * not because of anything that failed. Throws what the client and the source throw.
 */
export async function sendFile(sending: Sending): Promise<Digests | null> {
  if (sending.ledger.plan.kind === 'parts') return sendParts(sending)
  const { file, buffers, signal } = sending
  const small = sending.isPaced ? null : await readSmallFile(file, buffers)
  if (small !== null) return sendSmall(sending, small)
  const source = await openSource(file, buffers)
  const hashes = Hashes.of(file.bytes)
  try {
    await putBytes(sending, source, hashes, (body) => putWhole(sending, { lengthBytes: file.bytes, body, signal }))
    return await hashes.digest()
  } finally {
    await source.close()
  }
}

async function sendSmall(sending: Sending, { content, digests }: SmallContent): Promise<Digests> {
  const { signal, onWhole, onSent } = sending
  onWhole()
  await putWhole(sending, { lengthBytes: content.length, body: content, signal })
  onSent(content.length)
  return digests
}

async function putWhole({ client, draftId, file, ledger }: Sending, body: Parameters<typeof putContent>[3]) {
  if (ledger.plan.kind === 'bucket') return putBucketFile(client, ledger.plan.bucketId, file.key, body)
  return putContent(client, draftId, file.key, body)
}

async function putBytes(
  { file, pace, signal, onSent, onWhole }: Sending,
  source: OpenSource,
  hashes: Hashes,
  put: (body: AsyncIterable<Uint8Array>) => Promise<unknown>,
): Promise<void> {
  let left = file.bytes
  const chunks = hashed(source, hashes, 0, file.bytes)
  async function* body() {
    for await (const chunk of chunks) {
      left -= chunk.length
      if (left === 0) onWhole()
      for await (const piece of pace(chunk, signal)) {
        yield piece
        onSent(piece.length)
      }
    }
  }
  if (left === 0) onWhole()
  try {
    await put(body())
  } finally {
    // What comes next reads into the same buffers.
    await chunks.return(undefined)
  }
  // An answer that came before the bytes were gone is no answer to them.
  if (left > 0) throw new NetworkError('receive', true, { code: 'server-trouble', params: {} })
}

/** The bytes of a source, which are hashed on the way. */
function hashed(source: OpenSource, hashes: Hashes, from: number, to: number): AsyncGenerator<Uint8Array> {
  async function* chunks() {
    for await (const chunk of source.chunks(from, to)) {
      await hashes.update(chunk)
      yield chunk
    }
    await hashes.settle()
  }
  return readAhead(chunks())
}

/** Reads a file without sending it, to compare it with what the server has. */
export async function hashFile(
  file: SourceFile,
  buffers: Buffers,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): Promise<Digests> {
  const small = await readSmallFile(file, buffers)
  if (small !== null) return small.digests
  const source = await openSource(file, buffers)
  const hashes = Hashes.of(file.bytes)
  try {
    for await (const chunk of hashed(source, hashes, 0, file.bytes)) {
      signal.throwIfAborted()
      onRead(chunk.length)
    }
  } finally {
    await source.close()
  }
  return hashes.digest()
}

/** An entry as the decisions of core see it. */
export function toRemote(entry: FileEntry): RemoteFile {
  return {
    status: entry.status === 'completed' || entry.status === 'failed' ? entry.status : 'pending',
    bytes: entry.size ?? null,
    checksum: entry.checksum ?? null,
    multipart: entry.transfer?.type === 'M',
  }
}

/** Links to parts in a storage. Others are known, and need not be kept: a large file has thousands. */
export function foreignPartLinks(entry: FileEntry, origin: string): ReadonlyMap<number, string> {
  const foreign = (entry.links?.parts ?? []).filter(({ url }) => isStorageLink(url, origin))
  return new Map(foreign.map(({ part, url }) => [part, url]))
}

/** Anything thrown while a file was handled, for core to judge. */
export function toTrouble(error: unknown, serverName: string): Trouble {
  const appError = toAppError(error, serverName)
  if (error instanceof HttpError) {
    const { status, serverMessage: message, retryAfterMs, tokenRefused, fromStorage } = error
    return { kind: 'answer', status, message, retryAfterMs, tokenRefused, fromStorage, error: appError }
  }
  if (error instanceof NetworkError) return { kind: 'network', phase: error.phase, error: appError }
  // Tried again as if the connection had been cut: the file itself is fine.
  if (error instanceof HashThreadEnded) return { kind: 'network', phase: 'send', error: appError }
  return { kind: 'source', error: appError }
}
