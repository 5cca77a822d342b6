import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { recordSchema, type DraftBody, type RepositoryRecord } from '../../contract/repository/record.ts'
import { listSchema } from '../../contract/repository/vocabulary.ts'
import { HttpError, type ApiCall, type RepositoryClient } from './http/client.ts'

/*
 * Records and drafts. All functions throw HttpError and NetworkError of the client. A save answers 200 or 201 with `errors`
 * for values that the server did not take and may have dropped (live findings C1): what is written here stays the truth.
 */

/** Makes a draft. Never repeated by itself: every call makes another one (live findings A8). */
export async function createDraft(client: RepositoryClient, body: DraftBody): Promise<RepositoryRecord> {
  return record(client, { method: 'POST', path: ['records'], body })
}

/** The draft as it is. `errors` of the last save are not repeated (live findings C2). */
export async function readDraft(
  client: RepositoryClient,
  draftId: string,
  signal?: AbortSignal,
): Promise<RepositoryRecord> {
  return record(client, { method: 'GET', path: ['records', draftId, 'draft'], signal })
}

/**
 * Replaces the whole draft if it still has `revision`, else HttpError 412. A save at the same moment as another write to the
 * draft loses with a 400 that names no field (live findings C8): such a one is tried once more.
 */
export async function saveDraft(
  client: RepositoryClient,
  draftId: string,
  body: DraftBody,
  revision: number,
): Promise<RepositoryRecord> {
  return onceMoreAfterRace(() =>
    record(client, { method: 'PUT', path: ['records', draftId, 'draft'], body, ifMatch: revision }),
  )
}

/** Discards the draft with its files and reserved DOI. One that is gone already is fine. */
export async function deleteDraft(client: RepositoryClient, draftId: string): Promise<void> {
  await remove(client, ['records', draftId, 'draft'])
}

/** Publishes. Sent once: after a lost answer read the record, since a second publish is 404 or 500 (live findings C11). */
export async function publishDraft(client: RepositoryClient, draftId: string): Promise<RepositoryRecord> {
  return record(client, { method: 'POST', path: ['records', draftId, 'draft', 'actions', 'publish'] })
}

/** A published record; HttpError 404 for a draft, 410 for a deleted one. */
export async function readRecord(
  client: RepositoryClient,
  recordId: string,
  signal?: AbortSignal,
): Promise<RepositoryRecord> {
  return record(client, { method: 'GET', path: ['records', recordId], signal })
}

/** Asks for the DOI before publishing; HttpError 400 when there is one already. Moves the revision. */
export async function reserveDoi(client: RepositoryClient, draftId: string): Promise<RepositoryRecord> {
  return record(client, { method: 'POST', path: ['records', draftId, 'draft', 'pids', 'doi'] })
}

/** Gives the reserved DOI back; HttpError 404 when there is none. Answers 200 with the draft, on other versions 204. */
export async function releaseDoi(client: RepositoryClient, draftId: string): Promise<RepositoryRecord> {
  const call = { method: 'DELETE', path: ['records', draftId, 'draft', 'pids', 'doi'], accept: 'record' } as const
  const { value } = await client.json(call, recordSchema.optional())
  return value ?? readDraft(client, draftId)
}

/**
 * Asks for `gigabytes` of space in all for a draft: a request that the server accepts on the spot, or HttpError 403 where its
 * policy does not, as on an InvenioRDM as it is delivered (behaviour 4.10, recorded: quotaIncrease).
 */
export async function increaseQuota(client: RepositoryClient, recordId: string, gigabytes: number): Promise<void> {
  const body = { quota_size: String(gigabytes) }
  await client.json({ method: 'POST', path: ['records', recordId, 'quota-increase'], body }, z.unknown())
}

/** The record as a line of text in a style of the Citation Style Language: `apa`, `chicago-author-date`, … */
export async function readCitation(client: RepositoryClient, recordId: string, style: string): Promise<string> {
  const query = { style, locale: 'en-US' }
  const { value } = await client.json(
    { method: 'GET', path: ['records', recordId], accept: 'citation', query },
    z.string(),
  )
  return value.trim()
}

export async function readBibtex(client: RepositoryClient, recordId: string): Promise<string> {
  const { value } = await client.json({ method: 'GET', path: ['records', recordId], accept: 'bibtex' }, z.string())
  return value.trim()
}

/** Own drafts and records, newest change first. A new draft appears after a second or so (live findings G). */
export async function listUserRecords(
  client: RepositoryClient,
  query: { readonly q?: string; readonly page?: number; readonly size?: number } = {},
): Promise<{ records: RepositoryRecord[]; total: number }> {
  const call: ApiCall = {
    method: 'GET',
    path: ['user', 'records'],
    query: { size: 25, page: 1, sort: 'updated-desc', shared_with_me: 'false', ...query },
    accept: 'record',
  }
  const { value } = await client.json(call, listSchema(recordSchema))
  return { records: value.hits.hits, total: value.hits.total ?? value.hits.hits.length }
}

/** A DELETE that may be repeated: gone is what was wanted. */
export async function remove(client: RepositoryClient, path: readonly string[], signal?: AbortSignal): Promise<void> {
  try {
    await onceMoreAfterRace(() => client.json({ method: 'DELETE', path, repeat: true, signal }, z.unknown()))
  } catch (error) {
    if (!(error instanceof HttpError && error.status === 404)) throw error
  }
}

async function record(client: RepositoryClient, call: ApiCall): Promise<RepositoryRecord> {
  return (await client.json({ ...call, accept: 'record' }, recordSchema)).value
}

async function onceMoreAfterRace<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    const race = error instanceof HttpError && error.status === 400 && error.fieldErrors.length === 0 && !error.html
    if (!race) throw error
    await sleep(200 + Math.random() * 300)
    return attempt()
  }
}
