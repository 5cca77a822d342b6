// The journeys through the window, in the real application on a display and keychain of their own.
// `node tools/test-e2e.mjs keyboard` runs the files whose names match; other arguments go to Playwright. With `--live` those
// against the real InvenioRDM of INVENIO_URL in place of the others.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { startHeadless } from './headless.mjs'
import { root } from './runtime.mjs'
import { setup } from './setup.mjs'

const live = process.argv.includes('--live')
const rest = process.argv.slice(2).filter((argument) => argument !== '--live')
const electron = await setup({ headless: true })
build(electron)
const place =
  process.platform === 'linux' ? await startHeadless({ keychain: true }) : { env: process.env, stop: () => {} }
const child = spawn(
  process.execPath,
  [
    join(root, 'node_modules/@playwright/test/cli.js'),
    'test',
    '--config=e2e',
    `--project=${live ? 'live' : 'practice'}`,
    ...rest,
  ],
  {
    cwd: root,
    env: {
      ...place.env,
      DEPOSIT_DESK_ELECTRON: electron,
      DEPOSIT_DESK_RESULTS: process.env.DEPOSIT_DESK_RESULTS ?? join(root, 'out/e2e/results.json'),
    },
    stdio: 'inherit',
  },
)
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  place.stop()
  process.exit(code ?? 1)
})
