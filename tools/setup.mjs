// Everything a fresh machine needs before the first build: packages, runtime, system libraries. Runs on Node 20 alone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureElectron, root } from './runtime.mjs'

/** Debian packages that the window needs, with a file that shows each is there. */
const LIBRARIES = {
  'libgtk-3-0': 'libgtk-3.so.0',
  libnss3: 'libnss3.so',
  libasound2: 'libasound.so.2',
  libgbm1: 'libgbm.so.1',
  libxss1: 'libXss.so.1',
  libxtst6: 'libXtst.so.6',
  'libatk-bridge2.0-0': 'libatk-bridge-2.0.so.0',
  libdrm2: 'libdrm.so.2',
  libxkbcommon0: 'libxkbcommon.so.0',
  'libsecret-1-0': 'libsecret-1.so.0',
}
/** Packages for a machine without a desktop: a virtual display and a keychain for tests. */
const HEADLESS = {
  xvfb: 'Xvfb',
  'dbus-x11': 'dbus-launch',
  dbus: 'dbus-run-session',
  'gnome-keyring': 'gnome-keyring-daemon',
}

/**
 * Installs what is missing and returns the path of the Electron runtime.
 * @param {{ headless: boolean, say?: (line: string) => void }} options `headless`: also a virtual display and a keychain.
 */
export async function setup({ headless, say = (line) => console.error(line) }) {
  installPackages(say)
  const electron = await ensureElectron(say)
  if (process.platform === 'linux') installLibraries(headless, say)
  return electron
}

/** @param {(line: string) => void} say */
function installPackages(say) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const mark = join(root, 'node_modules/.deposit-desk-lock')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return
  say('Installing the npm packages …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const result = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) throw new Error('npm ci failed; the lines above say why.')
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(mark, lock)
}

/** @param {boolean} headless @param {(line: string) => void} say */
function installLibraries(headless, say) {
  const cache = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? ''
  const missing = Object.entries(LIBRARIES)
    .filter(([, file]) => !cache.includes(file))
    .map(([name]) => name)
  if (headless) {
    for (const [name, command] of Object.entries(HEADLESS)) {
      if (spawnSync('which', [command], { stdio: 'ignore' }).status !== 0) missing.push(name)
    }
    if (!existsSync('/usr/share/fonts/truetype/liberation')) missing.push('fonts-liberation')
    if (!existsSync('/usr/share/fonts/truetype/noto')) missing.push('fonts-noto-core')
  }
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(`These system packages are missing. Install them with:\n  sudo ${command}`)
  }
  say(`Installing ${missing.join(' ')} …`)
  const result = spawnSync('sh', ['-c', `apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${command} -qq`], {
    stdio: ['ignore', 'ignore', 2],
  })
  if (result.status !== 0) throw new Error(`This failed:\n  ${command}`)
}
