// `npm run --silent desk -- …`: the command line, in the runtime that ships.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

const quiet = () => undefined
const electron = await setup({ headless: false, say: quiet })
build(electron, quiet)
const child = spawn(electron, [join(root, 'dist/node/desk.js'), ...process.argv.slice(2)], {
  // The person's folder, not the project's: npm changes it.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env: asNode(),
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 3 : 1)))
