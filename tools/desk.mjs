// `npm run --silent desk -- …`: the command line, in the runtime that ships.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { asNode, root } from './runtime.mjs'
import { setup } from './setup.mjs'

const quiet = () => undefined
const parents = readParents()
const electron = await setup({ headless: false, say: quiet })
build(electron, quiet)
const child = spawn(electron, [join(root, 'dist/node/desk.js'), ...process.argv.slice(2)], {
  // The person's folder, not the project's: npm changes it.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env: asNode(),
  // The channel carries nothing: its end tells the child that this process is gone, also after SIGKILL.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 3 : 1)))

// npm, or the shell that it starts, can be killed with SIGKILL and tells nobody; its children get another parent.
setInterval(() => {
  if (readParents() === parents) return
  child.kill('SIGKILL')
  process.exit(3)
}, 300)

/** The parent, and where a shell of npm stands in between the parent of that one. */
function readParents() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
    const [, name = '', parent = ''] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? []
    return process.env.npm_lifecycle_event && /^(sh|dash|bash)$/.test(name)
      ? `${process.ppid} ${parent}`
      : `${process.ppid}`
  } catch {
    return `${process.ppid}`
  }
}
