import { subscribe } from 'node:diagnostics_channel'
import { lookup, type LookupAddress } from 'node:dns'
import type { IncomingHttpHeaders } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as tls from 'node:tls'
import { Agent, buildConnector, EnvHttpProxyAgent, Pool, request, type Dispatcher } from 'undici'
import { isPrivateAddress } from './addresses.ts'
import { isAbort, isLoopback, networkError, NetworkError, redirectedElsewhere, supportNumber } from './errors.ts'

/** How long nothing may come before a call is given up. There is no limit to the time in which something does. */
export type Patience = {
  readonly connectMs: number
  /** Until the first byte of the answer to a GET. */
  readonly readMs: number
  /** The same for other calls, which may take longer: publishing thousands of files does. */
  readonly writeMs: number
  /** Between two bytes, of a body that is sent or of an answer that comes. */
  readonly stallMs: number
}

export const PATIENCE: Patience = { connectMs: 20_000, readMs: 60_000, writeMs: 300_000, stallMs: 60_000 }

const ANSWER_LIMIT_BYTES = 10_000_000
const CLOSE_MS = 500

/** Of a URL what a request needs. */
export type Address = Pick<URL, 'origin' | 'host' | 'pathname' | 'search'>

export function hrefOf({ origin, pathname, search }: Address): string {
  return origin + pathname + search
}

export type Exchange = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: Address
  readonly headers: Readonly<Record<string, string>>
  /** Bytes at once, such as those of a small file, or as they come. */
  readonly body?:
    | string
    | { readonly bytes: Uint8Array; readonly stallMs: number }
    | { readonly lengthBytes: number; readonly chunks: AsyncIterable<Uint8Array>; readonly stallMs: number }
  readonly signal?: AbortSignal | undefined
  /** Bytes that the answer may have. Default 10 MB. */
  readonly answerBytes?: number | undefined
  /** Nothing of it is kept where the call succeeds: its text is empty. */
  readonly unread?: boolean | undefined
}

export type RawAnswer = {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly text: string
}

/** An answer whose body has not been read. Read one of the two, or `discard` it. */
export type OpenAnswer = {
  readonly status: number
  readonly header: (name: string) => string | null
  text(): Promise<string>
  /** Throws NetworkError, or the signal's reason. */
  chunks(): AsyncGenerator<Uint8Array>
  discard(): void
}

/** One connection pool for each origin, shared by all clients of the process for this origin. */
export class Transport {
  readonly #origin: URL
  readonly #publicOnly: boolean
  readonly #patience: Patience
  #dispatcher: Dispatcher | null = null

  /** `publicOnly`: no connection to an address of this computer or of a private network, whatever the name leads to. */
  constructor(origin: string, { publicOnly = false, patience = PATIENCE } = {}) {
    this.#origin = new URL(origin)
    this.#publicOnly = publicOnly
    this.#patience = patience
  }

  /** Sends one request and reads the whole answer. Throws NetworkError, the signal's reason, or what `chunks` threw. */
  async exchange(call: Exchange): Promise<RawAnswer> {
    this.#dispatcher ??= createDispatcher(this.#origin, this.#publicOnly, this.#patience.connectMs)
    const { url, method, headers, body, signal } = call
    if (signal?.aborted) throw abortReason(signal)
    const answer = new WholeAnswer(call)
    const sending =
      typeof body === 'object' && 'chunks' in body ? new SendingBody(body, () => answer.end(STALLED)) : null
    const onAbort = () => answer.end(ABORTED)
    signal?.addEventListener('abort', onAbort)
    try {
      // Below `request` of undici, which makes a stream, a signal and their watchers of an answer of a few hundred bytes.
      this.#dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          headers: headers as Record<string, string>,
          // undici takes any async iterable, its types only streams.
          body: (sending?.chunks as unknown as Readable | undefined) ?? atOnce(body),
          headersTimeout: sending ? 0 : this.#answersWithin(call),
          bodyTimeout: this.#patience.stallMs,
        },
        answer,
      )
      return await answer.whole
    } catch (error) {
      if (sending?.failure) throw sending.failure.error
      if (signal?.aborted) throw abortReason(signal)
      if (error === UNREADABLE) throw this.#unreadable()
      if (error === STALLED) {
        const params = { server: url.host }
        throw new NetworkError('stall', true, { code: 'server-unreachable', params }, { cause: error })
      }
      throw answer.status === 0 ? requestFailure(error, url.host) : this.#cut(error)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      sending?.stop()
    }
  }

  /** Sends a GET and returns when the head of the answer is there. `stallMs`: no byte comes this long. Throws as `exchange`. */
  async open(call: Omit<Exchange, 'method' | 'body'>, stallMs: number): Promise<OpenAnswer> {
    this.#dispatcher ??= createDispatcher(this.#origin, this.#publicOnly, this.#patience.connectMs)
    const { url, headers, signal } = call
    try {
      const answer = await request(hrefOf(url), {
        dispatcher: this.#dispatcher,
        method: 'GET',
        headers,
        signal: signal ?? null,
        headersTimeout: this.#patience.readMs,
        bodyTimeout: stallMs,
      })
      const discard = () => void answer.body.on('error', () => undefined).destroy()
      return {
        status: answer.statusCode,
        header: headerOf(answer.headers),
        text: () => this.#read(answer, signal),
        chunks: () => this.#chunks(answer, signal),
        discard,
      }
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal)
      throw requestFailure(error, url.host)
    }
  }

  /** What is under way has a moment to end: a save whose answer is thrown away would have to be looked up. */
  async close(): Promise<void> {
    const dispatcher = this.#dispatcher
    this.#dispatcher = null
    if (dispatcher === null) return
    const limit = new AbortController()
    const ended = dispatcher.close().then(() => limit.abort())
    await Promise.race([ended, sleep(CLOSE_MS, undefined, { signal: limit.signal }).catch(() => undefined)])
    await dispatcher.destroy()
  }

  async #read(answer: Dispatcher.ResponseData, signal?: AbortSignal): Promise<string> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of this.#chunks(answer, signal)) {
      chunks.push(chunk as Buffer)
      bytes += chunk.length
      if (bytes > ANSWER_LIMIT_BYTES) throw this.#discard(answer)
    }
    return Buffer.concat(chunks, bytes).toString('utf8')
  }

  async *#chunks(answer: Dispatcher.ResponseData, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    if (isEncoded(answer.headers)) throw this.#discard(answer)
    try {
      for await (const chunk of answer.body) yield chunk as Buffer
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal)
      if (isAbort(error)) throw error
      throw this.#cut(error)
    }
  }

  /** The status came, the rest did not: the server did act. */
  #cut(error: unknown): NetworkError {
    const { phase, appError } = networkError(error, this.#origin.host, true)
    return new NetworkError(phase === 'send' ? 'receive' : phase, true, appError, { cause: error })
  }

  /** The watch of a body counts the bytes themselves: no total timeout for an upload, however slow. */
  #answersWithin({ method, body }: Exchange): number {
    if (typeof body === 'object' && 'bytes' in body) return body.stallMs + leavingMs(body.bytes.length)
    return method === 'GET' ? this.#patience.readMs : this.#patience.writeMs
  }

  #discard(answer: Dispatcher.ResponseData): NetworkError {
    answer.body.on('error', () => undefined).destroy()
    return this.#unreadable()
  }

  #unreadable(): NetworkError {
    const params = { server: this.#origin.host, support: supportNumber(UNREADABLE) }
    return new NetworkError('format', true, { code: 'answer-not-understood', params }, { cause: UNREADABLE })
  }
}

/** Of an answer: it is compressed without having been asked for, or larger than it may be. */
const UNREADABLE = new Error('an answer that can’t be read')
const STALLED = new Error('no byte has moved')
const ABORTED = new Error('not wanted any more')

/** Takes in an answer as it comes, as far as it is wanted. */
class WholeAnswer implements Dispatcher.DispatchHandler {
  readonly whole: Promise<RawAnswer>
  /** 0 until its head has come. */
  status = 0
  readonly #limitBytes: number
  readonly #unread: boolean
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #headers: IncomingHttpHeaders = {}
  #controller: Dispatcher.DispatchController | null = null
  #ended: Error | null = null
  #resolve: (answer: RawAnswer) => void = () => {}
  #reject: (reason: unknown) => void = () => {}

  constructor({ answerBytes = ANSWER_LIMIT_BYTES, unread = false }: Exchange) {
    this.#limitBytes = answerBytes
    this.#unread = unread
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** `whole` is rejected with the reason at once, whether or not a connection is there. */
  end(reason: Error): void {
    this.#ended = reason
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended !== null) controller.abort(this.#ended)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.status = status
    this.#headers = headers
    if (isEncoded(headers)) this.end(UNREADABLE)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limitBytes) this.end(UNREADABLE)
    else if (!this.#unread || this.status >= 300) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const [only = EMPTY] = this.#chunks
    const text = (this.#chunks.length < 2 ? only : Buffer.concat(this.#chunks)).toString('utf8')
    this.#resolve({ status: this.status, header: headerOf(this.#headers), text })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error)
  }
}

const EMPTY = Buffer.alloc(0)

/** None was asked for, so nothing here can grow while it is unpacked. */
function isEncoded(headers: IncomingHttpHeaders): boolean {
  const encoding = headerOf(headers)('content-encoding')
  return encoding !== null && encoding !== 'identity'
}

function atOnce(body: Exchange['body']): string | Uint8Array | null {
  if (typeof body !== 'object') return body ?? null
  return 'bytes' in body ? body.bytes : null
}

function headerOf(headers: IncomingHttpHeaders): (name: string) => string | null {
  return (name) => {
    const value = headers[name]
    return (Array.isArray(value) ? value[0] : value) ?? null
  }
}

/** A request that got no answer. */
function requestFailure(error: unknown, host: string): NetworkError {
  if (error instanceof NetworkError) return error
  const issuer = error instanceof Error ? failedConnects.get(error) : undefined
  return networkError(error, host, issuer === undefined, issuer ?? null)
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError')
}

function createDispatcher(origin: URL, publicOnly: boolean, connectMs: number): Dispatcher {
  const isHttps = origin.protocol === 'https:'
  const secureContext = isHttps ? { secureContext: systemTrust() } : {}
  const connect = connector({ timeout: connectMs, ...secureContext, ...(publicOnly ? { lookup: lookupPublic } : {}) })
  const options: Agent.Options = {
    connect,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: 64 * 1024,
    // Shorter than the 2 s of gunicorn and the 5 s of Zenodo's nginx, so that no request meets a connection that is being closed.
    keepAliveTimeout: 1500,
    keepAliveMaxTimeout: 60_000,
  }
  const proxied = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].some((name) => process.env[name])
  if (!proxied || isLoopback(origin.hostname)) return new Agent(options)
  const clientFactory = (proxy: URL, given: object) =>
    wayToProxy(new Pool(proxy, { ...given, headersTimeout: connectMs }))
  const proxyTls = { secureContext: systemTrust() }
  return new EnvHttpProxyAgent({ ...options, clientFactory, requestTls: secureContext, proxyTls })
}

/** Whatever fails on the way to a proxy is a matter of the proxy, and nothing was sent to the server yet (fault U35). */
function wayToProxy(pool: Pool): Pool {
  const connect = pool.connect.bind(pool)
  return Object.assign(pool, {
    connect: (call: Dispatcher.ConnectOptions) =>
      connect(call).catch((error: unknown) => {
        throw isAbort(error)
          ? error
          : Object.assign(new Error('the way to the proxy', { cause: error }), { code: 'UND_ERR_PRX' })
      }),
  })
}

/** A name may be made to lead anywhere. As dns.lookup; addresses that are written out never come here. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    const open = error ? [] : addresses.filter(({ address }) => !isPrivateAddress(address))
    const [first] = open
    if (error) callback(error, '', 0)
    else if (!first) callback(redirectedElsewhere(hostname, hostname), '', 0)
    else if (options.all) callback(null, open)
    else callback(null, first.address, first.family)
  })
}

let trust: tls.SecureContext | null = null

/** The authorities that Node brings, and those that this computer trusts: institutions install their own there. */
function systemTrust(): tls.SecureContext {
  trust ??= tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...tls.getCACertificates('system')] })
  return trust
}

/** Errors of opening a connection, with the issuer of the certificate where one was shown: the request did not leave. */
const failedConnects = new WeakMap<Error, string | null>()

function connector(options: {
  timeout: number
  secureContext?: tls.SecureContext
  lookup?: LookupFunction
}): buildConnector.connector {
  const open = buildConnector({
    ...options,
    allowH2: false,
    autoSelectFamily: true,
  })
  return (options, callback) => {
    let issuer: string | null = null
    const socket = open(options, (error, opened) => {
      if (error) {
        failedConnects.set(error, issuer)
        callback(error, null)
        return
      }
      holdBackWriteErrors(opened)
      callback(null, opened)
    }) as unknown as Socket | undefined
    if (socket instanceof tls.TLSSocket) {
      // Before Node checks the certificate and closes: who issued it is what a person's IT department asks.
      socket.prependListener('secure', () => {
        const { issuer: by } = socket.getPeerCertificate()
        issuer = [by?.CN ?? by?.O ?? []].flat()[0] ?? null
      })
    }
  }
}

/**
 * A server that refuses an upload answers before it has read the body, and closes: the answer lies in our receive buffer
 * while our next write fails (live findings B20). Node would drop the connection at that write, unread answer included. So
 * the failure of a write waits for a moment, in which the answer is read.
 */
function holdBackWriteErrors(socket: Socket): void {
  type Done = (error?: Error | null) => void
  const late =
    (done: Done): Done =>
    (error) => {
      if (error) setTimeout(done, 250, error)
      else done()
    }
  const target = socket as Socket & { _writev?: Socket['_writev'] }
  const write = target._write.bind(socket)
  target._write = (chunk: unknown, encoding, done) => write(chunk, encoding, late(done))
  const writev = target._writev?.bind(socket)
  if (writev) target._writev = (chunks, done) => writev(chunks, late(done))
}

/** What a system may hold of a body on a slow line: it makes its buffers as large as the line is fast. */
const HELD_BYTES = 256 * 1024

/** Watches for sockets on which no byte of a body moves. */
const sendingBodies = new WeakMap<object, SendingBody>()

// undici says on which socket it writes a request only here (its documentation, Diagnostics Channel).
subscribe('undici:client:sendHeaders', (message) => {
  const { request: sent, socket } = message as { request: { body?: unknown }; socket: Socket }
  if (typeof sent.body === 'object' && sent.body !== null) sendingBodies.get(sent.body)?.start(socket)
})

class SendingBody {
  readonly chunks: AsyncGenerator<Uint8Array>
  failure: { readonly error: unknown } | null = null
  readonly #lengthBytes: number
  readonly #stallMs: number
  readonly #onTimeout: () => void
  #startedAt = 0
  #socket: Socket | null = null

  constructor(body: { lengthBytes: number; chunks: AsyncIterable<Uint8Array>; stallMs: number }, onStall: () => void) {
    this.#lengthBytes = body.lengthBytes
    this.#stallMs = body.stallMs
    this.#onTimeout = onStall
    this.chunks = this.#watch(body.chunks)
    sendingBodies.set(this.chunks, this)
  }

  /** A socket's own timeout starts again with every byte that the system takes from it, even inside one large write. */
  start(socket: Socket): void {
    this.#socket = socket
    this.#startedAt = performance.now()
    socket.on('timeout', this.#onTimeout)
    socket.setTimeout(this.#stallMs)
  }

  stop(): void {
    this.#socket?.off('timeout', this.#onTimeout)
    this.#socket?.setTimeout(0)
    this.#socket = null
  }

  async *#watch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks
    } catch (error) {
      this.failure = { error }
      throw error
    }
    // All is handed over, which is not all gone. Of what is large, less is left than went before.
    const large = this.#lengthBytes >= 2 * HELD_BYTES
    const lateMs = large
      ? performance.now() - this.#startedAt + passingMs(this.#lengthBytes)
      : leavingMs(this.#lengthBytes)
    this.#socket?.setTimeout(this.#stallMs + lateMs)
  }
}

/**
 * How long a small body may take after it was handed over: the system holds it, and shows nothing of how it moves, on a line
 * of half a kilobyte a second (fault U10).
 */
function leavingMs(lengthBytes: number): number {
  return 2 * Math.min(lengthBytes, HELD_BYTES) + passingMs(lengthBytes)
}

/** A proxy that collects a body passes it on only when it has all, so a large one may be answered late. */
function passingMs(lengthBytes: number): number {
  return lengthBytes / 20_000
}
