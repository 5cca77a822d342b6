// A repository reduced to the calls of an upload, in memory, for `npm run bench`: it keeps no bytes. With `hash` it computes
// the MD5 of what comes, as InvenioRDM does while it stores a file; with `discard` it answers with the MD5 that the bench
// has told it for a key, since the engine takes no file as sent without one.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const hashes = process.argv[2] === 'hash'
/** @type {Map<string, { key: string, status: string, size: number | null, checksum: string | null }>} */
let files = new Map()
/** @type {Record<string, string>} */
let sums = {}
let seen = fresh()

function fresh() {
  return { requests: 0, lists: 0, puts: 0, bytes: 0, connections: 0, firstByteAt: 0, lastByteAt: 0 }
}

/** Milliseconds of a clock that all processes of a machine share. */
function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, answer) => {
  const { method = '', url = '' } = request
  const path = decodeURIComponent(url)
  seen.requests++
  const send = (/** @type {unknown} */ value) => {
    const body = JSON.stringify(value)
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    answer.end(body)
  }
  const list = () => send({ enabled: true, entries: [...files.values()] })
  const [, key = '', action = ''] = /\/draft\/files\/(.+?)(?:\/(content|commit))?$/.exec(path) ?? []
  if (method === 'PUT') {
    const hash = hashes ? createHash('md5') : null
    let size = 0
    seen.puts++
    request.on('data', (chunk) => {
      seen.lastByteAt = now()
      if (seen.firstByteAt === 0) {
        seen.firstByteAt = seen.lastByteAt
        process.send?.({ kind: 'first-byte', at: seen.firstByteAt })
      }
      seen.bytes += chunk.length
      size += chunk.length
      hash?.update(chunk)
    })
    request.on('end', () => {
      const entry = { key, status: 'pending', size, checksum: `md5:${hash?.digest('hex') ?? sums[key] ?? sums['*']}` }
      files.set(key, entry)
      send(entry)
    })
    return
  }
  /** @type {Buffer[]} */
  const body = []
  request.on('data', (chunk) => body.push(chunk))
  request.on('end', () => {
    const entry = files.get(key)
    if (method === 'DELETE') {
      files.delete(key)
      answer.writeHead(204).end()
    } else if (action === 'commit' && entry) {
      entry.status = 'completed'
      send(entry)
    } else if (method === 'POST') {
      for (const file of JSON.parse(Buffer.concat(body).toString()))
        files.set(file.key, { key: file.key, status: 'pending', size: file.size ?? null, checksum: null })
      list()
    } else if (entry) send(entry)
    else {
      seen.lists++
      list()
    }
  })
})
server.on('connection', () => seen.connections++)
process.on('disconnect', () => process.exit(0))
process.on('message', (/** @type {any} */ message) => {
  if (message.kind === 'empty') {
    files = new Map()
    sums = message.sums ?? {}
  }
  if (message.kind === 'empty' || message.kind === 'count') {
    process.send?.({ kind: 'seen', seen })
    seen = fresh()
  }
})
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  process.send?.({ kind: 'ready', url: `http://127.0.0.1:${address.port}` })
})
