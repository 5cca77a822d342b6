// `npm run practice -- [--port N] [--data DIR] [--limits zenodo]`: the practice repository alone.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

const electron = await setup({ headless: false })
build(electron)
const child = spawn(electron, [join(root, 'dist/node/practice.js'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env: asNode(),
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 0))
