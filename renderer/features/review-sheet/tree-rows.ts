import type { FolderEntry } from '../../../contract/desk/folder.ts'
import type { Plan } from '../../../core/deposit/plan.ts'
import { buildTree, type TreeRow } from '../../../core/deposit/tree.ts'

/** What a row needs to stand in the grid: of the folder, or of the record that it becomes. */
export type GridRow = Pick<TreeRow, 'path' | 'name' | 'depth' | 'files' | 'bytes'> & {
  readonly kind: 'file' | 'folder' | 'zip'
}

/**
 * The tree of what could be taken, below one row for everything. What is left out by default stands in a list of its own;
 * as soon as it is included it is here.
 */
export function rowsOfPlan(name: string, entries: readonly FolderEntry[], plan: Plan): TreeRow[] {
  const leftovers = new Set(
    plan.leftOut.flatMap(({ entry, reason }) => (reason === 'by-you' || reason === 'empty' ? [] : [entry.path])),
  )
  const listed = leftovers.size === 0 ? entries : entries.filter(({ path }) => !leftovers.has(path))
  const below = buildTree(listed, plan).map((row) => ({ ...row, depth: row.depth + 1, end: row.end + 1 }))
  const top = below.filter(({ depth }) => depth === 1)
  const sum = (of: (row: TreeRow) => number) => top.reduce((all, row) => all + of(row), 0)
  const taken = top.filter(({ becomes }) => becomes.kind !== 'left-out')
  const root: TreeRow = {
    path: '',
    name,
    kind: 'folder',
    depth: 0,
    files: taken.reduce((all, row) => all + row.files, 0),
    bytes: taken.reduce((all, row) => all + row.bytes, 0),
    leftOutFiles: sum((row) => (row.becomes.kind === 'left-out' ? row.files : row.leftOutFiles)),
    becomes: { kind: 'files', files: plan.files.length },
    end: below.length + 1,
  }
  return [root, ...below]
}

/** Whether all, some or nothing of a row is taken. */
export function takenOf(row: TreeRow): 'all' | 'some' | 'none' {
  if (row.becomes.kind === 'left-out' || (row.path === '' && row.files === 0)) return 'none'
  return row.leftOutFiles > 0 ? 'some' : 'all'
}

/** Whether the person can take it or leave it out. What the server refuses for being empty is out in any case. */
export function canToggle({ becomes }: TreeRow): boolean {
  return !(becomes.kind === 'left-out' && becomes.reason === 'empty')
}

/** Place of the folder that a row stands in; -1 at the top. */
export function parentOf(rows: readonly { readonly depth: number }[], index: number): number {
  const depth = rows[index]?.depth ?? 0
  return rows.findLastIndex((row, at) => at < index && row.depth < depth)
}

/** From so many entries on, only the first level shows at first: what is in a folder of thousands is its folders. */
const MANY = 150

/** Folders that are closed: all below the first level where there is much, but for those that the person turned. */
export function closedFolders(
  rows: readonly GridRow[],
  found: number,
  turned: ReadonlySet<string>,
): ReadonlySet<string> {
  const isClosed = ({ path }: GridRow) => (found > MANY && path !== '') !== turned.has(path)
  return new Set(rows.filter((row) => row.kind !== 'file' && isClosed(row)).map(({ path }) => path))
}
