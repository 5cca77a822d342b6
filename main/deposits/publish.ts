import { lstat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PublishGuard } from '../../contract/desk/deposit.ts'
import type { FileRow } from '../../contract/desk/transfer.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { RepositoryRecord } from '../../contract/repository/record.ts'
import { checkForPublishing, findHindrance } from '../../core/deposit/checks.ts'
import { serverInWords } from '../../core/server-words.ts'
import { citeRecord, doiBadge } from '../../core/deposit/citation.ts'
import { explainServerErrors } from '../../core/deposit/server-errors.ts'
import { listDraftFiles } from '../repository/files.ts'
import { HttpError, type RepositoryClient } from '../repository/http/client.ts'
import { publishDraft, readBibtex, readCitation, readDraft } from '../repository/records.ts'
import type { StoredDeposit, StoredFile } from '../store/store.ts'
import { asDeskError, reasonInWords, type DepositContext } from './context.ts'
import { absorb, findFate, isDraftOutOfReach, linkOf, mayHaveActed, syncDraft } from './sync.ts'

/** Publishing goes on after a proxy has given up on it (behaviour 3.6): so long is it looked for. */
const LOOK_AGAIN_MS = [0, 1000, 2000, 4000, 8000]
/** After a crash: what was asked for before this has been done, or never will be. */
const DONE_AFTER_MS = 15_000
const ROWS_AT_ONCE = 2000
const FILES_AT_ONCE = 64

/**
 * Reads draft, files and folder as they are now. What was changed elsewhere is merged first, and what is written here sent,
 * so that what is shown is what would be published. Throws DeskError draft-gone and those of reaching a server.
 */
export async function readGuard(context: DepositContext, depositId: string): Promise<PublishGuard> {
  const { deposit, read, checks } = await readFacts(context, depositId)
  const { metadata = {}, access } = read
  const files = (await readRows(context, depositId)).filter(({ state }) => state.kind !== 'left-out')
  return {
    readAt: Date.now(),
    revision: deposit.draft?.revision ?? 0,
    checks,
    summary: {
      title: metadata.title ?? '',
      creators: (metadata.creators ?? []).map(({ person_or_org: who }) => who.name ?? who.family_name ?? ''),
      resourceType: metadata.resource_type?.title?.['en'] ?? metadata.resource_type?.id ?? '',
      licence: (metadata.rights ?? []).map(({ id, title }) => title?.['en'] ?? id ?? '').join(', '),
      publicationDate: metadata.publication_date ?? '',
      publisher: metadata.publisher ?? '',
      access: accessInWords(access),
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      doi: deposit.draft?.doi ?? null,
    },
    confirmation: metadata.version?.trim() || 'publish',
  }
}

/**
 * Publishes what the guard showed. That it was asked for is on disk before the request leaves, so that after a crash the record
 * is read first. Sent once: a lost answer is followed by reading (live findings C11). Throws DeskError not-ready,
 * publish-refused, publish-unclear, and those of reaching a server.
 *
 * `revision`: that of the draft as it was shown, or null when nobody was shown one.
 */
export async function publishOnce(context: DepositContext, depositId: string, revision: number | null): Promise<void> {
  const { deposit, checks, client, serverName } = await readFacts(context, depositId)
  const reason = findHindrance(checks)
  if (reason !== null) throw new DeskError('not-ready', { reason })
  if (deposit.draft === null) throw new DeskError('draft-gone', { server: serverName })
  if (revision !== null && deposit.draft.revision !== revision)
    throw new DeskError('not-ready', { reason: 'the draft has changed since it was shown; look at it once more' })
  const askedAt = Date.now()
  context.update(depositId, () => ({ publication: { kind: 'asked', askedAt, error: null } }))
  try {
    await notePublished(context, client, depositId, await publishDraft(client, deposit.draft.id))
  } catch (error) {
    if (error instanceof HttpError && error.status === 400 && !error.html)
      throw refuse(context, depositId, error, serverName)
    const notSent = !mayHaveActed(error) && !(error instanceof HttpError && error.status === 404)
    if (notSent) {
      context.update(depositId, () => ({ publication: { kind: 'not-asked' } }))
      throw error
    }
    if (!(await settlePublication(context, depositId))) throw refuseUnsent(context, depositId)
  }
}

/**
 * Finds out what became of a publish whose answer is not known, by reading alone. True when it is published; false when the
 * draft is still there, so that a second request harms nothing: the server publishes a draft once, whoever asks (live findings
 * C11). Throws DeskError publish-unclear while the server can’t be read, draft-gone when there is neither.
 */
export async function settlePublication(context: DepositContext, depositId: string): Promise<boolean> {
  const deposit = context.get(depositId)
  const { publication, draft } = deposit
  if (publication.kind !== 'asked' || draft === null) return publication.kind === 'published'
  const { serverName: server } = context.accounts.get(deposit.accountId)
  try {
    const client = await context.accounts.client(deposit.accountId)
    for (const pauseMs of LOOK_AGAIN_MS) {
      await sleep(pauseMs, undefined, { signal: context.closing })
      const stillDraft = await isStillDraft(client, draft.id)
      // Asked last: between the two questions it may have been published.
      const record = await findFate(client, draft.id)
      if (record !== null) {
        await notePublished(context, client, depositId, record)
        return true
      }
      if (!stillDraft) throw noteRefused(context, depositId, { code: 'draft-gone', params: { server } })
      if (Date.now() - publication.askedAt > DONE_AFTER_MS) break
    }
    return false
  } catch (error) {
    if (context.closing.aborted || context.get(depositId).publication.kind !== 'asked') throw error
    const cause = asDeskError(error, server)
    // What keeps us from reading is shown; a dead token, say, is something to be done about.
    context.update(depositId, () => ({ publication: { ...publication, error: cause.toJSON() } }))
    throw new DeskError('publish-unclear', { server }, { cause })
  }
}

/** A publish that never took effect, as the person is told of it. */
export function refuseUnsent(context: DepositContext, depositId: string): DeskError {
  const { serverName: server } = context.accounts.get(context.get(depositId).accountId)
  const reason = 'the answer was lost, and the draft is still there unpublished'
  return noteRefused(context, depositId, { code: 'publish-refused', params: { server, reason } })
}

/**
 * Stores that it is published, first with what is known at once, then with what the server writes about it. Also for a draft
 * that was published elsewhere.
 */
export async function notePublished(
  context: DepositContext,
  client: RepositoryClient,
  depositId: string,
  record: RepositoryRecord,
): Promise<void> {
  const { origin } = client.server
  const url = linkOf(record, 'self_html') ?? `${origin}/records/${encodeURIComponent(record.id)}`
  const doi = record.pids?.['doi']?.identifier ?? null
  const resolves = !/^https?:\/\/(127\.|localhost|\[::1\])/.test(origin)
  const address = doi !== null && resolves ? `https://doi.org/${doi}` : url
  const publishedAt = Date.now()
  const { publication } = context.get(depositId)
  const published = {
    kind: 'published',
    askedAt: publication.kind === 'asked' ? publication.askedAt : publishedAt,
    publishedAt,
    recordId: record.id,
    doi,
    conceptDoi: record.parent?.pids?.['doi']?.identifier ?? null,
    url,
    citation: citeRecord(record.metadata ?? {}, address),
    bibtex: null,
    badge: doi === null ? '' : doiBadge(doi, origin, address),
  } as const
  context.update(depositId, ({ edit, sentEdit }) => ({
    publication: published,
    // What is public is what counts now; only a text that was never sent stays as it is.
    ...(edit === sentEdit && record.metadata !== undefined ? { metadata: record.metadata } : {}),
    publishWhenVerified: false,
    syncError: null,
    problems: [],
    conflicts: [],
  }))
  // Comfort only: it is published whether or not the server writes its own citation.
  const [citation, bibtex] = await Promise.all([
    readCitation(client, record.id, 'apa').catch(() => ''),
    readBibtex(client, record.id).catch(() => null),
  ])
  context.update(depositId, () => ({ publication: { ...published, citation: citation || published.citation, bibtex } }))
}

async function readFacts(context: DepositContext, depositId: string) {
  await syncDraft(context, depositId)
  const before = context.get(depositId)
  const account = context.accounts.get(before.accountId)
  const { serverName } = account
  if (before.draft === null) throw new DeskError('draft-gone', { server: serverName })
  const client = await context.accounts.client(before.accountId)
  const [read, listed, files] = await Promise.all([
    readDraft(client, before.draft.id),
    listDraftFiles(client, before.draft.id),
    readRows(context, depositId),
  ])
  const deposit = await takeIn(context, depositId, read)
  const changedOnDisk = await findChanged(
    context.store.deposits.files(depositId),
    files,
    await context.transfers.report(depositId),
  )
  const checks = checkForPublishing({
    server: serverInWords(account),
    metadata: deposit.metadata,
    problems: deposit.problems,
    conflicts: deposit.conflicts,
    inStep: deposit.sentEdit === deposit.edit,
    revision: deposit.draft?.revision ?? 0,
    transfer: context.transfer(depositId),
    files,
    listed,
    changedOnDisk,
  })
  return { deposit, read, checks, client, serverName }
}

async function takeIn(context: DepositContext, depositId: string, read: RepositoryRecord): Promise<StoredDeposit> {
  const known = context.get(depositId).draft
  if (known !== null && known.revision === read.revision_id)
    return context.update(depositId, () => ({ draft: { ...known, readAt: Date.now() } }))
  absorb(context, depositId, read)
  await syncDraft(context, depositId)
  return context.get(depositId)
}

async function readRows(context: DepositContext, depositId: string): Promise<FileRow[]> {
  const rows: FileRow[] = []
  for (;;) {
    const page = await context.transfers.files(depositId, rows.length, ROWS_AT_ONCE)
    rows.push(...page.rows)
    if (page.rows.length === 0 || rows.length >= page.total) return rows
  }
}

/**
 * Names of files that are not as they were read: gone, of another size, or written to since their transfer began. The times of
 * the plan do not count, as a file may have been read again since.
 */
async function findChanged(
  sources: readonly StoredFile[],
  rows: readonly FileRow[],
  reports: readonly { readonly key: string; readonly startedAt: number | null }[],
): Promise<string[]> {
  const startedAt = new Map(reports.map((report) => [report.key, report.startedAt ?? Infinity]))
  const sizes = new Map(rows.filter(({ state }) => state.kind === 'verified').map(({ key, bytes }) => [key, bytes]))
  const items = sources
    .filter(({ key }) => sizes.has(key))
    .flatMap(({ key, source }) => {
      const since = startedAt.get(key) ?? Infinity
      switch (source.kind) {
        case 'file':
          return [{ name: key, path: source.path, since, bytes: sizes.get(key) ?? null }]
        case 'zip':
          return source.entries.map(({ name, path }) => ({ name, path, since, bytes: null }))
        case 'slice':
          return [{ name: key, path: source.path, since, bytes: source.fileBytes }]
        case 'text':
          return []
      }
    })
  const changed: string[] = []
  for (let from = 0; from < items.length; from += FILES_AT_ONCE) {
    const batch = items.slice(from, from + FILES_AT_ONCE)
    const states = await Promise.all(batch.map(({ path }) => lstat(path).catch(() => null)))
    batch.forEach(({ name, since, bytes }, at) => {
      const stats = states[at]
      const same = stats != null && stats.isFile() && (bytes === null || stats.size === bytes) && stats.mtimeMs <= since
      if (!same) changed.push(name)
    })
  }
  return changed
}

async function isStillDraft(client: RepositoryClient, draftId: string): Promise<boolean> {
  try {
    await readDraft(client, draftId)
    return true
  } catch (error) {
    if (isDraftOutOfReach(error)) return false
    throw error
  }
}

function refuse(context: DepositContext, depositId: string, error: HttpError, serverName: string): DeskError {
  const { metadata } = context.get(depositId)
  const problems = explainServerErrors(error.fieldErrors, metadata, { serverName, filesExpected: false })
  if (problems.length > 0) context.update(depositId, () => ({ problems }))
  const reason = reasonInWords(error, serverName)
  return noteRefused(context, depositId, { code: 'publish-refused', params: { server: serverName, reason } })
}

function noteRefused(context: DepositContext, depositId: string, error: AppError): DeskError {
  context.update(depositId, ({ publication }) => ({
    publication: { kind: 'refused', askedAt: publication.kind === 'asked' ? publication.askedAt : Date.now(), error },
  }))
  return new DeskError(error.code, error.params)
}

function accessInWords(access: RepositoryRecord['access']): string {
  if (access?.record === 'restricted') return 'Restricted: metadata and files'
  if (access?.files !== 'restricted') return 'Public: metadata and files'
  const until = (access['embargo'] as { until?: unknown } | undefined)?.until
  return typeof until === 'string' && until !== ''
    ? `Public metadata, files restricted until ${until}`
    : 'Public metadata, restricted files'
}
