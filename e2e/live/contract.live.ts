import { createHash } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createAccounts } from '../../main/accounts/accounts.ts'
import { noKeychain } from '../../main/accounts/keychain/keychain.ts'
import {
  commitFile,
  deleteDraftFile,
  listDraftFiles,
  listRecordFiles,
  putContent,
  putPart,
  readDraftFile,
  startFiles,
} from '../../main/repository/files.ts'
import { toAppError, type RepositoryClient } from '../../main/repository/http/client.ts'
import {
  createDraft,
  deleteDraft,
  listUserRecords,
  publishDraft,
  readBibtex,
  readCitation,
  readDraft,
  readRecord,
  releaseDoi,
  reserveDoi,
  saveDraft,
} from '../../main/repository/records.ts'
import { readMe } from '../../main/repository/users.ts'
import { searchAffiliations, searchNames, searchVocabulary } from '../../main/repository/vocabularies.ts'
import { connect, tokens, url } from './server.ts'

/* What the client takes for granted about a server, asked of a real one. An answer that no schema knows fails by itself. */

const COMPLETE = {
  title: 'Contract check of Deposit Desk',
  publication_date: '2026-11-25',
  publisher: 'Deposit Desk tests',
  resource_type: { id: 'dataset' },
  creators: [{ person_or_org: { type: 'personal' as const, family_name: 'Check', given_name: 'Contract' } }],
}

async function draft(client: RepositoryClient): Promise<{ id: string; revision: number }> {
  const { id, revision_id: revision = 0 } = await createDraft(client, { metadata: COMPLETE })
  onTestFinished(() => deleteDraft(client, id).catch(() => undefined))
  return { id, revision }
}

async function* bytes(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function upload(client: RepositoryClient, draftId: string, key: string, content: Uint8Array) {
  await startFiles(client, draftId, [{ key }])
  await putContent(client, draftId, key, { lengthBytes: content.length, body: bytes(content) })
  return commitFile(client, draftId, key)
}

async function code(attempt: Promise<unknown>): Promise<string | null> {
  return attempt.then(
    () => null,
    (error: unknown) => toAppError(error, 'Test InvenioRDM').code,
  )
}

function md5(content: Uint8Array): string {
  return `md5:${createHash('md5').update(content).digest('hex')}`
}

test('connecting learns the person and the abilities of the server in at most twelve requests', async () => {
  const accounts = createAccounts({
    store: { accounts: { list: () => [], save: () => undefined, remove: () => undefined } },
    keychain: noKeychain,
    practice: () => Promise.reject(new Error('not used')),
    events: { emit: () => undefined },
    inUse: () => false,
  })
  onTestFinished(() => accounts.close())
  const check = await accounts.check({ kind: 'other', address: `${url}/records/any` }, tokens.researcher)
  expect(check).toMatchObject({
    error: null,
    origin: url,
    capabilities: { recordShape: 'rdm', multipart: 'works', emptyFiles: 'accepted' },
  })
  expect(check.requests).toBeLessThanOrEqual(12)
  expect(check.capabilities?.requestsPerMinute).toBeGreaterThan(0)
  const dead = await accounts.check({ kind: 'other', address: url }, 'dead')
  expect(dead.error?.code).toBe('token-not-accepted')
})

test('a draft is made, saved with its revision, and never over a newer one', async () => {
  const client = connect(tokens.researcher)
  const { id, revision } = await draft(client)
  const saved = await saveDraft(
    client,
    id,
    { metadata: { ...COMPLETE, title: 'T', publication_date: 'soon' } },
    revision,
  )
  expect(saved.errors?.map(({ field }) => field)).toEqual(
    expect.arrayContaining(['metadata.title', 'metadata.publication_date']),
  )
  expect(saved.revision_id).toBeGreaterThan(revision)
  expect(await code(saveDraft(client, id, { metadata: COMPLETE }, revision))).toBe('conflict')
  expect((await readDraft(client, id)).errors).toBeUndefined()
})

test('an id of no vocabulary is refused with words', async () => {
  const client = connect(tokens.researcher)
  const { id, revision } = await draft(client)
  const metadata = { ...COMPLETE, resource_type: { id: 'no-such-type' } }
  expect(await code(saveDraft(client, id, { metadata }, revision))).toBe('draft-refused')
})

test('a DOI is reserved and given back', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  expect((await reserveDoi(client, id)).pids?.['doi']?.identifier).toMatch(/^10\./)
  expect((await releaseDoi(client, id)).pids?.['doi']).toBeUndefined()
})

test('a dead token, a stranger and a guest are told apart', async () => {
  const { id } = await draft(connect(tokens.researcher))
  expect(await code(readDraft(connect('dead'), id))).toBe('token-refused')
  expect(await code(readDraft(connect(tokens.reader), id))).toBe('not-permitted')
  expect(await code(readDraft(connect(null), id))).toBe('not-permitted')
  expect(await code(readDraft(connect(tokens.researcher), 'abcde-fgh12'))).toBe('draft-gone')
  expect((await readMe(connect(tokens.researcher))).id).toMatch(/^\d+$/)
})

test('names in every script and with every sign come back as they were sent', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  const keys = [
    '100% #?&+=;,\'"\\.txt',
    'a//b',
    'été\u0301.txt',
    'データ/実験.csv',
    'قياسات.csv',
    '🌱.txt',
    ' leading',
    'x'.repeat(255),
  ]
  for (const key of keys) {
    const content = Buffer.from(key)
    expect(await upload(client, id, key, content)).toMatchObject({ key, status: 'completed', checksum: md5(content) })
  }
  expect((await listDraftFiles(client, id)).map(({ key }) => key).sort()).toEqual([...keys].sort())
  await deleteDraftFile(client, id, keys[0] ?? '')
  await deleteDraftFile(client, id, keys[0] ?? '')
  expect(await listDraftFiles(client, id)).toHaveLength(keys.length - 1)
})

test('parts that are sent in any order make the file', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  const parts = [1, 2, 3].map((part) => new Uint8Array(part === 3 ? 100 : 70_000).fill(part))
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const entries = await startFiles(client, id, [
    { key: 'p.bin', size, transfer: { type: 'M', parts: 3, part_size: 70_000 } },
  ])
  const links = entries[0]?.links?.parts ?? []
  for (const { part, url: link } of links.toReversed()) {
    const content = parts[part - 1] ?? new Uint8Array()
    await putPart(client, id, 'p.bin', part, link, { lengthBytes: content.length, body: bytes(content) })
  }
  await commitFile(client, id, 'p.bin')
  await expect
    .poll(async () => (await readDraftFile(client, id, 'p.bin')).checksum, { timeout: 10_000 })
    .toBe(md5(Buffer.concat(parts)))
})

test('a content that is cut leaves the entry, and can be sent again', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  const content = new Uint8Array(200_000).fill(7)
  await startFiles(client, id, [{ key: 'cut.bin' }])
  async function* broken() {
    yield content.subarray(0, 100_000)
    throw new Error('the disk is gone')
  }
  await expect(putContent(client, id, 'cut.bin', { lengthBytes: content.length, body: broken() })).rejects.toThrow(
    'the disk is gone',
  )
  expect((await readDraftFile(client, id, 'cut.bin')).status).toBe('pending')
  await putContent(client, id, 'cut.bin', { lengthBytes: content.length, body: bytes(content) })
  expect(await commitFile(client, id, 'cut.bin')).toMatchObject({ checksum: md5(content), size: content.length })
})

test('content for an entry that is not there is refused before it is read, and the refusal arrives', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  async function* large() {
    for (let at = 0; at < 8; at++) yield new Uint8Array(1 << 20)
  }
  for (let round = 0; round < 5; round++) {
    await expect(putContent(client, id, 'nothing', { lengthBytes: 8 << 20, body: large() })).rejects.toMatchObject({
      status: 404,
    })
  }
})

test('what is published can be read, cited and listed, and published once', async () => {
  const client = connect(tokens.researcher)
  const { id } = await draft(client)
  const content = Buffer.from('published')
  await upload(client, id, 'a.txt', content)
  const published = await publishDraft(client, id)
  const doi = published.pids?.['doi']?.identifier
  expect(published).toMatchObject({ id, is_published: true })
  expect(await code(publishDraft(client, id))).toBe('draft-gone')
  const record = await readRecord(connect(null), id)
  expect(record.parent?.pids?.['doi']?.identifier).toMatch(/^10\./)
  expect(await listRecordFiles(connect(null), id)).toMatchObject([
    { key: 'a.txt', checksum: md5(content), size: content.length },
  ])
  expect(await readCitation(client, id, 'apa')).toContain(doi)
  expect(await readBibtex(client, id)).toMatch(/^@\w+\{/)
  await expect
    .poll(async () => (await listUserRecords(client)).records.map((one) => one.id), { timeout: 10_000 })
    .toContain(id)
})

test.each(['resourcetypes', 'licenses', 'languages', 'creatorsroles'])(
  'the vocabulary %s is read as a whole and searched',
  async (name) => {
    const client = connect(tokens.researcher)
    const all = await searchVocabulary(client, name, '')
    expect(all.length).toBeGreaterThan(5)
    const title = Object.values(all[0]?.title ?? {})[0] ?? ''
    expect((await searchVocabulary(client, name, title)).map(({ id }) => id)).toContain(all[0]?.id)
  },
)

test('people and organisations are found by the beginning of their names', async () => {
  const client = connect(tokens.researcher)
  const [person] = await searchNames(client, 'Carberry')
  expect(person).toMatchObject({ family_name: 'Carberry' })
  expect(person?.identifiers).toContainEqual(expect.objectContaining({ scheme: 'orcid' }))
  expect((await searchAffiliations(client, 'CERN')).map(({ id }) => id)).toContain('01ggx4157')
})
