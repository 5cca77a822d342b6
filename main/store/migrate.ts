import type { DatabaseSync } from 'node:sqlite'
import { DeskError } from '../../contract/errors.ts'

/**
 * Brings a database to the newest version, one transaction for each step. `migrations[0]` leads from an empty database to
 * version 1. Throws DeskError data-from-newer-version for one that a newer application wrote, and leaves it untouched.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > migrations.length) throw new DeskError('data-from-newer-version')
  migrations.slice(version).forEach((sql, done) =>
    inTransaction(db, () => {
      db.exec(sql)
      db.exec(`PRAGMA user_version = ${version + done + 1}`)
    }),
  )
}

export function inTransaction<T>(db: DatabaseSync, act: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite may have taken it back by itself, where the disk is full.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
