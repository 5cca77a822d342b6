import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'
import { metadataSchema } from '../repository/record.ts'
import { accountIdSchema } from './account.ts'

export const depositIdSchema = z.uuid()

/** A complaint about one field, of the server's last save. `field` as the server names it: `metadata.title`. */
export const fieldProblemSchema = z.object({ field: z.string(), messages: z.array(z.string()) })
export type FieldProblem = z.infer<typeof fieldProblemSchema>

/** A field that was changed here and on the server since they were last equal. Neither side is lost until one is chosen. */
export const conflictSchema = z.object({ field: z.string(), base: z.unknown(), mine: z.unknown(), theirs: z.unknown() })
export type Conflict = z.infer<typeof conflictSchema>

/** Whether the server has what is written here. */
export const syncStateSchema = z.discriminatedUnion('kind', [
  /** Written here; sending starts shortly or needs a draft first. */
  z.object({ kind: z.literal('saved-here'), savedAt: z.number() }),
  z.object({ kind: z.literal('sending'), savedAt: z.number() }),
  z.object({ kind: z.literal('in-step'), savedAt: z.number(), sentAt: z.number() }),
  /** Not sent, and why; goes on by itself where the error says so. */
  z.object({ kind: z.literal('waiting'), savedAt: z.number(), error: appErrorSchema }),
])
export type SyncState = z.infer<typeof syncStateSchema>

export const publicationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('not-asked') }),
  /** Asked for; the answer is not in. After a restart, or a lost answer, the record is read first. */
  z.object({ kind: z.literal('asked'), askedAt: z.number(), error: appErrorSchema.nullable() }),
  z.object({ kind: z.literal('refused'), askedAt: z.number(), error: appErrorSchema }),
  z.object({
    kind: z.literal('published'),
    askedAt: z.number(),
    publishedAt: z.number(),
    recordId: z.string(),
    doi: z.string().nullable(),
    /** The concept DOI: always leads to the newest version. */
    conceptDoi: z.string().nullable(),
    /** The page of the record, for a browser. */
    url: z.string(),
    /** Written by the server where it could be asked, else here in the same style. Plain text. */
    citation: z.string(),
    bibtex: z.string().nullable(),
    /** Markdown of the DOI badge. */
    badge: z.string(),
  }),
])
export type Publication = z.infer<typeof publicationSchema>

/** Progress of a deposit's files, derived from the transfers. */
export const depositTransferSchema = z.object({
  depositId: depositIdSchema,
  state: z.enum([
    'none',
    'packing',
    'queued',
    'sending',
    'verifying',
    'paused',
    'waiting',
    'needs-you',
    'verified',
    'cancelled',
  ]),
  /** Since when it is paused or until when it waits. */
  at: z.number().nullable(),
  files: z.int(),
  verifiedFiles: z.int(),
  bytes: z.number(),
  sentBytes: z.number(),
  /** From a moving average; null until stable. */
  bytesPerSecond: z.number().nullable(),
  leftMs: z.number().nullable(),
  /** Files that wait for a decision of the person. */
  blockedFiles: z.int(),
  error: appErrorSchema.nullable(),
})
export type DepositTransfer = z.infer<typeof depositTransferSchema>

/** Of a deposit that the transfers know nothing of. */
export const NO_TRANSFER: Omit<DepositTransfer, 'depositId'> = {
  state: 'none',
  at: null,
  files: 0,
  verifiedFiles: 0,
  bytes: 0,
  sentBytes: 0,
  bytesPerSecond: null,
  leftMs: null,
  blockedFiles: 0,
  error: null,
}

export const depositSchema = z.object({
  id: depositIdSchema,
  accountId: accountIdSchema,
  createdAt: z.number(),
  updatedAt: z.number(),
  source: z.object({
    /** Name of the folder, never its path. */
    name: z.string(),
    files: z.int(),
    bytes: z.number(),
  }),
  /** InvenioRDM metadata as the person wrote it, invalid values included. */
  metadata: metadataSchema,
  /** Counts the edits here; a save names the one that it was based on. */
  edit: z.int(),
  draft: z
    .object({
      id: z.string(),
      revision: z.int(),
      doi: z.string().nullable(),
      /** `reserved` here; a DOI typed by the person is `external`. */
      url: z.string().nullable(),
      readAt: z.number(),
    })
    .nullable(),
  sync: syncStateSchema,
  problems: z.array(fieldProblemSchema),
  conflicts: z.array(conflictSchema),
  publication: publicationSchema,
  transfer: depositTransferSchema,
})
export type Deposit = z.infer<typeof depositSchema>

/** A line of the list; sorted by what is asked of the person. */
export const depositSummarySchema = z.object({
  id: depositIdSchema,
  accountId: accountIdSchema,
  title: z.string(),
  sourceName: z.string(),
  files: z.int(),
  bytes: z.number(),
  updatedAt: z.number(),
  doi: z.string().nullable(),
  /** The group it stands in. */
  group: z.enum(['needs-you', 'under-way', 'drafts', 'published']),
  /** Why it needs the person; null in other groups. */
  error: appErrorSchema.nullable(),
  transfer: depositTransferSchema,
  publication: z.enum(['not-asked', 'asked', 'refused', 'published']),
})
export type DepositSummary = z.infer<typeof depositSummarySchema>

export const checkSchema = z.object({
  id: z.string(),
  /** `open` hinders publishing; `advice` does not. */
  state: z.enum(['met', 'open', 'advice']),
  text: z.string(),
  detail: z.string().nullable(),
  /** The field or screen that settles it: `metadata.title`, `files`. */
  where: z.string().nullable(),
})
export type Check = z.infer<typeof checkSchema>

/** What the publish guard shows, read from the server and the folder at this moment. */
export const publishGuardSchema = z.object({
  readAt: z.number(),
  /** Revision of the draft that was read; publishing names it, so that nothing else than what was shown is published. */
  revision: z.int(),
  checks: z.array(checkSchema),
  summary: z.object({
    title: z.string(),
    creators: z.array(z.string()),
    resourceType: z.string(),
    licence: z.string(),
    publicationDate: z.string(),
    publisher: z.string(),
    access: z.string(),
    files: z.int(),
    bytes: z.number(),
    doi: z.string().nullable(),
  }),
  /** What the person types to confirm: the version where there is one, else “publish”. */
  confirmation: z.string(),
})
export type PublishGuard = z.infer<typeof publishGuardSchema>
