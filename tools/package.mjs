// `npm run package`: an unpacked application in out/package, and a check of what can't be seen from outside: its fuses.
// `npm run package -- --release`: the installers of this system; needs the internet for Electron and the packers' tools.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from './build.mjs'
import { root } from './runtime.mjs'
import { setup } from './setup.mjs'

/** Fuses of Electron by their place in the wire (@electron/fuses, FuseV1Options), and how they must stand. */
const FUSES = {
  runAsNode: '0',
  cookieEncryption: '1',
  nodeOptions: '0',
  nodeCliInspect: '0',
  asarIntegrity: '1',
  onlyLoadAppFromAsar: '1',
  browserSnapshot: '0',
  grantFileProtocolExtraPrivileges: '0',
}
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

const release = process.argv.includes('--release')
const electron = await setup({ headless: false })
build(electron)
const args = [join(root, 'node_modules/electron-builder/cli.js'), '--publish', 'never']
if (!release) {
  // Without the official Electron, what is at hand: good for trying the package, not for giving away.
  const version = readFileSync(join(dirname(electron), 'version'), 'utf8').trim()
  args.push('--dir', `-c.electronDist=${dirname(electron)}`, `-c.electronVersion=${version}`)
  console.error(`Packaging with Electron ${version}, for trying on this computer.`)
}
const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
if (result.status !== 0) process.exit(1)

const binary = {
  linux: 'linux-unpacked/deposit-desk',
  darwin: `mac${process.arch === 'arm64' ? '-arm64' : ''}/Deposit Desk.app/Contents/Frameworks/Electron Framework.framework/Electron Framework`,
  win32: 'win-unpacked/Deposit Desk.exe',
}[/** @type {string} */ (process.platform)]
const path = join(root, 'out/package', binary ?? '')
if (!binary || !existsSync(path)) throw new Error('The packaged application is not where it was expected.')
const wrong = wrongFuses(path)
if (wrong.length > 0) throw new Error(`These fuses are not as they must be: ${wrong.join(', ')}.`)
console.log(`${join('out/package', dirname(binary))}: packaged, ${Object.keys(FUSES).length} fuses checked.`)

/** @param {string} file */
function wrongFuses(file) {
  const bytes = readFileSync(file)
  const at = bytes.indexOf(SENTINEL) + SENTINEL.length
  if (at < SENTINEL.length) throw new Error('The application has no fuses.')
  // After the sentinel: version, number of fuses, and one character a fuse.
  const states = bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0)).toString('latin1')
  return Object.entries(FUSES).flatMap(([name, state], index) => (states[index] === state ? [] : [name]))
}
