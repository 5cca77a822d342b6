import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Account, Capabilities } from '../../contract/desk/account.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { commitFile, isStorageLink, putContent, putPart, readDraftFile, startFiles } from '../repository/files.ts'
import { HttpError, NetworkError, type RepositoryClient } from '../repository/http/client.ts'
import { deleteDraft } from '../repository/records.ts'
import { readMe, readUserName } from '../repository/users.ts'

export type User = Account['user']

const newDraftSchema = z.looseObject({
  id: z.union([z.string(), z.int()]),
  parent: z
    .looseObject({ access: z.looseObject({ owned_by: z.looseObject({ user: z.union([z.string(), z.int()]) }) }) })
    .optional(),
  links: z.looseObject({ quota_increase: z.string().optional() }).optional(),
})
type NewDraft = z.output<typeof newDraftSchema>

const TRIAL_DRAFT = {
  metadata: { title: 'Connection test of Deposit Desk (can be deleted)' },
  files: { enabled: true },
}
const PART_BYTES = 1024

/**
 * Whom the token belongs to. GET /api/me is not part of the documented API: where it is missing, X-User-ID or the owner of a
 * throw-away draft tells (behaviour 2.3). Throws HttpError and NetworkError.
 */
export async function identify(client: RepositoryClient): Promise<User> {
  const { id, email } = await readMe(client).catch(async (error: unknown) => {
    const missing = error instanceof HttpError && error.status === 404 && !error.html
    if (!missing) throw error
    return { id: await userIdOfDraft(client), email: null }
  })
  const name = await readUserName(client, id).catch((error: unknown) => {
    // People may hide their profile; a server may hide all.
    if (error instanceof HttpError) return null
    throw error
  })
  return { id, name: name ?? email ?? `User ${id}`, email }
}

async function userIdOfDraft(client: RepositoryClient): Promise<string> {
  const call = { method: 'POST', path: ['records'], body: TRIAL_DRAFT } as const
  const { value, userId } = await client.json(call, newDraftSchema)
  try {
    const owner = userId ?? value.parent?.access.owned_by.user
    if (owner === undefined) throw new HttpError({ status: 404, html: true })
    return String(owner)
  } finally {
    await tidy(client, value)
  }
}

/**
 * What the server can do for this account, tried on a throw-away draft that is removed again, in at most 12 requests. What
 * could not be learnt is `unknown`.
 */
export async function probe(client: RepositoryClient, kind: Account['server']): Promise<Capabilities> {
  const isZenodo = kind === 'zenodo' || kind === 'zenodo-sandbox'
  // What others are configured for, no answer tells (behaviour 2.5).
  const limitsSource = isZenodo || kind === 'practice' ? 'documented' : 'default'
  // Plain JSON is the form that shows whether the server speaks Zenodo's old dialect (behaviour 1.3).
  const call = { method: 'POST', path: ['records'], body: TRIAL_DRAFT } as const
  const draft = await client.json(call, newDraftSchema).then(
    ({ value }) => value,
    (error: unknown) => {
      // May read and not deposit, or not now: says nothing of the rest.
      if (error instanceof HttpError && !error.html && !error.tokenRefused && error.status !== 404) return null
      throw error
    },
  )
  let transfers: Pick<Capabilities, 'multipart' | 'emptyFiles'> = { multipart: 'unknown', emptyFiles: 'unknown' }
  if (draft !== null) {
    try {
      transfers = await tryTransfers(client, String(draft.id), !isZenodo)
    } finally {
      await tidy(client, draft)
    }
  }
  return {
    recordShape: typeof draft?.id === 'number' ? 'legacy' : 'rdm',
    multipart: transfers.multipart,
    // Zenodo: help.zenodo.org, Manage files, and zenodo-rdm's configuration. InvenioRDM: its default configuration.
    emptyFiles: isZenodo ? 'refused' : transfers.emptyFiles,
    maxFiles: 100,
    quotaBytes: isZenodo ? 50e9 : 10e9,
    maxFileBytes: isZenodo ? 50e9 : 10e9,
    ...(draft?.links?.quota_increase === undefined ? {} : { quotaIncrease: true }),
    limitsSource,
    requestsPerMinute: requestsPerMinute(client),
  }
}

/** One file in two parts and one without bytes. Links to parts alone prove nothing: Zenodo gives them, then refuses the parts. */
async function tryTransfers(
  client: RepositoryClient,
  draftId: string,
  withEmpty: boolean,
): Promise<Pick<Capabilities, 'multipart' | 'emptyFiles'>> {
  const multipart = {
    key: 'parts.bin',
    size: 2 * PART_BYTES,
    transfer: { type: 'M', parts: 2, part_size: PART_BYTES },
  } as const
  const empty = { key: 'empty.bin' }
  try {
    const entries = await startFiles(client, draftId, withEmpty ? [multipart, empty] : [multipart])
    const entry = entries.find(({ key }) => key === multipart.key)
    return {
      multipart: await outcome(() => tryParts(client, draftId, entry), 'works', 'refused'),
      emptyFiles: withEmpty
        ? await outcome(() => tryEmpty(client, draftId, empty.key), 'accepted', 'refused')
        : 'unknown',
    }
  } catch (error) {
    if (!(error instanceof HttpError) || error.status === 429 || error.status >= 500) throw error
    // The whole call is refused where the type is not known.
    const tryIt = async () => {
      await startFiles(client, draftId, [empty])
      return tryEmpty(client, draftId, empty.key)
    }
    return { multipart: 'refused', emptyFiles: withEmpty ? await outcome(tryIt, 'accepted', 'refused') : 'unknown' }
  }
}

async function tryParts(
  client: RepositoryClient,
  draftId: string,
  entry: FileEntry | undefined,
): Promise<boolean | null> {
  const links = entry?.links?.parts
  if (!entry || !links) return false
  if (links.some(({ url }) => isStorageLink(url, client.server.origin))) return tryStorage(client, draftId)
  return (await sendAndCompare(client, draftId, entry, 2)) ?? false
}

/** Storage of its own (S3) takes no part under 5 MiB but the last: one alone is enough for a trial. */
async function tryStorage(client: RepositoryClient, draftId: string): Promise<boolean | null> {
  const transfer = { type: 'M', parts: 1, part_size: PART_BYTES } as const
  const entries = await startFiles(client, draftId, [{ key: 'part.bin', size: PART_BYTES, transfer }])
  const entry = entries.find(({ key }) => key === 'part.bin')
  return entry === undefined ? false : sendAndCompare(client, draftId, entry, 3)
}

/** Null where the server has not computed its MD5 after so many looks. */
async function sendAndCompare(
  client: RepositoryClient,
  draftId: string,
  entry: FileEntry,
  looks: number,
): Promise<boolean | null> {
  const links = entry.links?.parts ?? []
  const hash = createHash('md5')
  for (const { part, url } of links) {
    const bytes = new Uint8Array(PART_BYTES).fill(part)
    hash.update(bytes)
    const link = isStorageLink(url, client.server.origin) ? url : null
    await putPart(client, draftId, entry.key, part, link, { lengthBytes: bytes.length, body: one(bytes) })
  }
  let done = await commitFile(client, draftId, entry.key)
  // The checksum of parts is computed after the answer (live findings D24).
  for (let tries = 0; tries < looks && !done.checksum?.startsWith('md5:'); tries++) {
    await sleep(300 + tries * 700)
    done = await readDraftFile(client, draftId, entry.key)
  }
  if (done.status !== 'completed') return false
  return done.checksum?.startsWith('md5:') ? done.checksum === `md5:${hash.digest('hex')}` : null
}

async function tryEmpty(client: RepositoryClient, draftId: string, key: string): Promise<boolean> {
  await putContent(client, draftId, key, { lengthBytes: 0, body: one(new Uint8Array(0)) })
  return (await commitFile(client, draftId, key)).status === 'completed'
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function outcome<Y extends string, N extends string>(
  attempt: () => Promise<boolean | null>,
  yes: Y,
  no: N,
): Promise<Y | N | 'unknown'> {
  try {
    const worked = await attempt()
    return worked === null ? 'unknown' : worked ? yes : no
  } catch (error) {
    if (error instanceof HttpError) return error.status === 429 ? 'unknown' : no
    if (error instanceof NetworkError) return 'unknown'
    throw error
  }
}

/** A trial draft that stays behind does no harm, so it hides no other failure. */
async function tidy(client: RepositoryClient, draft: NewDraft): Promise<void> {
  await deleteDraft(client, String(draft.id)).catch(() => undefined)
}

/** The header counts per minute or per hour, whichever limit is nearer; how far away its reset lies shows which. */
function requestsPerMinute(client: RepositoryClient): number | null {
  const budget = client.budget()
  if (budget === null || budget.limit < 1) return null
  const perHour = budget.resetAt - Date.now() > 61_000
  return Math.max(1, perHour ? Math.floor(budget.limit / 60) : budget.limit)
}
