import { z } from 'zod'
import { logEntrySchema } from '../../../contract/desk/transfer.ts'
import { appErrorSchema } from '../../../contract/errors.ts'
import type { Log } from '../../../core/transfer/log.ts'
import type { Ledger, Removal, RemoteFile, Step, TransferState } from '../../../core/transfer/machine.ts'
import { readPartSet, writePartSet, type PartSet, type TransferPlan } from '../../../core/transfer/parts.ts'
import { sourceSchema } from '../source-schema.ts'
import type { SourceFile } from '../source.ts'

/*
 * Rows of the journal. What is stored is parsed when it is read: a row that does not fit means that the database is damaged.
 */

const planSchema: z.ZodType<TransferPlan> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('whole') }),
  z.strictObject({ kind: z.literal('bucket'), bucketId: z.string() }),
  z.strictObject({ kind: z.literal('parts'), parts: z.int().positive(), partBytes: z.int().positive() }),
])

const removalSchema: z.ZodType<Removal> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal(['send-again', 'cancelled', 'left-out']) }),
  z.strictObject({ kind: z.literal('blocked'), error: appErrorSchema }),
])

const remoteSchema: z.ZodType<RemoteFile> = z.strictObject({
  status: z.enum(['pending', 'completed', 'failed']),
  bytes: z.number().nullable(),
  checksum: z.string().nullable(),
  multipart: z.boolean(),
})

const removal = removalSchema.nullable()
const stepSchema: z.ZodType<Step> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal(['measuring', 'planned', 'declared', 'sending', 'checking', 'cancelled', 'left-out']),
  }),
  z.strictObject({ kind: z.literal('declaring'), from: z.enum(['none', 'unseen']) }),
  z.strictObject({ kind: z.literal('committing'), inDoubt: z.boolean() }),
  z.strictObject({ kind: z.literal('verifying'), looks: z.int() }),
  z.strictObject({ kind: z.literal('hashing'), remote: remoteSchema }),
  z.strictObject({ kind: z.literal('removing'), removal: removalSchema }),
  z.strictObject({ kind: z.literal('done'), verifiedAt: z.number() }),
  z.strictObject({ kind: z.literal('paused'), pausedAt: z.number(), removal }),
  z.strictObject({ kind: z.literal('waiting'), until: z.number(), error: appErrorSchema, removal }),
  z.strictObject({ kind: z.literal('blocked'), error: appErrorSchema, removal }),
])

const partSetSchema = z.string().transform((text, context): PartSet => {
  const set = readPartSet(text)
  if (set !== null) return set
  context.addIssue({ code: 'custom', message: 'not a set of parts' })
  return z.NEVER
})

const ledgerShape = {
  bytes: z.int().nonnegative(),
  measured: z.int(),
  footing: z.enum(['none', 'unseen', 'asked', 'declared', 'begun', 'whole']) satisfies z.ZodType<Ledger['footing']>,
  parts: partSetSchema,
  md5: z.string().nullable(),
  sha256: z.string().nullable(),
  remote_checksum: z.string().nullable(),
  resent: z.int(),
  attempt: z.int(),
  started_at: z.number().nullable(),
}

const fileRowSchema = z.object({
  deposit_id: z.string(),
  file_id: z.int().nonnegative(),
  key: z.string(),
  source: z.string(),
  step: z.string(),
  plan: z.string(),
  ...ledgerShape,
})

export type StoredFile = SourceFile & { readonly state: TransferState }

export function readFileRow(row: unknown): StoredFile {
  const stored = fileRowSchema.parse(row)
  return {
    fileId: stored.file_id,
    key: stored.key,
    bytes: stored.bytes,
    source: sourceSchema.parse(JSON.parse(stored.source)),
    state: {
      step: stepSchema.parse(JSON.parse(stored.step)),
      ledger: {
        bytes: stored.bytes,
        measured: stored.measured !== 0,
        plan: planSchema.parse(JSON.parse(stored.plan)),
        footing: stored.footing,
        parts: stored.parts,
        digests: stored.md5 === null ? null : { md5: stored.md5, sha256: stored.sha256 },
        remoteChecksum: stored.remote_checksum,
        resent: stored.resent !== 0,
        attempt: stored.attempt,
        startedAt: stored.started_at,
      },
    },
  }
}

const logSchema: z.ZodType<Log> = z.array(logEntrySchema)
const logRowSchema = z.object({ file_id: z.int().nonnegative(), entries: z.string() })

export function readLogRow(row: unknown): { fileId: number; log: Log } {
  const stored = logRowSchema.parse(row)
  return { fileId: stored.file_id, log: logSchema.parse(JSON.parse(stored.entries)) }
}

/** The columns that change while a file is transferred, in the order of the statements. */
export function stateColumns({ step, ledger }: TransferState): (string | number | null)[] {
  return [
    JSON.stringify(step),
    ledger.bytes,
    JSON.stringify(ledger.plan),
    ledger.footing,
    writePartSet(ledger.parts),
    ledger.digests?.md5 ?? null,
    ledger.digests?.sha256 ?? null,
    ledger.remoteChecksum,
    ledger.resent ? 1 : 0,
    ledger.attempt,
    ledger.startedAt,
    ledger.measured ? 1 : 0,
  ]
}

const depositRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  draft_id: z.string(),
  server_name: z.string(),
  error: z.string().nullable(),
  settled: z.int(),
})

export type StoredDeposit = {
  readonly depositId: string
  readonly accountId: string
  readonly draftId: string
  readonly serverName: string
  readonly error: z.infer<typeof appErrorSchema> | null
  readonly settled: boolean
}

export function readDepositRow(row: unknown): StoredDeposit {
  const stored = depositRowSchema.parse(row)
  return {
    depositId: stored.id,
    accountId: stored.account_id,
    draftId: stored.draft_id,
    serverName: stored.server_name,
    error: stored.error === null ? null : appErrorSchema.parse(JSON.parse(stored.error)),
    settled: stored.settled !== 0,
  }
}
