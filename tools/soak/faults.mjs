// Lets the transfer engine suffer for some minutes: connections that are harmed in every way the toxic proxy knows, a person who
// pauses, cancels and changes settings, a computer that sleeps, a process that stands still for longer than its time-outs, or dies.
import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectExplained } from '../../main/transfers/test-support/scene.ts'
import { ToxicProxy } from '../../main/transfers/test-support/toxic-proxy.ts'
import { CAPABILITIES, forkEngine, peakMemory } from '../bench/processes.mjs'
import { generator } from '../make-folder.mjs'
import { Ground, judge, makeFiles, zipOf } from './ground.mjs'

const MIB = 1024 * 1024
/** Short, so that a process that is stopped for seconds has outlived all of them. */
const PATIENCE = { connectMs: 1000, readMs: 1500, writeMs: 1500, stallMs: 1000 }
const LONGEST_STOP_MS = 4000
const ROUND_MS = 25_000
/** For all to be done once nothing is harmed any more. */
const RECOVERS_MS = 120_000
const TRY_AGAIN_MS = 5000
/** Of a process that has nothing to do: twice what it was seen to have. */
const MOST_HANDLES = 80
const ACCOUNTS = [
  { accountId: randomUUID(), multipart: 'works' },
  { accountId: randomUUID(), multipart: 'refused' },
]

/**
 * @typedef {{ depositId: string, accountId: string, draftId: string, files: import('./ground.mjs').Known[], cancelled: Set<string> }} Deposit
 */

/**
 * @param {import('./ground.mjs').Soak} soak @param {number} ms
 * @returns {Promise<import('./run.mjs').Result>}
 */
export async function sufferFaults(soak, ms) {
  const ground = await Ground.create(soak)
  const wire = new ToxicProxy(ground.server.origin, soak.seed)
  await wire.listen()
  const victim = new Victim(soak, ground, wire)
  let files = 0
  try {
    await victim.start()
    const end = performance.now() + ms
    for (let round = 0; performance.now() < end && ground.problems.length === 0; round += 1) {
      files += await playRound(victim, round, Math.min(ROUND_MS, end - performance.now()))
      soak.say(`  round ${round + 1}: ${inWords(victim.done)}`)
    }
    ground.checkDatabase(join(victim.home, 'transfers.db'))
    return {
      counts: {
        files,
        ...victim.done,
        'open handles, at most': victim.handles,
        'MiB of memory, at most': victim.memory,
      },
      problems: ground.problems,
    }
  } finally {
    await victim.end()
    await wire.close()
    await ground.close()
  }
}

/** @param {Victim} victim @param {number} round @param {number} ms */
async function playRound(victim, round, ms) {
  const { ground, soak, wire } = victim
  const random = generator(soak.seed * 3000 + round)
  const from = ground.server.seen.length
  const deposits = await makeDeposits(victim, round)
  for (const { depositId, accountId, draftId, files } of deposits)
    victim.command({ kind: 'add', depositId, accountId, draftId, files: files.map(({ md5: _, ...file }) => file) })
  /** What undoes things later. @type {Set<Promise<unknown>>} */
  const later = new Set()
  const until = performance.now() + ms
  while (performance.now() < until && ground.problems.length === 0 && !victim.isVerified(deposits)) {
    const undo = disturb(victim, deposits, random)
    if (undo !== null) {
      const undone = sleep(undo.afterMs).then(undo.act)
      later.add(undone)
      void undone.finally(() => later.delete(undone))
    }
    await sleep(20 + random() * 300)
  }
  await Promise.all(later)

  // From here on nothing is harmed, and a person who finds that it waits clicks “Try again” now and then.
  await wire.heal()
  victim.configure({ filesAtATime: 4, bytesPerSecond: null, pauseOnBattery: false })
  victim.command({ kind: 'power', asleep: true, onBattery: false })
  victim.command({ kind: 'power', asleep: false, onBattery: false })
  victim.everything('resume')
  const healed = performance.now()
  for (let tries = 1; ground.problems.length === 0 && !victim.isVerified(deposits); await sleep(50)) {
    if (performance.now() - healed > RECOVERS_MS)
      ground.problems.push(`it does not recover: ${JSON.stringify(victim.statesOf(deposits))}`)
    if (performance.now() - healed < tries * TRY_AGAIN_MS) continue
    tries += 1
    victim.everything('retry')
    victim.count('tried again by hand')
  }
  if (ground.problems.length > 0) {
    ground.problems.push(`in round ${round}`)
    return 0
  }
  await judgeRound(victim, deposits, from)
  victim.measure()
  for (const { depositId } of deposits) await victim.call('command', { kind: 'remove', depositId })
  await ground.clear(deposits.map(({ draftId }) => draftId))
  rmSync(join(ground.work, `data-${round}`), { recursive: true })
  return deposits.reduce((sum, { files }) => sum + files.length, 0)
}

/** @param {Victim} victim @param {number} round @returns {Promise<Deposit[]>} */
async function makeDeposits({ ground, soak }, round) {
  const seed = soak.seed * 3000 + round * 10
  const folder = join(ground.work, `data-${round}`)
  const packed = makeFiles(join(folder, 'packed'), 20, 4 * MIB, seed)
  const plans = [
    makeFiles(join(folder, 'small'), 60, 300_000, seed + 1),
    [...makeFiles(join(folder, 'some'), 8, 16 * MIB, seed + 2), await zipOf(packed, 8)],
    makeFiles(join(folder, 'parts'), 3, 100 * MIB, seed + 3),
    makeFiles(join(folder, 'whole'), 3, 12 * MIB, seed + 4),
  ]
  return Promise.all(
    plans.map(async (files, at) => ({
      depositId: randomUUID(),
      accountId: /** @type {typeof ACCOUNTS[0]} */ (ACCOUNTS[at % 2]).accountId,
      draftId: /** @type {string} */ ((await ground.ask('/records', 'POST', { metadata: {} })).id),
      files,
      cancelled: new Set(),
    })),
  )
}

/**
 * One thing that goes wrong, or that somebody does; and what ends it.
 * @param {Victim} victim @param {readonly Deposit[]} deposits @param {() => number} random
 * @returns {{ afterMs: number, act: () => void | Promise<void> } | null}
 */
function disturb(victim, deposits, random) {
  const { wire } = victim
  /** @template T @param {readonly T[]} from @returns {T} */
  const pick = (from) => /** @type {T} */ (from[Math.floor(random() * from.length)])
  const upTo = (/** @type {number} */ most) => Math.floor(random() * most)
  const deposit = pick(deposits)
  const file = pick(deposit.files)
  const one = { kind: 'file', depositId: deposit.depositId, fileId: file.fileId }
  const whole = { kind: 'deposit', depositId: deposit.depositId }
  const what = random()
  if (what < 0.45) {
    const toxic = pick(
      /** @type {const} */ ([
        'latency',
        'down',
        'bandwidth',
        'slow_close',
        'timeout',
        'reset_peer',
        'slicer',
        'limit_data',
      ]),
    )
    victim.count(`toxics`)
    const settings = {
      latency: { ms: upTo(300), jitterMs: upTo(300) },
      down: {},
      bandwidth: { bytesPerSecond: 50_000 + upTo(2_000_000) },
      slow_close: { ms: upTo(1500) },
      timeout: { ms: random() < 0.5 ? 0 : upTo(2000) },
      reset_peer: {},
      slicer: { bytes: 200 + upTo(2000), variation: 100 },
      limit_data: {},
    }
    const request = pick([undefined, /^PUT/, /\/commit$/, /^POST .*\/draft\/files$/, /^GET/])
    const rule = {
      toxic: { kind: toxic, ...settings[toxic] },
      direction: pick(/** @type {const} */ (['up', 'down'])),
      ...(request && { request }),
      ...(random() < 0.7 && { afterBytes: upTo(pick([100, 5000, 3 * MIB])) }),
      times: 1 + upTo(4),
    }
    void wire.add(/** @type {any} */ (rule))
    return toxic === 'down' ? { afterMs: upTo(2000), act: () => wire.heal() } : null
  }
  if (what < 0.52) {
    victim.count('cuts of all connections')
    wire.cut()
    return null
  }
  if (what < 0.6) {
    void wire.heal()
    return null
  }
  if (what < 0.68) {
    const target = random() < 0.5 ? one : whole
    victim.count('pauses')
    victim.command({ kind: 'command', command: 'pause', target })
    return { afterMs: upTo(1500), act: () => victim.command({ kind: 'command', command: 'resume', target }) }
  }
  if (what < 0.72) {
    victim.count('cancelled files')
    deposit.cancelled.add(file.key)
    victim.command({ kind: 'command', command: 'cancel', target: one })
    return null
  }
  if (what < 0.78) {
    const [command, target] = random() < 0.5 ? ['first', one] : ['retry', { kind: 'all' }]
    victim.command({ kind: 'command', command, target })
    return null
  }
  if (what < 0.84) {
    victim.count('sleeps')
    victim.command({ kind: 'power', asleep: true, onBattery: false })
    return {
      afterMs: upTo(2500),
      act: () => {
        // The network is another one.
        if (random() < 0.5) wire.cut()
        victim.command({ kind: 'power', asleep: false, onBattery: false })
      },
    }
  }
  if (what < 0.91) {
    victim.configure({
      filesAtATime: 1 + upTo(8),
      bytesPerSecond: random() < 0.5 ? null : 500_000 + upTo(20_000_000),
      pauseOnBattery: random() < 0.5,
    })
    victim.command({ kind: 'power', asleep: false, onBattery: random() < 0.3 })
    return { afterMs: upTo(2000), act: () => victim.command({ kind: 'power', asleep: false, onBattery: false }) }
  }
  if (what < 0.96) {
    if (!victim.stop()) return null
    victim.count('stopped processes')
    return { afterMs: upTo(LONGEST_STOP_MS), act: () => victim.goOn() }
  }
  if (what < 0.98) {
    victim.count('sessions that ended')
    victim.endSessions()
    return { afterMs: upTo(1000), act: () => victim.openSessions() }
  }
  victim.count('kills')
  void victim.restart()
  return null
}

/** @param {Victim} victim @param {readonly Deposit[]} deposits @param {number} from */
async function judgeRound(victim, deposits, from) {
  const { ground } = victim
  const removable = new Set()
  for (const { depositId, draftId, files, cancelled } of deposits) {
    const kinds = await victim.kindsOf(depositId, files.length)
    const gone = files.filter(({ key }) => kinds.get(key) === 'cancelled' && cancelled.has(key))
    for (const { key } of files) {
      const right = kinds.get(key) === 'verified' || gone.some((file) => file.key === key)
      if (!right) ground.problems.push(`draft ${draftId}: ${key} is ${kinds.get(key)}`)
    }
    for (const { key } of gone) removable.add(`/records/${draftId}/draft/files/${pathOf(key)}`)
    // As a person has to before publishing: what declared it may have been on its way for longer than its process lived.
    for (const { fileId } of gone)
      victim.command({ kind: 'command', command: 'leave-out', target: { kind: 'file', depositId, fileId } })
    const until = performance.now() + RECOVERS_MS
    while (performance.now() < until && (await ground.count(draftId)) > files.length - gone.length) await sleep(100)
    const before = ground.problems.length
    const wanted = files.filter((file) => !gone.includes(file))
    await ground.checkStored(`draft ${draftId}`, `/records/${draftId}/draft/files`, wanted)
    if (ground.problems.length > before) ground.problems.push(...ground.traffic(from, draftId))
  }
  ground.problems.push(...judge(ground.server.seen.slice(from), [], removable).problems)
}

/** As the counting server writes it. @param {string} key */
function pathOf(key) {
  return decodeURI(key.split('/').map(encodeURIComponent).join('/'))
}

/** The engine, as main has it in hand. */
class Victim {
  /** @type {Record<string, number>} */
  done = {}
  handles = 0
  memory = 0
  /** @type {ReturnType<typeof forkEngine> | null} */
  #engine = null
  #killing = false
  #stopped = false
  /** @type {Map<string, { state: string }>} */
  #states = new Map()
  #settings = { filesAtATime: 4 }
  /** @type {Promise<unknown>} */
  #restarting = Promise.resolve()

  /** @param {import('./ground.mjs').Soak} soak @param {Ground} ground @param {ToxicProxy} wire */
  constructor(soak, ground, wire) {
    this.soak = soak
    this.ground = ground
    this.wire = wire
    this.home = join(ground.work, 'home')
    process.once('exit', this.#end)
  }

  /** One that stands still does not notice that nobody is there any more. */
  #end = () => this.#engine?.child.kill('SIGKILL')

  async start() {
    const engine = forkEngine(this.soak.electron, join(this.soak.app, 'dist/node'))
    engine.listen(({ event }) => this.#hear(event))
    void engine.gone.then(() => {
      if (this.#engine === engine && !this.#killing) this.ground.problems.push('the engine ended by itself')
    })
    await engine.open(this.home, PATIENCE)
    this.#engine = engine
    this.configure(this.#settings)
    this.openSessions()
    for (const depositId of this.#states.keys())
      void this.call('transfer', depositId).then(
        (transfer) => this.#states.set(depositId, transfer),
        () => undefined,
      )
  }

  /** Killed, looked at, and started again from its journal. */
  restart() {
    this.#restarting = this.#restarting.then(async () => {
      await this.#kill()
      this.ground.checkDatabase(join(this.home, 'transfers.db'))
      await this.start()
    })
    return this.#restarting
  }

  /** @param {any} event */
  #hear(event) {
    if (event === undefined) return
    if (event.kind === 'deposit') this.#states.set(event.transfer.depositId, event.transfer)
    const errors =
      event.kind === 'progress'
        ? event.rows.map((/** @type {any} */ row) => row.state.error)
        : [event.error, event.transfer?.error]
    for (const error of errors.filter(Boolean)) {
      try {
        expectExplained(error)
      } catch (complaint) {
        this.ground.problems.push(String(complaint))
      }
    }
  }

  /** What a process does not live to answer is asked again by main; here only what matters is. @param {string} name @param {unknown[]} input @returns {Promise<any>} */
  async call(name, ...input) {
    await this.#restarting
    if (this.#engine === null) throw new Error('there is no engine')
    return this.#engine.call(name, ...input)
  }

  /** @param {any} command */
  command(command) {
    if (command.kind === 'add') this.#states.set(command.depositId, { state: 'none' })
    const ask = () =>
      this.call('command', command).catch((error) => {
        if (!/has ended/.test(error.message)) this.ground.problems.push(`${command.kind}: ${error.message}`)
        else return ask()
      })
    void ask()
  }

  /** @param {any} settings */
  configure(settings) {
    this.#settings = settings
    void this.#engine?.call('command', { kind: 'configure', ...settings }).catch(() => undefined)
  }

  openSessions() {
    for (const { accountId, multipart } of ACCOUNTS) {
      const server = { origin: this.wire.origin, name: 'Practice', token: this.ground.practice.token }
      const session = { kind: 'session', accountId, server, capabilities: { ...CAPABILITIES, multipart } }
      void this.#engine?.call('command', session).catch(() => undefined)
    }
  }

  endSessions() {
    for (const { accountId } of ACCOUNTS) this.command({ kind: 'end-session', accountId })
  }

  /** @param {string} command */
  everything(command) {
    this.command({ kind: 'command', command, target: { kind: 'all' } })
  }

  /** Stands still as when the computer sleeps and nobody says so: timers and connections, too. False when it does already. */
  stop() {
    if (this.#stopped || this.#engine === null) return false
    this.#stopped = this.#engine.child.kill('SIGSTOP')
    return this.#stopped
  }

  goOn() {
    this.#stopped = false
    this.#engine?.child.kill('SIGCONT')
  }

  /** @param {readonly Deposit[]} deposits */
  statesOf(deposits) {
    return deposits.map(({ depositId }) => this.#states.get(depositId))
  }

  /** Also true where the person has cancelled all that was left. @param {readonly Deposit[]} deposits */
  isVerified(deposits) {
    return this.statesOf(deposits).every(
      (transfer) => transfer?.state === 'verified' || transfer?.state === 'cancelled',
    )
  }

  /** States of files by their names. @param {string} depositId @param {number} files @returns {Promise<Map<string, string>>} */
  async kindsOf(depositId, files) {
    const { rows } = await this.call('files', depositId, 0, files)
    return new Map(rows.map((/** @type {any} */ row) => [row.key, row.state.kind]))
  }

  /** @param {string} what */
  count(what) {
    this.done[what] = (this.done[what] ?? 0) + 1
  }

  measure() {
    if (this.#engine === null) return
    this.handles = Math.max(this.handles, readdirSync(`/proc/${this.#engine.pid}/fd`).length)
    if (this.handles > MOST_HANDLES)
      this.ground.problems.push(`${this.handles} handles are open when nothing is under way`)
    this.memory = Math.max(this.memory, Math.round(peakMemory(this.#engine.pid)))
  }

  async #kill() {
    this.#killing = true
    await this.#engine?.kill()
    this.#engine = null
    this.#killing = false
    this.#stopped = false
  }

  async end() {
    process.off('exit', this.#end)
    await this.#restarting.catch(() => undefined)
    await this.#kill()
  }
}

/** @param {Record<string, number>} counts */
function inWords(counts) {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}
