// Runs a package's command in the runtime that ships: `node tools/run.mjs vitest run core`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { asNode, ensureElectron, root } from './runtime.mjs'

const BINS = {
  vitest: 'node_modules/vitest/vitest.mjs',
  vite: 'node_modules/vite/bin/vite.js',
  eslint: 'node_modules/eslint/bin/eslint.js',
  tsc: 'node_modules/typescript/bin/tsc',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  playwright: 'node_modules/@playwright/test/cli.js',
}

const [name = '', ...args] = process.argv.slice(2)
const script = BINS[/** @type {keyof typeof BINS} */ (name)] ?? name
if (!existsSync(join(root, script))) {
  console.error(`There is no command ${name}. Known: ${Object.keys(BINS).join(', ')}, or the path of a script.`)
  process.exit(2)
}
const result = spawnSync(await ensureElectron(), [join(root, script), ...args], {
  cwd: root,
  env: asNode(),
  stdio: 'inherit',
})
process.exit(result.status ?? 1)
