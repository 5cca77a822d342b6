import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What goes wrong with one request. */
export type Fault =
  /** The server does what was asked, and its answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** Answered on the way, and never passed on. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Record<string, string>
    }
  /** It is taken, and neither passed on nor answered. */
  | { readonly kind: 'silence'; readonly act: () => void }
  /** The answer arrives changed. */
  | { readonly kind: 'rewrite'; readonly change: (body: Record<string, unknown>) => unknown }
  /**
   * When this much of the body has come, nothing more is taken; `act` is told, and may let it go on, or have the rest taken
   * and thrown away.
   */
  | { readonly kind: 'hold'; readonly afterBytes: number; readonly act: (goOn: () => void, drop: () => void) => void }

type Rule = { readonly strikes: (seen: Seen) => boolean; readonly fault: Fault; times: number }

export type Seen = {
  readonly method: string
  readonly path: string
  /** When it came. */
  readonly at: number
  /** Bytes of the body that came. */
  bytes: number
  /** Null until it is answered; 0 where the connection broke. */
  status: number | null
  /** When the connection of an unanswered request was closed. */
  closedAt: number | null
}

/** A server on loopback that passes everything on to `target`, but for the faults that were asked for. */
export class FaultyServer {
  readonly seen: Seen[] = []
  origin = ''
  /** Most requests under way at once. */
  most = 0
  /** Told when a request comes, when `bytes` more of its body have come, and when it has been answered. */
  watch: (moment: 'asked' | 'came' | 'answered', seen: Seen, bytes: number) => void = () => {}
  readonly #target: URL
  readonly #server = createServer((incoming, answer) => this.#pass(incoming, answer))
  readonly #sockets = new Set<Socket>()
  #rules: Rule[] = []
  #now = 0

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next `times` requests that match fail so. */
  fail(method: string, path: RegExp, fault: Fault, times = 1): void {
    this.#rules.push({ strikes: (seen) => seen.method === method && path.test(seen.path), fault, times })
  }

  /** The `k`-th request of all, from 1, fails so. */
  failCall(k: number, fault: Fault): void {
    this.#rules.push({ strikes: () => this.seen.length === k, fault, times: 1 })
  }

  count(method: string, path: RegExp): number {
    return this.seen.filter((seen) => seen.method === method && path.test(seen.path)).length
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '' } = incoming
    const path = decodeURI(url.replace(/^\/api/, ''))
    const seen: Seen = { method, path, at: performance.now(), bytes: 0, status: null, closedAt: null }
    this.seen.push(seen)
    this.most = Math.max(this.most, (this.#now += 1))
    this.watch('asked', seen, 0)
    answer.on('close', () => {
      this.#now -= 1
      seen.closedAt = performance.now()
      seen.status ??= 0
    })
    const rule = this.#rules.find(({ times, strikes }) => times > 0 && strikes(seen))
    if (rule) rule.times -= 1
    const fault = rule?.fault
    if (fault?.kind === 'answer') {
      incoming.resume()
      const send = () => {
        seen.status = fault.status
        answer.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
        answer.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? { status: fault.status }))
      }
      incoming.on('data', (chunk: Buffer) => (seen.bytes += chunk.length))
      incoming.on('end', send)
      return
    }
    if (fault?.kind === 'silence') {
      incoming.resume()
      fault.act()
      return
    }
    const passed = request(new URL(url, this.#target), {
      method,
      headers: { ...incoming.headers, host: this.#target.host },
    })
    passed.on('error', () => {
      if (seen.status === null) incoming.socket.destroy()
    })
    incoming.on('error', () => passed.destroy())
    incoming.on('close', () => {
      if (!incoming.complete) passed.destroy()
    })
    passed.on('response', (answered) => this.#answer(seen, fault, answered, incoming, answer))
    let held = false
    let dropped = false
    incoming.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length
      this.watch('came', seen, chunk.length)
      if (fault?.kind === 'hold' && !held && seen.bytes >= fault.afterBytes) {
        held = true
        incoming.pause()
        passed.write(chunk)
        const drop = () => {
          dropped = true
          incoming.resume()
        }
        fault.act(() => incoming.resume(), drop)
        return
      }
      if (dropped || passed.write(chunk) || held) return
      incoming.pause()
      passed.once('drain', () => incoming.resume())
    })
    incoming.on('end', () => passed.end())
  }

  #answer(
    seen: Seen,
    fault: Fault | undefined,
    answered: IncomingMessage,
    incoming: IncomingMessage,
    answer: ServerResponse,
  ): void {
    const chunks: Buffer[] = []
    answered.on('data', (chunk: Buffer) => chunks.push(chunk))
    answered.on('end', () => {
      if (fault?.kind === 'lose-answer') {
        incoming.socket.resetAndDestroy()
        return
      }
      seen.status = answered.statusCode ?? 0
      // Answered before all had come: the rest is read, and nobody’s any more.
      if (!incoming.complete) {
        answered.socket.destroy()
        incoming.removeAllListeners('data').resume()
      }
      const body = Buffer.concat(chunks)
      const rewritten =
        fault?.kind === 'rewrite'
          ? Buffer.from(JSON.stringify(fault.change(JSON.parse(body.toString()) as Record<string, unknown>)))
          : body
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answered.headers
      // Node keeps the time of a header for a second, also where a test moves the clock on.
      const date = new Date().toUTCString()
      answer.writeHead(seen.status, { ...headers, date, 'content-length': rewritten.length })
      answer.end(rewritten)
      this.watch('answered', seen, 0)
    })
  }
}
