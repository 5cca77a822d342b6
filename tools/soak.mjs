// `npm run soak -- [--only engine,app,faults] [--engine 500] [--app 200] [--minutes 5] [--seed N] [--short] [--json]
// [--no-store]`: sets up, builds, and runs tools/soak/run.mjs in the runtime that ships, on a display and keychain of its own.
import { spawn } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { startHeadless } from './headless.mjs'
import { root } from './runtime.mjs'
import { setup } from './setup.mjs'

const electron = await setup({ headless: true })
build(electron)
// A copy, so that a build meanwhile does not change what is killed.
const app = join(root, 'out/soak', `app-${process.pid}`)
for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(app, part), { recursive: true })
const place = await startHeadless({ keychain: true })
const child = spawn(electron, [join(root, 'tools/soak/run.mjs'), '--built', app, ...process.argv.slice(2)], {
  cwd: root,
  env: { ...place.env, ELECTRON_RUN_AS_NODE: '1' },
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  place.stop()
  rmSync(app, { recursive: true, force: true })
  process.exit(code ?? 1)
})
