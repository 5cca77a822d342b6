// Kills and harms what uploads until the counts are full, and says what must not have happened. Run by tools/soak.mjs in the
// runtime that ships.
//
//   npm run soak -- [--only engine,app,faults] [--engine 500] [--app 200] [--minutes 5] [--seed N] [--short] [--json] [--no-store]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../runtime.mjs'
import { killApp } from './app-kills.mjs'
import { killEngine } from './engine-kills.mjs'
import { sufferFaults } from './faults.mjs'

/** @typedef {{ counts: Record<string, number>, problems: string[] }} Result */

const { values: options } = parseArgs({
  options: {
    built: { type: 'string', default: root },
    only: { type: 'string', default: 'engine,app,faults' },
    engine: { type: 'string' },
    app: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-store': { type: 'boolean', default: false },
  },
})
const [engineKills, appKills, minutes] = options.short ? [20, 5, 0.3] : [500, 200, 5]
const seed = Number(options.seed ?? Math.floor(Math.random() * 1e6))
const say = (/** @type {string} */ line) => console.error(line)
/** @type {import('./ground.mjs').Soak} */
const soak = { electron: process.execPath, app: options.built, seed, say }

/** @type {Record<string, { title: string, play: () => Promise<Result> }>} */
const PARTS = {
  engine: { title: 'SIGKILL of the engine', play: () => killEngine(soak, Number(options.engine ?? engineKills)) },
  app: { title: 'SIGKILL of the application', play: () => killApp(soak, Number(options.app ?? appKills)) },
  faults: {
    title: 'harmed connections, pause, sleep, stopped processes',
    play: () => sufferFaults(soak, Number(options.minutes ?? minutes) * 60_000),
  },
}

const wanted = options.only.split(',')
const unknown = wanted.filter((name) => PARTS[name] === undefined)
if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}`)
if (!Number.isSafeInteger(seed)) throw new Error('A seed is a whole number.')

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(130))
say(`seed ${seed}`)
/** @type {Record<string, Result & { title: string, seed: number, seconds: number, load: string, at: string }>} */
const results = {}
for (const name of wanted) {
  const { title, play } = /** @type {(typeof PARTS)[string]} */ (PARTS[name])
  say(`— ${name}: ${title}`)
  const begun = performance.now()
  const [before = 0] = loadavg()
  const result = await play().catch((error) => ({ counts: {}, problems: [String(error?.stack ?? error)] }))
  const seconds = Math.round((performance.now() - begun) / 1000)
  const load = `${before.toFixed(1)} / ${(loadavg()[0] ?? 0).toFixed(1)}`
  results[name] = { ...result, title, seed, seconds, load, at: new Date().toISOString().slice(0, 16).replace('T', ' ') }
  if (!options['no-store'] && !options.short) store()
  say(`  ${inWords(result.counts)}; ${seconds} s`)
  for (const problem of result.problems) say(`  WRONG: ${problem}`)
  if (result.problems.length > 0)
    say(`  Again: npm run soak -- --only ${name} --seed ${seed}${options.short ? ' --short' : ''}`)
}
if (options.json) console.log(JSON.stringify({ machine: machine(), seed, results }, null, 2))
const failed = Object.values(results).filter(({ problems }) => problems.length > 0).length
if (process.env.DEPOSIT_DESK_RESULTS) {
  mkdirSync(dirname(process.env.DEPOSIT_DESK_RESULTS), { recursive: true })
  writeFileSync(
    process.env.DEPOSIT_DESK_RESULTS,
    JSON.stringify({ passed: wanted.length - failed, failed, skipped: 0 }),
  )
}
say(`${wanted.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** @param {Record<string, number>} counts */
function inWords(counts) {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}

function machine() {
  const runtime = `Electron ${process.versions.electron} (Node ${process.versions.node})`
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Linux ${release()}, ${runtime}`
}

/** Puts the results into docs/benchmarks.md; those of parts that were not played stay. */
function store() {
  const path = join(root, 'docs/benchmarks.md')
  const [head = '', rest = ''] = readFileSync(path, 'utf8').split(/(?<=<!-- soak: begin -->\n)/)
  const end = rest.indexOf('<!-- soak: end -->')
  if (end < 0) throw new Error('docs/benchmarks.md has no place for the results.')
  const rows = new Map(
    rest
      .slice(0, end)
      .split('\n')
      .map((line) => /^\| (engine|app|faults) \|/.exec(line))
      .filter((found) => found !== null)
      .map((found) => [/** @type {string} */ (found[1]), found.input]),
  )
  for (const [name, { counts, problems, seed: used, seconds, load, at }] of Object.entries(results)) {
    const verdict =
      problems.length === 0 ? 'nothing lost, doubled, wrong or damaged' : `WRONG: ${problems.length} findings`
    const time = `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    rows.set(name, `| ${name} | ${inWords(counts)} | ${verdict} | ${used} | ${time} | ${load} | ${at} |`)
  }
  const table = Object.keys(PARTS).flatMap((name) => rows.get(name) ?? [])
  const page = [
    `Machine: ${machine()}.`,
    '',
    '| part | what was done | result | seed | duration | load | run |',
    '|---|---|---|---|---|---|---|',
    ...table,
  ].join('\n')
  writeFileSync(path, `${head}\n${page}\n\n${rest.slice(end)}`)
}
