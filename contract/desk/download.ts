import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'
import { accountIdSchema, accountSchema } from './account.ts'

export const downloadIdSchema = z.uuid()
export const foundIdSchema = z.uuid()
export const placeIdSchema = z.uuid()

const recordFields = {
  kind: z.enum(['record', 'draft']),
  recordId: z.string(),
  title: z.string(),
  url: z.string(),
  server: accountSchema.shape.server,
  serverName: accountSchema.shape.serverName,
  /** Whose token is used; null for a guest, who may read what is public. */
  accountId: accountIdSchema.nullable(),
}

/** A record or draft that was looked up, with its files as the server lists them. */
export const foundRecordSchema = z.object({
  /** Names it in `downloads.start`; main keeps the list for an hour. */
  foundId: foundIdSchema,
  ...recordFields,
  version: z.string().nullable(),
  /** Name of the folder that is made for it in the chosen one. */
  folder: z.string(),
  /** `md5`: there is one to check by. `obstacle`: why the file can’t be had. The place in this list is its number. */
  files: z.array(
    z.object({
      key: z.string(),
      bytes: z.number().nullable(),
      md5: z.boolean(),
      obstacle: z.enum(['not-uploaded', 'no-size']).nullable(),
    }),
  ),
})
export type FoundRecord = z.infer<typeof foundRecordSchema>

/** A folder that was chosen in the system’s dialog. Its path stays in main. */
export const downloadPlaceSchema = z.object({
  placeId: placeIdSchema,
  name: z.string(),
  freeBytes: z.number().nullable(),
})
export type DownloadPlace = z.infer<typeof downloadPlaceSchema>

export const downloadStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queued') }),
  /** What is in the folder already is read. */
  z.object({ kind: z.literal('checking') }),
  z.object({ kind: z.literal('downloading') }),
  z.object({ kind: z.literal('paused'), at: z.number() }),
  /** Goes on by itself; `until` null where no time is known. */
  z.object({ kind: z.literal('waiting'), error: appErrorSchema, until: z.number().nullable() }),
  z.object({ kind: z.literal('stopped'), error: appErrorSchema }),
  z.object({ kind: z.literal('complete'), at: z.number() }),
  /** All was tried, and some files could not be had. */
  z.object({ kind: z.literal('incomplete'), at: z.number() }),
  z.object({ kind: z.literal('cancelled'), at: z.number() }),
])
export type DownloadState = z.infer<typeof downloadStateSchema>

/** Files of a record on their way into a folder. */
export const downloadSchema = z.object({
  id: downloadIdSchema,
  ...recordFields,
  createdAt: z.number(),
  /** The folder that was made for it, by name, and the one that was chosen, in which it is. */
  folder: z.string(),
  place: z.string(),
  state: downloadStateSchema,
  files: z.int(),
  savedFiles: z.int(),
  /** Saved, but the server gave no MD5 to check by. */
  uncheckedFiles: z.int(),
  failedFiles: z.int(),
  bytes: z.number(),
  receivedBytes: z.number(),
  bytesPerSecond: z.number().nullable(),
  leftMs: z.number().nullable(),
  /** Of files that could not be had, the first hundred. */
  troubles: z.array(z.object({ key: z.string(), error: appErrorSchema })),
})
export type Download = z.infer<typeof downloadSchema>

/**
 * - `retry`: again now, for what waits, stopped, or could not be had;
 * - `cancel`: files that are complete stay, begun ones are removed;
 * - `forget`: a finished one leaves the list, its files stay.
 */
export const downloadCommandSchema = z.enum(['pause', 'resume', 'retry', 'cancel', 'forget'])
export type DownloadCommand = z.infer<typeof downloadCommandSchema>
