import type { Server } from '../../repository/http/client.ts'
import { openEngine, type EngineCommand } from '../engine.ts'

/** What a test tells the process that it is going to kill. */
export type ChildOrder = {
  readonly home: string
  readonly session: EngineCommand & { kind: 'session'; server: Server }
  readonly add: EngineCommand & { kind: 'add' }
  /** Point of the journal at which this process ends itself, as hard as the system can; null to finish. */
  readonly killAt: string | null
}

/*
 * Transfers one deposit in a process of its own, as the application does. Prints the points of the journal that it came by
 * when all is verified.
 */
const { home, session, add, killAt } = JSON.parse(process.argv[2] ?? '') as ChildOrder
const points = new Set<string>()
const engine = openEngine({
  home,
  random: () => 0,
  onPersist: (point) => {
    points.add(point)
    if (point === killAt) process.kill(process.pid, 'SIGKILL')
  },
})
engine.onEvent((event) => {
  if (event.kind !== 'deposit' || event.transfer.state !== 'verified') return
  process.stdout.write(JSON.stringify([...points]))
  void engine.stop()
})
engine.start()
engine.command(session)
engine.command(add)
// Settled before the listener could hear of it: then it was killed at its last breath.
if (engine.transfer(add.depositId).state === 'verified') {
  process.stdout.write('[]')
  void engine.stop()
}
