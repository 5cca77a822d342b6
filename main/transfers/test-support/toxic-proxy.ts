import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The eight toxics of toxiproxy (its README, Toxics). */
export type Toxic =
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number }
  /** Nothing is accepted, and what is open is cut. */
  | { readonly kind: 'down' }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** The end of a connection arrives late. */
  | { readonly kind: 'slow_close'; readonly ms: number }
  /** Nothing passes any more; the connection is closed after `ms`, or never where that is 0. */
  | { readonly kind: 'timeout'; readonly ms: number }
  | { readonly kind: 'reset_peer' }
  /** Pieces of about `bytes`, each written on its own. */
  | { readonly kind: 'slicer'; readonly bytes: number; readonly variation?: number }
  /** The connection is closed properly, in the middle of what it carried. */
  | { readonly kind: 'limit_data' }

export type Rule = {
  readonly toxic: Toxic
  /** `up`: towards the server. */
  readonly direction: 'up' | 'down'
  /** Only for exchanges whose `METHOD path` matches; else for whole connections. */
  readonly request?: RegExp
  /** Bytes that pass first, of the body where a request is named; without it not even its head passes. */
  readonly afterBytes?: number
  /** Exchanges or connections that it strikes; default one. */
  readonly times?: number
}

type Way = 'up' | 'down'
/** A toxic of one way of a connection; it begins when `left` more bytes have passed. Null: at a place in the answer to come. */
type Struck = { readonly rule: Rule; left: number | null }
type Relay = { readonly client: Socket; readonly server: Socket; readonly struck: Record<Way, Struck[]> }

/** A relay on loopback that does to connections what it is told to. What chance decides comes from `seed`. */
export class ToxicProxy {
  origin = ''
  /** Connections that were accepted. */
  connections = 0
  readonly #target: URL
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#relay(socket))
  readonly #sockets = new Set<Socket>()
  readonly #ended = new AbortController()
  readonly #random: () => number
  #rules: (Rule & { left: number })[] = []
  #port = 0

  constructor(target: string, seed = 1) {
    this.#target = new URL(target)
    this.#random = seeded(seed)
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    this.origin = `http://127.0.0.1:${this.#port}`
  }

  async add(...rules: readonly Rule[]): Promise<void> {
    for (const rule of rules) {
      if (rule.toxic.kind === 'down') await this.#shut()
      else this.#rules.push({ ...rule, left: rule.times ?? 1 })
    }
  }

  /** New connections and exchanges are as they should be. */
  async heal(): Promise<void> {
    this.#rules = []
    if (!this.#server.listening) await this.listen()
  }

  /** Cuts what is open, as when a computer wakes in another network. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.#ended.abort()
    await this.#shut()
  }

  async #shut(): Promise<void> {
    const shut = new Promise((resolve) => this.#server.close(resolve))
    this.cut()
    await shut
  }

  #relay(client: Socket): void {
    this.connections += 1
    const server = connect({ port: Number(this.#target.port), host: this.#target.hostname, allowHalfOpen: true })
    server.setNoDelay(true)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.resetAndDestroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        // What was written to the other one still leaves.
        if (!other.destroyed) other.end()
      })
    }
    const struck = this.#strike((rule) => rule.request === undefined)
    const start = (way: Way) =>
      struck.filter((rule) => rule.direction === way).map((rule) => ({ rule, left: rule.afterBytes ?? 0 }))
    const relay = { client, server, struck: { up: start('up'), down: start('down') } }
    for (const way of ['up', 'down'] as const) void this.#pump(relay, way).catch(() => undefined)
  }

  #strike(strikes: (rule: Rule) => boolean): Rule[] {
    const struck = this.#rules.filter((rule) => rule.left > 0 && strikes(rule))
    for (const rule of struck) rule.left -= 1
    return struck
  }

  async #pump(relay: Relay, way: Way): Promise<void> {
    const [from, to] = way === 'up' ? [relay.client, relay.server] : [relay.server, relay.client]
    for await (const piece of from as AsyncIterable<Buffer>) {
      if (way === 'up') this.#noteRequest(relay, piece)
      for (const one of relay.struck[way]) one.left ??= bodyAt(piece, one.rule.afterBytes)
      // Up to the byte where the next toxic begins, it passes under those that have begun.
      for (let at = 0; at < piece.length;) {
        const [begun, next] = [relay.struck[way].filter(({ left }) => left === 0), piece.length - at]
        const bytes = Math.min(next, ...relay.struck[way].map(({ left }) => left ?? 0).filter((left) => left > 0))
        if (!(await this.#pass(piece.subarray(at, at + bytes), begun, from, to))) return
        for (const one of relay.struck[way]) one.left = Math.max(0, (one.left ?? 0) - bytes)
        at += bytes
      }
    }
    for (const { rule } of relay.struck[way]) if (rule.toxic.kind === 'slow_close') await this.#sleep(rule.toxic.ms)
    to.end()
  }

  /** A request begins where a piece begins so: none is sent before the last one is answered. */
  #noteRequest({ struck }: Relay, piece: Buffer): void {
    const line = /^([A-Z]+ \S+) HTTP\/1\.1\r\n/.exec(piece.toString('latin1', 0, 4096))?.[1]
    if (line === undefined) return
    const rules = this.#strike((rule) => rule.request?.test(decodeURI(line)) ?? false)
    for (const way of ['up', 'down'] as const) {
      const whole = struck[way].filter(({ rule }) => rule.request === undefined)
      struck[way] = [...whole, ...rules.filter((rule) => rule.direction === way).map((rule) => ({ rule, left: null }))]
    }
  }

  /** False when nothing more passes. */
  async #pass(bytes: Buffer, begun: readonly Struck[], from: Socket, to: Socket): Promise<boolean> {
    let pieces = [bytes]
    let pauseMs = (_: Buffer) => 0
    for (const { rule } of begun) {
      const { toxic } = rule
      switch (toxic.kind) {
        case 'latency':
          await this.#sleep(toxic.ms + this.#random() * (toxic.jitterMs ?? 0))
          break
        case 'bandwidth': {
          const { bytesPerSecond } = toxic
          pieces = pieces.flatMap((piece) => this.#slice(piece, Math.ceil(bytesPerSecond / 50), 0))
          pauseMs = ({ length }) => (length * 1000) / bytesPerSecond
          break
        }
        case 'slicer':
          pieces = pieces.flatMap((piece) => this.#slice(piece, toxic.bytes, toxic.variation ?? 0))
          break
        case 'timeout':
          await this.#sleep(toxic.ms === 0 ? 2 ** 31 - 1 : toxic.ms)
          from.destroy()
          return false
        case 'reset_peer':
          to.resetAndDestroy()
          from.resetAndDestroy()
          return false
        case 'limit_data':
          to.end()
          from.end()
          from.resume()
          return false
        case 'slow_close':
        case 'down':
          break
      }
    }
    for (const piece of pieces) {
      const pause = pauseMs(piece)
      if (pause > 0) await this.#sleep(pause)
      if (to.destroyed) return false
      if (to.write(piece)) {
        // One write, one packet: the next goes in a turn of its own.
        if (pieces.length > 1) await new Promise(setImmediate)
        continue
      }
      await new Promise((resolve) => {
        to.once('drain', resolve)
        to.once('close', resolve)
      })
    }
    return true
  }

  #slice(bytes: Buffer, size: number, variation: number): Buffer[] {
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length;) {
      const next = Math.max(1, Math.round(size + (this.#random() * 2 - 1) * variation))
      pieces.push(bytes.subarray(at, at + next))
      at += next
    }
    return pieces
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ended.signal })
  }
}

/** Bytes of a request or answer, from its head on, before a place in its body. */
function bodyAt(piece: Buffer, afterBytes: number | undefined): number {
  return afterBytes === undefined ? 0 : piece.indexOf('\r\n\r\n') + 4 + afterBytes
}

/** Mulberry32: a number from 0 up to 1 that is the same for a seed everywhere. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
