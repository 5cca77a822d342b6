import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'
import { accountIdSchema } from './account.ts'
import { depositIdSchema, depositTransferSchema } from './deposit.ts'

/** State of one file as a person sees it; the engine's own states are finer (core/transfer). */
export const fileStateSchema = z.discriminatedUnion('kind', [
  /** A zip that is compressed once before it is sent, to know its size; `bytes` is the most that it can have until then. */
  z.object({ kind: z.literal('packing'), readBytes: z.number() }),
  z.object({ kind: z.literal('queued') }),
  z.object({ kind: z.literal('checking'), readBytes: z.number() }),
  z.object({
    kind: z.literal('sending'),
    sentBytes: z.number(),
    /** With multipart: parts that the server has, of all. */
    parts: z.object({ sent: z.int(), all: z.int() }).nullable(),
  }),
  z.object({ kind: z.literal('verifying') }),
  z.object({ kind: z.literal('verified'), md5: z.string(), verifiedAt: z.number() }),
  z.object({ kind: z.literal('paused'), pausedAt: z.number() }),
  z.object({ kind: z.literal('waiting'), until: z.number(), attempt: z.int(), error: appErrorSchema }),
  z.object({ kind: z.literal('blocked'), error: appErrorSchema }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('left-out') }),
])
export type FileState = z.infer<typeof fileStateSchema>

export const fileRowSchema = z.object({
  depositId: depositIdSchema,
  /** Place in the deposit, from 0; names the file in calls. */
  fileId: z.int().nonnegative(),
  /** Name in the record. */
  key: z.string(),
  bytes: z.number(),
  /** More than one where it is a zip made while sending. */
  sources: z.int(),
  state: fileStateSchema,
})
export type FileRow = z.infer<typeof fileRowSchema>

/** Why a file stopped in the middle without having failed itself. `held`: its account, deposit or computer did; the error says why. */
export const stopReasonSchema = z.enum(['closed', 'killed', 'asleep', 'on-battery', 'off-hours', 'signed-out', 'held'])

/** What happened to a file. Sentences are made of it where it is shown (core/transfer/log-words). */
export const happeningSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('began') }),
  /** `tookMs`: from its first byte; null where more happened in between than sending. */
  z.strictObject({ kind: z.literal('verified'), bytes: z.number(), tookMs: z.number().nullable(), md5: z.string() }),
  /** The server had all of it already; `sent` from here before, or by somebody else. */
  z.strictObject({ kind: z.literal('found'), sent: z.boolean() }),
  /** Sent again, at a part where some of them had arrived. */
  z.strictObject({ kind: z.literal('went-on'), parts: z.object({ sent: z.int(), all: z.int() }).nullable() }),
  /** Tried again after `delayMs`. `sentBytes`: null where nothing was being sent. */
  z.strictObject({
    kind: z.literal('failed'),
    error: appErrorSchema,
    sentBytes: z.number().nullable(),
    parts: z.object({ sent: z.int(), all: z.int() }).nullable(),
    delayMs: z.number(),
  }),
  z.strictObject({
    kind: z.literal('stopped'),
    why: stopReasonSchema,
    error: appErrorSchema.nullable(),
    /** Null where it is not known. */
    sentBytes: z.number().nullable(),
  }),
  z.strictObject({ kind: z.literal('blocked'), error: appErrorSchema }),
  /** It arrived changed, and is sent once more. */
  z.strictObject({ kind: z.literal('differed') }),
  /** A proxy in front of the server takes no request as large; sent by another way (behaviour 4.11). */
  z.strictObject({ kind: z.literal('rerouted') }),
  /** By the person, as all that follow. `until` is null while it is paused. */
  z.strictObject({ kind: z.literal('paused'), until: z.number().nullable() }),
  z.strictObject({ kind: z.literal('retried') }),
  z.strictObject({ kind: z.literal('read-again'), bytes: z.number() }),
  z.strictObject({ kind: z.literal('cancelled') }),
  z.strictObject({ kind: z.literal('left-out') }),
  /** Stands for older entries, `times` of them. */
  z.strictObject({ kind: z.literal('dropped') }),
])
export type Happening = z.infer<typeof happeningSchema>

/** `times` in a row, from `at` to `lastAt`; `what` is the last of them. */
export const logEntrySchema = z.strictObject({
  at: z.number(),
  lastAt: z.number(),
  times: z.int().positive(),
  what: happeningSchema,
})
export type LogEntry = z.infer<typeof logEntrySchema>

/** More of one file than its row tells. */
export const fileDetailsSchema = z.object({
  row: fileRowSchema,
  /** Of the file as it was read here; lower-case hex, null before that. */
  md5: z.string().nullable(),
  sha256: z.string().nullable(),
  /** Oldest first. */
  log: z.array(logEntrySchema),
})
export type FileDetails = z.infer<typeof fileDetailsSchema>

export const transferTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('deposit'), depositId: depositIdSchema }),
  z.strictObject({ kind: z.literal('file'), depositId: depositIdSchema, fileId: z.int().nonnegative() }),
])
export type TransferTarget = z.infer<typeof transferTargetSchema>

/**
 * - `retry`: again now, for what waits or is blocked;
 * - `read-again`: take a file as it is on disk now;
 * - `leave-out`: the record does without this file; what is on the server of it is removed;
 * - `first`: before all others, from the next free place on, until the application ends.
 */
export const transferCommandSchema = z.enum(['pause', 'resume', 'cancel', 'retry', 'read-again', 'leave-out', 'first'])
export type TransferCommand = z.infer<typeof transferCommandSchema>

export const transferOverviewSchema = z.object({
  deposits: z.array(depositTransferSchema),
  /** Of all that is not finished, cancelled or paused. */
  bytes: z.number(),
  sentBytes: z.number(),
  bytesPerSecond: z.number().nullable(),
  leftMs: z.number().nullable(),
  sending: z.int(),
  /** What resume means on each server in use. */
  servers: z.array(
    z.object({
      accountId: accountIdSchema,
      resume: z.enum(['parts', 'whole-files']),
      partBytes: z.number().nullable(),
      /** Fewer than the person asked for, since the server wanted it slower; null otherwise. */
      filesAtATime: z.int().nullable(),
    }),
  ),
})
export type TransferOverview = z.infer<typeof transferOverviewSchema>
