import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as tls from 'node:tls'
import { Agent, buildConnector, EnvHttpProxyAgent, request, type Dispatcher } from 'undici'
import { isAbort, isLoopback, networkError, NetworkError, supportNumber } from './errors.ts'

const CONNECT_MS = 20_000
/** A GET that has no first byte after this long is given up; other calls may take longer, since publishing thousands of files does. */
const GET_ANSWER_MS = 60_000
const OTHER_ANSWER_MS = 300_000
const IDLE_ANSWER_MS = 60_000
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

/** One connection pool for each origin, shared by all clients of the process for this origin. */
export class Transport {
  readonly #origin: URL
  #dispatcher: Dispatcher | null = null

  constructor(origin: string) {
    this.#origin = new URL(origin)
  }

  /** Sends one request and reads the whole answer. Throws NetworkError, the signal's reason, or what `chunks` threw. */
  async exchange(call: Exchange): Promise<RawAnswer> {
    this.#dispatcher ??= createDispatcher(this.#origin)
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
        headersTimeout: sending ? 0 : call.method === 'GET' ? GET_ANSWER_MS : OTHER_ANSWER_MS,
        bodyTimeout: IDLE_ANSWER_MS,
      })
      const header = (name: string) => {
        const value = answer.headers[name]
        return (Array.isArray(value) ? value[0] : value) ?? null
      }
      return { status: answer.statusCode, header, text: await this.#read(answer, header('content-encoding')) }
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
      if (error instanceof NetworkError) throw error
      const connected = !(error instanceof Error && failedConnects.has(error))
      throw networkError(
        error,
        call.url.host,
        connected,
        error instanceof Error ? (failedConnects.get(error) ?? null) : null,
      )
    } finally {
      sending?.stop()
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

  async #read(answer: Dispatcher.ResponseData, encoding: string | null): Promise<string> {
    const unreadable = (reason: string) => {
      answer.body.on('error', () => undefined).destroy()
      const params = { server: this.#origin.host, support: supportNumber(new Error(reason)) }
      return new NetworkError('format', true, { code: 'answer-not-understood', params }, { cause: new Error(reason) })
    }
    // None was asked for, so nothing here can grow while it is unpacked.
    if (encoding !== null && encoding !== 'identity') throw unreadable('compressed without being asked')
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of answer.body) {
        chunks.push(chunk as Buffer)
        bytes += (chunk as Buffer).length
        if (bytes > ANSWER_LIMIT_BYTES) throw unreadable('answer too large')
      }
    } catch (error) {
      if (error instanceof NetworkError || isAbort(error)) throw error
      const failure = networkError(error, this.#origin.host, true)
      // The status came, the rest did not: the server did act.
      throw new NetworkError(failure.phase === 'send' ? 'receive' : failure.phase, true, failure.appError, {
        cause: error,
      })
    }
    return Buffer.concat(chunks, bytes).toString('utf8')
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError')
}

function createDispatcher(origin: URL): Dispatcher {
  const isHttps = origin.protocol === 'https:'
  const secureContext = isHttps ? { secureContext: systemTrust() } : {}
  const connect = connector(secureContext)
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
  return new EnvHttpProxyAgent({ ...options, requestTls: secureContext, proxyTls: { secureContext: systemTrust() } })
}

let trust: tls.SecureContext | null = null

/** The authorities that Node brings, and those that this computer trusts: institutions install their own there. */
function systemTrust(): tls.SecureContext {
  trust ??= tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...tls.getCACertificates('system')] })
  return trust
}

/** Errors of opening a connection, with the issuer of the certificate where one was shown: the request did not leave. */
const failedConnects = new WeakMap<Error, string | null>()

function connector(secureContext: { secureContext?: tls.SecureContext }): buildConnector.connector {
  const open = buildConnector({
    ...secureContext,
    timeout: CONNECT_MS,
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
    // All is handed over. A proxy that collects the body passes it on only now, so a large one may be answered late.
    this.#socket?.setTimeout(this.#stallMs + this.#lengthBytes / 20_000)
  }
}
