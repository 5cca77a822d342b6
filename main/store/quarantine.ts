import type { DatabaseSync } from 'node:sqlite'
import type { z } from 'zod'
import { inTransaction } from './migrate.ts'

/** A row that could not be read. It is kept as it was, apart, and no longer in the way. */
export type QuarantinedRow = {
  readonly noticedAt: number
  readonly table: string
  readonly rowId: string
  readonly reason: string
}

export type Quarantine = {
  /** The JSON of a row, or null when it can’t be read: then the row moves here. */
  parse<S extends z.ZodType>(
    table: 'accounts' | 'deposits' | 'downloads',
    rowId: string,
    json: string,
    schema: S,
  ): z.output<S> | null
  list(): QuarantinedRow[]
}

export function createQuarantine(db: DatabaseSync, now: () => number): Quarantine {
  const insert = db.prepare(
    'INSERT INTO quarantine (noticed_at, table_name, row_id, reason, content) VALUES (?, ?, ?, ?, ?)',
  )
  const all = db.prepare('SELECT noticed_at, table_name, row_id, reason FROM quarantine ORDER BY id')
  return {
    parse: (table, rowId, json, schema) => {
      const parsed = schema.safeParse(parseJson(json))
      if (parsed.success) return parsed.data
      // Where it broke, never the value: this is reported.
      const reason = parsed.error.issues
        .map(({ path, code }) => `${path.join('.')} ${code}`)
        .join(', ')
        .slice(0, 500)
      inTransaction(db, () => {
        insert.run(now(), table, rowId, reason, json)
        db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(rowId)
      })
      return null
    },
    list: () =>
      all.all().map((row) => ({
        noticedAt: Number(row['noticed_at']),
        table: String(row['table_name']),
        rowId: String(row['row_id']),
        reason: String(row['reason']),
      })),
  }
}

/** JSON of a column; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
