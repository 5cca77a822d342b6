import type { FileEntry } from '../../contract/repository/file.ts'
import type { Trouble } from '../../core/transfer/failure.ts'
import type { Digests, Ledger, RemoteFile } from '../../core/transfer/machine.ts'
import { partLength } from '../../core/transfer/parts.ts'
import { putContent, putPart } from '../repository/files.ts'
import { HttpError, NetworkError, toAppError, type RepositoryClient } from '../repository/http/client.ts'
import { HashThreadEnded } from './hash-thread.ts'
import { Hashes } from './hashes.ts'
import { readSmallFile, type SmallContent } from './small-files.ts'
import { openSource, readAhead, type Buffers, type OpenSource, type SourceFile } from './source.ts'

/** The sums up to the end of a part, so that a part which failed does not cost reading what comes before it again. */
export type HashedParts = { readonly parts: number; readonly hashes: Hashes }

export type Sending = {
  readonly client: RepositoryClient
  readonly draftId: string
  readonly file: SourceFile
  readonly ledger: Ledger
  readonly buffers: Buffers
  readonly signal: AbortSignal
  /** Links to parts on another origin than the server’s; others are known. */
  readonly partLinks: ReadonlyMap<number, string>
  readonly hashed: HashedParts | null
  /** A speed limit holds back what leaves. */
  readonly isPaced: boolean
  /** A chunk in the pieces in which it may leave, each when it may. */
  readonly pace: (chunk: Uint8Array) => AsyncIterable<Uint8Array>
  /** Bytes that the system has taken from us. */
  readonly onSent: (bytes: number) => void
  /** The last byte is about to leave: from here on the server may have all. */
  readonly onWhole: () => void
  readonly onPart: (part: number, hashed: HashedParts) => void
}

/** Sends what the server does not have yet, and reads the file once while it does. Throws what the client and the source throw. */
export async function sendFile(sending: Sending): Promise<Digests> {
  const { file, ledger, buffers } = sending
  const small = ledger.plan.kind === 'whole' && !sending.isPaced ? await readSmallFile(file, buffers) : null
  if (small !== null) return sendSmall(sending, small)
  const source = await openSource(file, buffers)
  try {
    return ledger.plan.kind === 'whole' ? await sendWhole(sending, source) : await sendParts(sending, source)
  } finally {
    await source.close()
  }
}

async function sendSmall(sending: Sending, { content, digests }: SmallContent): Promise<Digests> {
  const { client, draftId, file, signal, onWhole, onSent } = sending
  onWhole()
  await putContent(client, draftId, file.key, { lengthBytes: content.length, body: content, signal })
  onSent(content.length)
  return digests
}

async function sendWhole(sending: Sending, source: OpenSource): Promise<Digests> {
  const { client, draftId, file, signal } = sending
  const hashes = Hashes.of(file.bytes)
  await putBytes(sending, source, hashes, 0, file.bytes, sending.onWhole, (body) =>
    putContent(client, draftId, file.key, { lengthBytes: file.bytes, body, signal }),
  )
  return hashes.digest()
}

async function sendParts(sending: Sending, source: OpenSource): Promise<Digests> {
  const { client, draftId, file, ledger, signal, partLinks } = sending
  const { plan, partsSent } = ledger
  if (plan.kind !== 'parts') throw new Error('not a transfer in parts')
  if (partsSent === plan.parts && ledger.digests !== null) return ledger.digests
  const known = sending.hashed !== null && sending.hashed.parts <= partsSent ? sending.hashed : null
  let hashes = known?.hashes.copy() ?? Hashes.of(file.bytes)
  for (let part = (known?.parts ?? 0) + 1; part <= plan.parts; part += 1) {
    const from = (part - 1) * plan.partBytes
    const lengthBytes = partLength(plan, part, file.bytes)
    if (part <= partsSent) {
      for await (const _ of hashed(source, hashes, from, from + lengthBytes)) signal.throwIfAborted()
      continue
    }
    const withPart = hashes.copy()
    await putBytes(
      sending,
      source,
      withPart,
      from,
      lengthBytes,
      part === plan.parts ? sending.onWhole : () => {},
      (body) => putPart(client, draftId, file.key, part, partLinks.get(part) ?? null, { lengthBytes, body, signal }),
    )
    hashes = withPart
    sending.onPart(part, { parts: part, hashes: hashes.copy() })
  }
  return hashes.digest()
}

async function putBytes(
  { pace, onSent }: Sending,
  source: OpenSource,
  hashes: Hashes,
  from: number,
  lengthBytes: number,
  onLast: () => void,
  put: (body: AsyncIterable<Uint8Array>) => Promise<unknown>,
): Promise<void> {
  let left = lengthBytes
  const chunks = hashed(source, hashes, from, from + lengthBytes)
  async function* body() {
    for await (const chunk of chunks) {
      left -= chunk.length
      if (left === 0) onLast()
      for await (const piece of pace(chunk)) {
        yield piece
        onSent(piece.length)
      }
    }
  }
  if (left === 0) onLast()
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

/**
 * Links to parts in a storage of its own, such as S3. All others lead to the usual place on the server, by whatever name it
 * calls itself, and need not be kept: a large file has thousands.
 */
export function foreignPartLinks(entry: FileEntry, origin: string): ReadonlyMap<number, string> {
  const foreign = (entry.links?.parts ?? []).filter(({ url }) => {
    const link = URL.parse(url)
    return link?.origin !== origin && !/^\/api\/records\/.+\/content\/\d+$/.test(link?.pathname ?? '')
  })
  return new Map(foreign.map(({ part, url }) => [part, url]))
}

/** Anything thrown while a file was handled, for core to judge. */
export function toTrouble(error: unknown, serverName: string): Trouble {
  const appError = toAppError(error, serverName)
  if (error instanceof HttpError) {
    const { status, serverMessage: message, retryAfterMs, tokenRefused } = error
    return { kind: 'answer', status, message, retryAfterMs, tokenRefused, error: appError }
  }
  if (error instanceof NetworkError) return { kind: 'network', phase: error.phase, error: appError }
  // Tried again as if the connection had been cut: the file itself is fine.
  if (error instanceof HashThreadEnded) return { kind: 'network', phase: 'send', error: appError }
  return { kind: 'source', error: appError }
}
