import type { FastifyReply, FastifyRequest } from 'fastify'
import { noRoute } from '../http/api-error.ts'
import { rawPath } from '../http/routes.ts'

/**
 * The file key at the end of an address, decoded, with what may follow it (`/content`, `/commit`), or null when the address was
 * answered with a redirect. Keys may hold slashes. Taken from the address as it was sent, since `..` and double slashes belong
 * to keys; a leading slash redirects to the key without it, a line feed matches no address (live findings D9).
 */
export function keyPath(request: FastifyRequest, reply: FastifyReply, marker: string): string | null {
  const path = rawPath(request)
  const start = path.indexOf(marker) + marker.length
  const key = decode(path.slice(start))
  if (key === '' || key.includes('\n')) throw noRoute()
  if (key.startsWith('/')) {
    const target = path.slice(0, start) + path.slice(start).replace(/^(?:\/|%2f)+/i, '')
    redirectPage(reply, target)
    return null
  }
  return key
}

/** A permanent redirect with the page that the real server sends along. */
export function redirectPage(reply: FastifyReply, target: string): FastifyReply {
  const shown = target
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  return reply
    .code(308)
    .header('location', target)
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: <a href="${shown}">${shown}</a>. If not, click the link.\n`,
    )
}

/** Percent decoding that takes broken sequences as they are. */
function decode(text: string): string {
  const bytes: number[] = []
  const source = Buffer.from(text, 'utf8')
  for (let index = 0; index < source.length; index += 1) {
    const hex = source[index] === 0x25 ? source.toString('latin1', index + 1, index + 3) : ''
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(parseInt(hex, 16))
      index += 2
    } else {
      bytes.push(source[index] ?? 0)
    }
  }
  return Buffer.from(bytes).toString('utf8')
}
