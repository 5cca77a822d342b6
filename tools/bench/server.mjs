// A repository reduced to the calls of an upload, in memory, for `npm run bench`: it keeps no bytes. With `hash` it computes
// the MD5 of what comes, as InvenioRDM does while it stores a file; with `discard` it answers with the MD5 that the bench
// has told it for a key, since the engine takes no file as sent without one. It then reads content past Node's HTTP, which
// takes new memory for every read and so five times as long as reading does. `hash moving` and `hash fixed` take 100 requests a
// minute, in a window that moves or in fixed ones, and tell of them by headers as InvenioRDM does.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import * as net from 'node:net'

const hashes = process.argv[2] === 'hash'
const limited = process.argv[3]
const [LIMIT, MINUTE_MS] = [100, 60_000]
/** @type {number[]} */
let accepted = []
/** @type {Map<string, { key: string, status: string, size: number | null, checksum: string | null }>} */
let files = new Map()
/** @type {Record<string, string>} */
let sums = {}
let seen = fresh()

/** @returns {{ requests: number, lists: number, puts: number, bytes: number, connections: number, firstByteAt: number,
 * lastByteAt: number, answers: { at: number, taken: boolean }[] }} `answers`: where requests are limited */
function fresh() {
  return { requests: 0, lists: 0, puts: 0, bytes: 0, connections: 0, firstByteAt: 0, lastByteAt: 0, answers: [] }
}

/** Milliseconds of a clock that all processes of a machine share. */
function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** @param {number} bytes */
function count(bytes) {
  seen.lastByteAt = now()
  if (seen.firstByteAt === 0) {
    seen.firstByteAt = seen.lastByteAt
    process.send?.({ kind: 'first-byte', at: seen.firstByteAt })
  }
  seen.bytes += bytes
}

/** @param {string} url */
function split(url) {
  const [, key = '', action = ''] = /\/draft\/files\/(.+?)(?:\/(content|commit))?$/.exec(decodeURIComponent(url)) ?? []
  return { key, action }
}

/** All of a content has come. @param {string} key @param {number} size @param {string} [md5] */
function sent(key, size, md5 = sums[key] ?? sums['*']) {
  const entry = { key, status: 'pending', size, checksum: `md5:${md5}` }
  files.set(key, entry)
  return entry
}

/** Answers any call but those with content; null for nothing. @param {string} method @param {string} url @param {string} body */
function call(method, url, body) {
  const { key, action } = split(url)
  const entry = files.get(key)
  const list = () => ({ enabled: true, entries: [...files.values()] })
  if (method === 'DELETE') {
    files.delete(key)
    return null
  }
  if (action === 'commit' && entry) {
    entry.status = 'completed'
    return entry
  }
  if (method === 'POST') {
    for (const file of JSON.parse(body))
      files.set(file.key, { key: file.key, status: 'pending', size: file.size ?? null, checksum: null })
    return list()
  }
  if (entry) return entry
  seen.lists++
  return list()
}

/** @type {Record<string, string | number>} */
const NO_LIMITS = {}

/** Counts a request; its headers, and whether it is taken. @returns {{ taken: boolean, headers: typeof NO_LIMITS }} */
function limit() {
  const at = Date.now()
  const begins = limited === 'fixed' ? at - (at % MINUTE_MS) - 1 : at - MINUTE_MS
  accepted = accepted.filter((one) => one > begins)
  const taken = accepted.length < LIMIT
  if (taken) accepted.push(at)
  seen.answers.push({ at, taken })
  const ends = limited === 'fixed' ? begins + 1 + MINUTE_MS : (accepted[0] ?? at) + MINUTE_MS
  const headers = {
    'x-ratelimit-limit': LIMIT,
    'x-ratelimit-remaining': LIMIT - accepted.length,
    'x-ratelimit-reset': Math.ceil(ends / 1000),
    'retry-after': Math.ceil((ends - at) / 1000),
    // Node’s own knows nothing of a clock that runs faster.
    date: new Date(at).toUTCString(),
  }
  return { taken, headers }
}

function hashingServer() {
  return createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, answer) => {
    const { method = '', url = '' } = request
    seen.requests++
    const { taken, headers: limits } = limited ? limit() : { taken: true, headers: NO_LIMITS }
    if (!taken) {
      request.resume()
      request.on('end', () => answer.writeHead(429, { 'content-type': 'application/json', ...limits }).end('{}'))
      return
    }
    const send = (/** @type {unknown} */ value) => {
      const body = value === null ? '' : JSON.stringify(value)
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      answer.writeHead(value === null ? 204 : 200, value === null ? limits : { ...headers, ...limits }).end(body)
    }
    if (method === 'PUT') {
      const hash = createHash('md5')
      let size = 0
      seen.puts++
      request.on('data', (chunk) => {
        count(chunk.length)
        size += chunk.length
        hash.update(chunk)
      })
      request.on('end', () => send(sent(split(url).key, size, hash.digest('hex'))))
      return
    }
    /** @type {Buffer[]} */
    const body = []
    request.on('data', (chunk) => body.push(chunk))
    request.on('end', () => send(call(method, url, Buffer.concat(body).toString())))
  })
}

/** Understands what curl and the engine send: requests with a Content-Length, one at a time. */
function discardingServer() {
  return net.createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    // Only a socket that is made anew, around the same connection, reads into memory of ours.
    const { _handle: handle } = /** @type {any} */ (accepted)
    Object.assign(accepted, { _handle: null })
    /** @type {{ method: string, url: string, size: number, left: number, body: Buffer[] } | null} */
    let request = null
    let head = ''
    /** @param {Buffer} bytes */
    const take = (bytes) => {
      if (request === null) {
        head += bytes.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        bytes = Buffer.from(head.slice(end + 4), 'latin1')
        head = head.slice(0, end)
        const [method = '', url = ''] = head.split(' ', 2)
        const size = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
        if (/^expect: *100-continue/im.test(head)) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        head = ''
        request = { method, url, size, left: size, body: [] }
        seen.requests++
        if (method === 'PUT') seen.puts++
      }
      request.left -= bytes.length
      if (request.method !== 'PUT') request.body.push(Buffer.from(bytes))
      else if (bytes.length > 0) count(bytes.length)
      if (request.left > 0) return
      const { method, url, size, body } = request
      request = null
      const value = method === 'PUT' ? sent(split(url).key, size) : call(method, url, Buffer.concat(body).toString())
      const text = value === null ? '' : JSON.stringify(value)
      const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}`
      socket.write(value === null ? 'HTTP/1.1 204 No Content\r\n\r\n' : `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${text}`)
    }
    const buffer = Buffer.alloc(256 * 1024)
    const callback = (/** @type {number} */ bytes) => {
      take(buffer.subarray(0, bytes))
      return true
    }
    const options = { handle, readable: true, writable: true, onread: { buffer, callback } }
    const socket = new net.Socket(/** @type {net.SocketConstructorOpts} */ (options))
    // Whoever pauses or cancels cuts the connection.
    socket.on('error', () => undefined)
  })
}

const server = hashes ? hashingServer() : discardingServer()
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
