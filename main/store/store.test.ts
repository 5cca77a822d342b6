import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Account } from '../../contract/desk/account.ts'
import { DEFAULT_CHOICES } from '../../contract/desk/folder.ts'
import { inWords } from './failure.ts'
import { inTransaction } from './migrate.ts'
import { openDeskStore, takeOwnership, type DeskStore, type StoredDeposit, type StoredFile } from './store.ts'

const account: Account = {
  id: '7b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1',
  server: 'zenodo',
  origin: 'https://zenodo.org',
  serverName: 'Zenodo',
  user: { id: '1', name: 'Annika Keller', email: null },
  token: 'keychain',
  capabilities: {
    recordShape: 'legacy',
    multipart: 'refused',
    emptyFiles: 'refused',
    maxFiles: 100,
    quotaBytes: 50e9,
    maxFileBytes: 50e9,
    limitsSource: 'documented',
    requestsPerMinute: null,
  },
  addedAt: 1,
  checkedAt: 1,
}
const deposit: StoredDeposit = {
  id: '1b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1',
  accountId: account.id,
  createdAt: 1,
  updatedAt: 1,
  source: { name: 'rhine-soil', files: 2, bytes: 30 },
  spaceGranted: false,
  choices: DEFAULT_CHOICES,
  metadata: { title: 'a', kept: { unknown: true } },
  edit: 0,
  savedAt: 1,
  sentEdit: -1,
  sentAt: null,
  syncError: null,
  draft: null,
  draftAskedAt: null,
  base: null,
  attempted: null,
  problems: [],
  conflicts: [],
  publication: { kind: 'not-asked' },
  publishWhenVerified: false,
}
const files: StoredFile[] = [
  { fileId: 0, key: 'a.csv', bytes: 10, source: { kind: 'file', path: '/data/a.csv', modifiedAt: 5.25 } },
  {
    fileId: 1,
    key: 'raw.zip',
    bytes: 20,
    source: { kind: 'zip', entries: [{ path: '/data/raw/b', name: 'raw/b', bytes: 1, modifiedAt: 6 }] },
  },
]

let home: string
let store: DeskStore

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'deposit-desk-store-'))
  store = openDeskStore(home)
})
afterEach(() => {
  store.close()
  rmSync(home, { recursive: true })
})

function reopen(change: (db: DatabaseSync) => void): void {
  store.close()
  const db = new DatabaseSync(join(home, 'desk.db'))
  change(db)
  db.close()
  store = openDeskStore(home)
}

test('what was stored is there after opening again, unknown metadata too', () => {
  store.accounts.save(account)
  store.deposits.create(deposit, files)
  store.deposits.save({ ...deposit, edit: 1 })
  const settings = {
    theme: 'dark',
    filesAtATime: 2,
    bytesPerSecond: 5_000_000,
    pauseOnBattery: true,
    sendingHours: { from: '22:00', to: '06:00' },
  } as const
  store.settings.write(settings)
  store.vocabularyCache.write('https://zenodo.org', 'licenses', '', [{ id: 'cc-by-4.0' }])
  reopen(() => undefined)
  expect(store.accounts.list()).toEqual([account])
  expect(store.deposits.list()).toEqual([{ ...deposit, edit: 1 }])
  expect(store.deposits.files(deposit.id)).toEqual(files)
  expect(store.settings.read()).toEqual(settings)
  expect(store.vocabularyCache.read('https://zenodo.org', 'licenses', '')?.answer).toEqual([{ id: 'cc-by-4.0' }])
  store.deposits.remove(deposit.id)
  store.accounts.remove(account.id)
  expect([store.deposits.list(), store.deposits.files(deposit.id), store.accounts.list()]).toEqual([[], [], []])
})

test('settings of a version that had fewer of them are kept, and what is new has its default', () => {
  reopen((db) => db.exec(`INSERT INTO settings VALUES ('settings', '{"theme":"dark","filesAtATime":2}')`))
  expect(store.settings.read()).toEqual({
    theme: 'dark',
    filesAtATime: 2,
    bytesPerSecond: null,
    pauseOnBattery: false,
    sendingHours: null,
  })
})

test('a row that can’t be read is kept apart and reported, and the others go on', () => {
  const other = { ...deposit, id: '2b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1' }
  store.deposits.create(deposit, files)
  store.deposits.create(other, [])
  reopen((db) => db.exec(`UPDATE deposits SET deposit = json_remove(deposit, '$.edit') WHERE id = '${deposit.id}'`))
  expect(store.deposits.list()).toEqual([other])
  expect(store.quarantined()).toMatchObject([{ table: 'deposits', rowId: deposit.id, reason: 'edit invalid_type' }])
  reopen((db) => {
    const kept = db.prepare('SELECT content FROM quarantine').get()?.['content']
    expect(JSON.parse(String(kept))).toMatchObject({ id: deposit.id, metadata: deposit.metadata })
    db.exec(`UPDATE deposits SET deposit = '{broken' WHERE id = '${other.id}'`)
  })
  expect(store.deposits.get(other.id)).toBeNull()
  expect(store.deposits.files(deposit.id)).toEqual(files)
  expect(store.quarantined()).toHaveLength(2)
})

test('data of a newer version are refused and left as they are', () => {
  store.close()
  const db = new DatabaseSync(join(home, 'desk.db'))
  db.exec('PRAGMA user_version = 99')
  expect(() => openDeskStore(home)).toThrow(expect.objectContaining({ code: 'data-from-newer-version' }))
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
  db.exec('PRAGMA user_version = 2')
  db.close()
  store = openDeskStore(home)
})

test('a database that is damaged is said to be, and left as it is', () => {
  store.close()
  const path = join(home, 'desk.db')
  for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true })
  writeFileSync(path, 'this is no database, and long enough to be seen as none'.repeat(100))
  expect(() => openDeskStore(home)).toThrow(expect.objectContaining({ code: 'data-damaged' }))
  expect(readFileSync(path, 'utf8')).toContain('this is no database')
  rmSync(path)
  store = openDeskStore(home)
})

test('a disk that takes no more is said to be full, and what was stored stays', () => {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE t (x TEXT); PRAGMA max_page_count = 3')
  const write = inWords('/home/someone', () =>
    inTransaction(db, () => {
      db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(1_000_000))
    }),
  )
  expect(write).toThrow(expect.objectContaining({ code: 'disk-full', params: { volume: parse('/home/someone').root } }))
  expect(db.prepare('SELECT count(*) AS rows FROM t').get()).toEqual({ rows: 0 })
  db.close()
})

test('the schema is the committed one: a change is a new migration, and a new schema.sql', () => {
  const db = new DatabaseSync(join(home, 'desk.db'), { readOnly: true })
  const sql = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name').all()
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  db.close()
  const text = [`-- Version ${version}`, ...sql.map((row) => `${String(row['sql'])};`)].join('\n\n')
  expect(`${text}\n`).toBe(readFileSync(join(import.meta.dirname, 'schema.sql'), 'utf8'))
})

test.skipIf(process.platform === 'win32')('only the person can read the profile', () => {
  store.accounts.save(account)
  const modes = ['', 'desk.db', 'desk.db-wal'].map((name) => statSync(join(home, name)).mode & 0o777)
  expect(modes).toEqual([0o700, 0o600, 0o600])
})

test('the oldest cached answers make room, whole vocabularies stay', () => {
  let clock = 0
  store.close()
  store = openDeskStore(home, () => clock++)
  store.vocabularyCache.write('o', 'licenses', '', [])
  for (let at = 0; at < 320; at++) store.vocabularyCache.write('o', 'names', `q${at}`, [])
  const cached = (vocabulary: string, query: string) => store.vocabularyCache.read('o', vocabulary, query) !== null
  expect([cached('licenses', ''), cached('names', 'q0'), cached('names', 'q19'), cached('names', 'q20')]).toEqual([
    true,
    false,
    false,
    true,
  ])
})

test('one process owns the deposits; a killed one owns nothing (U31)', async () => {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const db = new DatabaseSync(${JSON.stringify(join(home, 'owner.db'))})
    db.exec('BEGIN EXCLUSIVE')
    process.stdout.write('owned')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  expect(() => takeOwnership(home)).toThrow(expect.objectContaining({ code: 'transfers-busy' }))
  child.kill('SIGKILL')
  await ended
  const release = takeOwnership(home)
  expect(() => takeOwnership(home)).toThrow(expect.objectContaining({ code: 'transfers-busy' }))
  release()
  takeOwnership(home)()
})
