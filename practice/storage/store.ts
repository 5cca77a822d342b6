import type { DatabaseSync } from 'node:sqlite'
import type { FileEntry, Parent, User, Version } from './model.ts'

export type Scope = 'draft' | 'record'

/**
 * The documents of a data folder. Everything is synchronous: one process serves one folder, so a handler that does not wait
 * between reading and writing cannot be overtaken.
 */
export class Store {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Runs `work` so that all of it is stored, or nothing. May be nested. */
  transaction<T>(work: () => T): T {
    if (this.#database.isTransaction) return work()
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  users(): User[] {
    return this.#all<User>('SELECT document FROM users ORDER BY id')
  }

  addUser(user: User): void {
    this.#run('INSERT INTO users (id, token, document) VALUES (?, ?, ?)', user.id, user.token, JSON.stringify(user))
  }

  version(id: string): Version | null {
    return this.#all<Version>('SELECT document FROM records WHERE id = ?', id)[0] ?? null
  }

  /** All versions of a work, oldest first. */
  versionsOf(parent: string): Version[] {
    return this.#all<Version>('SELECT document FROM records WHERE parent = ?', parent).sort((a, b) => a.index - b.index)
  }

  allVersions(): Version[] {
    return this.#all<Version>('SELECT document FROM records')
  }

  saveVersion(version: Version): Version {
    this.#run(
      'INSERT INTO records (id, parent, document) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document',
      version.id,
      version.parent,
      JSON.stringify(version),
    )
    return version
  }

  removeVersion(id: string): void {
    this.#run('DELETE FROM records WHERE id = ?', id)
  }

  parent(id: string): Parent | null {
    return this.#all<Parent>('SELECT document FROM parents WHERE id = ?', id)[0] ?? null
  }

  saveParent(parent: Parent): Parent {
    this.#run(
      'INSERT INTO parents (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document',
      parent.id,
      JSON.stringify(parent),
    )
    return parent
  }

  removeParent(id: string): void {
    this.#run('DELETE FROM parents WHERE id = ?', id)
  }

  /** In the order in which they were started. */
  files(scope: Scope, record: string): FileEntry[] {
    return this.#all<FileEntry>(
      'SELECT document FROM files WHERE scope = ? AND record = ? ORDER BY position',
      scope,
      record,
    )
  }

  file(scope: Scope, record: string, key: string): FileEntry | null {
    return (
      this.#all<FileEntry>(
        'SELECT document FROM files WHERE scope = ? AND record = ? AND key = ?',
        scope,
        record,
        key,
      )[0] ?? null
    )
  }

  countFiles(scope: Scope, record: string): number {
    const row = this.#database
      .prepare('SELECT count(*) AS n FROM files WHERE scope = ? AND record = ?')
      .get(scope, record)
    return Number(row?.['n'] ?? 0)
  }

  saveFile(scope: Scope, record: string, entry: FileEntry): FileEntry {
    this.#run(
      `INSERT INTO files (scope, record, key, position, document)
       VALUES (?, ?, ?, (SELECT coalesce(max(position), 0) + 1 FROM files WHERE scope = ? AND record = ?), ?)
       ON CONFLICT (scope, record, key) DO UPDATE SET document = excluded.document`,
      scope,
      record,
      entry.key,
      scope,
      record,
      JSON.stringify(entry),
    )
    return entry
  }

  removeFile(scope: Scope, record: string, key: string): void {
    this.#run('DELETE FROM files WHERE scope = ? AND record = ? AND key = ?', scope, record, key)
  }

  removeFiles(scope: Scope, record: string): void {
    this.#run('DELETE FROM files WHERE scope = ? AND record = ?', scope, record)
  }

  /** Whether any entry still points at these bytes. */
  isObjectInUse(id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM files WHERE instr(document, ?) > 0 LIMIT 1').get(id) !== undefined
  }

  /** Every entry of every draft and record: to find what on disk is still needed. */
  allFiles(): { scope: Scope; record: string; entry: FileEntry }[] {
    return this.#database
      .prepare('SELECT scope, record, document FROM files')
      .all()
      .map((row) => ({
        scope: row['scope'] as Scope,
        record: String(row['record']),
        entry: JSON.parse(String(row['document'])) as FileEntry,
      }))
  }

  #all<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.#database
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row['document'])) as T)
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#database.prepare(sql).run(...values)
  }
}
