import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Practice } from '../practice.ts'
import type { User } from '../storage/model.ts'
import { ApiError } from './api-error.ts'
import { query } from './routes.ts'
import { RequestCounter } from './request-counter.ts'

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
/** Bytes that must come encoded in a query string (live findings B12). `encodeURIComponent` leaves the apostrophe alone. */
const MUST_BE_ENCODED = /["'$[\]{}^`<>\\|]|[^\x20-\x7e]|%(?![0-9A-Fa-f]{2})/

/**
 * What happens around every request: who asks, what no address answers to, the limit on requests and its headers. A token that
 * is not known makes a guest, not an error (live findings A7).
 */
export function installHeaders(app: FastifyInstance, practice: Practice, users: readonly User[]): void {
  const counter = new RequestCounter(practice.limits.requestsPerMinute)
  app.decorateRequest('user', null)

  // The real server names no charset; nor does JSON have one.
  app.addHook('onSend', async (_request, reply) => {
    const type = reply.getHeader('content-type')
    if (typeof type === 'string' && /json; charset=utf-8$/.test(type)) reply.header('content-type', type.split(';')[0])
  })

  app.addHook('onRequest', async (request, reply) => {
    const token = tokenOf(request)
    request.user = token === null ? null : (users.find((user) => user.token === token) ?? null)
    if (request.user) reply.header('x-user-id', String(request.user.id))
    if (request.is404) return
    const count = counter.count(`${request.headers['user-agent'] ?? ''} ${request.ip}`, request.user !== null)
    // Retry-After stands on successes too (live findings B13): it means something with 429 only.
    reply.headers({
      'x-ratelimit-limit': count.limit,
      'x-ratelimit-remaining': count.remaining,
      'x-ratelimit-reset': count.resetSeconds,
      'retry-after': count.retryAfterSeconds,
    })
    if (count.exceeded) throw new ApiError(429, `${count.limit} per 1 minute`)
    if (MUST_BE_ENCODED.test(queryOf(request)))
      throw new ApiError(400, 'Error trying to decode a non urlencoded string.')
    if (!request.user && UNSAFE.has(request.method) && request.headers.cookie !== undefined) {
      throw new ApiError(400, 'CSRF cookie not set.')
    }
  })
}

function tokenOf(request: FastifyRequest): string | null {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')
  return bearer?.[1] ?? query(request, 'access_token') ?? null
}

const queryOf = (request: FastifyRequest) => (request.raw.url ?? '').split('?').slice(1).join('?')
