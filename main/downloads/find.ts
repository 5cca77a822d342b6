import { DeskError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { asDeskError } from '../deposits/context.ts'
import { listDraftFiles, listRecordFiles } from '../repository/files.ts'
import { HttpError, type RepositoryClient } from '../repository/http/client.ts'
import { readDraft, readRecord } from '../repository/records.ts'

export type FoundRecord = {
  readonly kind: 'record' | 'draft'
  readonly id: string
  readonly url: string
  /** Empty where there is none yet. */
  readonly title: string
  readonly version: string | null
  readonly files: readonly FileEntry[]
}

/**
 * A published record with its files, else the draft of that id. The id of all versions finds the newest: the server points
 * there. Throws DeskError record-not-found, not-permitted, token-refused, and those of the connection.
 */
export async function findRecord(client: RepositoryClient, id: string, signal?: AbortSignal): Promise<FoundRecord> {
  try {
    const { kind, record } = await readRecord(client, id, signal).then(
      (found) => ({ kind: 'record', record: found }) as const,
      async (error: unknown) => {
        if (!isGone(error)) throw error
        return { kind: 'draft', record: await readDraft(client, id, signal) } as const
      },
    )
    const files = await (kind === 'record' ? listRecordFiles : listDraftFiles)(client, record.id, signal)
    const page = kind === 'record' ? 'records' : 'uploads'
    const url = `${client.server.origin}/${page}/${encodeURIComponent(record.id)}`
    const { title = '', version } = record.metadata ?? {}
    return { kind, id: record.id, url, title, version: version ?? null, files }
  } catch (error) {
    if (isGone(error)) throw new DeskError('record-not-found', { record: id, server: client.server.name })
    signal?.throwIfAborted()
    throw asDeskError(error, client.server.name)
  }
}

/** 410: it was published, and deleted. */
function isGone(error: unknown): boolean {
  return error instanceof HttpError && !error.html && (error.status === 404 || error.status === 410)
}
