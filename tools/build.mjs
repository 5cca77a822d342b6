// Builds the application when its sources changed since the last build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asNode, root } from './runtime.mjs'

const SOURCES = ['contract', 'core', 'main', 'preload', 'renderer', 'cli', 'practice']
const SINGLE = ['package.json', 'package-lock.json', 'vite.config.ts']

/** @param {string} electron path of the runtime @param {(line: string) => void} say */
export function build(electron, say = (line) => console.error(line)) {
  const stamp = join(root, 'dist/.sources')
  const now = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  say('Building …')
  const result = spawnSync(
    electron,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--app', '--logLevel', 'warn'],
    {
      cwd: root,
      env: asNode({ NODE_ENV: 'production' }),
      stdio: ['ignore', 2, 2],
    },
  )
  if (result.status !== 0) throw new Error('The build failed; the lines above say why.')
  writeFileSync(stamp, now)
}

/** Changes when any source changes; tests do not count. */
function fingerprint() {
  const hash = createHash('sha256')
  for (const file of SINGLE) hash.update(readFileSync(join(root, file)))
  for (const folder of SOURCES) {
    if (!existsSync(join(root, folder))) continue
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    const paths = entries
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    for (const path of paths) hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
