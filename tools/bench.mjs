// `npm run bench -- [--quick] [--json] [--only NAME,NAME] [--no-store]`: sets up, builds, and runs tools/bench/measure.mjs in
// the runtime that ships.
import { spawn } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

const electron = await setup({ headless: false })
build(electron)
// A copy, so that a build meanwhile does not change what is measured.
const bundle = join(root, 'out/bench/node')
rmSync(bundle, { recursive: true, force: true })
cpSync(join(root, 'dist/node'), bundle, { recursive: true })
const child = spawn(electron, [join(root, 'tools/bench/measure.mjs'), ...process.argv.slice(2)], {
  cwd: root,
  env: asNode(),
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))
