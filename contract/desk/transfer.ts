import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'
import { accountIdSchema } from './account.ts'
import { depositIdSchema, depositTransferSchema } from './deposit.ts'

/** State of one file as a person sees it; the engine's own states are finer (core/transfer). */
export const fileStateSchema = z.discriminatedUnion('kind', [
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
