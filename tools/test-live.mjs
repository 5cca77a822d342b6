// `npm run test:live`: contract checks, `desk`, the window, and SIGKILL with resume, against a real InvenioRDM: that of
// INVENIO_URL and its tokens, else one that tools/invenio starts. Last line: `N passed, N failed`. `-- --full` kills 20 times over 1.2 GB.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from './build.mjs'
import { down, up, whyNot } from './invenio/invenio.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

/** Exit status that says that nothing was tested. */
const NO_SERVER = 3
const full = process.argv.includes('--full')
const own = !process.env.INVENIO_URL
if (own) {
  const reason = whyNot()
  if (reason) {
    console.error(`There is no INVENIO_URL, and no InvenioRDM can be started here: ${reason}.`)
    process.exit(NO_SERVER)
  }
  try {
    Object.assign(process.env, await up())
  } catch (error) {
    console.error(`No InvenioRDM could be started: ${error instanceof Error ? error.message : String(error)}`)
    await down()
    process.exit(NO_SERVER)
  }
}
console.log(`Against ${process.env.INVENIO_URL}`)
const electron = await setup({ headless: false })
build(electron)

const tally = { passed: 0, failed: 0, skipped: 0 }
const file = join(root, 'out/live/vitest.json')
mkdirSync(dirname(file), { recursive: true })
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config',
  'e2e/live/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
]
const { status } = spawnSync(electron, vitest, { cwd: root, env: asNode(), stdio: ['ignore', 1, 2] })
const counted = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
tally.passed += counted?.numPassedTests ?? 0
tally.failed += Math.max(counted?.numFailedTests ?? 0, status === 0 ? 0 : 1)

const windowFile = join(root, 'out/live/window.json')
const window = spawnSync(process.execPath, [join(root, 'tools/test-e2e.mjs'), '--live'], {
  cwd: root,
  env: { ...process.env, DEPOSIT_DESK_RESULTS: windowFile },
  stdio: ['ignore', 1, 2],
})
const seen = existsSync(windowFile) ? JSON.parse(readFileSync(windowFile, 'utf8')) : null
tally.passed += seen?.passed ?? 0
tally.failed += Math.max(seen?.failed ?? 0, window.status === 0 ? 0 : 1)

const size = full ? [] : ['--kills', '5', '--files', '30', '--bytes', '300000000']
const env = asNode({ DEPOSIT_DESK_TOKEN: process.env.RESEARCHER_TOKEN })
const kill = spawnSync(
  electron,
  [join(root, 'tools/kill-run.mjs'), '--server', process.env.INVENIO_URL ?? '', ...size],
  {
    cwd: root,
    env,
    stdio: ['ignore', 1, 2],
  },
)
tally[kill.status === 0 ? 'passed' : 'failed']++

if (own) await down()
if (process.env.DEPOSIT_DESK_RESULTS) writeFileSync(process.env.DEPOSIT_DESK_RESULTS, JSON.stringify(tally))
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1)
