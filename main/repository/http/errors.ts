import { createHash } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { DeskError, type AppError } from '../../../contract/errors.ts'
import type { FieldError } from '../../../contract/repository/record.ts'
import type { RequestBudget } from './budget.ts'

/** A window of a minute, and what its end is rounded up by. */
const MINUTE_MS = 62_000

/** The server answered, and its answer is a refusal or a failure. */
export class HttpError extends Error {
  readonly status: number
  /** Text of the server, cleaned for display; may be empty. Translated by the server: never branch on it. */
  readonly serverMessage: string
  readonly fieldErrors: readonly FieldError[]
  /** From Retry-After of a 429 or 503, at most an hour. */
  readonly retryAfterMs: number | null
  /** A page instead of JSON: front proxies answer 413, 502, 503 and 504 so. */
  readonly html: boolean
  /**
   * The token is dead. InvenioRDM treats such a token as a guest and answers 403, not 401 (live findings A7), so this is
   * known from X-User-ID or from GET /api/me.
   */
  readonly tokenRefused: boolean
  /** A storage behind a link of the server answered, such as S3. It knows no tokens: its 403 speaks of the link. */
  readonly fromStorage: boolean

  constructor(seen: {
    status: number
    serverMessage?: string
    fieldErrors?: readonly FieldError[]
    retryAfterMs?: number | null
    html?: boolean
    tokenRefused?: boolean
    fromStorage?: boolean
  }) {
    super(`HTTP ${seen.status}`)
    this.name = 'HttpError'
    this.status = seen.status
    this.serverMessage = seen.serverMessage ?? ''
    this.fieldErrors = seen.fieldErrors ?? []
    this.retryAfterMs = seen.retryAfterMs ?? null
    this.html = seen.html ?? false
    this.tokenRefused = seen.tokenRefused ?? false
    this.fromStorage = seen.fromStorage ?? false
  }
}

export type NetworkPhase = 'connect' | 'tls' | 'send' | 'receive' | 'stall' | 'redirect' | 'format'

/** No usable answer came. `outcomeUnknown`: the server may have acted on the request; read before anything is repeated. */
export class NetworkError extends Error {
  readonly phase: NetworkPhase
  readonly outcomeUnknown: boolean
  readonly appError: AppError

  constructor(phase: NetworkPhase, outcomeUnknown: boolean, appError: AppError, options?: ErrorOptions) {
    super(`${phase}: ${appError.code}`, options)
    this.name = 'NetworkError'
    this.phase = phase
    this.outcomeUnknown = outcomeUnknown
    this.appError = appError
  }
}

/** Any thrown thing as what a person reads. `serverName` as in badges: “Zenodo”. */
export function toAppError(error: unknown, serverName: string): AppError {
  const server = serverName
  if (error instanceof DeskError) return error.toJSON()
  if (error instanceof NetworkError) return withServer(error.appError, serverName)
  if (error instanceof HttpError) return refusalAsAppError(error, server)
  if (error instanceof z.ZodError)
    return { code: 'answer-not-understood', params: { server, support: supportNumber(error) } }
  if (isAbort(error)) return { code: 'cancelled', params: {} }
  return { code: 'internal', params: { support: supportNumber(error) } }
}

function refusalAsAppError(error: HttpError, server: string): AppError {
  const { status } = error
  if (error.fromStorage) return { code: status >= 500 ? 'server-trouble' : 'storage-refused', params: { server } }
  if (error.tokenRefused || status === 401) return { code: 'token-refused', params: { server } }
  if (status === 429) {
    const until = timeOfDay(Date.now() + (error.retryAfterMs ?? 60_000))
    return { code: 'server-busy', params: { server, until } }
  }
  // 511: the network itself asks for a sign-in (RFC 6585, section 6).
  if (status === 511) return { code: 'captive-portal', params: { server } }
  if (status >= 500) return { code: 'server-trouble', params: { server } }
  // Proxies in front of a repository refuse a large body with a page.
  if (status === 413) return { code: 'draft-refused', params: { server, reason: 'it is too large' } }
  if (error.html) return { code: 'not-a-repository', params: { server } }
  if (status === 403) return { code: 'not-permitted', params: { server } }
  // What the app asks for by id is a draft or was one.
  if (status === 404 || status === 410) return { code: 'draft-gone', params: { server } }
  if (status === 412) return { code: 'conflict', params: { server } }
  if (status === 400) return { code: 'draft-refused', params: { server, reason: reasonOf(error) } }
  return { code: 'answer-not-understood', params: { server, support: `${status}-${supportNumber(error)}` } }
}

/** Nothing is sent before `until`, so that the server has nothing to refuse. */
export function requestsSpent(server: string, { limit, resetAt }: RequestBudget, until: number): AppError {
  const rate = `${limit.toLocaleString('en')} requests ${resetAt - Date.now() > MINUTE_MS ? 'an hour' : 'a minute'}`
  return { code: 'requests-spent', params: { server, rate, until: timeOfDay(until) } }
}

function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
}

/** What the server said was wrong, as half a sentence: its field messages where there are some, else its message. */
export function reasonOf(error: HttpError): string {
  const fields = error.fieldErrors.map(({ field, messages }) => `${field}: ${messages.join(' ')}`).join('; ')
  const text = (fields || error.serverMessage).replace(/[.\s]+$/, '')
  return text.slice(0, 300) || `it answered ${error.status}`
}

/** Short number by which the same mistake can be found again; made of the error alone, so it holds nothing private. */
export function supportNumber(error: unknown): string {
  const text = error instanceof Error ? `${error.name}\n${error.stack?.split('\n')[1] ?? ''}` : typeof error
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** Text of a server as it may be shown: one line, no control characters or terminal sequences, no token, 300 characters. */
export function cleanServerText(text: unknown, token: string | null): string {
  if (typeof text !== 'string') return ''
  let clean = stripVTControlCharacters(text.slice(0, 10_000))
  if (token) clean = clean.replaceAll(token, '[token]')
  // Format characters too: they can reverse the reading direction of what follows.
  return clean
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
}

/** The server pointed to an address that is not followed; `target`: its host, as the server gave it. */
export function redirectedElsewhere(server: string, target: string): NetworkError {
  const params = { server, target: cleanServerText(target, null) || 'one that is not valid' }
  return new NetworkError('redirect', false, { code: 'redirected-elsewhere', params })
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
}

/** Errors of sockets, TLS and undici as a NetworkError. `connected`: the request may have left this computer. */
export function networkError(
  error: unknown,
  host: string,
  connected: boolean,
  issuer: string | null = null,
): NetworkError {
  const code = codeOf(error)
  const options = { cause: error }
  const server = host
  if (code.startsWith('UND_ERR_PRX') || (error instanceof Error && error.message.startsWith('Proxy response'))) {
    return new NetworkError('connect', false, { code: 'proxy-failed', params: { server } }, options)
  }
  const reason = certificateReason(code, error, issuer)
  if (reason !== null)
    return new NetworkError('tls', false, { code: 'certificate-unknown', params: { server, reason } }, options)
  if (
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code.startsWith('HPE_') ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  ) {
    const params = { server, support: supportNumber(error) }
    return new NetworkError('format', true, { code: 'answer-not-understood', params }, options)
  }
  if (!connected || CONNECT_CODES.has(code)) {
    const offline = OFFLINE_CODES.has(code) || (!hasNetwork() && !isLoopback(host))
    return new NetworkError(
      'connect',
      false,
      { code: offline ? 'offline' : 'server-unreachable', params: { server } },
      options,
    )
  }
  const phase = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' ? 'stall' : 'send'
  return new NetworkError(phase, true, { code: 'server-unreachable', params: { server } }, options)
}

const CONNECT_CODES = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const OFFLINE_CODES = new Set(['EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN'])

function certificateReason(code: string, error: unknown, issuer: string | null): string | null {
  const by = issuer === null ? '' : ` (issued by “${issuer}”)`
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet; check the clock of this computer'
    case 'CERT_REVOKED':
      return 'its certificate was revoked'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'its certificate is signed by nobody but itself'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
      return `its certificate comes from an authority that this computer does not know${by}`
    default:
      break
  }
  if (code.startsWith('CERT_') || code.startsWith('UNABLE_TO_') || code === 'INVALID_CA')
    return 'its certificate is not valid'
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    // The most common case: plain HTTP behind an https address.
    return error instanceof Error && /wrong.version.number/i.test(error.message)
      ? 'it does not speak https there'
      : 'no secure connection could be agreed'
  }
  return null
}

/** The first code in the error, its causes, or the attempts of a connection to several addresses. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_SOCKET') return error.code
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((code) => code !== '') ?? ''
  const inner = codeOf(error.cause)
  return inner || ('code' in error && typeof error.code === 'string' ? error.code : '')
}

function hasNetwork(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => !address.internal))
}

/** Whether a host name (as in URL.hostname) is this computer itself. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/:\d+$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(name) || name === '::1'
}

/** Errors that are made near the socket know the host alone; the person reads the name of the server. */
function withServer(error: AppError, serverName: string): AppError {
  return { code: error.code, params: { ...error.params, server: serverName } }
}
