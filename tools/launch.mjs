// Starts the application so that it can be driven: for the journeys and for the demonstration.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { _electron } from 'playwright'
import { chromiumFlags } from './headless.mjs'
import { root } from './runtime.mjs'

/**
 * @param {{ electron: string, env: Record<string, string | undefined>, app?: string }} options `env`: in place of this process's
 * own; `app`: folder of another build.
 * @returns {Promise<import('playwright').ElectronApplication>}
 */
export function launch({ electron, env, app = root }) {
  // Playwright finds Electron by its package: only then does it hold the application back until it is connected, and a
  // window that navigates at that very moment hangs it (Playwright 1.65, a start in five on a busy machine).
  if (!existsSync(join(root, 'node_modules/electron/path.txt')))
    process.env.ELECTRON_OVERRIDE_DIST_PATH = dirname(electron)
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env
  return _electron.launch({
    args: [...chromiumFlags({ virtual: process.platform === 'linux' }), app],
    // The system's own, which the application sets: not the light one that Playwright would put in its place.
    colorScheme: null,
    timeout: 60_000,
    env: /** @type {Record<string, string>} */ (rest),
  })
}
