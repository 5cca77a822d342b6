import type { Account } from '../../contract/desk/account.ts'
import type { Deposit, DepositSummary, DepositTransfer, SyncState } from '../../contract/desk/deposit.ts'
import type { AppError } from '../../contract/errors.ts'
import type { StoredDeposit } from '../store/store.ts'
import { passesByItself } from './context.ts'

/** A deposit with what is only known while the application runs. */
export type LiveState = {
  /** Null after the account was removed here; then only published deposits are left of it. */
  readonly account: Account | null
  /** As the transfers say; `none` before the draft was made. */
  readonly transfer: DepositTransfer
  readonly sending: boolean
}

export function toDeposit(stored: StoredDeposit, live: LiveState): Deposit {
  const { id, accountId, createdAt, updatedAt, source, metadata, edit, problems, conflicts, draft, publication } =
    stored
  const here = (url: string) => atCurrentAddress(url, live.account)
  return {
    id,
    accountId,
    createdAt,
    updatedAt,
    source,
    metadata,
    edit,
    draft: draft === null ? null : { ...draft, url: draft.url === null ? null : here(draft.url) },
    sync: syncStateOf(stored, live.sending),
    problems,
    conflicts,
    publication: publication.kind === 'published' ? { ...publication, url: here(publication.url) } : publication,
    transfer: transferOf(stored, live.transfer),
  }
}

export function toSummary(stored: StoredDeposit, live: LiveState): DepositSummary {
  const transfer = transferOf(stored, live.transfer)
  const error = whatIsAsked(stored, transfer, live.account?.serverName ?? '')
  return {
    id: stored.id,
    accountId: stored.accountId,
    title: stored.metadata.title?.trim() || stored.source.name,
    sourceName: stored.source.name,
    // The transfers may have been forgotten; what was deposited has not.
    files: transfer.state === 'none' ? stored.source.files : transfer.files,
    bytes: transfer.state === 'none' ? stored.source.bytes : transfer.bytes,
    updatedAt: stored.updatedAt,
    doi: stored.publication.kind === 'published' ? stored.publication.doi : (stored.draft?.doi ?? null),
    group: groupOf(stored, transfer, error),
    error,
    transfer,
    publication: stored.publication.kind,
  }
}

const GROUPS: readonly DepositSummary['group'][] = ['needs-you', 'under-way', 'drafts', 'published']

/** What is asked of the person first, then what moves; the newest first in each group. */
export function sortSummaries(summaries: readonly DepositSummary[]): DepositSummary[] {
  return [...summaries].sort(
    (one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group) || other.updatedAt - one.updatedAt,
  )
}

/** What keeps a deposit from going on until the person acts; null when nothing does. */
export function whatIsAsked(stored: StoredDeposit, transfer: DepositTransfer, serverName: string): AppError | null {
  if (stored.publication.kind === 'published') return null
  if (stored.syncError !== null && !passesByItself(stored.syncError)) return stored.syncError
  if (stored.conflicts.length > 0) return { code: 'conflict', params: { server: serverName } }
  if (stored.publication.kind === 'refused') return stored.publication.error
  if (
    stored.publication.kind === 'asked' &&
    stored.publication.error !== null &&
    !passesByItself(stored.publication.error)
  )
    return stored.publication.error
  return transfer.state === 'needs-you' ? transfer.error : null
}

/** Before there is a draft the transfers know nothing of it: then it waits for the draft. */
function transferOf(stored: StoredDeposit, transfer: DepositTransfer): DepositTransfer {
  if (transfer.state !== 'none' || stored.publication.kind === 'published') return transfer
  const { syncError: error, source } = stored
  return {
    ...transfer,
    state: error === null ? 'queued' : passesByItself(error) ? 'waiting' : 'needs-you',
    files: source.files,
    bytes: source.bytes,
    error,
  }
}

function groupOf(
  { publication }: StoredDeposit,
  transfer: DepositTransfer,
  error: AppError | null,
): DepositSummary['group'] {
  if (publication.kind === 'published') return 'published'
  if (error !== null || transfer.state === 'needs-you') return 'needs-you'
  if (publication.kind === 'asked') return 'under-way'
  return transfer.state === 'verified' || transfer.state === 'cancelled' ? 'drafts' : 'under-way'
}

function syncStateOf(stored: StoredDeposit, sending: boolean): SyncState {
  const { savedAt, sentAt, syncError } = stored
  if (syncError !== null) return { kind: 'waiting', savedAt, error: syncError }
  if (stored.sentEdit === stored.edit && stored.draft !== null)
    return { kind: 'in-step', savedAt, sentAt: sentAt ?? savedAt }
  return sending ? { kind: 'sending', savedAt } : { kind: 'saved-here', savedAt }
}

/** The practice repository has another port after each start. */
function atCurrentAddress(url: string, account: Account | null): string {
  const parsed = account?.server === 'practice' ? URL.parse(url) : null
  return parsed === null || account === null ? url : `${account.origin}${parsed.pathname}${parsed.search}`
}
