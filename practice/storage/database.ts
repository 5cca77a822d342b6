import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'

/** How long a predecessor that is just ending is waited for. */
const LOCK_WAIT_MS = 5000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS parents (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, parent TEXT NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS records_of_parent ON records (parent);
  CREATE TABLE IF NOT EXISTS files (
    scope TEXT NOT NULL CHECK (scope IN ('draft', 'record')),
    record TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (scope, record, key)
  ) STRICT;
`

export class DataFolderInUse extends Error {
  constructor(folder: string) {
    super(`The data folder ${folder} is in use by another practice repository.`)
    this.name = 'DataFolderInUse'
  }
}

/** Exclusive use of a data folder, for as long as the process lives; the system lets go of it when the process is killed. */
export async function lockDataFolder(folder: string): Promise<{ release: () => void }> {
  mkdirSync(folder, { recursive: true })
  const lock = new DatabaseSync(join(folder, 'lock.db'))
  const until = Date.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
      return { release: () => lock.close() }
    } catch {
      if (Date.now() >= until) {
        lock.close()
        throw new DataFolderInUse(folder)
      }
      await wait(100)
    }
  }
}

/**
 * The database of a data folder. WAL with synchronous=NORMAL: what was answered survives the end of the process at any
 * moment; after a loss of power the last seconds may be missing, which practice may afford.
 */
export function openDatabase(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'practice.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;')
  database.exec(SCHEMA)
  return database
}
