import { setTimeout as sleep } from 'node:timers/promises'
import type { Deposit } from '../../contract/desk/deposit.ts'
import { DeskError } from '../../contract/errors.ts'
import type { RepositoryRecord } from '../../contract/repository/record.ts'
import { keptParts, reduceMetadata, toDraftBody } from '../../core/deposit/draft-body.ts'
import { hasLanded, isSameMetadata, mergeMetadata } from '../../core/deposit/merge.ts'
import { formatBytes } from '../../core/format.ts'
import { explainServerErrors } from '../../core/deposit/server-errors.ts'
import { listDraftFiles } from '../repository/files.ts'
import { HttpError, NetworkError, type RepositoryClient } from '../repository/http/client.ts'
import { createDraft, increaseQuota, listUserRecords, readDraft, readRecord, saveDraft } from '../repository/records.ts'
import type { StoredDeposit } from '../store/store.ts'
import type { DepositContext } from './context.ts'

/** A new draft is found by a search only after this long (findings-records: up to 3.8 s). */
const INDEX_DELAY_MS = 5000
/** Clocks differ: a draft may seem to be made a little before it was asked for. */
const CLOCK_DIFFERENCE_MS = 300_000
/** Conflicting saves in a row that are merged and tried again. */
const MOST_MERGES = 4

/** Makes the draft where there is none yet, or finds the one whose id never arrived. */
export async function ensureDraft(context: DepositContext, depositId: string): Promise<StoredDeposit> {
  const deposit = context.get(depositId)
  if (deposit.draft !== null) return deposit
  const client = await context.accounts.client(deposit.accountId)
  const lost =
    deposit.draftAskedAt === null ? null : await findLostDraft(context, client, deposit, deposit.draftAskedAt)
  if (lost !== null) return absorb(context, depositId, lost)
  context.update(depositId, () => ({ draftAskedAt: Date.now() }))
  try {
    return await makeDraft(context, client, deposit)
  } catch (error) {
    if (!mayHaveActed(error)) context.update(depositId, () => ({ draftAskedAt: null }))
    throw error
  }
}

/**
 * Asks for the space that the files need, where the person wants it, until the server has agreed once. Throws DeskError
 * `space-refused`, and what the client throws.
 */
export async function askForSpace(context: DepositContext, depositId: string): Promise<void> {
  const { accountId, choices, draft, source, spaceGranted } = context.get(depositId)
  if (!choices.moreSpace || spaceGranted || draft === null) return
  const { serverName: server, capabilities } = context.accounts.get(accountId)
  // Of what was left out since, nothing more is needed; and to ask for less than there is would take some away.
  if (source.bytes <= (capabilities.quotaBytes ?? 0)) return
  const gigabytes = Math.ceil(source.bytes / 1e9)
  try {
    await increaseQuota(await context.accounts.client(accountId), draft.id, gigabytes)
  } catch (error) {
    // 404: the server knows no such request.
    if (!(error instanceof HttpError) || error.tokenRefused || ![400, 403, 404].includes(error.status)) throw error
    const params = { server, size: formatBytes(source.bytes), limit: formatBytes(capabilities.quotaBytes ?? 0) }
    throw new DeskError('space-refused', params, { cause: error })
  }
  context.update(depositId, () => ({ spaceGranted: true }))
}

/**
 * Sends what is written here until the draft has it. A draft that was changed elsewhere is merged first; nothing is sent while
 * a conflict waits for the person. Throws what the client throws.
 */
export async function syncDraft(context: DepositContext, depositId: string): Promise<void> {
  for (let merges = 0; ; merges += 1) {
    const deposit = context.get(depositId)
    const { draft, edit, metadata, base } = deposit
    if (draft === null || deposit.sentEdit === edit || deposit.conflicts.length > 0) return
    const client = await context.accounts.client(deposit.accountId)
    const body = toDraftBody(metadata, base)
    context.update(depositId, () => ({ attempted: body.metadata }))
    try {
      noteSaved(context, depositId, edit, await saveDraft(client, draft.id, body, draft.revision))
    } catch (error) {
      if (!mayHaveActed(error)) context.update(depositId, () => ({ attempted: deposit.attempted }))
      if (!(error instanceof HttpError && error.status === 412) || merges === MOST_MERGES) throw error
      absorb(context, depositId, await readDraft(client, draft.id))
    }
  }
}

/**
 * Takes in the draft as it was read. What changed there and not here comes over; what changed on both sides becomes a conflict
 * that keeps both. Also how a draft becomes that of a deposit which had none.
 */
export function absorb(context: DepositContext, depositId: string, read: RepositoryRecord): StoredDeposit {
  return context.update(depositId, (deposit) => {
    const theirs = read.metadata ?? {}
    const known = deposit.base ?? { sent: theirs, answered: theirs }
    const landed = deposit.attempted !== null && hasLanded(known, deposit.attempted, theirs)
    const base = landed && deposit.attempted !== null ? { sent: deposit.attempted, answered: theirs } : known
    const merge = mergeMetadata(base, deposit.metadata, theirs)
    const changed = !isSameMetadata(merge.merged, deposit.metadata)
    const edit = changed ? deposit.edit + 1 : deposit.edit
    const fresh = new Set(merge.conflicts.map(({ field }) => field))
    return {
      metadata: merge.merged,
      edit,
      sentEdit: isSameMetadata(merge.merged, merge.base.sent) ? edit : -1,
      conflicts: [...deposit.conflicts.filter(({ field }) => !fresh.has(field)), ...merge.conflicts],
      base: { ...merge.base, ...keptParts(read) },
      attempted: null,
      draft: draftOf(read),
      draftAskedAt: null,
    }
  })
}

/** Why a draft can’t be reached any more: published elsewhere (the record is given), gone, or not ours. */
export async function findFate(client: RepositoryClient, draftId: string): Promise<RepositoryRecord | null> {
  try {
    const record = await readRecord(client, draftId)
    return record.is_published === false || record.is_draft === true ? null : record
  } catch (error) {
    // 404: never published. 410: published once and deleted since, so there is nothing left to go on with.
    if (error instanceof HttpError && (error.status === 404 || error.status === 410)) return null
    throw error
  }
}

/** Whether a failure says that the draft is not there for us, as opposed to the token or the network. */
export function isDraftOutOfReach(error: unknown): boolean {
  return error instanceof HttpError && !error.tokenRefused && !error.html && [403, 404, 410].includes(error.status)
}

/** Whether the server may have carried out a request although no good answer came. */
export function mayHaveActed(error: unknown): boolean {
  if (error instanceof NetworkError) return error.outcomeUnknown
  return error instanceof HttpError && error.status >= 500
}

async function makeDraft(
  context: DepositContext,
  client: RepositoryClient,
  deposit: StoredDeposit,
): Promise<StoredDeposit> {
  const { id, edit, metadata } = deposit
  try {
    context.update(id, () => ({ attempted: reduceMetadata(metadata) }))
    return noteSaved(context, id, edit, await createDraft(client, toDraftBody(metadata, null)))
  } catch (error) {
    context.update(id, () => ({ attempted: null }))
    // A value that the server does not know refuses the whole document (live findings C3). The files need a draft all the
    // same; the save that follows says what is wrong.
    if (!(error instanceof HttpError && error.status === 400)) throw error
    return absorb(context, id, await createDraft(client, toDraftBody({}, null)))
  }
}

/** The draft of a request whose answer was lost: same title, no files, not older, and not that of another deposit. */
async function findLostDraft(
  context: DepositContext,
  client: RepositoryClient,
  deposit: StoredDeposit,
  askedAt: number,
): Promise<RepositoryRecord | null> {
  const pauseMs = Math.max(0, Math.min(INDEX_DELAY_MS, askedAt + INDEX_DELAY_MS - Date.now()))
  await sleep(pauseMs, undefined, { signal: context.closing })
  const taken = new Set(context.store.deposits.list().map(({ draft }) => draft?.id))
  const { records } = await listUserRecords(client)
  for (const record of records) {
    const createdAt = Date.parse(record.created ?? '')
    const ours =
      record.is_draft === true && record.is_published !== true && titleOf(record.metadata) === titleOf(deposit.metadata)
    if (!ours || taken.has(record.id) || !(createdAt >= askedAt - CLOCK_DIFFERENCE_MS)) continue
    if ((await listDraftFiles(client, record.id)).length === 0) return readDraft(client, record.id)
  }
  return null
}

/** The title as the server keeps it: it drops one of less than three characters (live findings C1). */
function titleOf(metadata: StoredDeposit['metadata'] | undefined): string {
  const title = metadata?.title?.trim() ?? ''
  return title.length < 3 ? '' : title
}

/** After a save: the server has this edit, whatever it made of it; what it dropped stays here. */
function noteSaved(context: DepositContext, depositId: string, edit: number, answer: RepositoryRecord): StoredDeposit {
  return context.update(depositId, (deposit) => {
    const sent = deposit.attempted ?? reduceMetadata(deposit.metadata)
    const { serverName } = context.accounts.get(deposit.accountId)
    return {
      sentEdit: edit,
      sentAt: Date.now(),
      syncError: null,
      base: { sent, answered: answer.metadata ?? {}, ...keptParts(answer) },
      attempted: null,
      draft: draftOf(answer),
      draftAskedAt: null,
      problems: explainServerErrors(answer.errors ?? [], sent, { serverName, filesExpected: true }),
    }
  })
}

function draftOf(record: RepositoryRecord): NonNullable<Deposit['draft']> {
  if (record.revision_id === undefined) throw new DeskError('internal', { support: 'no-revision' })
  return {
    id: record.id,
    revision: record.revision_id,
    doi: record.pids?.['doi']?.identifier ?? null,
    url: linkOf(record, 'self_html'),
    readAt: Date.now(),
  }
}

/** An address that the server names, if it is one. */
export function linkOf(record: RepositoryRecord, name: string): string | null {
  const link = record.links?.[name]
  return typeof link === 'string' && /^https?:\/\//.test(link) ? link : null
}
