// `npm start`: sets up what is missing, builds, and opens the application. Without a display the same application runs on a
// virtual one and deposits the sample folder in the practice repository, as a demonstration.
import { spawn } from 'node:child_process'
import { build } from './build.mjs'
import { chromiumFlags, hasDisplay } from './headless.mjs'
import { root } from './runtime.mjs'
import { setup } from './setup.mjs'

const display = hasDisplay()
const electron = await setup({ headless: !display })
build(electron)
if (display) {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const child = spawn(electron, [...chromiumFlags({ virtual: false }), root], { env, stdio: 'inherit' })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => process.exit(code ?? 1))
} else {
  const { demonstrate } = await import('./demonstrate.mjs')
  await demonstrate(electron)
}
