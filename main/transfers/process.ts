import type { ParentPort } from 'electron'
import { DeskError } from '../../contract/errors.ts'
import { createDownloadRunner, type DownloadRunner } from '../downloads/runner.ts'
import { openEngine, type TransferEngine } from './engine.ts'
import type { EngineCall, FromEngine, ToEngine } from './host.ts'
import { Pace } from './pace.ts'

/*
 * Entry of the utility process that transfers files: the engine sends, and downloads run beside it. It is told where its
 * journal is, and later the tokens, by messages; nothing comes in by arguments or environment, where other programs could
 * read it.
 */

const port: ParentPort = process.parentPort
let engine: TransferEngine | null = null
let downloads: DownloadRunner | null = null

port.on('message', ({ data }) => {
  const message = data as ToEngine
  switch (message.kind) {
    case 'open':
      open(message)
      break
    case 'call':
      void answer(message)
      break
  }
})

function open({ home, patience }: Extract<ToEngine, { kind: 'open' }>): void {
  try {
    const pace = new Pace()
    engine = openEngine({ home, pace, ...(patience && { patience }) })
    downloads = createDownloadRunner({
      home,
      pace: (chunk, signal) => pace.pieces(chunk, signal),
      tell: (news) => send({ kind: 'download', news }),
    })
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
  if (engine === null || downloads === null) return
  try {
    send({ kind: 'answer', id: call.id, value: await run(engine, downloads, call) })
  } catch (error) {
    // Never thrown on: the host would start a new process and ask it the same again.
    const { code, params } = error instanceof DeskError ? error : new DeskError('internal')
    send({ kind: 'refusal', id: call.id, error: { code, params: { ...params } } })
  }
  if (call.name === 'stop') process.exit(0)
}

function run(to: TransferEngine, runner: DownloadRunner, call: EngineCall): unknown {
  switch (call.name) {
    case 'command':
      to.command(...call.input)
      return runner.obey(...call.input)
    case 'files':
      return to.files(...call.input)
    case 'file':
      return to.file(...call.input)
    case 'transfer':
      return to.transfer(...call.input)
    case 'overview':
      return to.overview()
    case 'report':
      return to.report(...call.input)
    case 'startDownload':
      return runner.start(...call.input)
    case 'stopDownload':
      return runner.stop(...call.input)
    case 'stop':
      return Promise.all([to.stop(), runner.close()])
  }
}

function send(message: FromEngine): void {
  port.postMessage(message)
}
