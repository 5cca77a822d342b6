import { resolve } from 'node:path'
import { explain } from '../contract/errors.ts'
import { claimFolder } from '../main/downloads/claim.ts'
import { downloadFiles, type DownloadEvent } from '../main/downloads/download.ts'
import { findRecord } from '../main/downloads/find.ts'
import { makePlace } from '../main/downloads/place.ts'
import { Pace } from '../main/transfers/pace.ts'
import { createClient } from '../main/repository/http/client.ts'
import type { Command } from './arguments.ts'
import type { Output } from './output.ts'
import { practiceOf } from './session.ts'
import { findServer, readRecordName } from './verify.ts'

/** Downloads all files of a record or draft. True when every one is in the folder, verified. */
export async function download(
  command: Extract<Command, { kind: 'verify' | 'download' }>,
  home: string,
  environment: NodeJS.ProcessEnv,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> {
  const { recordId, choice } = readRecordName(command.record, command.server)
  const practice = practiceOf(home)
  try {
    const client = createClient(await findServer(home, environment, choice, practice.server))
    try {
      const record = await findRecord(client, recordId)
      const root = await makePlace(resolve(command.folder))
      const release = claimFolder(home, root)
      try {
        const bytes = record.files.reduce((sum, { size }) => sum + (size ?? 0), 0)
        const name = `${record.id} on ${client.server.name}`
        output.show({ event: 'scanned', name, files: record.files.length, bytes, leftOut: 0 })
        const pace = new Pace()
        pace.setLimit(command.limitRate)
        const pieces = (chunk: Uint8Array, stop: AbortSignal) => pace.pieces(chunk, stop)
        const tally = await downloadFiles({ client, record, root, signal, pace: pieces, tell: teller(output) })
        output.show({ event: 'downloaded', record: { id: record.id, url: record.url }, ...tally })
        return tally.failed === 0
      } finally {
        release()
      }
    } finally {
      await client.close()
    }
  } finally {
    output.end()
    await practice.stop()
  }
}

function teller(output: Output): (event: DownloadEvent) => void {
  let trouble: string | null = null
  return (event) => {
    switch (event.kind) {
      case 'progress': {
        const { kind, checking: _, ...progress } = event
        output.show({ event: kind, ...progress })
        return
      }
      case 'saved': {
        const { kind, modifiedAt: _, ...saved } = event
        trouble = null
        output.show({ event: kind, ...saved })
        if (saved.md5 === null)
          output.show({ event: 'warning', message: `${saved.path} is not checked: the server gave no MD5.` })
        return
      }
      case 'failed':
        output.error(event.error)
        return
      case 'waiting': {
        if (event.error.code === trouble) return
        trouble = event.error.code
        const { happened, next } = explain(event.error)
        output.show({ event: 'warning', message: `${happened} ${next}` })
      }
    }
  }
}
