import { z } from 'zod'
import { DeskError } from '../../contract/errors.ts'
import { fileEntrySchema, fileListSchema, type FileEntry, type FileStart } from '../../contract/repository/file.ts'
import { HttpError, type Content, type ContentCall, type ReceiveCall, type RepositoryClient } from './http/client.ts'
import { remove } from './records.ts'

/*
 * Files of drafts and records. Asked for as plain JSON: published files answer 406 to the vnd type (findings-records).
 * A key is one element of a path; the client splits and encodes it.
 */

/** An entry is about a kilobyte, one in parts 200 bytes more for each of them; a draft may have ten thousand files. */
const LIST_BYTES = 64_000_000

type Body = Pick<ContentCall, 'lengthBytes' | 'body' | 'signal' | 'stallMs'>

/** All entries, sorted by the server: match by key. `size` and `checksum` of a pending one are only what was declared. */
export async function listDraftFiles(
  client: RepositoryClient,
  draftId: string,
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  return list(client, ['records', draftId, 'draft', 'files'], signal)
}

export async function listRecordFiles(
  client: RepositoryClient,
  recordId: string,
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  return list(client, ['records', recordId, 'files'], signal)
}

/**
 * Announces files. All or nothing: HttpError 400 when one key exists or the record would hold too many. The server answers
 * the whole list, of all files of the draft, each time: read, and answered here, only where one of these goes in parts and its links are wanted.
 */
export async function startFiles(
  client: RepositoryClient,
  draftId: string,
  files: readonly FileStart[],
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  const path = ['records', draftId, 'draft', 'files']
  const call = { method: 'POST', path, body: files, answerBytes: LIST_BYTES, signal } as const
  if (files.some(({ transfer }) => transfer !== undefined))
    return (await client.json(call, fileListSchema)).value.entries ?? []
  await client.json({ ...call, unread: true }, z.undefined())
  return []
}

/**
 * Sends the bytes of a started file. Never for a committed one: the server would delete it (live findings A4). Throws
 * HttpError for an answer of 200 that holds `errors`; the entry may be gone then (behaviour 4.6).
 */
export async function putContent(
  client: RepositoryClient,
  draftId: string,
  key: string,
  body: Body,
): Promise<FileEntry> {
  return put(client, { path: ['records', draftId, 'draft', 'files', key, 'content'], ...body })
}

/** Whether the server has Zenodo’s older way to the files of a draft (behaviour 4.11). */
export async function hasBucket(client: RepositoryClient, bucketId: string): Promise<boolean> {
  return client.json({ method: 'GET', path: ['files', bucketId] }, z.unknown()).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HttpError && (error.status === 404 || error.status === 405)) return false
      throw error
    },
  )
}

/**
 * Sends the bytes of a file to the bucket of its draft: started, stored and committed at once, in place of what is there, or not
 * at all. The key is one segment of the address, its slashes encoded.
 */
export async function putBucketFile(
  client: RepositoryClient,
  bucketId: string,
  key: string,
  body: Body,
): Promise<FileEntry> {
  if (key === '.' || key === '..')
    throw new DeskError('file-name-refused', {
      server: client.server.name,
      name: key,
      reason: 'it can’t be part of a web address',
    })
  const url = `${client.server.origin}/api/files/${encodeURIComponent(bucketId)}/${encodeURIComponent(key)}`
  return put(client, { path: [], url, ...body })
}

/**
 * Whether a link to a part leads to a storage of its own, such as S3. All others lead to the usual place on the server, by
 * whatever name it calls itself.
 */
export function isStorageLink(url: string, origin: string): boolean {
  const link = URL.parse(url)
  return link?.origin !== origin && !/^\/api\/records\/.+\/content\/\d+$/.test(link?.pathname ?? '')
}

/** Sends one part, counted from 1. `url`: the link that the server gave for it, or null for its usual place. */
export async function putPart(
  client: RepositoryClient,
  draftId: string,
  key: string,
  part: number,
  url: string | null,
  body: Body,
): Promise<void> {
  const path = ['records', draftId, 'draft', 'files', key, 'content', String(part)]
  await put(client, { path, ...(url === null ? {} : { url }), ...body })
}

/**
 * Completes a file. 200 proves nothing: the bytes may be old, or zeros where parts are missing (live findings D2, D23), so
 * compare size and MD5. HttpError 500 when no content was sent, 404 when the entry is gone. Twice is fine.
 */
export async function commitFile(
  client: RepositoryClient,
  draftId: string,
  key: string,
  signal?: AbortSignal,
): Promise<FileEntry> {
  const call = { method: 'POST', path: ['records', draftId, 'draft', 'files', key, 'commit'], signal } as const
  return (await client.json(call, fileEntrySchema)).value
}

/** One entry; after a multipart commit the checksum follows within a second (live findings D24). */
export async function readDraftFile(
  client: RepositoryClient,
  draftId: string,
  key: string,
  signal?: AbortSignal,
): Promise<FileEntry> {
  const call = { method: 'GET', path: ['records', draftId, 'draft', 'files', key], signal } as const
  return (await client.json(call, fileEntrySchema)).value
}

/** Removes an entry and its bytes. One that is gone already is fine. Moves the revision of the draft. */
export async function deleteDraftFile(
  client: RepositoryClient,
  draftId: string,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  await remove(client, ['records', draftId, 'draft', 'files', key], signal)
}

/** Streams the bytes of a committed file to `take`. HttpError 500 where nothing was committed, 416 for a range beyond the end. */
export async function getContent<T>(
  client: RepositoryClient,
  of: { readonly kind: 'record' | 'draft'; readonly id: string },
  key: string,
  call: Omit<ReceiveCall, 'path'>,
  take: (content: Content) => Promise<T>,
): Promise<T> {
  const draft = of.kind === 'draft' ? ['draft'] : []
  return client.receive({ ...call, path: ['records', of.id, ...draft, 'files', key, 'content'] }, take)
}

async function list(client: RepositoryClient, path: readonly string[], signal?: AbortSignal): Promise<FileEntry[]> {
  return (
    (await client.json({ method: 'GET', path, answerBytes: LIST_BYTES, signal }, fileListSchema)).value.entries ?? []
  )
}

async function put(client: RepositoryClient, call: ContentCall): Promise<FileEntry> {
  const { status, value } = await client.send(call)
  if (value.errors != null) {
    // A string in v14, a list on later servers (behaviour 4.6).
    const messages = Array.isArray(value.errors) ? value.errors.map(String) : [JSON.stringify(value.errors)]
    throw new HttpError({ status, serverMessage: messages.join(' ').replace(/^"|"$/g, '').slice(0, 300) })
  }
  return value
}
