import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChildOrder } from './engine-child.ts'
import { CAPABILITIES, type Scene } from './scene.ts'

const CHILD = fileURLToPath(new URL('./engine-child.ts', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../.cache/compiled', import.meta.url))

/**
 * Runs the engine in a process of its own; answers what it printed, or null when it was killed: at a point of the journal, or
 * when `strike` calls.
 */
export async function runEngine(
  scene: Scene,
  token: string,
  killAt: string | null,
  strike?: (kill: () => void) => void,
): Promise<string[] | null> {
  const { home, accountId, depositId, draftId, server } = scene
  const order: ChildOrder = {
    home,
    session: {
      kind: 'session',
      accountId,
      server: { origin: server.origin, name: 'Practice', token },
      capabilities: CAPABILITIES,
    },
    add: { kind: 'add', depositId, accountId, draftId, files: scene.sources(...scene.names()) },
    killAt,
  }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    // Compiling the engine anew would be most of what each of these short lives does.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_COMPILE_CACHE: CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  strike?.(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()))
  const signal = await new Promise((resolve) => child.on('close', (_, how) => resolve(how)))
  return signal === 'SIGKILL' ? null : (JSON.parse(printed) as string[])
}
