import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join, parse } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { DeskError, type AppError } from '../../../contract/errors.ts'
import type { Log } from '../../../core/transfer/log.ts'
import type { TransferState } from '../../../core/transfer/machine.ts'
import type { SourceFile } from '../source.ts'
import { MIGRATIONS } from './migrations.ts'
import { readDepositRow, readFileRow, readLogRow, stateColumns, type StoredDeposit, type StoredFile } from './rows.ts'

const NAME = 'transfers.db'
/** Progress is written in groups of this many rows, or after this time: one commit costs as much as sixty rows. */
const GROUP_ROWS = 64
const GROUP_MS = 50

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/**
 * The one place with the SQL of transfers. Write-ahead log with synchronous=NORMAL: what is committed survives the end of
 * this process at any point; a power failure may take the last commits, and then the server’s listing is the truth.
 */
export class Journal {
  /** The journal that was here is damaged; it was put aside, and this one begins empty. */
  readonly rebuilt: boolean
  readonly #database: DatabaseSync
  readonly #insertDeposit: StatementSync
  readonly #insertFile: StatementSync
  readonly #updateState: StatementSync
  readonly #writeLog: StatementSync
  readonly #waiting = new Map<string, () => void>()
  readonly #onPersist: (point: string) => void
  readonly #onFailure: (error: unknown) => void
  #timer: NodeJS.Timeout | null = null

  /**
   * `onPersist` is told before and after each write, for tests that end the process there. `onFailure` hears of grouped
   * writes that failed; others throw to the caller. Throws DeskError `data-from-newer-version`, `disk-full`.
   */
  constructor(home: string, onPersist: (point: string) => void, onFailure: (error: unknown) => void) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const path = join(home, NAME)
    try {
      const { database, rebuilt } = openDatabase(path)
      this.#database = database
      this.rebuilt = rebuilt
    } catch (error) {
      if (error instanceof DeskError) throw error
      throw diskFull(home, error)
    }
    this.#onPersist = onPersist
    this.#onFailure = onFailure
    this.#insertDeposit = this.#database.prepare(
      'INSERT INTO deposit (id, account_id, draft_id, server_name, error) VALUES (?, ?, ?, ?, ?)',
    )
    this.#insertFile = this.#database.prepare(
      `INSERT INTO file (step, bytes, plan, footing, parts, md5, sha256, remote_checksum, resent, attempt, started_at,
        measured, deposit_id, file_id, key, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#updateState = this.#database.prepare(
      `UPDATE file SET step = ?, bytes = ?, plan = ?, footing = ?, parts = ?, md5 = ?, sha256 = ?, remote_checksum = ?,
        resent = ?, attempt = ?, started_at = ?, measured = ? WHERE deposit_id = ? AND file_id = ?`,
    )
    this.#writeLog = this.#database.prepare(
      `INSERT INTO log (deposit_id, file_id, entries) VALUES (?, ?, ?)
        ON CONFLICT (deposit_id, file_id) DO UPDATE SET entries = excluded.entries`,
    )
  }

  deposits(): StoredDeposit[] {
    return this.#database.prepare('SELECT * FROM deposit ORDER BY rowid').all().map(readDepositRow)
  }

  deposit(depositId: string): StoredDeposit | null {
    const row = this.#database.prepare('SELECT * FROM deposit WHERE id = ?').get(depositId)
    return row === undefined ? null : readDepositRow(row)
  }

  /** Files in their order, `count` from the `from`th; settled deposits are read a page at a time. */
  files(depositId: string, from = 0, count = -1): StoredFile[] {
    this.flush()
    return this.#database
      .prepare('SELECT * FROM file WHERE deposit_id = ? ORDER BY file_id LIMIT ? OFFSET ?')
      .all(depositId, count, from)
      .map(readFileRow)
  }

  file(depositId: string, fileId: number): StoredFile | null {
    this.flush()
    const row = this.#database.prepare('SELECT * FROM file WHERE deposit_id = ? AND file_id = ?').get(depositId, fileId)
    return row === undefined ? null : readFileRow(row)
  }

  /** By file; only those to which something remarkable happened. What still waits to be written is not in it. */
  logs(depositId: string): Map<number, Log> {
    const rows = this.#database.prepare('SELECT file_id, entries FROM log WHERE deposit_id = ?').all(depositId)
    return new Map(rows.map(readLogRow).map(({ fileId, log }) => [fileId, log]))
  }

  count(depositId: string): number {
    const row = this.#database.prepare('SELECT count(*) AS files FROM file WHERE deposit_id = ?').get(depositId)
    return (row as { files: number }).files
  }

  /** In place of what was known of this deposit. */
  add(deposit: StoredDeposit, files: readonly StoredFile[], logs: ReadonlyMap<number, Log> = new Map()): void {
    const { depositId, accountId, draftId, serverName, error } = deposit
    this.#write('add', () => {
      this.#database.prepare('DELETE FROM deposit WHERE id = ?').run(depositId)
      this.#insertDeposit.run(depositId, accountId, draftId, serverName, error === null ? null : JSON.stringify(error))
      for (const { fileId, key, source, state } of files)
        this.#insertFile.run(...stateColumns(state), depositId, fileId, key, JSON.stringify(source))
      for (const [fileId, log] of logs) this.#writeLog.run(depositId, fileId, JSON.stringify(log))
    })
  }

  remove(depositId: string): void {
    this.#write('remove', () => this.#database.prepare('DELETE FROM deposit WHERE id = ?').run(depositId))
  }

  setDeposit(depositId: string, change: { error: AppError | null; settled: boolean; serverName: string }): void {
    const { error, settled, serverName } = change
    this.#write('deposit', () =>
      this.#database
        .prepare('UPDATE deposit SET error = ?, settled = ?, server_name = ? WHERE id = ?')
        .run(error === null ? null : JSON.stringify(error), settled ? 1 : 0, serverName, depositId),
    )
  }

  setSource(depositId: string, fileId: number, source: SourceFile['source']): void {
    this.#write('source', () =>
      this.#database
        .prepare('UPDATE file SET source = ? WHERE deposit_id = ? AND file_id = ?')
        .run(JSON.stringify(source), depositId, fileId),
    )
  }

  /**
   * Stores the states of files, and their logs where those are new: `now` before an effect that they intend may run, `soon` for what an effect has led to.
   * `point` names the change for `onPersist`.
   */
  save(
    depositId: string,
    files: readonly { readonly fileId: number; readonly state: TransferState; readonly log: Log | null }[],
    when: 'now' | 'soon',
    point: string,
  ): void {
    for (const { fileId, state, log } of files) {
      this.#waiting.set(`${depositId}/${fileId}`, () =>
        this.#updateState.run(...stateColumns(state), depositId, fileId),
      )
      if (log !== null)
        this.#waiting.set(`${depositId}/${fileId} log`, () =>
          this.#writeLog.run(depositId, fileId, JSON.stringify(log)),
        )
    }
    if (when === 'now' || this.#waiting.size >= GROUP_ROWS) {
      this.#write(point, () => undefined)
      return
    }
    this.#onPersist(`before ${point}`)
    this.#timer ??= setTimeout(() => {
      try {
        this.flush()
      } catch (error) {
        this.#onFailure(error)
      }
    }, GROUP_MS)
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#waiting.size > 0) this.#write('group', () => undefined)
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#database.isOpen) this.#database.close()
  }

  /** All that waits and `change`, in one transaction. */
  #write(point: string, change: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#onPersist(`before ${point}`)
    const updates = [...this.#waiting.values()]
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const update of updates) update()
      change()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    this.#waiting.clear()
    this.#onPersist(`after ${point}`)
  }
}

/** Whether a failed write means that the journal itself can’t be read any more. */
export function isDamage(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return true
  return isSqliteError(error) && (error.errcode === SQLITE_CORRUPT || error.errcode === SQLITE_NOTADB)
}

/** Any other failure of SQLite: no space, no right to write, a disk that is gone. */
export function diskFull(home: string, cause: unknown): DeskError {
  return new DeskError('disk-full', { volume: parse(home).root }, { cause })
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error
}

function openDatabase(path: string): { database: DatabaseSync; rebuilt: boolean } {
  try {
    return { database: prepare(path), rebuilt: false }
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  // Kept beside the new one: what it held may matter to somebody.
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  for (const ending of ['', '-wal', '-shm']) if (existsSync(path + ending)) renameSync(path + ending, aside + ending)
  return { database: prepare(path), rebuilt: true }
}

function prepare(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
    const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (check.quick_check !== 'ok') throw Object.assign(new Error(check.quick_check), { errcode: SQLITE_CORRUPT })
    migrate(database)
    // Read once as a whole: damage inside a row is found here, not in the middle of a transfer.
    for (const row of database.prepare('SELECT * FROM deposit').iterate()) readDepositRow(row)
    const unfinished = 'SELECT file.* FROM file JOIN deposit ON deposit.id = deposit_id WHERE settled = 0'
    for (const row of database.prepare(unfinished).iterate()) readFileRow(row)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > MIGRATIONS.length) throw new DeskError('data-from-newer-version')
  for (const [at, migration] of MIGRATIONS.entries()) {
    if (at < version) continue
    database.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${at + 1}; COMMIT`)
  }
}
