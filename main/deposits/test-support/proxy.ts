import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Fault = {
  readonly method: string
  readonly path: RegExp
  /**
   * - `lose-answer`: the server acts, its answer is cut off;
   * - `refuse`: the connection is closed before the server hears of it;
   * - a status: answered so in place of the server.
   */
  readonly how: 'lose-answer' | 'refuse' | number
  /** How many times. */
  times: number
}

/** A proxy on loopback that loses what it is told to lose, and keeps what was asked of the server. */
export class FaultyProxy {
  readonly seen: string[] = []
  readonly faults: Fault[] = []
  readonly #target: URL
  readonly #server: Server

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing))
  }

  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  count(line: RegExp): number {
    return this.seen.filter((one) => line.test(one)).length
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url = '' } = incoming
    const fault = this.faults.find((one) => one.times > 0 && one.method === method && one.path.test(url))
    if (fault !== undefined) fault.times -= 1
    if (fault?.how === 'refuse') return void incoming.socket.destroy()
    this.seen.push(`${method} ${url}`)
    if (typeof fault?.how === 'number') {
      outgoing.writeHead(fault.how, { 'content-type': 'application/json' })
      return void outgoing.end(JSON.stringify({ status: fault.how, message: 'as the test wants it' }))
    }
    const { hostname, port } = this.#target
    const forward = request({ hostname, port, method, path: url, headers: incoming.headers }, (answer) => {
      if (fault?.how === 'lose-answer') {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forward.on('error', () => incoming.socket.destroy())
    incoming.pipe(forward)
  }
}
