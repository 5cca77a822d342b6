// `npm test`: sets up what is missing, then types, lint, dependency rules, unit, conformance and e2e tests, and a short soak.
// Last line: `N passed, N failed`. A check counts as one test. With DEPOSIT_DESK_LIVE=1 the live journeys run too.
// `npm test -- unit` or `-- checks e2e` runs only those groups.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

const wanted = process.argv.slice(2)
const groups =
  wanted.length > 0
    ? wanted
    : ['checks', 'unit', 'e2e', 'soak', ...(process.env.DEPOSIT_DESK_LIVE === '1' ? ['live'] : [])]
const results = join(root, 'out/test')
/** @type {{ name: string, passed: number, failed: number, skipped: number }[]} */
const tally = []

const electron = await setup({ headless: true })
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })

/**
 * Runs a command to its end; prints what it says. Its own process group, so that nothing is left running after a time-out.
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @param {number} minutes
 */
function run(command, args, env, minutes) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 1, 2], detached: true })
    const timer = setTimeout(() => {
      console.error(`Stopped after ${minutes} minutes.`)
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    }, minutes * 60_000)
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code ?? 1)
    })
  })
}

/** @param {string} name @param {string} script @param {string[]} args */
async function check(name, script, args) {
  console.log(`\n— ${name}`)
  const code = await run(electron, [join(root, script), ...args], asNode(), 15)
  tally.push({ name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 })
}

if (groups.includes('checks')) {
  const folders = ['contract', 'core', 'main', 'preload', 'renderer', 'cli', 'practice']
  await check('types', 'node_modules/typescript/bin/tsc', ['-b'])
  await check('lint', 'node_modules/eslint/bin/eslint.js', ['.', '--max-warnings', '0'])
  await check('accessibility lint', 'node_modules/oxlint/bin/oxlint', [
    '-c',
    '.oxlintrc.json',
    '--deny-warnings',
    'renderer',
  ])
  await check('format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])
  await check('dependency rules', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', [
    '--config',
    '.dependency-cruiser.js',
    ...folders,
  ])
}

if (groups.includes('unit')) {
  console.log('\n— unit and conformance tests')
  const file = join(results, 'unit.json')
  const code = await run(
    electron,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    asNode(),
    20,
  )
  const counted = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  tally.push({
    name: 'unit',
    passed: counted?.numPassedTests ?? 0,
    // A suite that could not be loaded has no failed test of its own.
    failed: Math.max(counted?.numFailedTests ?? 0, code === 0 ? 0 : 1),
    skipped: (counted?.numPendingTests ?? 0) + (counted?.numTodoTests ?? 0),
  })
}

if (['e2e', 'soak', 'live'].some((group) => groups.includes(group))) build(electron)
if (groups.includes('e2e')) tally.push(await suite('e2e', 'tools/test-e2e.mjs', 40))
if (groups.includes('soak')) tally.push(await suite('soak', 'tools/soak.mjs', 10, ['--short']))
if (groups.includes('live')) {
  const live = await suite('live', 'tools/test-live.mjs', 40)
  if (live.code === 3) console.log('Live: not run; the lines above say why no InvenioRDM could be started here.')
  else tally.push(live)
}

/**
 * A suite that counts for itself: its last line says `N passed, N failed`.
 * @param {string} name @param {string} script @param {number} minutes @param {string[]} [args]
 */
async function suite(name, script, minutes, args = []) {
  console.log(`\n— ${name}`)
  const file = join(results, `${name}.json`)
  const code = await run(
    process.execPath,
    [join(root, script), ...args],
    { ...process.env, DEPOSIT_DESK_RESULTS: file },
    minutes,
  )
  const counted = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  return {
    name,
    code,
    passed: counted?.passed ?? 0,
    failed: Math.max(counted?.failed ?? 0, code === 0 ? 0 : 1),
    skipped: counted?.skipped ?? 0,
  }
}

const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
  tally.reduce((total, entry) => total + entry[key], 0)
console.log('')
for (const { name, passed, failed, skipped } of tally) {
  console.log(
    `${failed > 0 ? '✗' : '✓'} ${name}: ${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''}`,
  )
}
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1)
