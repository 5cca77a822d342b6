// What the parts of `npm run soak` stand on: a practice repository behind a server that counts, deposits whose sums are known,
// and the checks that must hold after every kill and at the end.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { zipBytes } from '../../core/transfer/zip-size.ts'
import { createBuffers, openSource } from '../../main/transfers/source.ts'
import { FaultyServer } from '../../main/transfers/test-support/faults.ts'
import { startPractice } from '../bench/processes.mjs'
import { makeFolder } from '../make-folder.mjs'

/**
 * @typedef {{ electron: string, app: string, seed: number, say: (line: string) => void }} Soak
 * `app`: folder of the built application, a copy that no build meanwhile changes.
 * @typedef {import('../../main/transfers/source.ts').SourceFile} SourceFile
 * @typedef {SourceFile & { readonly md5: string }} Known
 * @typedef {import('../../main/transfers/test-support/faults.ts').Seen} Seen
 * @typedef {{ readonly from: number, readonly killedAt: number }} Life first request of a life among all, and its end
 */

/** PUTs that were answered so shortly before a kill may not be noted yet: the journal is written in groups of 50 ms. */
const UNNOTED_MS = 150
/** Longer than any relay holds a connection that was cut. */
const CUT_MS = 10_000

/** A practice repository in a process of its own, what it is asked through, and a folder for everything. */
export class Ground {
  /** What must not have happened, in words. @type {string[]} */
  problems = []
  /** @param {Awaited<ReturnType<typeof startPractice>>} practice @param {string} work */
  constructor(practice, work) {
    this.practice = practice
    this.work = work
    this.server = new FaultyServer(practice.url)
    process.once('exit', this.#tidy)
  }

  /** However this process ends; the repository and the engine end with it. */
  #tidy = () => rmSync(this.work, { recursive: true, force: true, maxRetries: 3 })

  /** @param {Soak} soak */
  static async create({ electron, app }) {
    const work = mkdtempSync(join(tmpdir(), 'deposit-desk-soak-'))
    const ground = new Ground(await startPractice(electron, join(app, 'dist/node'), join(work, 'practice')), work)
    await ground.server.listen()
    return ground
  }

  /** What the server itself says, past everything that counts or harms. @param {string} path @param {string} [method] @param {unknown} [body] */
  async ask(path, method = 'GET', body = undefined) {
    const answer = await fetch(`${this.practice.url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.practice.token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path} is answered by ${answer.status}`)
    return answer.status === 204 ? null : /** @type {any} */ (await answer.json())
  }

  /** Entries of a draft, whole or not. @param {string} draftId @returns {Promise<number>} */
  async count(draftId) {
    return (await this.ask(`/records/${draftId}/draft/files`)).entries.length
  }

  /** What was asked about the names that were complained of, and about all of a draft. @param {number} from @param {string} draftId */
  traffic(from, draftId) {
    const named = this.problems.join('\n')
    return this.server.seen
      .slice(from)
      .filter(({ path }) => path.startsWith(`/records/${draftId}/draft/files`))
      .filter(({ path }) => {
        const name = path
          .split('/')
          .slice(5)
          .filter((part) => !/^(content|commit|\d+)$/.test(part))
          .join('/')
        return named.includes(name)
      })
      .map(
        ({ method, path, status, bytes, closedAt }) =>
          `${Math.round(closedAt ?? 0)} ms: ${method} ${path} ${bytes} bytes: ${status}`,
      )
  }

  /** Files below `path` must be `files`, each once and whole. @param {string} what @param {string} path @param {readonly Known[]} files */
  async checkStored(what, path, files) {
    /** @type {{ key: string, status?: string, size: number, checksum: string }[]} */
    const entries = (await this.ask(path)).entries ?? []
    const stored = new Map(entries.map((entry) => [entry.key, entry]))
    if (stored.size !== entries.length) this.problems.push(`${what}: a name is there twice`)
    for (const { key, bytes, md5 } of files) {
      const entry = stored.get(key)
      stored.delete(key)
      if (entry === undefined) this.problems.push(`${what}: ${key} is lost`)
      else if ((entry.status ?? 'completed') !== 'completed') this.problems.push(`${what}: ${key} is ${entry.status}`)
      else if (entry.size !== bytes || entry.checksum !== `md5:${md5}`)
        this.problems.push(`${what}: ${key} has ${entry.size} bytes and ${entry.checksum}, not ${bytes} and md5:${md5}`)
    }
    for (const key of stored.keys()) this.problems.push(`${what}: ${key} should not be there`)
  }

  /** Deletes drafts; then nothing of them may be left in the repository's folder. @param {readonly string[]} drafts */
  async clear(drafts) {
    for (const draft of drafts) await this.ask(`/records/${draft}/draft`, 'DELETE')
    // A server hears of a cut connection when the relay lets it go.
    const incoming = () => readdirSync(join(this.work, 'practice/incoming'))
    for (const until = performance.now() + CUT_MS; incoming().length > 0 && performance.now() < until;) await sleep(50)
    const left = incoming()
    if (left.length > 0) this.problems.push(`the server still holds ${left.length} transfers that were cut`)
  }

  /**
   * An SQLite database as the process that was killed left it: a copy is looked at, so that what the next process finds is
   * not put in order by the look. @param {string} path @returns {boolean} whether it was there
   */
  checkDatabase(path) {
    if (!existsSync(path)) return false
    const copy = join(this.work, 'copy')
    rmSync(copy, { recursive: true, force: true })
    mkdirSync(copy)
    for (const ending of ['', '-wal'])
      if (existsSync(path + ending)) copyFileSync(path + ending, join(copy, basename(path) + ending))
    try {
      const database = new DatabaseSync(join(copy, basename(path)))
      try {
        const [{ integrity_check: verdict } = {}, ...more] = database.prepare('PRAGMA integrity_check').all()
        const orphans = database.prepare('PRAGMA foreign_key_check').all()
        if (verdict !== 'ok') this.problems.push(`${basename(path)} is damaged: ${verdict}, and ${more.length} more`)
        if (orphans.length > 0) this.problems.push(`${basename(path)}: ${orphans.length} rows belong to nothing`)
      } finally {
        database.close()
      }
    } catch (error) {
      this.problems.push(`${basename(path)} can’t be read: ${String(error)}`)
    }
    return true
  }

  async close() {
    await this.server.close()
    await this.practice.end()
    process.off('exit', this.#tidy)
    this.#tidy()
  }
}

/**
 * What the traffic proves, by file: completed once; nothing sent or removed after that; and what was sent again in a later
 * life of the client had been under way when it was killed, or was answered so shortly before that it could not be noted.
 * `removable`, where connections were harmed: files that may be removed; an answer may be lost then, and what was sent is sent
 * again.
 * @param {readonly Seen[]} seen @param {readonly Life[]} lives @param {ReadonlySet<string> | null} [removable]
 * @returns {{ files: number, again: number, bytes: number, problems: string[] }} `again`: PUTs that were begun again
 */
export function judge(seen, lives, removable = null) {
  /** @type {Map<string, { commits: number, puts: Map<string, { seen: Seen, life: number }> }>} */
  const files = new Map()
  /** @type {string[]} */
  const problems = []
  let [again, bytes, life] = [0, 0, 0]
  seen.forEach((one, at) => {
    while (lives[life + 1] !== undefined && at >= (lives[life + 1]?.from ?? 0)) life += 1
    const [, file, rest] =
      /^(\/records\/[^/]+\/draft\/files\/.+?)(\/commit|\/content|\/content\/\d+)?$/.exec(one.path) ?? []
    if (file === undefined) return
    const known = files.get(file) ?? { commits: 0, puts: new Map() }
    files.set(file, known)
    if (one.method === 'POST' && rest === '/commit' && one.status === 200) known.commits += 1
    if (one.method === 'DELETE' && known.commits > 0 && !removable?.has(file))
      problems.push(`${file} was removed though it was complete`)
    if (one.method !== 'PUT') return
    bytes += one.bytes
    if (known.commits > 0) return void problems.push(`${one.path} was sent again though it was complete`)
    const before = known.puts.get(one.path)
    known.puts.set(one.path, { seen: one, life })
    if (before === undefined) return
    again += 1
    if (removable !== null) return
    if (before.life === life) problems.push(`${one.path} was sent twice in life ${life}`)
    const answeredMs = (lives[before.life]?.killedAt ?? 0) - (before.seen.closedAt ?? Infinity)
    if (before.seen.status === 200 && answeredMs > UNNOTED_MS)
      problems.push(
        `${one.path} was sent again in life ${life}, ${Math.round(answeredMs)} ms after it had been answered`,
      )
  })
  if (removable === null)
    for (const [file, { commits }] of files) if (commits !== 1) problems.push(`${file} was completed ${commits} times`)
  return { files: files.size, again, bytes, problems }
}

/**
 * Files on disk as a deposit has them; with sums.
 * @param {string} folder @param {number} files @param {number} bytes @param {number} seed @returns {Known[]}
 */
export function makeFiles(folder, files, bytes, seed) {
  return makeFolder(folder, { files, bytes, seed }).map(({ path, md5 }, fileId) => known(folder, path, md5, fileId))
}

/** One more, empty. @param {string} folder @param {number} fileId @returns {Known} */
export function makeEmpty(folder, fileId) {
  writeFileSync(join(folder, 'empty.txt'), '')
  return known(folder, 'empty.txt', createHash('md5').digest('hex'), fileId)
}

/** @param {string} folder @param {string} name @param {string} md5 @param {number} fileId @returns {Known} */
function known(folder, name, md5, fileId) {
  const path = join(folder, name)
  const { size: bytes, mtimeMs: modifiedAt } = statSync(path)
  return { fileId, key: name.normalize('NFC'), bytes, source: { kind: 'file', path, modifiedAt }, md5 }
}

/** All files in one zip, made while it is sent. @param {readonly Known[]} files @param {number} fileId @returns {Promise<Known>} */
export async function zipOf(files, fileId) {
  const entries = files.flatMap(({ key: name, bytes, source }) =>
    source.kind === 'file' ? [{ name, bytes, path: source.path, modifiedAt: source.modifiedAt }] : [],
  )
  const file = /** @type {const} */ ({
    fileId,
    key: `pack ${fileId}.zip`,
    bytes: zipBytes(entries),
    source: { kind: 'zip', entries },
  })
  const source = await openSource(file, createBuffers())
  const hash = createHash('md5')
  for await (const chunk of source.chunks(0, file.bytes)) hash.update(chunk)
  await source.close()
  return { ...file, md5: hash.digest('hex') }
}
