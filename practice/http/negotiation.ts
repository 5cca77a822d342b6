import type { FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'

export const JSON_TYPE = 'application/json'
/** Plain JSON plus `ui`. */
export const VND_TYPE = 'application/vnd.inveniordm.v1+json'

/**
 * The type to answer with: the best match of the Accept header among `offered`, the first of which is the default.
 * @throws ApiError 406 naming what is offered.
 */
export function negotiate(request: FastifyRequest, offered: readonly [string, ...string[]]): string {
  const wanted = parseAccept(request.headers.accept)
  if (wanted.length === 0) return offered[0]
  for (const { type } of wanted) {
    const found = offered.find((candidate) => matches(type, candidate))
    if (found !== undefined) return found
  }
  throw new ApiError(406, `Invalid 'Accept' header. Expected one of: ${offered.join(', ')}`)
}

function parseAccept(header: string | undefined): { type: string; weight: number }[] {
  return (header ?? '')
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      const kept = parameters.filter((parameter) => parameter !== '' && !parameter.startsWith('q='))
      return { type: [type.toLowerCase(), ...kept].join(';'), weight: weight ? Number(weight.slice(2)) : 1 }
    })
    .filter(({ type, weight }) => type !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
}

function matches(wanted: string, offered: string): boolean {
  if (wanted === '*/*' || wanted === offered) return true
  return wanted.endsWith('/*') && offered.startsWith(wanted.slice(0, -1))
}
