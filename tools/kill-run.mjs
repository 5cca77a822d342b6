// Deposits a folder with `desk`, kills the process with SIGKILL at random moments, resumes, and proves that the record was
// published once with every MD5 equal and that no more was sent again than a kill can cost.
//
//   node tools/run.mjs tools/kill-run.mjs [--server URL] [--kills 20] [--files 60] [--bytes 1200000000] [--seed 1]
//
// Without --server it starts a practice repository of its own. DEPOSIT_DESK_TOKEN is the token for --server.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { generator, makeFolder } from './make-folder.mjs'
import { asNode, ensureElectron, root } from './runtime.mjs'

const SLOTS = 4

/**
 * @param {{ server?: string | undefined, token?: string | undefined, kills?: number, files?: number, bytes?: number, seed?: number, say?: (line: string) => void }} options
 * @returns {Promise<{ kills: number, files: number, bytes: number, again: number, allowed: number, seconds: number, problems: string[] }>}
 */
export async function killRun({
  server,
  token,
  kills = 20,
  files = 60,
  bytes = 1_200_000_000,
  seed = 1,
  say = console.log,
}) {
  const electron = await ensureElectron()
  const work = mkdtempSync(join(tmpdir(), 'deposit-desk-kill-'))
  const folder = join(work, `kill-run-${Date.now().toString(36)}-${seed}`)
  const began = Date.now()
  let practice = null
  let proxy = null
  try {
    const written = makeFolder(folder, { files, bytes, seed })
    say(`${files} files, ${bytes} bytes`)
    if (server === undefined) {
      practice = spawn(electron, [join(root, 'dist/node/practice.js'), '--data', join(work, 'practice')], {
        env: asNode(),
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const first = await firstLine(practice)
      server = first.url
      token = first.tokens.researcher
    }
    const counted = await countingProxy(/** @type {string} */ (server))
    proxy = counted
    const env = asNode({
      DEPOSIT_DESK_HOME: join(work, 'home'),
      DEPOSIT_DESK_TOKEN: token,
      DEPOSIT_DESK_KEYCHAIN: 'memory',
    })
    const random = generator(seed)
    // A guess at the whole duration, corrected by what the first lives achieve: kills must fall all over the run.
    let deadlineMs = 600 + random() * 3000
    let done = null
    let args = [
      'deposit',
      folder,
      '--server',
      counted.url,
      '--publish',
      '--json',
      '--metadata',
      join(work, 'metadata.json'),
    ]
    writeFileSync(
      join(work, 'metadata.json'),
      JSON.stringify({
        metadata: {
          title: `Kill run ${folder.split('/').pop()}`,
          resource_type: { id: 'dataset' },
          publication_date: '2026-11-25',
          publisher: 'Deposit Desk tests',
          creators: [{ person_or_org: { type: 'personal', family_name: 'Run', given_name: 'Kill' } }],
        },
      }),
    )
    let killed = 0
    for (let life = 0; life < kills * 3 + 10 && done === null; life++) {
      counted.newLife()
      const answer = await live(electron, args, env, killed < kills ? deadlineMs : null)
      args = ['resume', '--json']
      if (answer.killed) {
        killed++
        say(`kill ${killed} after ${Math.round(answer.ms)} ms: ${counted.completed()} of ${files} files complete`)
        const left = Math.max(1, kills - killed)
        const pace = (Date.now() - began) / Math.max(1, counted.completed())
        deadlineMs = 500 + random() * Math.max(300, ((files - counted.completed()) * Math.min(pace, 2000) * 2) / left)
      } else if (answer.done) done = answer.done
      else throw new Error(`desk ended with ${answer.code}: ${answer.lines.slice(-5).join('\n')}`)
    }
    const problems = []
    if (done === null) problems.push('never finished')
    else {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
      const listing = /** @type {any} */ (
        await (await fetch(`${server}/api/records/${done.record.id}/files`, { headers })).json()
      )
      const remote = new Map(listing.entries.map((/** @type {any} */ entry) => [entry.key, entry]))
      for (const file of written) {
        const entry = remote.get(file.path.normalize('NFC'))
        if (!entry) problems.push(`missing: ${file.path}`)
        else if (entry.checksum !== `md5:${file.md5}` || entry.size !== file.bytes)
          problems.push(`differs: ${file.path}`)
      }
      if (remote.size !== written.length) problems.push(`${remote.size} files on the server, ${written.length} here`)
      const title = encodeURIComponent(`"${folder.split('/').pop()}"`)
      await new Promise((resolve) => setTimeout(resolve, 2500)) // the server's search index lags by a second
      const mine = /** @type {any} */ (
        await (await fetch(`${server}/api/user/records?size=50&sort=newest&q=${title}`, { headers })).json()
      )
      const ids = new Set(mine.hits.hits.map((/** @type {any} */ hit) => hit.id))
      if (ids.size !== 1) problems.push(`${ids.size} records or drafts of this run, not 1`)
      if (counted.published() !== 1)
        problems.push(`${counted.published()} publish requests were answered with success, not 1`)
    }
    const again = counted.again()
    if (counted.worstLife() > SLOTS)
      problems.push(`${counted.worstLife()} sends of one life were begun again, ${SLOTS} are allowed`)
    return {
      kills: killed,
      files,
      bytes,
      again,
      allowed: killed * SLOTS,
      seconds: Math.round((Date.now() - began) / 1000),
      problems,
    }
  } finally {
    proxy?.close()
    practice?.kill('SIGTERM')
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * One life of `desk`: until it ends, or until SIGKILL after `killAfterMs`.
 * @param {string} electron @param {string[]} args @param {NodeJS.ProcessEnv} env @param {number | null} killAfterMs
 */
function live(electron, args, env, killAfterMs) {
  return new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(electron, [join(root, 'dist/node/desk.js'), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    /** @type {string[]} */
    const lines = []
    let killed = false
    const keep = (/** @type {string} */ line) => {
      lines.push(line)
      if (lines.length > 50) lines.shift()
    }
    createInterface({ input: child.stdout }).on('line', keep)
    createInterface({ input: child.stderr }).on('line', keep)
    const timer =
      killAfterMs === null
        ? null
        : setTimeout(() => {
            killed = true
            if (child.pid) process.kill(-child.pid, 'SIGKILL')
          }, killAfterMs)
    child.on('close', (code) => {
      if (timer) clearTimeout(timer)
      const done = lines.map(parse).findLast((event) => event?.event === 'done') ?? null
      resolve({
        killed: killed && !done,
        code,
        done: code === 0 || killed ? done : null,
        lines,
        ms: performance.now() - start,
      })
    })
  })
}

/** @param {string} line */
function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('no output')
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)))
    child.once('exit', () => reject(new Error('The practice repository did not start.')))
  })
}

/**
 * Stands before the server and counts: which contents were sent, in which life of the client, and what was published.
 * Answers that name the server's own address are rewritten, so that the client stays on this one.
 * @param {string} target
 */
async function countingProxy(target) {
  const origin = new URL(target)
  /** Part or file to the life in which it was last begun. @type {Map<string, number>} */
  const begun = new Map()
  const complete = new Set()
  let life = 0
  let again = 0
  /** Sends that were begun in a life, by that life, and had to be begun again. @type {Map<number, number>} */
  const lost = new Map()
  let published = 0
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    const content = incoming.method === 'PUT' && /\/draft\/files\/.+\/content(\/\d+)?$/.test(path)
    if (content) {
      const before = begun.get(path)
      if (before !== undefined && before < life) {
        again++
        lost.set(before, (lost.get(before) ?? 0) + 1)
      }
      begun.set(path, life)
    }
    const headers = { ...incoming.headers, host: origin.host }
    const onward = forward(
      { host: origin.hostname, port: origin.port, method: incoming.method, path, headers },
      (answer) => {
        if (answer.statusCode === 202 && path.endsWith('/actions/publish')) published++
        if (answer.statusCode === 200 && path.endsWith('/commit')) complete.add(path)
        if (!String(answer.headers['content-type']).includes('json')) {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
          return
        }
        /** @type {Buffer[]} */
        const chunks = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () => {
          const body = Buffer.from(Buffer.concat(chunks).toString('utf8').replaceAll(origin.origin, url))
          const { 'transfer-encoding': _, ...rest } = answer.headers
          outgoing.writeHead(answer.statusCode ?? 502, { ...rest, 'content-length': body.length })
          outgoing.end(body)
        })
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.on('aborted', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    newLife() {
      life++
    },
    again: () => again,
    worstLife: () => Math.max(0, ...lost.values()),
    completed: () => complete.size,
    published: () => published,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' },
      kills: { type: 'string' },
      files: { type: 'string' },
      bytes: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const result = await killRun({
    ...(values.server === undefined ? {} : { server: values.server, token: process.env.DEPOSIT_DESK_TOKEN }),
    kills: Number(values.kills ?? 20),
    files: Number(values.files ?? 60),
    bytes: Number(values.bytes ?? 1_200_000_000),
    seed: Number(values.seed ?? 1),
  })
  console.log(JSON.stringify(result, null, 2))
  process.exitCode = result.problems.length === 0 ? 0 : 1
}
