import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow, FileState } from '../../../contract/desk/transfer.ts'
import type { FileRows } from '../../queries/files.ts'

/** A line of the list: a deposit, one of its files, or a fold of files that are in the same state. */
export type ListRow =
  | { readonly kind: 'deposit'; readonly transfer: DepositTransfer; readonly open: boolean }
  | { readonly kind: 'reading'; readonly depositId: string }
  | { readonly kind: 'file'; readonly row: FileRow; readonly level: 2 | 3 }
  | {
      readonly kind: 'fold'
      readonly id: string
      readonly depositId: string
      /** The first of them stands for their state. */
      readonly first: FileRow
      readonly count: number
      readonly bytes: number
      readonly open: boolean
      /** Whether others in this state stand above. */
      readonly rest: boolean
    }

/**
 * Order within a deposit, by what a person has to see, and how many files of a state are shown before the rest is folded.
 * What needs a decision and what moves is never folded.
 */
const ORDER: readonly { readonly states: readonly FileState['kind'][]; readonly shown: number }[] = [
  { states: ['blocked'], shown: Infinity },
  { states: ['sending', 'verifying', 'checking', 'packing'], shown: Infinity },
  { states: ['waiting'], shown: 3 },
  { states: ['paused'], shown: 3 },
  { states: ['queued'], shown: 3 },
  { states: ['cancelled'], shown: 3 },
  { states: ['left-out'], shown: 0 },
  { states: ['verified'], shown: 0 },
]
/** A fold of fewer files than this would hide what fits. */
const FOLD_FROM = 3

export function listRows(
  transfers: readonly DepositTransfer[],
  files: ReadonlyMap<string, FileRows | null>,
  isOpen: (depositId: string) => boolean,
  openFolds: ReadonlySet<string>,
  /** Key of a file that is never folded away, since a person looks at it. */
  selected: string | null,
): ListRow[] {
  return transfers.flatMap((transfer): ListRow[] => {
    const open = isOpen(transfer.depositId)
    const head: ListRow = { kind: 'deposit', transfer, open }
    if (!open) return [head]
    const known = files.get(transfer.depositId)
    return [
      head,
      ...(known ? fileRows(transfer.depositId, known.rows, openFolds, selected) : [reading(transfer.depositId)]),
    ]
  })
}

function reading(depositId: string): ListRow {
  return { kind: 'reading', depositId }
}

function fileRows(
  depositId: string,
  files: readonly FileRow[],
  openFolds: ReadonlySet<string>,
  selected: string | null,
): ListRow[] {
  const byState = Map.groupBy(files, (row) => ORDER.findIndex(({ states }) => states.includes(row.state.kind)))
  return ORDER.flatMap(({ shown }, place): ListRow[] => {
    const members = byState.get(place) ?? []
    const limit = members.length < shown + FOLD_FROM ? members.length : shown
    const id = `${depositId} ${place}`
    const open = openFolds.has(id)
    const folded = members.slice(limit)
    const pinned = open ? [] : folded.filter((row) => keyOfFile(row) === selected)
    const rest = pinned.length === 0 ? folded : folded.filter((row) => !pinned.includes(row))
    const rows = [...members.slice(0, limit), ...pinned].map((row): ListRow => ({ kind: 'file', row, level: 2 }))
    const first = rest[0]
    if (!first) return rows
    const fold: ListRow = {
      kind: 'fold',
      id,
      depositId,
      first,
      count: rest.length,
      bytes: rest.reduce((sum, { bytes }) => sum + bytes, 0),
      open,
      rest: rows.length > 0,
    }
    return [...rows, fold, ...(open ? rest.map((row): ListRow => ({ kind: 'file', row, level: 3 })) : [])]
  })
}

export function keyOfRow(row: ListRow): string {
  switch (row.kind) {
    case 'deposit':
      return row.transfer.depositId
    case 'reading':
      return `reading ${row.depositId}`
    case 'file':
      return keyOfFile(row.row)
    case 'fold':
      return `fold ${row.id}`
  }
}

/** Made once for each row: ten thousand of them are asked for with every change. */
const fileKeys = new WeakMap<Pick<FileRow, 'depositId' | 'fileId'>, string>()

export function keyOfFile(file: Pick<FileRow, 'depositId' | 'fileId'>): string {
  const known = fileKeys.get(file)
  if (known !== undefined) return known
  const key = `${file.depositId} file ${file.fileId}`
  fileKeys.set(file, key)
  return key
}
