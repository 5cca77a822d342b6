// A place for the application on a machine without a desktop: a virtual display and, where asked for, a session bus of its
// own with an unlocked keychain. Everything is ended by pid when this process ends.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether a window can be opened as it is. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
}

/**
 * What Chromium needs to be told here, and only here: its process sandbox does not start as root, and a virtual display has
 * no graphics hardware.
 * @param {{ virtual: boolean }} options
 */
export function chromiumFlags({ virtual }) {
  return [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...(virtual ? ['--disable-gpu'] : [])]
}

/**
 * Starts a virtual display, and with `keychain` a bus and a keychain too.
 * @param {{ keychain?: boolean, width?: number, height?: number }} [options]
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => void }>} `env`: for the application, in place of `process.env`.
 */
export async function startHeadless({ keychain = false, width = 1600, height = 1000 } = {}) {
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = []
  const folder = mkdtempSync(join(tmpdir(), 'deposit-desk-headless-'))
  const stop = () => {
    for (const child of children.splice(0).reverse()) child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', stop)

  try {
    const display = await startDisplay(children, width, height)
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, DISPLAY: `:${display}` }
    delete env.WAYLAND_DISPLAY
    // The one that stands in the environment may be that of a desktop; a test must not touch its keychain.
    env.DBUS_SESSION_BUS_ADDRESS = keychain ? await startKeychain(children, folder, env) : 'unix:path=/nonexistent'
    return { env, stop }
  } catch (error) {
    stop()
    throw error
  }
}

/** @param {import('node:child_process').ChildProcess[]} children @param {number} width @param {number} height */
async function startDisplay(children, width, height) {
  const size = `${width}x${height}x24`
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  children.push(xvfb)
  return firstLine('The virtual display', xvfb, xvfb.stdio[3])
}

/**
 * @param {import('node:child_process').ChildProcess[]} children @param {string} folder @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} address of the bus
 */
async function startKeychain(children, folder, env) {
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1', `--address=unix:dir=${folder}`], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(bus)
  const address = await firstLine('The session bus', bus, bus.stdout)

  const own = {
    ...env,
    DBUS_SESSION_BUS_ADDRESS: address,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
  }
  mkdirSync(own.XDG_RUNTIME_DIR, { mode: 0o700 })
  const keyring = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env: own,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  children.push(keyring)
  keyring.stdin?.end('test')
  // It says nothing when it is ready; its name on the bus does.
  const query = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus']
  const method = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets']
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = spawnSync('dbus-send', [...query, ...method], { env: own, encoding: 'utf8' })
    if (answer.stdout.includes('boolean true')) return address
    if (keyring.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('The keychain did not start.')
}

/**
 * @param {string} name @param {import('node:child_process').ChildProcess} child @param {any} stream
 * @returns {Promise<string>}
 */
function firstLine(name, child, stream) {
  return new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', (/** @type {Buffer} */ chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')).trim())
    })
    child.on('error', (error) => reject(new Error(`${name} did not start: ${error.message}`)))
    child.on('exit', () => reject(new Error(`${name} ended at once.`)))
  })
}
