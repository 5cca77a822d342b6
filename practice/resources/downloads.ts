import { createReadStream } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ZipFile } from 'yazl'
import { serverFault, ApiError } from '../http/api-error.ts'
import { query } from '../http/routes.ts'
import type { Practice } from '../practice.ts'
import { checksumOf } from '../serialize/record.ts'
import type { FileEntry } from '../storage/model.ts'

/** Shown by browsers on the spot, as text so that no page of a stranger runs; everything else is an attachment. */
const AS_TEXT = /^text\/|^application\/(json|javascript|xhtml\+xml|xml)$/
const AS_PICTURE = /^(image\/(gif|jpeg|png|tiff|webp)|audio\/|video\/)/

/**
 * Sends the bytes of a file: whole, one range, or nothing when the client has them (live findings B5, B6, D17). Two ranges and
 * malformed ones are 416, as beyond the end.
 * @throws ApiError 500 before the commit, as the real server does (D6).
 */
export async function sendContent(
  practice: Practice,
  request: FastifyRequest,
  reply: FastifyReply,
  entry: FileEntry,
): Promise<FastifyReply> {
  const { object } = entry
  if (object === null || entry.status !== 'completed') throw serverFault()
  const { content } = practice
  const checksum = checksumOf(entry)
  const etag = checksum === null ? null : `"${checksum}"`
  const bytes = object.bytes
  reply.headers({
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'content-security-policy': "default-src 'none';",
    'x-content-type-options': 'nosniff',
    'last-modified': new Date(entry.createdAt).toUTCString(),
    ...(etag === null ? {} : { etag }),
  })
  if (etag !== null && (request.headers['if-none-match'] ?? '').split(',').some((tag) => tag.trim() === etag)) {
    return reply.code(304).send()
  }
  setDisposition(request, reply, entry)
  const range = rangeOf(request.headers.range, bytes)
  if (range === 'unsatisfiable') {
    reply.removeHeader('content-disposition')
    reply.header('content-range', `bytes */${bytes}`)
    throw new ApiError(416, 'The server cannot provide the requested range.')
  }
  const { first, last } = range ?? { first: 0, last: bytes - 1 }
  if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`)
  reply.header('content-length', String(Math.max(0, last - first + 1)))
  if (bytes === 0) return reply.send('')
  return reply.send(createReadStream(content.path(object.id), { start: first, end: last, highWaterMark: 1 << 18 }))
}

function setDisposition(request: FastifyRequest, reply: FastifyReply, entry: FileEntry): void {
  const type = entry.object?.mimetype ?? 'application/octet-stream'
  const asAttachment = query(request, 'download') !== undefined
  if (!asAttachment && AS_TEXT.test(type)) {
    reply.type('text/plain; charset=utf-8').header('content-disposition', 'inline')
  } else if (!asAttachment && AS_PICTURE.test(type)) {
    reply.type(type).header('content-disposition', 'inline')
  } else {
    reply.type('application/octet-stream').header('content-disposition', `attachment; ${filename(entry.key)}`)
  }
}

/** The name flattened to ASCII, and whole beside it. */
function filename(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)

  const ascii = name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/["\\]/g, '_')
  const plain = `filename=${/^[\w!#$%&'*+.^`|~-]+$/.test(ascii) ? ascii : `"${ascii}"`}`
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encodeURIComponent(name)}`
}

function rangeOf(header: string | undefined, bytes: number): { first: number; last: number } | 'unsatisfiable' | null {
  if (header === undefined) return null
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  const [from = '', to = ''] = parts?.slice(1) ?? []
  if (!parts || (from === '' && to === '')) return 'unsatisfiable'
  const first = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  return first > last ? 'unsatisfiable' : { first, last }
}

/** All committed files as one zip, stored without compression. */
export function sendArchive(
  practice: Practice,
  reply: FastifyReply,
  id: string,
  entries: readonly FileEntry[],
): FastifyReply {
  const zip = new ZipFile()
  for (const { key, object, status } of entries) {
    if (object === null || status !== 'completed') continue
    // A name that a zip cannot hold is left out rather than failing the whole.
    if (key === '' || key.startsWith('/') || key.includes('\\') || key.split('/').includes('..')) continue
    zip.addFile(practice.content.path(object.id), key, { compress: false })
  }
  zip.end()
  return reply
    .type('application/zip')
    .header('content-disposition', `attachment; filename="${id}.zip"`)
    .send(zip.outputStream)
}
