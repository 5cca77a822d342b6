import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What happens to one download: nothing where nothing is given. */
export type Mischief = {
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number
  /** Nothing more comes after so many bytes, for ever. */
  readonly holdAfter?: number
  /** As InvenioRDM is by default: all of the file, whatever was asked. */
  readonly withoutRanges?: boolean
  /** Answered without asking the server. */
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Headers of the answer that are other than they were. */
  readonly headers?: Record<string, string>
}

export type SeenDownload = { readonly url: string; readonly headers: IncomingHttpHeaders; status: number }

/** A proxy before a repository that spoils downloads, in the order given, and passes everything else. Ends with the test. */
export async function cuttingProxy(target: string, mischief: (download: number, url: string) => Mischief) {
  const seen: SeenDownload[] = []
  const server = createServer((asked, answered) => {
    const url = asked.url ?? ''
    const isDownload = asked.method === 'GET' && url.endsWith('/content')
    const { cutAfter, holdAfter, withoutRanges, answer, headers } = isDownload ? mischief(seen.length, url) : {}
    const log: SeenDownload = { url, headers: asked.headers, status: answer?.status ?? 0 }
    if (isDownload) seen.push(log)
    if (answer) {
      answered.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      answered.end(answer.body ?? '{}')
      return
    }
    if (cutAfter === 0) {
      answered.destroy()
      return
    }
    const passed = { ...asked.headers }
    if (withoutRanges) delete passed['range']
    const onward = request(target + url, { method: asked.method ?? 'GET', headers: passed }, (reply) => {
      log.status = reply.statusCode ?? 0
      answered.writeHead(log.status, { ...reply.headers, ...headers })
      let bytes = 0
      const end = Math.min(cutAfter ?? Infinity, holdAfter ?? Infinity)
      reply.on('data', (chunk: Buffer) => {
        if (bytes >= end) return
        const part = chunk.subarray(0, end - bytes)
        bytes += part.length
        answered.write(part, () => {
          if (bytes >= (cutAfter ?? Infinity)) answered.destroy()
        })
      })
      reply.on('end', () => {
        if (bytes < end) answered.end()
      })
    })
    onward.on('error', () => answered.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
