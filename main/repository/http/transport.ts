import { subscribe } from 'node:diagnostics_channel'
import { lookup, type LookupAddress } from 'node:dns'
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

export type Exchange = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?:
    string | { readonly lengthBytes: number; readonly chunks: AsyncIterable<Uint8Array>; readonly stallMs: number }
  readonly signal?: AbortSignal | undefined
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
    const stall = new AbortController()
    const sending = typeof call.body === 'object' ? new SendingBody(call.body, stall) : null
    const signals = [stall.signal, ...(call.signal ? [call.signal] : [])]
    try {
      const answer = await request(call.url, {
        dispatcher: this.#dispatcher,
        method: call.method,
        headers: call.headers,
        // undici takes any async iterable, its types only streams.
        body:
          (sending?.chunks as unknown as Readable | undefined) ?? (typeof call.body === 'string' ? call.body : null),
        signal: AbortSignal.any(signals),
        // The watch of a body counts the bytes themselves: no total timeout for an upload, however slow.
        headersTimeout: sending ? 0 : call.method === 'GET' ? this.#patience.readMs : this.#patience.writeMs,
        bodyTimeout: this.#patience.stallMs,
      })
      return { status: answer.statusCode, header: headerOf(answer), text: await this.#read(answer, call.signal) }
    } catch (error) {
      if (sending?.failure) throw sending.failure.error
      if (call.signal?.aborted) throw abortReason(call.signal)
      if (stall.signal.aborted) {
        throw new NetworkError(
          'stall',
          true,
          { code: 'server-unreachable', params: { server: call.url.host } },
          { cause: error },
        )
      }
      throw requestFailure(error, call.url.host)
    } finally {
      sending?.stop()
    }
  }

  /** Sends a GET and returns when the head of the answer is there. `stallMs`: no byte comes this long. Throws as `exchange`. */
  async open(call: Omit<Exchange, 'method' | 'body'>, stallMs: number): Promise<OpenAnswer> {
    this.#dispatcher ??= createDispatcher(this.#origin, this.#publicOnly, this.#patience.connectMs)
    const { url, headers, signal } = call
    try {
      const answer = await request(url, {
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
        header: headerOf(answer),
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
      if (bytes > ANSWER_LIMIT_BYTES) throw this.#unreadable(answer, 'answer too large')
    }
    return Buffer.concat(chunks, bytes).toString('utf8')
  }

  async *#chunks(answer: Dispatcher.ResponseData, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    // None was asked for, so nothing here can grow while it is unpacked.
    const encoding = headerOf(answer)('content-encoding')
    if (encoding !== null && encoding !== 'identity') throw this.#unreadable(answer, 'compressed without being asked')
    try {
      for await (const chunk of answer.body) yield chunk as Buffer
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal)
      if (isAbort(error)) throw error
      const failure = networkError(error, this.#origin.host, true)
      // The status came, the rest did not: the server did act.
      throw new NetworkError(failure.phase === 'send' ? 'receive' : failure.phase, true, failure.appError, {
        cause: error,
      })
    }
  }

  #unreadable(answer: Dispatcher.ResponseData, reason: string): NetworkError {
    answer.body.on('error', () => undefined).destroy()
    const params = { server: this.#origin.host, support: supportNumber(new Error(reason)) }
    return new NetworkError('format', true, { code: 'answer-not-understood', params }, { cause: new Error(reason) })
  }
}

function headerOf(answer: Dispatcher.ResponseData): (name: string) => string | null {
  return (name) => {
    const value = answer.headers[name]
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

  constructor(
    body: { lengthBytes: number; chunks: AsyncIterable<Uint8Array>; stallMs: number },
    stall: AbortController,
  ) {
    this.#lengthBytes = body.lengthBytes
    this.#stallMs = body.stallMs
    this.#onTimeout = () => stall.abort()
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
    // All is handed over, which is not all gone: the system holds the last of it, and shows nothing of how that moves. On a
    // line of half a kilobyte a second (fault U10) what is small may all be held; of what is large, less than went before.
    const small = this.#lengthBytes < 2 * HELD_BYTES
    const leavingMs = small ? 2 * Math.min(this.#lengthBytes, HELD_BYTES) : performance.now() - this.#startedAt
    // And a proxy that collects the body passes it on only now, so a large one may be answered late.
    const passingMs = this.#lengthBytes / 20_000
    this.#socket?.setTimeout(this.#stallMs + leavingMs + passingMs)
  }
}
