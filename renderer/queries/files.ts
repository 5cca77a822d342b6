import type { FileRow } from '../../contract/desk/transfer.ts'
import { call } from '../bridge/client.ts'

/** Files of one deposit, in its order. */
export type FileRows = { readonly total: number; readonly rows: readonly FileRow[] }

/** The largest page that the contract allows. */
const PAGE = 2000

/** All files of a deposit, page by page; what changes meanwhile is in the answer. */
export async function readFiles(depositId: string): Promise<FileRows> {
  const rows: FileRow[] = []
  const late: FileRow[] = []
  const stop = window.desk.on['transfers.changed']((changed) =>
    late.push(...changed.rows.filter((row) => row.depositId === depositId)),
  )
  try {
    for (;;) {
      const page = await call('transfers.files', { depositId, from: rows.length, count: PAGE })
      rows.push(...page.rows)
      if (rows.length >= page.total || page.rows.length === 0) return mergeRows({ total: page.total, rows }, late)
    }
  } finally {
    stop()
  }
}

/** The list with the rows of an event in it. Those of files that were not there yet are put in their place. */
export function mergeRows({ total, rows: known }: FileRows, changed: readonly FileRow[]): FileRows {
  if (changed.length === 0) return { total, rows: known }
  const rows = [...known]
  for (const row of changed) {
    // A file stands at its number, unless some are missing.
    let at = Math.min(row.fileId, rows.length)
    while (at > 0 && (rows[at - 1]?.fileId ?? 0) >= row.fileId) at -= 1
    rows.splice(at, rows[at]?.fileId === row.fileId ? 1 : 0, row)
  }
  return { total: Math.max(total, rows.length), rows }
}
