import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Json } from '../json.ts'
import { ApiError } from './api-error.ts'

const JSON_LIMIT_BYTES = 20_000_000

/**
 * The JSON body of a request, null without one. The content type is compared as it stands: parameters make it another one,
 * which is refused with 415; no content type at all counts as JSON (live findings B1, behaviour 1.2).
 */
export async function readJson(
  request: FastifyRequest,
  types: readonly string[] = ['application/json'],
): Promise<Json> {
  requireType(request, types)
  const bytes = await readBytes(request.raw)
  if (bytes.length === 0) return null
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
  } catch {
    throw new ApiError(400, 'Unable to decode JSON data in request body.')
  }
}

/** Refuses what is not exactly `application/octet-stream`, or nothing. The body is read from `request.raw`. */
export function requireBytes(request: FastifyRequest): void {
  requireType(request, ['application/octet-stream'])
}

function requireType(request: FastifyRequest, types: readonly string[]): void {
  const type = request.headers['content-type']
  if (type === undefined || type === '' || types.includes(type)) return
  throw new ApiError(415, `Invalid 'Content-Type' header. Expected one of: ${types.join(', ')}`)
}

async function readBytes(raw: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > JSON_LIMIT_BYTES) throw new ApiError(413, 'The data value transmitted exceeds the capacity limit.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
