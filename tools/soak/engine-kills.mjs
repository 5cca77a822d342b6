// Kills the transfer engine, the bundle that the utility process runs, again and again while it deposits.
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CAPABILITIES, forkEngine } from '../bench/processes.mjs'
import { generator } from '../make-folder.mjs'
import { Ground, judge, makeEmpty, makeFiles, zipOf } from './ground.mjs'

const MIB = 1024 * 1024
/** Of one round, which has a home of its own and several deposits at once. */
const KILLS_A_ROUND = 40
const SMALL_FILES_A_KILL = 19
/** With everything it does, the engine asks something every few milliseconds. */
const HANGS_MS = 60_000
/** A request that comes is a moment to strike, its answer is one, and so many bytes of its body are one. */
const MOMENT_BYTES = 256 * 1024

const ACCOUNTS = [
  { accountId: randomUUID(), multipart: 'works' },
  { accountId: randomUUID(), multipart: 'refused' },
]

/**
 * @param {import('./ground.mjs').Soak} soak @param {number} kills
 * @returns {Promise<import('./run.mjs').Result>}
 */
export async function killEngine(soak, kills) {
  const ground = await Ground.create(soak)
  const total = { kills: 0, starts: 0, files: 0, bytes: 0, sentBytes: 0, again: 0, journals: 0 }
  try {
    for (let round = 0; total.kills < kills && ground.problems.length === 0; round += 1) {
      const counted = await playRound(soak, ground, round, Math.min(KILLS_A_ROUND, kills - total.kills))
      for (const [name, value] of Object.entries(counted)) total[/** @type {keyof typeof total} */ (name)] += value
      soak.say(`  ${total.kills} kills, ${total.files} files, ${Math.round(total.bytes / MIB)} MiB`)
    }
    return {
      counts: {
        kills: total.kills,
        'of these before it had opened its journal': total.starts,
        files: total.files,
        MiB: Math.round(total.bytes / MIB),
        'journals checked': total.journals,
        'transfers begun again': total.again,
        'sent / size': Math.round((total.sentBytes / total.bytes) * 100) / 100,
      },
      problems: ground.problems,
    }
  } finally {
    await ground.close()
  }
}

/** @param {import('./ground.mjs').Soak} soak @param {Ground} ground @param {number} round @param {number} kills */
async function playRound(soak, ground, round, kills) {
  const random = generator(soak.seed * 1000 + round)
  const home = join(ground.work, `home-${round}`)
  const deposits = await makeDeposits(soak, ground, round, kills)
  const all = deposits.reduce((sum, { files }) => sum + files.length, 0)
  const allMoments = deposits
    .flatMap(({ files }) => files)
    .reduce((sum, { bytes }) => sum + 4 + bytes / MOMENT_BYTES, 0)
  const before = ground.server.seen.length
  /** @type {import('./ground.mjs').Life[]} */
  const lives = []
  const filesAtATime = 1 + Math.floor(random() * 8)
  let [killed, starts, journals] = [0, 0, 0]
  for (;;) {
    const { seen } = ground.server
    const from = seen.length
    // Kills fall all over the round, however much each life gets done.
    const work = allMoments - momentsOf(seen.slice(before))
    const pace = Math.max(4, (1.6 * work) / Math.max(1, kills - killed))
    const strike =
      killed === kills
        ? null
        : random() < 0.25
          ? { kind: /** @type {const} */ ('after-ms'), ms: random() * 400 }
          : {
              kind: /** @type {const} */ ('after-moments'),
              moments: 1 + random() * pace,
              ms: random() < 0.5 ? 0 : random() * 20,
            }
    const life = await live(soak, ground, { home, deposits, filesAtATime, strike })
    lives.push({ from: from - before, killedAt: life.endedAt })
    if (!life.killed) break
    killed += 1
    if (!life.opened) starts += 1
    if (ground.checkDatabase(join(home, 'transfers.db'))) journals += 1
    checkHome(ground, home)
    if (ground.problems.length > 0) break
  }
  const judged = judge(ground.server.seen.slice(before), lives)
  ground.problems.push(...judged.problems)
  if (ground.problems.length === 0 && judged.files !== all)
    ground.problems.push(`the server was asked about ${judged.files} files, not ${all}`)
  for (const { draftId, files } of deposits)
    await ground.checkStored(`draft ${draftId}`, `/records/${draftId}/draft/files`, files)
  if (ground.problems.length > 0) ground.problems.push(`in round ${round}, after ${killed} kills of it`)
  await ground.clear(deposits.map(({ draftId }) => draftId))
  for (const folder of ['home', 'data'])
    rmSync(join(ground.work, `${folder}-${round}`), { recursive: true, force: true })
  const bytes = deposits.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0)
  return { kills: killed, starts, files: all, bytes, sentBytes: judged.bytes, again: judged.again, journals }
}

/**
 * Many small files with names in several scripts, some of a few MiB, a zip, and two large ones: one for an account whose
 * server takes parts, one for an account whose server does not.
 * @param {import('./ground.mjs').Soak} soak @param {Ground} ground @param {number} round @param {number} kills
 */
async function makeDeposits(soak, ground, round, kills) {
  const seed = soak.seed * 1000 + round * 20
  const folder = join(ground.work, `data-${round}`)
  const small = kills * SMALL_FILES_A_KILL
  const plans = []
  for (let at = 0; at * 95 < small; at += 1) {
    const files = makeFiles(join(folder, `small-${at}`), Math.min(95, small - at * 95), 400_000, seed + at)
    plans.push([...files, makeEmpty(join(folder, `small-${at}`), files.length)])
  }
  const packed = makeFiles(join(folder, 'packed'), 30, 6 * MIB, seed + 15)
  plans.push([...makeFiles(join(folder, 'some'), 10, 20 * MIB, seed + 16), await zipOf(packed, 10)])
  // makeFiles gives the first one 20 shares of 22 or so.
  // What is left to do after a round that ended early is not worth them.
  if (kills > 5)
    for (const at of [0, 1]) plans.push(makeFiles(join(folder, `large-${at}`), 3, 90 * MIB, seed + 17 + at))
  return Promise.all(
    plans.map(async (files, at) => ({
      depositId: randomUUID(),
      accountId: /** @type {typeof ACCOUNTS[0]} */ (ACCOUNTS[at % 2]).accountId,
      draftId: /** @type {string} */ ((await ground.ask('/records', 'POST', { metadata: {} })).id),
      files,
      taken: false,
    })),
  )
}

/**
 * One life of the engine: until all is verified, or until it is killed.
 * @param {import('./ground.mjs').Soak} soak @param {Ground} ground
 * @param {{ home: string, deposits: Awaited<ReturnType<typeof makeDeposits>>, filesAtATime: number, strike: { kind: 'after-ms', ms: number } | { kind: 'after-moments', moments: number, ms: number } | null }} life
 */
async function live(soak, ground, { home, deposits, filesAtATime, strike }) {
  const { server, practice } = ground
  const engine = forkEngine(soak.electron, join(soak.app, 'dist/node'))
  let [killed, opened, endedAt] = [false, false, Infinity]
  const kill = () => {
    if (killed) return
    killed = true
    endedAt = performance.now()
    void engine.kill()
  }
  const timer = strike?.kind === 'after-ms' ? setTimeout(kill, strike.ms) : undefined
  let [moments, lastAt] = [0, performance.now()]
  server.watch = (moment, _, bytes) => {
    lastAt = performance.now()
    if (strike?.kind !== 'after-moments') return
    moments += moment === 'came' ? bytes / MOMENT_BYTES : 1
    if (moments < strike.moments) return
    strike = { ...strike, moments: Infinity }
    if (strike.ms === 0) kill()
    else setTimeout(kill, strike.ms)
  }
  /** @type {Map<string, { state: string, error: unknown }>} */
  const states = new Map()
  engine.listen(({ event }) => {
    if (event?.kind === 'deposit') states.set(event.transfer.depositId, event.transfer)
  })
  try {
    await engine.open(home)
    opened = true
    await engine.call('command', { kind: 'configure', filesAtATime })
    for (const { accountId, multipart } of ACCOUNTS) {
      const session = {
        kind: 'session',
        accountId,
        server: { origin: server.origin, name: 'Practice', token: practice.token },
      }
      await engine.call('command', { ...session, capabilities: { ...CAPABILITIES, multipart } })
    }
    for (const deposit of deposits) {
      const { depositId, accountId, draftId, files } = deposit
      const before = await engine.call('transfer', depositId)
      if (deposit.taken && before.files !== files.length)
        ground.problems.push(
          `the journal has forgotten a deposit that it had taken: ${before.files} files of ${files.length}`,
        )
      if (!deposit.taken) {
        await engine.call('command', {
          kind: 'add',
          depositId,
          accountId,
          draftId,
          files: files.map(({ md5: _, ...file }) => file),
        })
        deposit.taken = true
      }
      const now = await engine.call('transfer', depositId)
      if (!states.has(depositId)) states.set(depositId, now)
    }
    while (deposits.some(({ depositId }) => states.get(depositId)?.state !== 'verified')) {
      const stuck = [...states.values()].find(({ state }) => state === 'needs-you' || state === 'cancelled')
      if (stuck !== undefined) throw new Error(`a deposit is ${stuck.state}: ${JSON.stringify(stuck.error)}`)
      if (performance.now() - lastAt > HANGS_MS) throw new Error(`it hangs: ${JSON.stringify([...states.values()])}`)
      await Promise.race([sleep(20), engine.gone])
      if (engine.child.exitCode !== null || engine.child.signalCode !== null) throw new Error('the engine has ended')
    }
    if (!killed) {
      endedAt = performance.now()
      await engine.stop()
    }
  } catch (error) {
    if (!killed) {
      ground.problems.push(error instanceof Error ? error.message : String(error))
      await engine.kill()
      killed = true
    }
  }
  clearTimeout(timer)
  server.watch = () => {}
  await engine.gone
  return { killed, opened, endedAt }
}

/** What has been done of a round’s moments. @param {readonly import('./ground.mjs').Seen[]} seen */
function momentsOf(seen) {
  return seen
    .filter(({ method, path, status }) => status === 200 && (method === 'PUT' || path.endsWith('/commit')))
    .reduce((sum, { bytes }) => sum + 2 + bytes / MOMENT_BYTES, 0)
}

/** Nothing but the journal may be there. @param {Ground} ground @param {string} home */
function checkHome(ground, home) {
  if (!existsSync(home)) return
  const left = readdirSync(home, { recursive: true }).filter(
    (name) => !/^transfers\.db(-wal|-shm)?$/.test(String(name)),
  )
  if (left.length > 0) ground.problems.push(`left in the profile: ${left.join(', ')}`)
}
