import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { accountSchema, type Account } from '../../contract/desk/account.ts'
import { DEFAULT_SETTINGS, settingsSchema, type Settings } from '../../contract/desk/settings.ts'
import { createDepositStore, type DepositStore } from './deposits.ts'
import { createDownloadStore, type DownloadStore } from './downloads.ts'
import { inWords } from './failure.ts'
import { migrate } from './migrate.ts'
import { first } from './migrations/001-first.ts'
import { downloads } from './migrations/002-downloads.ts'
import { createQuarantine, parseJson, type QuarantinedRow } from './quarantine.ts'

export type { DepositStore, StoredDeposit, StoredFile } from './deposits.ts'
export type { DownloadFile, DownloadOutcome, DownloadStore, StoredDownload } from './downloads.ts'
export type { QuarantinedRow } from './quarantine.ts'

/** The desk’s own database, `desk.db`: everything but tokens, which are in the keychain, and transfers, which own theirs. */
export type DeskStore = {
  readonly accounts: {
    /** In the order they were added. */
    readonly list: () => Account[]
    readonly save: (account: Account) => void
    readonly remove: (accountId: string) => void
  }
  readonly settings: { readonly read: () => Settings; readonly write: (settings: Settings) => void }
  readonly deposits: DepositStore
  readonly downloads: DownloadStore
  /** Last answers of a server’s vocabularies, for use without a network. */
  readonly vocabularyCache: {
    read(
      origin: string,
      vocabulary: string,
      query: string,
    ): { readonly storedAt: number; readonly answer: unknown } | null
    write(origin: string, vocabulary: string, query: string, answer: unknown): void
  }
  /** Rows that could not be read and are kept apart. */
  quarantined(): QuarantinedRow[]
  close(): void
}

/** Numbered by their place. One that was released is never changed: `schema.sql` and its test tell. */
const MIGRATIONS = [first, downloads]

/** More than a person’s own vocabularies come to; the oldest answers go first. */
const CACHED_ANSWERS = 300

/**
 * Opens `desk.db` in the profile folder and brings it up to date. Every commit is on disk when it returns (WAL,
 * synchronous=FULL). Throws DeskError data-from-newer-version, data-damaged, disk-full.
 */
export function openDeskStore(home: string, now: () => number = Date.now): DeskStore {
  return inWords(home, () => {
    const db = openPrivate(home, 'desk.db')
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      migrate(db, MIGRATIONS)
      return createStore(db, home, now)
    } catch (error) {
      db.close()
      throw error
    }
  })()
}

/**
 * Makes this process the only one that works on the deposits of a profile, until it ends in whatever way: the lock belongs
 * to the system. Throws DeskError transfers-busy when another has it. Returns the function that gives it back.
 */
export function takeOwnership(home: string): () => void {
  return inWords(home, () => {
    const db = openPrivate(home, 'owner.db')
    try {
      db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      throw error
    }
    return () => db.close()
  })()
}

function createStore(db: DatabaseSync, home: string, now: () => number): DeskStore {
  const quarantine = createQuarantine(db, now)
  const accounts = createAccountStore(db, quarantine)
  const settings = createSettingsStore(db)
  const deposits = createDepositStore(db, quarantine)
  const downloads = createDownloadStore(db, quarantine)
  return {
    accounts: { ...accounts, save: inWords(home, accounts.save), remove: inWords(home, accounts.remove) },
    settings: { ...settings, write: inWords(home, settings.write) },
    deposits: {
      ...deposits,
      create: inWords(home, deposits.create),
      save: inWords(home, deposits.save),
      remove: inWords(home, deposits.remove),
    },
    downloads: {
      ...downloads,
      create: inWords(home, downloads.create),
      save: inWords(home, downloads.save),
      remove: inWords(home, downloads.remove),
      settle: inWords(home, downloads.settle),
    },
    vocabularyCache: createVocabularyCache(db, now),
    quarantined: () => quarantine.list(),
    close: () => db.close(),
  }
}

function createAccountStore(db: DatabaseSync, quarantine: ReturnType<typeof createQuarantine>): DeskStore['accounts'] {
  const all = db.prepare('SELECT id, account FROM accounts ORDER BY added_at, id')
  const upsert = db.prepare(
    'INSERT INTO accounts (id, added_at, account) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET account = excluded.account',
  )
  const drop = db.prepare('DELETE FROM accounts WHERE id = ?')
  return {
    list: () =>
      all
        .all()
        .map((row) => quarantine.parse('accounts', String(row['id']), String(row['account']), accountSchema))
        .filter((account) => account !== null),
    save: (account) => void upsert.run(account.id, account.addedAt, JSON.stringify(accountSchema.parse(account))),
    remove: (accountId) => void drop.run(accountId),
  }
}

function createSettingsStore(db: DatabaseSync): DeskStore['settings'] {
  const one = db.prepare("SELECT value FROM settings WHERE name = 'settings'")
  const upsert = db.prepare(
    "INSERT INTO settings (name, value) VALUES ('settings', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  )
  return {
    read: () => {
      const row = one.get()
      const parsed = settingsSchema.safeParse(row === undefined ? undefined : parseJson(String(row['value'])))
      return parsed.success ? parsed.data : DEFAULT_SETTINGS
    },
    write: (settings) => void upsert.run(JSON.stringify(settingsSchema.parse(settings))),
  }
}

function createVocabularyCache(db: DatabaseSync, now: () => number): DeskStore['vocabularyCache'] {
  const one = db.prepare(
    'SELECT stored_at, answer FROM vocabulary_cache WHERE origin = ? AND vocabulary = ? AND query = ?',
  )
  const upsert = db.prepare(
    `INSERT INTO vocabulary_cache (origin, vocabulary, query, stored_at, answer) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (origin, vocabulary, query) DO UPDATE SET stored_at = excluded.stored_at, answer = excluded.answer`,
  )
  // Whole vocabularies (empty query) are few and worth most without a network: they stay.
  const prune = db.prepare(
    `DELETE FROM vocabulary_cache WHERE query <> '' AND stored_at <=
     (SELECT stored_at FROM vocabulary_cache WHERE query <> '' ORDER BY stored_at DESC LIMIT 1 OFFSET ${CACHED_ANSWERS})`,
  )
  return {
    read: (...key) => {
      const row = one.get(...key)
      return row === undefined ? null : { storedAt: Number(row['stored_at']), answer: parseJson(String(row['answer'])) }
    },
    write: (origin, vocabulary, query, answer) => {
      upsert.run(origin, vocabulary, query, now(), JSON.stringify(answer))
      prune.run()
    },
  }
}

/** A database that the person alone may read; what SQLite puts beside it takes over its mode. */
function openPrivate(home: string, name: string): DatabaseSync {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  chmodSync(home, 0o700)
  const path = join(home, name)
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  return new DatabaseSync(path, { timeout: 5000 })
}
