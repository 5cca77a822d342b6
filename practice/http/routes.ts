import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../storage/model.ts'
import { ApiError } from './api-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null for guests and for tokens that are not (or no longer) known. */
    user: User | null
  }
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Registers what an address answers to; every other method of it is 405. */
export function route(app: FastifyInstance, url: string, handlers: Partial<Record<Method, Handler>>): void {
  for (const [method, handler] of Object.entries(handlers)) {
    app.route({ method: method, url, handler: async (request, reply) => handler(request, reply) })
  }
  app.options(url, (_request, reply) => reply.header('allow', ['OPTIONS', ...Object.keys(handlers)].join(', ')).send())
  const others = METHODS.filter((method) => !(method in handlers))
  if (others.length === 0) return
  app.route({
    method: others,
    url,
    handler: () => {
      throw new ApiError(405, 'The method is not allowed for the requested URL.')
    },
  })
}

/** A parameter of the path. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? ''
}

/** The address as it was sent, without the query: file keys may hold what a router would normalise. */
export function rawPath(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** The first value of a query parameter. */
export function query(request: FastifyRequest, name: string): string | undefined {
  return queryAll(request, name)[0]
}

function queryAll(request: FastifyRequest, name: string): string[] {
  return new URLSearchParams((request.raw.url ?? '').split('?').slice(1).join('?')).getAll(name)
}

const INTEGER = /^[+-]?\d+$/

/** `If-Match` as a bare integer; null when absent. The quoted form, `*` and lists are 400 (live findings B2). */
export function ifMatch(request: FastifyRequest): number | null {
  const value = request.headers['if-match']
  if (value === undefined) return null
  if (!INTEGER.test(value.trim())) {
    throw new ApiError(400, 'A validation error occurred.', {
      errors: [{ field: 'if_match', messages: ['Not a valid integer.'] }],
    })
  }
  return Number(value)
}
