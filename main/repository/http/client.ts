import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { DeskError, type AppError } from '../../../contract/errors.ts'
import { fieldErrorSchema, type FieldError } from '../../../contract/repository/record.ts'
import { fileEntrySchema, type FileEntry } from '../../../contract/repository/file.ts'
import type { Priority } from '../../../core/transfer/budget.ts'
import { isPrivateHost } from './addresses.ts'
import { Requests, type RequestBudget } from './budget.ts'
import {
  cleanServerText,
  HttpError,
  isAbort,
  isLoopback,
  NetworkError,
  redirectedElsewhere,
  supportNumber,
  toAppError,
} from './errors.ts'
import { parseJson } from './json.ts'
import {
  hrefOf,
  PATIENCE,
  Transport,
  type Address,
  type Exchange,
  type OpenAnswer,
  type Patience,
  type RawAnswer,
} from './transport.ts'
import { VERSION } from './version.ts'

export { HttpError, isLoopback, NetworkError, reasonOf, toAppError } from './errors.ts'
export type { RequestBudget } from './budget.ts'
export type { Patience } from './transport.ts'

/** `origin`: scheme://host[:port]. `name` as in badges and sentences. Without a token the client is a guest. */
export type Server = { readonly origin: string; readonly name: string; readonly token: string | null }

export type SeenAnswer = {
  /** The repository itself answered, be it with a refusal. */
  readonly ok: boolean
  readonly status: number | null
  readonly userId: string | null
  readonly at: number
  readonly error: AppError | null
}

export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Segments after /api. Each is split at “/”, so that a file key is one element, and percent-encoded. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** Revision that the draft must still have; sent bare, since a quoted one is refused (live findings B2). */
  readonly ifMatch?: number
  readonly accept?: keyof typeof ACCEPT
  readonly signal?: AbortSignal | undefined
  /** Bytes that the answer may have; 10 MB by default. */
  readonly answerBytes?: number
  /** Of a success only its kind is looked at, and `undefined` parsed. */
  readonly unread?: boolean
  /** May be repeated after a failure whose outcome is unknown; by default a GET alone. */
  readonly repeat?: boolean
}

export type ContentCall = {
  readonly path: readonly string[]
  /** A part link of the server, used instead of `path`: with the token on its own origin, without on another https origin. */
  readonly url?: string | undefined
  readonly lengthBytes: number
  /** Exactly `lengthBytes` bytes, at once or read no faster than they are sent. What it throws, `send` throws. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
  /** No byte moves this long: the call fails with a NetworkError of phase `stall`. Default 60 s. */
  readonly stallMs?: number
}

export type ReceiveCall = {
  readonly path: readonly string[]
  /** Only the bytes from here on, if the content still is the one of `etag`; the server may send all of it nevertheless. */
  readonly from?: { readonly bytes: number; readonly etag: string | null } | undefined
  readonly signal?: AbortSignal | undefined
  /** No byte comes this long: the call fails with a NetworkError of phase `stall`. Default 60 s. */
  readonly stallMs?: number | undefined
}

/** Content as it comes. `status` is 200 for all of it, 206 for a part; which part, only Content-Range says. */
export type Content = Pick<OpenAnswer, 'status' | 'header'> & { readonly chunks: AsyncIterable<Uint8Array> }

export type Answer<T> = { readonly status: number; readonly value: T; readonly userId: string | null }

export type RepositoryClient = {
  readonly server: Server
  /** What the server still takes, of all clients of the process for this origin. */
  budget(): RequestBudget | null
  /** Another process of ours was told so by this server. */
  hearBudget(budget: RequestBudget): void
  /** Time until the budget has room for a call that is so urgent; 0 for now. By default as urgent as calls of this client. */
  opensInMs(priority?: Priority): number
  /** Called after every answer or failure. Returns the function that ends it. */
  onAnswer(listener: (seen: SeenAnswer) => void): () => void
  /** A call with a small answer, parsed by `schema`. Throws HttpError, NetworkError, an AbortError, or DeskError for a path that can't be. */
  json<S extends z.ZodType>(call: ApiCall, schema: S): Promise<Answer<z.output<S>>>
  /** Streams bytes by PUT, once. A 200 may still be a failure: look for `errors` (live findings A3). */
  send(call: ContentCall): Promise<Answer<FileEntry>>
  /**
   * Streams content by GET, once, for as long as `take` works; what it throws, this throws. A redirect is followed with the
   * token on the server's own origin, and without it to another https origin: where its storage is, which is nowhere on this
   * computer or in a private network, unless the server itself is on this computer.
   */
  receive<T>(call: ReceiveCall, take: (content: Content) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const ACCEPT = {
  /** Records and drafts: on Zenodo plain JSON is its old shape, which a save would destroy the draft with (behaviour 1.3). */
  record: 'application/vnd.inveniordm.v1+json',
  /** Everything else; the vnd type is 406 on published files and 500 on reviews (findings-records). */
  json: 'application/json',
  bibtex: 'application/x-bibtex',
  citation: 'text/x-bibliography',
} as const

const TRIES = 3
const PAUSE_MS = 300
const LONGEST_PAUSE_MS = 5000
/** A longer pause asked for by the server is the caller's to plan: it may show it, or do something else meanwhile. */
const LONGEST_WAIT_MS = 20_000
const LONGEST_RETRY_AFTER_MS = 3_600_000
const REDIRECTS = 5
const STORAGES = 8

/** What all clients of one origin share. */
type Origin = {
  readonly transport: Transport
  readonly requests: Requests
  clients: number
}

const origins = new Map<string, Origin>()

/**
 * A client of one server for one token. Connections, with the patience of the first client, and the request budget are shared
 * between clients of an origin. With the priority `transfer` it plans nothing by itself: no call is repeated, and each waits
 * until the budget has room, however long that takes.
 */
export function createClient(server: Server, patience = PATIENCE, priority: Priority = 'person'): RepositoryClient {
  return new Client(server, patience, priority)
}

class Client implements RepositoryClient {
  readonly server: Server
  readonly #shared: Origin
  readonly #listeners = new Set<(seen: SeenAnswer) => void>()
  readonly #base: URL
  readonly #patience: Patience
  readonly #storages = new Map<string, Transport>()
  readonly #priority: Priority
  #closed = false
  /** Whether answers to this token carry X-User-ID; many nginx set-ups take it out. */
  #namesUser = false
  #tokenAsked: { at: number; refused: boolean } | null = null

  constructor(server: Server, patience: Patience, priority: Priority) {
    this.#patience = patience
    this.#priority = priority
    this.#base = new URL('/api/', server.origin)
    this.server = { ...server, origin: this.#base.origin }
    const known = origins.get(this.#base.origin)
    this.#shared = known ?? {
      transport: new Transport(this.#base.origin, { patience }),
      requests: new Requests(),
      clients: 0,
    }
    this.#shared.clients++
    origins.set(this.#base.origin, this.#shared)
  }

  budget(): RequestBudget | null {
    return this.#shared.requests.shown
  }

  hearBudget(budget: RequestBudget): void {
    this.#shared.requests.hear(budget)
  }

  opensInMs(priority = this.#priority): number {
    return this.#shared.requests.opensInMs(priority)
  }

  onAnswer(listener: (seen: SeenAnswer) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async json<S extends z.ZodType>(call: ApiCall, schema: S): Promise<Answer<z.output<S>>> {
    const url = this.#url(call.path, call.query)
    const headers: Record<string, string> = { ...this.#headers(), accept: ACCEPT[call.accept ?? 'json'] }
    // Parameters such as a charset would be refused with 415 (live findings A1).
    if (call.body !== undefined) headers['content-type'] = 'application/json'
    if (call.ifMatch !== undefined) headers['if-match'] = String(call.ifMatch)
    const text = call.accept === 'bibtex' || call.accept === 'citation'
    const exchange: Exchange = {
      method: call.method,
      url,
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: call.signal,
      answerBytes: call.answerBytes,
      unread: call.unread,
    }
    return this.#retry(call, (number) =>
      this.#observe(async () => {
        const raw = await this.#follow(exchange, number)
        if (call.unread) this.#expectJson(raw)
        return { raw, value: this.#parse(raw, schema, text) }
      }),
    )
  }

  async send(call: ContentCall): Promise<Answer<FileEntry>> {
    const url = call.url === undefined ? this.#url(call.path) : this.#partUrl(call.url)
    const { body: content, lengthBytes, stallMs = this.#patience.stallMs } = call
    const body = content instanceof Uint8Array ? { bytes: content, stallMs } : { lengthBytes, chunks: content, stallMs }
    const exchange = { method: 'PUT', url, body, signal: call.signal } as const
    const length = { 'content-length': String(lengthBytes) }
    if (url.origin !== this.#base.origin)
      return this.#store({ ...exchange, headers: { 'user-agent': USER_AGENT, ...length } })
    const headers = { ...this.#headers(), accept: ACCEPT.json, 'content-type': 'application/octet-stream', ...length }
    const number = await this.#enter(this.#priority, call.signal)
    return this.#observe(async () => {
      const raw = await this.#exchange(this.#shared.transport, { ...exchange, headers }, number)
      await this.#refuse(raw)
      return { raw, value: this.#parse(raw, fileEntrySchema, false) }
    })
  }

  /** To a storage, which answers for itself: neither budget nor state of the server is learnt from it. */
  async #store(exchange: Exchange): Promise<Answer<FileEntry>> {
    const { status, header } = await this.#storage(exchange.url.origin).exchange(exchange)
    if (status >= 300 && status < 400) throw this.#redirected(URL.parse(header('location') ?? '', hrefOf(exchange.url)))
    if (status >= 400) throw new HttpError({ status, fromStorage: true })
    // It answers with an empty body or XML, which says nothing more than its status.
    return { status, value: { key: '' }, userId: null }
  }

  /** Kept, since a file has thousands of parts; but not for every name that a server may come up with. */
  #storage(origin: string): Transport {
    const known = this.#storages.get(origin) ?? new Transport(origin, { patience: this.#patience })
    this.#storages.delete(origin)
    this.#storages.set(origin, known)
    const [oldest] = this.#storages
    if (oldest && this.#storages.size > STORAGES) {
      this.#storages.delete(oldest[0])
      void oldest[1].close()
    }
    return known
  }

  async receive<T>(call: ReceiveCall, take: (content: Content) => Promise<T>): Promise<T> {
    const storages: Transport[] = []
    try {
      const number = await this.#enter('transfer', call.signal)
      const { value } = await this.#observe(async () => {
        const open = await this.#openContent(call, number, storages)
        const { status, header } = open
        try {
          return { raw: { status, header, text: '' }, value: await take({ status, header, chunks: open.chunks() }) }
        } finally {
          open.discard()
        }
      })
      return value
    } finally {
      await Promise.all(storages.map((storage) => storage.close()))
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#listeners.clear()
    await Promise.all([...this.#storages.values()].map((storage) => storage.close()))
    if (--this.#shared.clients === 0) await this.#shared.transport.close()
  }

  // Retry: only what is safe to repeat.

  async #retry<T>(call: ApiCall, attempt: (number: number) => Promise<T>): Promise<T> {
    const repeat = call.repeat ?? call.method === 'GET'
    const most = this.#priority === 'transfer' ? 1 : TRIES
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(await this.#enter(this.#priority, call.signal))
      } catch (error) {
        const pause = tries < most ? pauseAfter(error, repeat, tries) : null
        if (pause === null || call.signal?.aborted) throw error
        await sleep(pause, undefined, call.signal ? { signal: call.signal } : {})
      }
    }
  }

  // Rate: one budget for each origin, from its headers.

  /** Waits for room in the budget. A long wait is the caller’s to plan, like a long pause that the server asks for. */
  async #enter(priority: Priority, signal: AbortSignal | undefined): Promise<number> {
    const { requests } = this.#shared
    const waitMs = requests.opensInMs(priority)
    if (waitMs > LONGEST_WAIT_MS && this.#priority !== 'transfer')
      throw new HttpError({ status: 429, retryAfterMs: Math.min(waitMs, LONGEST_RETRY_AFTER_MS) })
    return requests.enter(priority, signal)
  }

  /** Retry-After stands on answers of all kinds, and means something on refusals only (behaviour 2.6). */
  #noteBudget(answer: Pick<RawAnswer, 'status' | 'header'>, number: number): void {
    const [limit, remaining, reset] = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'].map(
      (name) => {
        const value = answer.header(name)
        return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null
      },
    )
    const leftMs = reset == null ? null : Math.min(reset * 1000 - serverNow(answer), LONGEST_RETRY_AFTER_MS)
    const { requests } = this.#shared
    const pauseMs = answer.status === 429 ? (retryAfterMs(answer) ?? leftMs) : null
    if (pauseMs !== null) requests.refuse(limit ?? null, pauseMs)
    else if (limit == null || remaining == null || leftMs === null) requests.learn(number, null)
    else requests.learn(number, { limit, remaining, resetsAt: performance.now() + leftMs })
  }

  // Transport: where it goes, and what is refused.

  async #follow(exchange: Exchange, number: number): Promise<RawAnswer> {
    let { url } = exchange
    for (let hops = 0; ; hops++) {
      const raw = await this.#exchange(this.#shared.transport, { ...exchange, url }, hops === 0 ? number : null)
      const location = raw.header('location')
      if (raw.status < 300 || raw.status > 399 || location === null) {
        await this.#refuse(raw)
        return raw
      }
      const target = URL.parse(location, hrefOf(url))
      if (exchange.method !== 'GET' || target?.origin !== this.#base.origin || hops === REDIRECTS)
        throw this.#redirected(target)
      url = new URL(target.pathname + target.search, this.#base.origin)
    }
  }

  /** The head of an answer that brings content. A pool for each storage on the way is put into `storages`. */
  async #openContent(
    { path, from, signal, stallMs = this.#patience.stallMs }: ReceiveCall,
    number: number,
    storages: Transport[],
  ): Promise<OpenAnswer> {
    const wanted: Record<string, string> = { accept: '*/*', 'accept-encoding': 'identity' }
    if (from) wanted['range'] = `bytes=${from.bytes}-`
    // A weak one can't be compared (RFC 9110, section 13.1.5).
    if (from?.etag?.startsWith('"')) wanted['if-range'] = from.etag
    let url = this.#url(path)
    for (let hops = 0; ; hops++) {
      // Once elsewhere, an address of this server is the wish of somebody else.
      const own = url.origin === this.#base.origin && storages.length === 0
      const transport = own
        ? this.#shared.transport
        : new Transport(url.origin, { publicOnly: !isLoopback(this.#base.hostname), patience: this.#patience })
      if (!own) storages.push(transport)
      const headers = { ...(own ? this.#headers() : { 'user-agent': USER_AGENT }), ...wanted }
      const counted = own && hops > 0 ? this.#shared.requests.count('transfer') : number
      const open = await transport.open({ url, headers, signal }, stallMs)
      if (own) this.#note(open, counted)
      const { status, header } = open
      if (status >= 200 && status < 300) return open
      const location = header('location')
      if (status >= 300 && status < 400 && location !== null) {
        open.discard()
        url = this.#storageUrl(URL.parse(location, hrefOf(url)), hops)
        continue
      }
      const raw = { status, header, text: await open.text() }
      // Storage knows no accounts: what it refuses, such as a link that has expired, is trouble of the server.
      const asIs = own || status >= 500 || status === 416 || status === 429
      await this.#refuse(asIs ? raw : { ...raw, status: 502 })
    }
  }

  /** `number`: of the request in the budget, where it is counted already. */
  async #exchange(transport: Transport, exchange: Exchange, number: number | null = null): Promise<RawAnswer> {
    const own = exchange.url.origin === this.#base.origin
    const counted = own ? (number ?? this.#shared.requests.count(this.#priority)) : 0
    const raw = await transport.exchange(exchange)
    if (own) this.#note(raw, counted)
    return raw
  }

  #note(answer: Pick<RawAnswer, 'status' | 'header'>, number: number): void {
    this.#noteBudget(answer, number)
    if (this.server.token !== null && answer.header('x-user-id') !== null) this.#namesUser = true
  }

  #redirected(target: URL | null): NetworkError {
    return redirectedElsewhere(this.server.name, target?.host ?? '')
  }

  /** Throws what an answer of 300 and more means. */
  async #refuse(raw: RawAnswer): Promise<void> {
    if (raw.status >= 200 && raw.status < 300) return
    if (raw.status >= 300 && raw.status < 400)
      throw this.#redirected(URL.parse(raw.header('location') ?? '', this.#base.href))
    const { token } = this.server
    const html = !isJson(raw)
    let message = ''
    let fieldErrors: FieldError[] = []
    if (!html) {
      const parsed = errorBodySchema.safeParse(tryJson(raw.text))
      message = cleanServerText(parsed.data?.message, token)
      fieldErrors = (parsed.data?.errors ?? []).flatMap((item) => {
        const { data } = fieldErrorSchema.safeParse(item)
        if (!data) return []
        return [
          {
            field: cleanServerText(data.field, token),
            messages: data.messages.map((text) => cleanServerText(text, token)),
          },
        ]
      })
    }
    throw new HttpError({
      status: raw.status,
      serverMessage: message,
      fieldErrors,
      retryAfterMs: raw.status === 429 || raw.status === 503 ? retryAfterMs(raw) : null,
      html,
      tokenRefused: await this.#isTokenRefused(raw),
    })
  }

  async #isTokenRefused(raw: RawAnswer): Promise<boolean> {
    if (this.server.token === null) return false
    if (raw.status === 401) return true
    if (raw.status !== 403 || raw.header('x-user-id') !== null) return false
    if (this.#namesUser) return true
    // X-User-ID is not proof when it is missing: the usual nginx set-up takes it out. So the server is asked, once a minute at most.
    if (this.#tokenAsked === null || Date.now() - this.#tokenAsked.at > 60_000) {
      const url = this.#url(['me'])
      const headers = { ...this.#headers(), accept: ACCEPT.json }
      const me = await this.#exchange(this.#shared.transport, { method: 'GET', url, headers }).catch(() => null)
      this.#tokenAsked = { at: Date.now(), refused: me?.status === 401 }
    }
    return this.#tokenAsked.refused
  }

  #parse<S extends z.ZodType>(raw: RawAnswer, schema: S, text: boolean): z.output<S> {
    if (text) return schema.parse(raw.text)
    // A delete answers 204 without a body.
    if (raw.text === '') return schema.parse(undefined)
    this.#expectJson(raw)
    let value: unknown
    try {
      value = parseJson(raw.text)
    } catch (error) {
      throw this.#notUnderstood(raw, error)
    }
    const parsed = schema.safeParse(value)
    if (!parsed.success) throw this.#notUnderstood(raw, parsed.error)
    return parsed.data
  }

  /** Throws for a page with 200 in place of data: the sign-in page of a network, or no repository at all. */
  #expectJson(raw: RawAnswer): void {
    if (isJson(raw)) return
    const cause = new Error(raw.text.slice(0, 5000))
    throw new NetworkError('format', true, { code: 'captive-portal', params: { server: this.server.name } }, { cause })
  }

  #notUnderstood(raw: RawAnswer, cause: unknown): NetworkError {
    const params = { server: this.server.name, support: `${raw.status}-${supportNumber(cause)}` }
    return new NetworkError('format', true, { code: 'answer-not-understood', params }, { cause })
  }

  async #observe<T>(attempt: () => Promise<{ raw: RawAnswer; value: T }>): Promise<Answer<T>> {
    try {
      const { raw, value } = await attempt()
      const userId = this.server.token === null ? null : raw.header('x-user-id')
      this.#tell({ ok: true, status: raw.status, userId, error: null })
      return { status: raw.status, value, userId }
    } catch (error) {
      // Cancelled here, or the file could not be read: says nothing about the server.
      if (error instanceof HttpError || error instanceof NetworkError) {
        const refusal = error instanceof HttpError && error.status < 500 && !error.html
        const appError =
          refusal && !error.tokenRefused && error.status !== 429 ? null : toAppError(error, this.server.name)
        this.#tell({
          ok: refusal,
          status: error instanceof HttpError ? error.status : null,
          userId: null,
          error: appError,
        })
      }
      throw error
    }
  }

  #tell(seen: Omit<SeenAnswer, 'at'>): void {
    for (const listener of this.#listeners) listener({ ...seen, at: Date.now() })
  }

  #headers(): Record<string, string> {
    const { token } = this.server
    return { 'user-agent': USER_AGENT, ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
  }

  #url(path: readonly string[], query: ApiCall['query'] = {}): Address {
    const segments = path.flatMap((element) => encodeElement(element, this.server.name))
    const asked = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
    // This escapes “'” and every other sign that the server refuses when it is raw (live findings B12).
    const search = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`
    // Encoded like this it is an address already; to parse it would cost more than all else that is done here.
    const { origin, host, pathname } = this.#base
    return { origin, host, pathname: pathname + segments.join('/'), search }
  }

  /** Where the server says that content is, if one may go there. */
  #storageUrl(url: URL | null, hops: number): URL {
    const local = isLoopback(this.#base.hostname)
    const allowed =
      url?.origin === this.#base.origin || (url?.protocol === 'https:' && (local || !isPrivateHost(url.hostname)))
    if (!url || !allowed || url.username !== '' || hops === REDIRECTS) throw this.#redirected(url)
    return url
  }

  #partUrl(link: string): URL {
    const url = URL.parse(link)
    const own = url?.origin === this.#base.origin
    if (!url || (own ? !url.pathname.startsWith('/api/') : url.protocol !== 'https:') || url.username !== '')
      throw this.#redirected(url)
    return url
  }
}

const USER_AGENT = `Deposit-Desk/${VERSION}`

const errorBodySchema = z.looseObject({ message: z.unknown(), errors: z.array(z.unknown()).optional().catch([]) })

/** “.” and “..” would be folded away by URL parsers and name another resource; an empty first segment is answered with 308. */
function encodeElement(element: string, server: string): string[] {
  const segments = element.split('/')
  const refused =
    segments[0] === '' || segments.some((segment) => segment === '.' || segment === '..') || /[\0\r\n]/.test(element)
  if (refused || !element.isWellFormed()) {
    throw new DeskError('file-name-refused', {
      server,
      name: element.slice(0, 300).toWellFormed(),
      reason: 'it can’t be part of a web address',
    })
  }
  return segments.map(encodeURIComponent)
}

function isJson(raw: RawAnswer): boolean {
  return /[/+]json\b/i.test(raw.header('content-type') ?? '')
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}

/** Seconds or a date; at most an hour. */
function retryAfterMs(raw: Pick<RawAnswer, 'header'>): number | null {
  const value = raw.header('retry-after')
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - serverNow(raw)
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS)
}

/** What the time is for the server: it names moments by its clock, which may be far from ours (fault U34). */
function serverNow({ header }: Pick<RawAnswer, 'header'>): number {
  const [here, there] = [Date.now(), Date.parse(header('date') ?? '')]
  // Its header counts in whole seconds, and was on its way for a while. Where ours runs ahead, its windows would seem over.
  return here < there || here > there + 2000 ? there : here
}

/** How long to wait before the next try, or null when there is none. Full jitter. */
function pauseAfter(error: unknown, repeat: boolean, tries: number): number | null {
  if (isAbort(error)) return null
  if (error instanceof NetworkError) {
    const again = error.phase === 'connect' || (repeat && ['send', 'receive', 'stall'].includes(error.phase))
    return again ? jitter(tries) : null
  }
  if (!(error instanceof HttpError)) return null
  // A request that was turned away by the rate limit was not carried out, whatever its method.
  const again = error.status === 429 || (repeat && [408, 425, 500, 502, 503, 504].includes(error.status))
  if (!again || (error.retryAfterMs ?? 0) > LONGEST_WAIT_MS) return null
  return error.retryAfterMs === null ? jitter(tries) : error.retryAfterMs + Math.random() * PAUSE_MS
}

function jitter(tries: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** tries)
}
