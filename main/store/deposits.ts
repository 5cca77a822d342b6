import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { appErrorSchema } from '../../contract/errors.ts'
import { accountIdSchema } from '../../contract/desk/account.ts'
import {
  conflictSchema,
  depositIdSchema,
  depositSchema,
  fieldProblemSchema,
  publicationSchema,
} from '../../contract/desk/deposit.ts'
import { planChoicesSchema } from '../../contract/desk/folder.ts'
import { metadataSchema } from '../../contract/repository/record.ts'
import { sourceSchema } from '../transfers/source-schema.ts'
import type { SourceFile } from '../transfers/source.ts'
import { inTransaction } from './migrate.ts'
import type { Quarantine } from './quarantine.ts'

/** A deposit as it is kept. What the transfers know of it is theirs. */
const storedDepositSchema = z.object({
  id: depositIdSchema,
  accountId: accountIdSchema,
  createdAt: z.number(),
  updatedAt: z.number(),
  source: depositSchema.shape.source,
  choices: planChoicesSchema,
  /** The server agreed to the space that was asked for. */
  spaceGranted: z.boolean().default(false),
  metadata: metadataSchema,
  /** Counts the edits here; the server has that of `sentEdit`. */
  edit: z.int(),
  savedAt: z.number(),
  sentEdit: z.int(),
  sentAt: z.number().nullable(),
  syncError: appErrorSchema.nullable(),
  draft: depositSchema.shape.draft,
  /** Since when a draft may exist whose id never arrived; written before it is asked for. */
  draftAskedAt: z.number().nullable(),
  /** Both sides when they were last in step (core/deposit/merge), and what a save has to send back untouched. */
  base: z
    .object({
      sent: metadataSchema,
      answered: metadataSchema,
      customFields: z.record(z.string(), z.unknown()).nullable(),
      defaultPreview: z.string().nullable(),
    })
    .nullable(),
  /** What a save is sending, written before it does: its answer may be lost. */
  attempted: metadataSchema.nullable(),
  problems: z.array(fieldProblemSchema),
  conflicts: z.array(conflictSchema),
  publication: publicationSchema,
  /** To be published without asking again, once everything is verified: a wish of the command line. */
  publishWhenVerified: z.boolean(),
})
export type StoredDeposit = z.infer<typeof storedDepositSchema>

/** A file of a deposit, with absolute paths; `fileId` is its place, from 0. */
export type StoredFile = SourceFile

export type DepositStore = {
  /** All that can be read, oldest first. */
  readonly list: () => StoredDeposit[]
  readonly get: (depositId: string) => StoredDeposit | null
  /** Deposit and files in one transaction. */
  readonly create: (deposit: StoredDeposit, files: readonly StoredFile[]) => void
  readonly save: (deposit: StoredDeposit) => void
  readonly remove: (depositId: string) => void
  readonly files: (depositId: string) => StoredFile[]
}

export function createDepositStore(db: DatabaseSync, quarantine: Quarantine): DepositStore {
  const all = db.prepare('SELECT id, deposit FROM deposits ORDER BY created_at, id')
  const one = db.prepare('SELECT id, deposit FROM deposits WHERE id = ?')
  const insert = db.prepare('INSERT INTO deposits (id, account_id, created_at, deposit) VALUES (?, ?, ?, ?)')
  const update = db.prepare('UPDATE deposits SET deposit = ? WHERE id = ?')
  const drop = db.prepare('DELETE FROM deposits WHERE id = ?')
  const dropFiles = db.prepare('DELETE FROM deposit_files WHERE deposit_id = ?')
  const insertFile = db.prepare(
    'INSERT INTO deposit_files (deposit_id, file_id, key, bytes, source) VALUES (?, ?, ?, ?, ?)',
  )
  const filesOf = db.prepare(
    'SELECT file_id, key, bytes, source FROM deposit_files WHERE deposit_id = ? ORDER BY file_id',
  )
  const read = (row: Record<string, unknown>) =>
    quarantine.parse('deposits', String(row['id']), String(row['deposit']), storedDepositSchema)
  return {
    list: () =>
      all
        .all()
        .map(read)
        .filter((deposit) => deposit !== null),
    get: (depositId) => {
      const row = one.get(depositId)
      return row === undefined ? null : read(row)
    },
    create: (deposit, files) =>
      inTransaction(db, () => {
        insert.run(deposit.id, deposit.accountId, deposit.createdAt, JSON.stringify(deposit))
        for (const { fileId, key, bytes, source } of files)
          insertFile.run(deposit.id, fileId, key, bytes, JSON.stringify(source))
      }),
    save: (deposit) => void update.run(JSON.stringify(deposit), deposit.id),
    remove: (depositId) =>
      inTransaction(db, () => {
        drop.run(depositId)
        dropFiles.run(depositId)
      }),
    files: (depositId) =>
      filesOf.all(depositId).map((row) => ({
        fileId: Number(row['file_id']),
        key: String(row['key']),
        bytes: Number(row['bytes']),
        source: sourceSchema.parse(JSON.parse(String(row['source']))),
      })),
  }
}
