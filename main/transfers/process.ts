import type { ParentPort } from 'electron'
import { DeskError } from '../../contract/errors.ts'
import { openEngine, type TransferEngine } from './engine.ts'
import type { EngineCall, FromEngine, ToEngine } from './host.ts'

/*
 * Entry of the utility process that transfers files. It is told where its journal is, and later the tokens, by messages;
 * nothing comes in by arguments or environment, where other programs could read it.
 */

const port: ParentPort = process.parentPort
let engine: TransferEngine | null = null

port.on('message', ({ data }) => {
  const message = data as ToEngine
  switch (message.kind) {
    case 'open':
      open(message.home)
      break
    case 'call':
      void answer(message)
      break
  }
})

function open(home: string): void {
  try {
    engine = openEngine({ home })
  } catch (error) {
    const { code, params } = error instanceof DeskError ? error : new DeskError('internal')
    send({ kind: 'not-opened', error: { code, params: { ...params } } })
    return
  }
  engine.onEvent((event) => send({ kind: 'event', event }))
  engine.start()
  send({ kind: 'opened' })
}

async function answer(call: EngineCall): Promise<void> {
  if (engine === null) return
  try {
    send({ kind: 'answer', id: call.id, value: await run(engine, call) })
  } catch (error) {
    // Never thrown on: the host would start a new process and ask it the same again.
    const { code, params } = error instanceof DeskError ? error : new DeskError('internal')
    send({ kind: 'refusal', id: call.id, error: { code, params: { ...params } } })
  }
  if (call.name === 'stop') process.exit(0)
}

function run(to: TransferEngine, call: EngineCall): unknown {
  switch (call.name) {
    case 'command':
      return to.command(...call.input)
    case 'files':
      return to.files(...call.input)
    case 'transfer':
      return to.transfer(...call.input)
    case 'overview':
      return to.overview()
    case 'report':
      return to.report(...call.input)
    case 'stop':
      return to.stop()
  }
}

function send(message: FromEngine): void {
  port.postMessage(message)
}
