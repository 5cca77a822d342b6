import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Deposit } from '../../contract/desk/deposit.ts'
import { DEFAULT_CHOICES, type PlanChoices } from '../../contract/desk/folder.ts'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { startPracticeServer, type PracticeServer } from '../../practice/server.ts'
import { createMemoryKeychain, type Keychain } from '../accounts/keychain/keychain.ts'
import { createDesk, type Desk } from '../desk.ts'
import { createClient, type RepositoryClient } from '../repository/http/client.ts'
import { deleteDraft, listUserRecords, publishDraft, readDraft, saveDraft } from '../repository/records.ts'
import { openDeskStore } from '../store/store.ts'
import { hostEngineInProcess } from '../transfers/host.ts'
import { FaultyServer } from '../transfers/test-support/faults.ts'

const complete: RecordMetadata = {
  title: 'Hourly soil moisture',
  resource_type: { id: 'dataset' },
  publication_date: '2026-11-24',
  publisher: 'Practice',
  creators: [{ person_or_org: { type: 'personal', family_name: 'Keller', given_name: 'Annika' } }],
  rights: [{ id: 'cc-by-4.0' }],
  description: '<p>Volumetric water content</p>',
  version: '1.0.0',
}

let root: string
let practice: PracticeServer
let between: FaultyServer
let keychain: Keychain
let desk: Desk
/** Another one who works with the same account, say in a browser. */
let other: RepositoryClient
let accountId: string

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'deposit-desk-deposits-'))
  practice = await startPracticeServer({ dataFolder: join(root, 'practice') })
  between = new FaultyServer(practice.url)
  await between.listen()
  keychain = createMemoryKeychain()
  other = createClient({ origin: practice.url, name: 'Practice', token: practice.tokens.researcher })
  desk = await openDesk()
  const { checkId } = await desk.accounts.check({ kind: 'practice' }, '')
  accountId = (await desk.accounts.add(checkId ?? '')).id
  between.seen.length = 0
})

afterEach(async () => {
  await desk.close()
  await other.close()
  await between.close()
  await practice.close()
  rmSync(root, { recursive: true })
})

function openDesk(): Promise<Desk> {
  return createDesk({
    home: join(root, 'home'),
    keychain,
    practice: async () => ({ url: between.origin, tokens: practice.tokens, stop: async () => undefined }),
    hostTransfers: async (home) => hostEngineInProcess({ home }),
  })
}

async function drop(
  files: Record<string, string>,
  choices: Partial<PlanChoices> = {},
  metadata?: RecordMetadata,
  publish = false,
) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'soil', path)), { recursive: true })
    writeFileSync(join(root, 'soil', path), text)
  }
  const { id: scanId } = await desk.folders.walk([join(root, 'soil')])
  return desk.deposits.create({
    scanId,
    accountId,
    choices: { ...DEFAULT_CHOICES, ...choices },
    ...(metadata === undefined ? {} : { metadata }),
    publishWhenVerified: publish,
  })
}

/** Waits until a deposit is as it should be; the last state is in the failure when it never is. */
async function until(depositId: string, what: (deposit: Deposit) => boolean, limitMs = 15_000): Promise<Deposit> {
  const endsAt = Date.now() + limitMs
  for (;;) {
    const deposit = desk.deposits.get(depositId)
    if (what(deposit)) return deposit
    if (Date.now() > endsAt) throw new Error(`still ${JSON.stringify(deposit, null, 1)}`)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.max(1, endsAt - Date.now()))
      const offs = [desk.events.on('deposits.changed', done), desk.events.on('transfers.changed', done)]
      function done() {
        clearTimeout(timer)
        for (const off of offs) off()
        resolve()
      }
    })
  }
}

const isVerified = ({ transfer }: Deposit) => transfer.state === 'verified'
const isInStep = ({ sync }: Deposit) => sync.kind === 'in-step'
const isPublished = ({ publication }: Deposit) => publication.kind === 'published'
const openChecks = async (depositId: string) =>
  (await desk.deposits.guard(depositId)).checks.filter(({ state }) => state === 'open').map(({ id }) => id)

test('a folder becomes a draft, a form is saved with its mistakes, and both are published', async () => {
  const { id } = await drop({ 'README.md': 'read me', 'raw/a.csv': 'a', 'raw/b.csv': 'bb' }, { subfolders: 'zip' })
  expect(desk.deposits.get(id).sync.kind).not.toBe('in-step')
  await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))

  // What the server drops and complains of stays here as it was written.
  desk.deposits.saveMetadata(id, { ...complete, title: 'ab', publication_date: '24.11.2026' })
  const wrong = await until(id, isInStep)
  expect(wrong.metadata).toMatchObject({ title: 'ab', publication_date: '24.11.2026' })
  expect(wrong.problems.map(({ field }) => field).sort()).toEqual(['metadata.publication_date', 'metadata.title'])
  expect(await openChecks(id)).toEqual(['metadata.title', 'metadata.publication_date'])
  await expect(desk.deposits.publish(id, 1)).rejects.toMatchObject({ code: 'not-ready' })

  desk.deposits.saveMetadata(id, complete)
  await until(id, isInStep)
  const guard = await desk.deposits.guard(id)
  expect(guard.checks.map(({ id: check, state }) => `${check} ${state}`)).toEqual([
    'files met',
    'metadata met',
    'draft met',
    'folder met',
    'orcid advice',
  ])
  expect(guard.summary).toMatchObject({
    title: complete.title,
    creators: ['Keller, Annika'],
    resourceType: 'Dataset',
    access: 'Public: metadata and files',
    files: 2,
  })
  expect(guard.confirmation).toBe('1.0.0')

  const { publication } = await desk.deposits.publish(id, guard.revision)
  expect(publication).toMatchObject({ kind: 'published', recordId: desk.deposits.get(id).draft?.id })
  if (publication.kind !== 'published') throw new Error('not published')
  expect(publication.doi).toMatch(/^10\./)
  expect(publication.citation).toContain('Hourly soil moisture')
  expect(between.count('POST', /\/actions\/publish/)).toBe(1)

  const receipt = JSON.parse((await desk.deposits.receipt(id, 'json')).text) as { files: { name: string }[] }
  expect(receipt).toMatchObject({ record: { doi: publication.doi }, folder: { name: 'soil' } })
  expect(receipt.files.map(({ name }) => name)).toEqual(['README.md', 'raw.zip'])
  expect(desk.deposits.list()).toMatchObject([{ id, group: 'published', error: null }])
  expect(() => desk.deposits.saveMetadata(id, complete)).toThrow(expect.objectContaining({ code: 'already-published' }))
})

test('a draft that was changed elsewhere is merged, and what both sides changed waits for a choice (U40)', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  const { draft, edit } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  const theirs = await readDraft(other, draft?.id ?? '')
  await saveDraft(
    other,
    theirs.id,
    { metadata: { ...complete, title: 'Their title', version: '2.0.0' }, files: { enabled: true } },
    theirs.revision_id ?? 0,
  )
  desk.deposits.saveMetadata(id, { ...complete, title: 'My title', publisher: 'Mine' }, edit)
  const merged = await until(id, ({ conflicts }) => conflicts.length > 0)
  expect(merged.conflicts).toEqual([
    { field: 'metadata.title', base: complete.title, mine: 'My title', theirs: 'Their title' },
  ])
  expect(merged.metadata).toMatchObject({ title: 'My title', publisher: 'Mine', version: '2.0.0' })
  expect((await readDraft(other, theirs.id)).metadata?.title).toBe('Their title')
  expect(desk.deposits.list()[0]).toMatchObject({ group: 'needs-you', error: { code: 'conflict' } })

  // A form that was filled before the merge does not take their version back.
  desk.deposits.saveMetadata(id, { ...complete, title: 'My title', publisher: 'Mine too' }, edit)
  desk.deposits.resolve(id, 'metadata.title', 'theirs')
  await until(id, isInStep)
  expect((await readDraft(other, theirs.id)).metadata).toMatchObject({
    title: 'Their title',
    publisher: 'Mine too',
    version: '2.0.0',
  })
})

test('a save whose answer was lost is neither lost nor taken for someone else’s', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  between.fail('PUT', /\/draft$/, { kind: 'lose-answer' })
  desk.deposits.saveMetadata(id, { ...complete, description: '<p onclick="x">New <b>text</b></p>  ' })
  await until(id, ({ sync }) => sync.kind === 'waiting')
  desk.deposits.saveMetadata(id, { ...complete, description: 'Newer text' })
  const { conflicts, draft } = await until(id, isInStep)
  expect(conflicts).toEqual([])
  expect((await readDraft(other, draft?.id ?? '')).metadata?.description).toContain('Newer text')
})

test('a publish whose answer was lost is read, not repeated (U14)', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  between.fail('POST', /\/actions\/publish$/, { kind: 'lose-answer' })
  const { revision } = await desk.deposits.guard(id)
  expect((await desk.deposits.publish(id, revision)).publication.kind).toBe('published')
  expect(between.count('POST', /\/actions\/publish/)).toBe(1)
})

test('after a crash in the middle of publishing the record is read first, whatever it says (U14)', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  const { draft } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  const crash = async (act: () => Promise<unknown>) => {
    await desk.close()
    const store = openDeskStore(join(root, 'home'))
    const stored = store.deposits.get(id)
    if (stored === null) throw new Error('gone')
    store.deposits.save({ ...stored, publication: { kind: 'asked', askedAt: Date.now() - 120_000, error: null } })
    store.close()
    await act()
    between.seen.length = 0
    desk = await openDesk()
  }
  // The request never left.
  await crash(async () => undefined)
  const refused = await until(id, ({ publication }) => publication.kind === 'refused')
  expect(refused.publication).toMatchObject({ error: { code: 'publish-refused' } })
  expect(desk.deposits.list()[0]).toMatchObject({ group: 'needs-you' })
  // The request arrived.
  await crash(() => publishDraft(other, draft?.id ?? ''))
  await until(id, isPublished)
  expect(between.count('POST', /\/actions\/publish/)).toBe(0)
})

test('a draft whose id never arrived is found again', async () => {
  between.fail('POST', /^\/records$/, { kind: 'lose-answer' })
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, ({ sync }) => sync.kind === 'waiting')
  const { draft } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit), 30_000)
  const { records } = await listUserRecords(other)
  expect(records.map((record) => record.id)).toEqual([draft?.id])
}, 40_000)

test('metadata that the server refuses as a whole do not hold up the files', async () => {
  const { id } = await drop({ a: 'a' }, {}, { ...complete, resource_type: { id: 'no-such-type' } })
  const deposit = await until(id, (one) => isVerified(one) && one.sync.kind === 'waiting')
  expect(deposit.sync).toMatchObject({
    error: { code: 'draft-refused', params: { reason: 'The server does not know “no-such-type”' } },
  })
  expect(deposit.metadata.title).toBe(complete.title)
  desk.deposits.saveMetadata(id, complete)
  await until(id, isInStep)
})

test('a draft that was deleted elsewhere is said to be gone, and can be made anew from the same folder (U17, U40)', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  const { draft } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  await deleteDraft(other, draft?.id ?? '')
  await expect(desk.deposits.guard(id)).rejects.toMatchObject({ code: 'draft-gone' })
  desk.deposits.saveMetadata(id, { ...complete, title: 'Another title' })
  await until(id, ({ sync }) => sync.kind === 'waiting' && sync.error.code === 'draft-gone')
  await desk.deposits.restart(id)
  const again = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  expect(again.draft?.id).not.toBe(draft?.id)
  expect((await readDraft(other, again.draft?.id ?? '')).metadata?.title).toBe('Another title')
})

test('a draft that was published elsewhere is published (U17)', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  const { draft } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  await publishDraft(other, draft?.id ?? '')
  desk.deposits.saveMetadata(id, { ...complete, title: 'Too late' })
  expect((await until(id, isPublished)).publication).toMatchObject({ recordId: draft?.id })
})

test('a deposit can be asked to publish itself; what hinders it is said, and the next edit settles it', async () => {
  const { id } = await drop({ a: 'a' }, {}, { ...complete, title: '' }, true)
  const settled = await desk.deposits.whenSettled(id)
  expect(settled.publication).toMatchObject({
    kind: 'refused',
    error: { code: 'not-ready', params: { reason: 'Give it a title.' } },
  })
  desk.deposits.saveMetadata(id, complete)
  expect((await desk.deposits.whenSettled(id)).publication.kind).toBe('published')
  expect(between.count('POST', /\/actions\/publish/)).toBe(1)
})

test('while the server is in trouble a deposit waits, also over a restart, and no second draft is made', async () => {
  between.fail('POST', /^\/records$/, { kind: 'answer', status: 503 })
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, ({ sync }) => sync.kind === 'waiting')
  expect(desk.deposits.list()[0]).toMatchObject({ group: 'under-way', transfer: { state: 'waiting', files: 1 } })
  await desk.close()
  desk = await openDesk()
  await until(id, (deposit) => isVerified(deposit) && isInStep(deposit), 30_000)
  expect((await listUserRecords(other)).total).toBe(1)
}, 40_000)

test('a DOI is reserved and given back, and a lost answer does not matter', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, isInStep)
  between.fail('POST', /\/pids\/doi$/, { kind: 'lose-answer' })
  await expect(desk.deposits.reserveDoi(id)).rejects.toMatchObject({ code: 'server-unreachable' })
  expect((await desk.deposits.reserveDoi(id)).draft?.doi).toMatch(/^10\./)
  expect((await desk.deposits.releaseDoi(id)).draft?.doi).toBeNull()
  expect((await desk.deposits.releaseDoi(id)).draft?.doi).toBeNull()
})

test('the guard says what changed on disk, and a plan that would be refused starts nothing', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  const later = Date.now() / 1000 + 60
  utimesSync(join(root, 'soil/a'), later, later)
  expect((await desk.deposits.guard(id)).checks.find(({ id: check }) => check === 'folder')).toMatchObject({
    state: 'advice',
    text: '1 file changed on disk since',
  })
  await expect(drop({}, { rename: { a: '../a' } })).rejects.toMatchObject({ code: 'plan-refused' })
  await expect(drop({}, { leaveOut: ['a'] })).rejects.toMatchObject({ code: 'nothing-to-upload' })
})

test('a deposit is removed with its draft or without', async () => {
  const { id } = await drop({ a: 'a' }, {}, complete)
  const { draft } = await until(id, (deposit) => isVerified(deposit) && isInStep(deposit))
  await expect(desk.accounts.signOut(accountId)).rejects.toMatchObject({ code: 'account-in-use' })
  await desk.deposits.remove(id, true)
  expect(() => desk.deposits.get(id)).toThrow(expect.objectContaining({ code: 'deposit-unknown' }))
  await expect(readDraft(other, draft?.id ?? '')).rejects.toMatchObject({ status: 404 })
  await desk.accounts.signOut(accountId)
})

/** 12 GB that take no space here: more than the 10 GB of a draft. */
async function dropTooMuch() {
  mkdirSync(join(root, 'soil'))
  for (const name of ['a.bin', 'b.bin']) {
    writeFileSync(join(root, 'soil', name), '')
    truncateSync(join(root, 'soil', name), 6e9)
  }
  return drop({}, { moreSpace: true }, complete)
}

test('a server that gives no more space is asked before anything is sent, and the person decides how to go on', async () => {
  between.fail('PUT', /\/content$/, { kind: 'silence', act: () => undefined })
  const { id } = await dropTooMuch()
  const refused = await until(id, ({ sync }) => sync.kind === 'waiting')
  expect(refused.sync).toMatchObject({
    error: { code: 'space-refused', params: { size: '12 GB', limit: '10 GB' } },
  })
  expect(between.count('POST', /\/quota-increase$/)).toBe(1)
  expect(between.count('POST', /\/draft\/files$/)).toBe(0)
  expect(desk.deposits.list()[0]).toMatchObject({ group: 'needs-you', error: { code: 'space-refused' } })
  desk.deposits.uploadAnyway(id)
  await until(id, ({ transfer }) => transfer.state === 'sending')
  expect(between.count('POST', /\/quota-increase$/)).toBe(1)
  await desk.deposits.remove(id, true)
})

test('with the space that it asked for, a deposit is uploaded, and does not ask again', async () => {
  between.fail('POST', /\/quota-increase$/, { kind: 'answer', status: 200, body: { status: 'accepted' } })
  const { id } = await dropTooMuch()
  await until(id, ({ transfer }) => transfer.state === 'sending')
  await desk.close()
  desk = await openDesk()
  await until(id, ({ transfer }) => transfer.state === 'sending')
  expect(between.count('POST', /\/quota-increase$/)).toBe(1)
  await desk.deposits.remove(id, true)
})
