// How the transfer engine does, next to `curl -T`, to the speed of MD5, and to a bare loop of the same requests, each taken
// in turns against the same server in the same run. Stores figures and runs in docs/benchmarks.md. INVENIO_URL and
// RESEARCHER_TOKEN add a real InvenioRDM. Linux only: memory and bytes read are what /proc says.
//
//   npm run bench -- [--quick] [--json] [--only NAME,NAME] [--no-store] [--engine-flags '--max-semi-space-size=16']
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { truncateSync, writeFileSync, writeSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import { root } from '../runtime.mjs'
import * as processes from './processes.mjs'
import { bytesRead, curl, forgetPeak, now, peakMemory } from './processes.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-store': { type: 'boolean', default: false },
    // As main/index.ts gives them, in the words of Node.
    'engine-flags': { type: 'string', default: '--max-semi-space-size=2' },
  },
})
const { quick } = options
const MIB = 1024 * 1024
const electron = process.execPath
const bundle = join(root, 'out/bench/node')
const PAIRS = quick ? 3 : 5
const RERUNS = quick ? 0 : 2
const LARGE_BYTES = (quick ? 256 : 1024) * MIB
const MANY = quick ? 2000 : 10_000

/**
 * What must hold, and for which figure; `most` or `least`. `bound` of the requests is known when they are counted.
 * @type {Record<string, { what: string, unit: string, least?: number, most?: number }>}
 */
const GOALS = {
  hashing: { what: 'server that hashes: ours / curl', unit: '× curl', least: 0.95 },
  practice: { what: 'practice repository: ours / curl', unit: '× curl' },
  invenio: { what: 'real InvenioRDM: ours / curl', unit: '× curl' },
  discarding: { what: 'server that discards, MD5 on: ours / createHash(md5)', unit: '× MD5', least: 0.75 },
  read: { what: 'bytes read / file size', unit: '×', most: 1.05 },
  requests: { what: 'requests beyond ceil(N / 100) + 2 N, N clean files', unit: '', most: 3 },
  many: { what: 'small files of 4 KiB: ours / bare loop of the same requests (time)', unit: '× loop', most: 1.5 },
  linear: { what: 't(10,000) / t(1,000)', unit: '×', most: 11 },
  'memory-many': { what: 'memory above idle, small files of 4 KiB', unit: 'MiB', most: 48 },
  'memory-512': { what: 'memory above idle, 512 MiB, 4 files at a time', unit: 'MiB', most: 48 },
  'memory-8192': { what: 'memory above idle, 8 GiB, 4 files at a time', unit: 'MiB', most: 48 },
  resume: { what: 'SIGKILL at half of the files: first new byte after the engine opens', unit: 'ms', most: 1000 },
  'resume-lists': { what: 'list requests of that restart', unit: '', most: 1 },
  zip: { what: 'zip stream, stored: ours / plain upload', unit: '× plain', least: 0.85 },
  pause: { what: 'pause: last byte after the click', unit: 'ms', most: 200 },
  cancel: { what: 'cancel: last byte after the click', unit: 'ms', most: 200 },
  'limiter-used': {
    what: 'limiter of 100 a minute (clock × 30): budget used, least in a full window',
    unit: '%',
    least: 95,
  },
  'limiter-429': { what: 'limiter of 100 a minute (clock × 30): 429s, most in a window', unit: '', most: 1 },
}

/**
 * One figure: the value that counts, and every run it stems from.
 * @typedef {{ value: number, runs: Record<string, number[]>, note?: string }} Figure
 */
/** @type {Record<string, Figure>} */
const figures = {}

const work = mkdtempSync(join(tmpdir(), 'deposit-desk-bench-'))
const say = (/** @type {string} */ line) => console.error(line)

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2
}

/** Slowest run over fastest. @param {readonly number[]} values */
function spread(values) {
  return Math.max(...values) / Math.min(...values)
}

/** @param {string} name @param {Figure} figure */
function note(name, figure) {
  figures[name] = figure
  const { what, unit } = /** @type {{ what: string, unit: string }} */ (GOALS[name])
  say(`  ${what}: ${round(figure.value)} ${unit} (${verdict(name, figure.value)})`)
}

/** @param {string} name @param {number} value */
function verdict(name, value) {
  const { least, most } = GOALS[name] ?? {}
  if (least !== undefined) return `${value >= least ? 'met' : 'NOT MET'}: at least ${least}`
  if (most !== undefined) return `${value <= most ? 'met' : 'NOT MET'}: at most ${most}`
  return 'no goal'
}

/** @param {number} value */
function round(value) {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100
}

/** Runs each of `ways` in turns, `PAIRS` times; again where the first one’s own runs differ by more than 2.
 * @param {Record<string, () => Promise<number>>} ways @returns {Promise<Record<string, number[]>>} */
async function inTurns(ways) {
  for (let tries = 0; ; tries++) {
    /** @type {Record<string, number[]>} */
    const runs = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
    for (let pair = 0; pair < PAIRS; pair++)
      for (const [name, measure] of Object.entries(ways)) {
        const value = await measure()
        runs[name]?.push(value)
        say(`    ${name} ${round(value)}`)
      }
    const [first = []] = Object.values(runs)
    if (spread(first) <= 2 || tries >= RERUNS) return runs
    say(`    spread ${round(spread(first))}: again`)
  }
}

/**
 * A figure that compares two ways: the ratio of their medians. That of each pair is kept, too: neighbours met the same load.
 * @param {Record<string, number[]>} runs @param {string} of @param {string} by @param {string} what
 * @returns {Figure}
 */
function compare(runs, of, by, what) {
  const [above = [], below = []] = [runs[of], runs[by]]
  const pairs = above.map((value, pair) => value / (below[pair] ?? NaN))
  return { value: median(above) / median(below), runs: { ...runs, [`${of} / ${by}, each pair`]: pairs }, note: what }
}

// Files

/** A file of random bytes, warm in memory. @param {string} name @param {number} bytes */
function writeRandom(name, bytes) {
  const path = join(work, name)
  if (existsSync(path)) return path
  const file = openSync(path, 'w')
  const block = randomBytes(Math.min(bytes, 8 * MIB))
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32LE((at / block.length) >>> 0)
    writeSync(file, block, 0, Math.min(block.length, bytes - at))
  }
  closeSync(file)
  return path
}

/** @param {string} name @param {number} bytes */
function writeSparse(name, bytes) {
  const path = join(work, name)
  writeFileSync(path, '')
  truncateSync(path, bytes)
  return path
}

/** @param {string} key @param {string} path @returns {processes.Planned} */
function plan(key, path) {
  const { size, mtimeMs } = statSync(path)
  return { key, bytes: size, source: { kind: 'file', path, modifiedAt: mtimeMs } }
}

/** @param {string} path */
function md5(path) {
  const result = spawnSync('md5sum', [path], { encoding: 'utf8' })
  return /^\\?([0-9a-f]{32})/.exec(result.stdout)?.[1] ?? ''
}

/** @param {number} bytes @param {number} ms */
function speed(bytes, ms) {
  return bytes / MIB / (ms / 1000)
}

let homes = 0
/** @param {processes.Target} target @param {string} [home] @param {string[]} [more] */
function startEngine(target, home = join(work, `home-${(homes += 1)}`), more = /** @type {string[]} */ ([])) {
  const flags = [...options['engine-flags'].split(' ').filter(Boolean), ...more]
  return processes.startEngine(electron, bundle, home, target, flags)
}

/** @param {number} count */
function smallFiles(count) {
  const folder = join(work, 'small')
  mkdirSync(folder, { recursive: true })
  const content = Buffer.alloc(4096, 1)
  return Array.from({ length: count }, (_, index) => {
    const path = join(folder, `f${index}`)
    if (!existsSync(path)) writeFileSync(path, content)
    return plan(`f${index}`, path)
  })
}

// Measurements

async function hashing() {
  const path = writeRandom('large', LARGE_BYTES)
  const server = await processes.startServer(electron, 'hash')
  const engine = await startEngine(server)
  const runs = await inTurns({
    curl: async () => {
      await server.empty()
      return speed(LARGE_BYTES, await curl(path, `${server.url}/api/records/bench/draft/files/large/content`, 'bench'))
    },
    ours: async () => {
      await server.empty()
      return speed(LARGE_BYTES, await engine.deposit('bench', [plan('large', path)]))
    },
  })
  note('hashing', compare(runs, 'ours', 'curl', 'MiB/s'))
  await engine.stop()
  await server.end()
}

async function discarding() {
  const path = writeRandom('large', LARGE_BYTES)
  const sum = md5(path)
  const server = await processes.startServer(electron, 'discard')
  const engine = await startEngine(server)
  /** @type {number[]} */
  const read = []
  const runs = await inTurns({
    md5: async () => (await processes.run(electron, 'md5.mjs')).speed,
    ours: async () => {
      await server.empty({ '*': sum })
      const before = bytesRead(engine.pid)
      const ms = await engine.deposit('bench', [plan('large', path)])
      read.push((bytesRead(engine.pid) - before) / LARGE_BYTES)
      return speed(LARGE_BYTES, ms)
    },
    curl: async () =>
      speed(LARGE_BYTES, await curl(path, `${server.url}/api/records/bench/draft/files/large/content`, 'bench')),
  })
  note('discarding', compare(runs, 'ours', 'md5', 'MiB/s'))
  note('read', { value: Math.max(...read), runs: { ours: read } })
  await engine.stop()
  await server.end()
}

/** Against a whole repository, with drafts. @param {string} name @param {processes.Target} target @param {number} bytes */
async function repository(name, target, bytes) {
  const path = writeRandom(`for-${name}`, bytes)
  const engine = await startEngine(target)
  const headers = { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' }
  /** @param {string} method @param {string} at @param {unknown} [body] */
  const call = async (method, at, body) => {
    const answer = await fetch(`${target.url}/api/records${at}`, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status}`)
    return answer.status === 204 ? null : answer.json()
  }
  /** @param {(draftId: string) => Promise<number>} send */
  const inDraft = async (send) => {
    const { id } = /** @type {any} */ (await call('POST', '', { metadata: {}, files: { enabled: true } }))
    try {
      return speed(bytes, await send(id))
    } finally {
      await call('DELETE', `/${id}/draft`)
    }
  }
  const runs = await inTurns({
    curl: () =>
      inDraft(async (id) => {
        const begun = now()
        await call('POST', `/${id}/draft/files`, [{ key: 'large' }])
        await curl(path, `${target.url}/api/records/${id}/draft/files/large/content`, target.token)
        await call('POST', `/${id}/draft/files/large/commit`)
        return now() - begun
      }),
    ours: () => inDraft((id) => engine.deposit(id, [plan('large', path)])),
  })
  note(name, compare(runs, 'ours', 'curl', 'MiB/s'))
  await engine.stop()
}

async function practice() {
  const server = await processes.startPractice(electron, bundle, join(work, 'practice'))
  await repository('practice', server, LARGE_BYTES / 2)
  await server.end()
}

async function invenio() {
  const { INVENIO_URL: url, RESEARCHER_TOKEN: token } = process.env
  if (!url || !token) return say('  no INVENIO_URL and RESEARCHER_TOKEN: left out')
  await repository('invenio', { url, token }, LARGE_BYTES / 4)
}

async function many() {
  const files = smallFiles(MANY)
  const server = await processes.startServer(electron, 'hash')
  /** @type {number[]} */
  const memory = []
  /** @type {number[]} */
  const beyond = []
  /** @param {number} count */
  const ours = async (count) => {
    await server.empty()
    const engine = await startEngine(server)
    await sleep(300)
    forgetPeak(engine.pid)
    const idle = peakMemory(engine.pid)
    const ms = await engine.deposit('bench', files.slice(0, count))
    if (count === MANY) memory.push(peakMemory(engine.pid) - idle)
    await engine.stop()
    beyond.push((await server.count()).requests - Math.ceil(count / 100) - 2 * count)
    return ms / 1000
  }
  const runs = await inTurns({
    loop: async () => {
      await server.empty()
      return (await processes.run(electron, 'loop.mjs', [server.url, String(MANY), '4096'])).ms / 1000
    },
    ours: () => ours(MANY),
    tenth: () => ours(MANY / 10),
  })
  const { loop = [], ours: whole = [], tenth = [] } = runs
  note('many', compare({ loop, ours: whole }, 'ours', 'loop', `seconds for ${MANY} files`))
  note('linear', compare({ whole, tenth }, 'whole', 'tenth', `seconds, ${MANY} files and a tenth`))
  note('requests', { value: Math.max(...beyond), runs: { beyond } })
  note('memory-many', { value: median(memory), runs: { ours: memory }, note: `MiB, ${MANY} files` })
  await server.end()
}

async function memory() {
  const server = await processes.startServer(electron, 'discard')
  for (const total of [512, quick ? 2048 : 8192]) {
    const files = [0, 1, 2, 3].map((index) => plan(`s${index}`, writeSparse(`s${index}`, (total / 4) * MIB)))
    const sum = md5(join(work, 's0'))
    /** @type {number[]} */
    const grown = []
    for (let tries = 0; tries < (quick ? 1 : 3); tries++) {
      await server.empty({ '*': sum })
      const engine = await startEngine(server)
      await sleep(300)
      forgetPeak(engine.pid)
      const idle = peakMemory(engine.pid)
      await engine.deposit('bench', files)
      grown.push(peakMemory(engine.pid) - idle)
      await engine.stop()
    }
    const name = total === 512 ? 'memory-512' : 'memory-8192'
    note(name, { value: median(grown), runs: { ours: grown }, note: `MiB, ${total} MiB in all` })
  }
  await server.end()
}

async function resume() {
  const files = smallFiles(MANY)
  const server = await processes.startServer(electron, 'hash')
  /** @type {number[]} */
  const first = []
  /** @type {number[]} */
  const born = []
  /** @type {number[]} */
  const lists = []
  for (let tries = 0; tries < (quick ? 2 : 5); tries++) {
    await server.empty()
    const home = join(work, `resume-${tries}`)
    const engine = await startEngine(server, home)
    const { done } = await engine.add('bench', files)
    done.catch(() => undefined)
    for (let sent = 0; sent < MANY / 2; sent += (await server.count()).puts) await sleep(20)
    await engine.kill()
    await server.count()
    const byte = server.firstByte()
    const next = await startEngine(server, home)
    const { at } = await byte
    first.push(at - next.openedAt)
    born.push(at - next.bornAt)
    lists.push((await server.count()).lists)
    await next.kill()
  }
  note('resume', { value: median(first), runs: { 'from open': first, 'from fork': born }, note: 'ms' })
  note('resume-lists', { value: Math.max(...lists), runs: { lists } })
  await server.end()
}

async function zip() {
  const path = writeRandom('large', LARGE_BYTES)
  const part = writeRandom('member', 16 * MIB)
  const { mtimeMs: modifiedAt } = statSync(part)
  const entries = Array.from({ length: LARGE_BYTES / (16 * MIB) }, (_, index) => {
    return { path: part, name: `folder/member-${index}`, bytes: 16 * MIB, modifiedAt }
  })
  const zipped = { key: 'pack.zip', bytes: zipBytes(entries), source: { kind: 'zip', entries } }
  const server = await processes.startServer(electron, 'hash')
  const engine = await startEngine(server)
  const runs = await inTurns({
    plain: async () => {
      await server.empty()
      return speed(LARGE_BYTES, await engine.deposit('bench', [plan('large', path)]))
    },
    zip: async () => {
      await server.empty()
      return speed(zipped.bytes, await engine.deposit('bench', [zipped]))
    },
  })
  note('zip', compare(runs, 'zip', 'plain', 'MiB/s'))
  await engine.stop()
  await server.end()
}

async function stopping() {
  const files = [0, 1, 2, 3].map((index) => plan(`endless${index}`, writeSparse(`endless${index}`, 64 * 1024 * MIB)))
  for (const command of /** @type {const} */ (['pause', 'cancel'])) {
    const server = await processes.startServer(electron, 'discard')
    const engine = await startEngine(server)
    /** @type {number[]} */
    const late = []
    for (let tries = 0; tries < (quick ? 3 : 10); tries++) {
      await server.empty()
      const byte = server.firstByte()
      const { depositId, done } = await engine.add('bench', files)
      done.catch(() => undefined)
      await byte
      await sleep(100 + 40 * tries)
      const clicked = now()
      await engine.call('command', { kind: 'command', command, target: { kind: 'deposit', depositId } })
      await sleep(500)
      late.push((await server.count()).lastByteAt - clicked)
      await engine.call('command', { kind: 'remove', depositId })
    }
    note(command, { value: Math.max(...late), runs: { late }, note: 'ms; the slowest counts' })
    await engine.stop()
    await server.end()
  }
}

async function limiter() {
  const files = smallFiles(quick ? 300 : 500)
  const clock = ['--import', `${pathToFileURL(join(import.meta.dirname, 'clock.mjs'))}?epoch=${Date.now()}`]
  /** @type {Record<string, number[]>} */
  const used = {}
  /** @type {Record<string, number[]>} */
  const refused = {}
  for (const window of /** @type {const} */ (['moving', 'fixed'])) {
    const server = await processes.startServer(electron, `hash ${window}`, clock)
    const engine = await startEngine(server, undefined, clock)
    await engine.deposit('bench', files)
    const { answers } = await server.count()
    const minuteOf = (/** @type {number} */ at) => Math.floor((window === 'fixed' ? at : at - answers[0].at) / 60_000)
    const count = (/** @type {boolean} */ taken) => {
      const minutes = Array(minuteOf(answers.at(-1).at) - minuteOf(answers[0].at) + 1).fill(0)
      for (const answer of answers) if (answer.taken === taken) minutes[minuteOf(answer.at) - minuteOf(answers[0].at)]++
      return minutes
    }
    // The last window is not full, nor is the first of fixed ones.
    used[window] = count(true).slice(window === 'fixed' ? 1 : 0, -1)
    refused[window] = count(false)
    await engine.stop()
    await server.end()
  }
  note('limiter-used', { value: Math.min(...Object.values(used).flat()), runs: used, note: '% in each full window' })
  note('limiter-429', { value: Math.max(...Object.values(refused).flat()), runs: refused, note: 'in each window' })
}

// The whole

/** @type {Record<string, () => Promise<void> | void>} */
const MEASUREMENTS = { hashing, discarding, practice, invenio, many, memory, resume, zip, stopping, limiter }

function machine() {
  const [cpu] = cpus()
  const curlVersion = /^curl (\S+)/.exec(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout)?.[1]
  const runtime = `Electron ${process.versions.electron} (Node ${process.versions.node})`
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Linux ${release()}, ${runtime}, curl ${curlVersion}`
}

/** Of the last run of each figure. @param {Record<string, Figure & { at: string, load: string, quick: boolean }>} all */
function page(all) {
  const known = Object.keys(GOALS).filter((name) => all[name])
  /** @param {readonly number[]} values */
  const list = (values) => values.map(round).join(', ')
  const rows = known.map((name) => {
    const { value, at, quick: short } = /** @type {(typeof all)[string]} */ (all[name])
    const { what, unit } = /** @type {{ what: string, unit: string }} */ (GOALS[name])
    return `| ${what} | ${`${round(value)} ${unit}`.trim()} | ${verdict(name, value)} | ${at}${short ? ', quick' : ''} |`
  })
  const runs = known.flatMap((name) => {
    const figure = /** @type {(typeof all)[string]} */ (all[name])
    return Object.entries(figure.runs).map(([way, values]) => {
      const of = `${median(values) >= 0 ? round(median(values)) : '–'} | ${Math.min(...values) > 0 ? round(spread(values)) : '–'}`
      return `| ${name} | ${way} | ${list(values)} | ${of} | ${figure.note ?? ''} | ${figure.load} |`
    })
  })
  return [
    `Machine: ${machine()}.`,
    '',
    '| what | figure | goal | run |',
    '|---|---|---|---|',
    ...rows,
    '',
    '### All runs',
    '',
    'Load: processes that wanted to run, on average over a minute, before and after.',
    '',
    '| figure | way | runs | median | spread | of what | load |',
    '|---|---|---|---|---|---|---|',
    ...runs,
  ].join('\n')
}

/** Puts the figures into docs/benchmarks.md; what was measured before and not now stays. */
function store(/** @type {Record<string, any>} */ all) {
  const path = join(root, 'docs/benchmarks.md')
  const text = readFileSync(path, 'utf8')
  const [before, rest = ''] = text.split(/(?<=<!-- bench: begin -->\n)/)
  const after = rest.slice(rest.indexOf('<!-- bench: end -->'))
  writeFileSync(path, `${before}\n${page(all)}\n\n${after}`)
}

const wanted = options.only?.split(',') ?? Object.keys(MEASUREMENTS)
const unknown = wanted.filter((name) => !MEASUREMENTS[name])
if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}: ${Object.keys(MEASUREMENTS).join(', ')}`)
const kept = join(root, 'out/bench/figures.json')
const all = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {}
let failures = 0
try {
  for (const name of wanted) {
    const known = new Set(Object.keys(figures))
    const loadBefore = loadavg()[0] ?? 0
    say(`— ${name}`)
    try {
      await MEASUREMENTS[name]?.()
    } catch (error) {
      failures++
      say(`  failed: ${error instanceof Error ? error.stack : String(error)}`)
    }
    const load = `${round(loadBefore)} / ${round(loadavg()[0] ?? 0)}`
    for (const [figure, measured] of Object.entries(figures))
      if (!known.has(figure))
        all[figure] = { ...measured, at: new Date().toISOString().slice(0, 16).replace('T', ' '), load, quick }
    if (!options['no-store']) {
      writeFileSync(kept, JSON.stringify(all))
      store(all)
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (options.json) console.log(JSON.stringify({ machine: machine(), figures }, null, 2))
process.exitCode = failures > 0 ? 1 : 0
