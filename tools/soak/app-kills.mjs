// Kills the whole application, all its processes at once, while it starts, deposits and publishes, and starts it again. Between
// the first window of a deposit and the last nobody clicks.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromiumFlags } from '../headless.mjs'
import { launch } from '../launch.mjs'
import * as job from '../main-job.mjs'
import { generator } from '../make-folder.mjs'
import { root } from '../runtime.mjs'
import { Ground, judge, makeFiles } from './ground.mjs'

const MIB = 1024 * 1024
const KILLS_A_ROUND = 16
/** Opening the window and describing, publishing, and seeing that it is published. */
const WATCHED_KILLS = 3
/** Longer than the application needs to start and to look for a draft whose answer it never got. */
const HANGS_MS = 40_000
/** All is complete on the server: nothing more is to be waited for. */
const AT_REST_MS = 700
const PICTURES = join(root, 'out/soak')
const FINDINGS = /uncaught|row that can’t be read|row that can't be read| start /

/**
 * @typedef {(moment: 'asked' | 'came' | 'answered', seen: import('./ground.mjs').Seen, bytes: number) => boolean} Strikes
 * @typedef {{ phase: string, strikes?: Strikes, afterMs?: number }} Strike
 * @typedef {{ pid: number, gone: Promise<unknown> }} Running
 */

/**
 * @param {import('./ground.mjs').Soak} soak @param {number} kills
 * @returns {Promise<import('./run.mjs').Result>}
 */
export async function killApp(soak, kills) {
  const ground = await Ground.create(soak)
  const killer = new Killer(soak, ground)
  try {
    let files = 0
    for (let round = 0; killer.kills < kills && ground.problems.length === 0; round += 1) {
      // The last round takes what is left, so that none is too short to be one.
      const left = kills - killer.kills
      files += await playRound(killer, round, left < KILLS_A_ROUND * 2 ? left : KILLS_A_ROUND)
      soak.say(`  ${killer.kills} kills, ${round + 1} published`)
    }
    return {
      counts: { kills: killer.kills, ...killer.phases, files, published: killer.published },
      problems: ground.problems,
    }
  } finally {
    await killer.end()
    await ground.close()
  }
}

/** One deposit, from its folder to its record. @param {Killer} killer @param {number} round @param {number} kills */
async function playRound(killer, round, kills) {
  const { ground, soak } = killer
  const random = generator(soak.seed * 2000 + round)
  const name = `series ${round}`
  const folder = join(ground.work, name)
  const files = makeFiles(folder, 36, 24 * MIB, soak.seed * 2000 + round)
  // As the server in between notes them.
  const keys = new Set(files.map(({ key }) => decodeURI(key.split('/').map(encodeURIComponent).join('/'))))
  const before = ground.server.seen.length
  killer.lives = []
  const planned = killer.kills + kills
  const wrong = () => ground.problems.length > 0

  // Connecting asks some of the same, to learn what the server can do.
  let asked = false
  /** @param {import('playwright').Page} page */
  const begin = async (page) => {
    if (round === 0) await job.connectTo(page, ground.server.origin, ground.practice.token)
    await page.getByRole('heading', { name: 'Deposits', exact: true }).waitFor()
    await job.dropOnWindow(page, [folder])
    await job.waitForReview(page)
    asked = true
    await job.createDraft(page)
    await sleep(HANGS_MS)
  }
  const half = random() < 0.5 ? 'asked' : 'answered'
  const first = random() < 0.4 ? /\/records$/ : /\/draft\/files$/
  await killer.watched(begin, {
    phase: first.source.endsWith('files$') ? 'declaring' : 'making the draft',
    strikes: (moment, { method, path }) => asked && moment === half && method === 'POST' && first.test(path),
  })

  while (!wrong() && killer.kills < planned - WATCHED_KILLS + 1) {
    const seen = ground.server.seen.slice(before)
    // A commit in doubt is asked for again, so that a file may have several; those of the first connection are of trial files.
    const committed = seen.flatMap(({ method, path, status }) => {
      const [, key = ''] = /\/draft\/files\/(.+)\/commit$/.exec(path) ?? []
      return method === 'POST' && status === 200 && keys.has(key) ? [key] : []
    })
    const left = files.length - new Set(committed).size
    const chance = random()
    const nth =
      1 + Math.floor(random() * Math.max(2, (left * 1.6) / Math.max(1, planned - WATCHED_KILLS - killer.kills)))
    const moment = random() < 0.5 ? 'asked' : 'answered'
    const bytes = Math.floor(random() * MIB)
    if (chance < 0.25 || left === 0)
      await killer.alone({ phase: 'starting', afterMs: random() * 1500 }, files.length - left)
    else if (chance < 0.65) {
      let [puts, come] = [0, 0]
      await killer.alone(
        {
          phase: 'sending',
          strikes: (now, { method }, more) => {
            if (method !== 'PUT') return false
            if (now === 'asked') puts += 1
            if (puts < nth) return false
            come += more
            return now === 'answered' || (moment === 'asked' && come >= bytes)
          },
        },
        files.length - left,
      )
    } else {
      let count = 0
      await killer.alone(
        {
          phase: 'committing',
          strikes: (now, { method, path }) =>
            now === moment && method === 'POST' && path.endsWith('/commit') && ++count === nth,
        },
        files.length - left,
      )
    }
  }
  if (wrong()) return 0

  /** @param {import('playwright').Page} page */
  const finish = async (page) => {
    await page
      .getByRole('listbox', { name: 'Deposits' })
      .getByRole('option')
      .filter({ hasText: name })
      .first()
      .dblclick()
    await job.waitUntilVerified(page, files.length)
    const { id, publication } = await readDeposit(page, name)
    if (publication.kind === 'asked' || publication.kind === 'published') return
    await call(page, 'deposits.saveMetadata', { depositId: id, metadata: describe(name) })
    await job.publish(page)
  }
  await killer.watched(finish, {
    phase: 'publishing',
    strikes: (moment, { method, path }) => moment === half && method === 'POST' && path.endsWith('/actions/publish'),
  })
  if (wrong()) return 0

  let record = ''
  await killer.watched(
    async (page) => {
      for (const until = performance.now() + HANGS_MS; ; await sleep(100)) {
        const { publication } = await readDeposit(page, name)
        if (publication.kind === 'published') {
          record = publication.recordId
          return
        }
        if (publication.kind === 'refused') await finish(page)
        if (performance.now() > until) throw new Error(`it is ${publication.kind}, not published`)
      }
    },
    { phase: 'being at rest' },
  )
  if (wrong()) return 0
  await killer.judgeRound(before, record, files, round)
  return files.length
}

/** Starts the application, kills it as told, and looks at what it left. */
class Killer {
  kills = 0
  published = 0
  /** Kills by what was done at that moment. @type {Record<string, number>} */
  phases = {}
  /** @type {import('./ground.mjs').Life[]} */
  lives = []
  /** @type {Running | null} */
  #running = null

  /** @param {import('./ground.mjs').Soak} soak @param {Ground} ground */
  constructor(soak, ground) {
    this.soak = soak
    this.ground = ground
    this.home = join(ground.work, 'home')
    const temporary = join(ground.work, 'temporary')
    mkdirSync(temporary)
    const { ELECTRON_RUN_AS_NODE: _, ...rest } = process.env
    process.once('exit', this.#kill)
    // Chromium leaves a folder beside its lock whenever it is killed.
    this.env = {
      ...rest,
      TMPDIR: temporary,
      DEPOSIT_DESK_HOME: this.home,
      DEPOSIT_DESK_TEST: '1',
      DEPOSIT_DESK_KEYCHAIN: 'system',
    }
  }

  /** With a window that is driven; killed as told, or when the script has ended. @param {(page: import('playwright').Page) => Promise<void>} script @param {Strike} strike */
  async watched(script, strike) {
    const app = await launch({ electron: this.soak.electron, env: this.env, app: this.soak.app })
    const child = app.process()
    const running = {
      pid: /** @type {number} */ (child.pid),
      gone: new Promise((resolve) => child.once('exit', resolve)),
    }
    await this.#live(running, strike, async () => {
      const page = await app.firstWindow()
      await script(page).catch(async (error) => {
        await page
          .screenshot({ path: join(PICTURES, `after-kill-${this.kills}.png`), timeout: 5000 })
          .catch(() => undefined)
        throw error
      })
    })
  }

  /** With nobody there: it has to go on by itself. @param {Strike} strike @param {number} complete files that the server has already */
  async alone(strike, complete) {
    const child = spawn(this.soak.electron, [...chromiumFlags({ virtual: true }), this.soak.app], {
      env: this.env,
      stdio: 'ignore',
      detached: true,
    })
    const running = {
      pid: /** @type {number} */ (child.pid),
      gone: new Promise((resolve) => child.once('exit', resolve)),
    }
    await this.#live(running, strike, () => this.#untilAtRest(complete))
  }

  /** Until nothing is asked any more; complains when nothing was asked at all. @param {number} complete */
  async #untilAtRest(complete) {
    const { seen } = this.ground.server
    const from = seen.length
    for (const begun = performance.now(); ; await sleep(50)) {
      const last = seen.at(-1)
      const quiet = seen.length > from && (last?.closedAt ?? Infinity) < performance.now() - AT_REST_MS
      if (quiet) return
      if (performance.now() - begun > HANGS_MS)
        throw new Error(`it does not go on by itself: ${complete} files are complete`)
    }
  }

  /** @param {Running} running @param {Strike} strike @param {() => Promise<void>} work */
  async #live(running, { phase, strikes, afterMs }, work) {
    const { server, problems } = this.ground
    this.#running = running
    let [killed, endedAt] = [false, Infinity]
    const kill = () => {
      if (killed) return
      killed = true
      endedAt = performance.now()
      signalGroup(running.pid, 'SIGKILL')
    }
    if (strikes) server.watch = (...seen) => void (strikes(...seen) && kill())
    const from = server.seen.length
    const timer = afterMs === undefined ? undefined : setTimeout(kill, afterMs)
    const struck = running.gone.then(() => 'gone')
    const outcome = await Promise.race([struck, work().catch((error) => (killed ? 'gone' : error))])
    if (outcome instanceof Error) problems.push(`while ${phase}: ${outcome.message}`)
    else if (outcome === 'gone' && !killed) problems.push(`while ${phase}: the application ended by itself`)
    const done = killed ? phase : 'being at rest'
    kill()
    clearTimeout(timer)
    server.watch = () => {}
    await running.gone
    while (groupOf(running.pid).length > 0) await sleep(10)
    this.#running = null
    this.kills += 1
    this.phases[done] = (this.phases[done] ?? 0) + 1
    this.lives.push({ from, killedAt: endedAt })
    this.#check()
    if (problems.length > 0) problems.push(`after kill ${this.kills}, while ${done}`)
  }

  #check() {
    const { ground, home } = this
    for (const name of ['desk.db', 'transfers.db', 'owner.db']) ground.checkDatabase(join(home, name))
    const damaged = existsSync(home) ? readdirSync(home).filter((name) => name.includes('damaged')) : []
    if (damaged.length > 0) ground.problems.push(`put aside: ${damaged.join(', ')}`)
    const log = join(home, 'logs/deposit-desk.log')
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []
    ground.problems.push(...lines.filter((line) => FINDINGS.test(line)).map((line) => `in the log: ${line}`))
  }

  /** @param {number} before @param {string} record @param {readonly import('./ground.mjs').Known[]} files @param {number} round */
  async judgeRound(before, record, files, round) {
    const { ground } = this
    const seen = ground.server.seen.slice(before)
    const judged = judge(
      seen,
      this.lives.map(({ from, killedAt }) => ({ from: from - before, killedAt })),
    )
    ground.problems.push(...judged.problems)
    const publishes = seen.filter(({ path, status }) => path.endsWith('/actions/publish') && status === 202)
    if (publishes.length !== 1) ground.problems.push(`${publishes.length} requests to publish were carried out, not 1`)
    await ground.checkStored(`record ${record}`, `/records/${record}/files`, files)
    const { hits } = await ground.ask('/user/records?size=100')
    if (hits.total !== round + 1) ground.problems.push(`there are ${hits.total} drafts and records, not ${round + 1}`)
    this.published += 1
  }

  #kill = () => {
    if (this.#running !== null) signalGroup(this.#running.pid, 'SIGKILL')
  }

  /** Leaves nothing running, however the run ended. */
  async end() {
    process.off('exit', this.#kill)
    this.#kill()
    await this.#running?.gone
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

/** Processes of a group that still run. @param {number} group */
function groupOf(group) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, , pgrp] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        return Number(pgrp) === group && state !== 'Z'
      } catch {
        return false
      }
    })
}

/** What the window may ask main. @param {import('playwright').Page} page @param {string} name @param {unknown} input @returns {Promise<any>} */
async function call(page, name, input) {
  const answer = await page.evaluate(
    ([asked, given]) => /** @type {any} */ (globalThis).desk.call[/** @type {string} */ (asked)](given),
    [name, input],
  )
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`)
  return answer.value
}

/** @param {import('playwright').Page} page @param {string} folder */
async function readDeposit(page, folder) {
  /** @type {any[]} */
  const list = await call(page, 'deposits.list', {})
  const deposits = await Promise.all(list.map(({ id }) => call(page, 'deposits.get', { depositId: id })))
  const found = deposits.filter(({ source }) => source.name === folder)
  if (found.length !== 1) throw new Error(`there are ${found.length} deposits of ${folder}`)
  return found[0]
}

/** @param {string} title */
function describe(title) {
  return {
    title,
    resource_type: { id: 'dataset' },
    publication_date: '2026-11-26',
    publisher: 'Deposit Desk tests',
    creators: [{ person_or_org: { type: 'personal', family_name: 'Run', given_name: 'Soak' } }],
  }
}
