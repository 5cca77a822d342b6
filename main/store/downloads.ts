import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { accountSchema } from '../../contract/desk/account.ts'
import { downloadSchema } from '../../contract/desk/download.ts'
import { appErrorSchema } from '../../contract/errors.ts'
import { inTransaction } from './migrate.ts'
import { parseJson, type Quarantine } from './quarantine.ts'

const storedDownloadSchema = z.object({
  ...downloadSchema.pick({
    id: true,
    kind: true,
    recordId: true,
    title: true,
    url: true,
    server: true,
    serverName: true,
    accountId: true,
    createdAt: true,
    folder: true,
  }).shape,
  origin: accountSchema.shape.origin,
  /** Absolute path of the folder that was chosen. */
  place: z.string(),
  state: z.enum(['active', 'paused', 'stopped', 'complete', 'incomplete', 'cancelled']),
  stateAt: z.number(),
  /** Why it stopped. */
  error: appErrorSchema.nullable(),
  /** The folder was there once: if it is missing now, somebody took it away. */
  begun: z.boolean(),
  /** Cancelled, and what was begun is not removed yet. */
  toDiscard: z.boolean(),
})
export type StoredDownload = z.infer<typeof storedDownloadSchema>

const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('saved'), modifiedAt: z.number(), checked: z.boolean() }),
  z.object({ kind: z.literal('failed'), error: appErrorSchema }),
])
export type DownloadOutcome = z.infer<typeof outcomeSchema>

/** A file of a download; `fileId` is its place in the record’s list, `path` where it goes in the folder. */
export type DownloadFile = {
  readonly fileId: number
  readonly key: string
  readonly path: string
  readonly bytes: number
  readonly md5: string | null
  readonly outcome: DownloadOutcome | null
}

export type DownloadStore = {
  /** All that can be read, newest first. */
  readonly list: () => StoredDownload[]
  /** Download and files in one transaction. */
  readonly create: (download: StoredDownload, files: readonly DownloadFile[]) => void
  readonly save: (download: StoredDownload) => void
  readonly remove: (downloadId: string) => void
  readonly files: (downloadId: string) => DownloadFile[]
  /** Outcomes by file, in one transaction; null takes one back. */
  readonly settle: (downloadId: string, outcomes: ReadonlyMap<number, DownloadOutcome | null>) => void
}

export function createDownloadStore(db: DatabaseSync, quarantine: Quarantine): DownloadStore {
  const all = db.prepare('SELECT id, download FROM downloads ORDER BY created_at DESC, id')
  const insert = db.prepare('INSERT INTO downloads (id, created_at, download) VALUES (?, ?, ?)')
  const update = db.prepare('UPDATE downloads SET download = ? WHERE id = ?')
  const drop = db.prepare('DELETE FROM downloads WHERE id = ?')
  const dropFiles = db.prepare('DELETE FROM download_files WHERE download_id = ?')
  const insertFile = db.prepare(
    'INSERT INTO download_files (download_id, file_id, key, path, bytes, md5, outcome) VALUES (?, ?, ?, ?, ?, ?, NULL)',
  )
  const filesOf = db.prepare(
    'SELECT file_id, key, path, bytes, md5, outcome FROM download_files WHERE download_id = ? ORDER BY file_id',
  )
  const settleFile = db.prepare('UPDATE download_files SET outcome = ? WHERE download_id = ? AND file_id = ?')
  return {
    list: () =>
      all
        .all()
        .map((row) => quarantine.parse('downloads', String(row['id']), String(row['download']), storedDownloadSchema))
        .filter((download) => download !== null),
    create: (download, files) =>
      inTransaction(db, () => {
        insert.run(download.id, download.createdAt, JSON.stringify(download))
        for (const { fileId, key, path, bytes, md5 } of files)
          insertFile.run(download.id, fileId, key, path, bytes, md5)
      }),
    save: (download) => void update.run(JSON.stringify(download), download.id),
    remove: (downloadId) =>
      inTransaction(db, () => {
        drop.run(downloadId)
        dropFiles.run(downloadId)
      }),
    files: (downloadId) =>
      filesOf.all(downloadId).map((row) => ({
        fileId: Number(row['file_id']),
        key: String(row['key']),
        path: String(row['path']),
        bytes: Number(row['bytes']),
        md5: row['md5'] === null ? null : String(row['md5']),
        // One that can’t be read counts as none: the file is looked at again.
        outcome: outcomeSchema.safeParse(parseJson(String(row['outcome']))).data ?? null,
      })),
    settle: (downloadId, outcomes) =>
      inTransaction(db, () => {
        for (const [fileId, outcome] of outcomes)
          settleFile.run(outcome === null ? null : JSON.stringify(outcome), downloadId, fileId)
      }),
  }
}
