import type { FolderEntry } from '../../contract/desk/folder.ts'
import type { LeftOut, Plan } from './plan.ts'

/** What becomes of a file or folder. */
export type Becomes =
  | { readonly kind: 'as-it-is' }
  | { readonly kind: 'renamed'; readonly key: string }
  /** A file in a zip of that name, or a folder that is in it as a whole. */
  | { readonly kind: 'in-zip'; readonly key: string }
  | { readonly kind: 'volumes'; readonly volumes: number }
  | { readonly kind: 'left-out'; readonly reason: LeftOut['reason'] }
  /** A folder: how many files of the record come from it. Where some of it is left out, the row counts them. */
  | { readonly kind: 'files'; readonly files: number }

export type TreeRow = {
  readonly path: string
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** 0 at the top. */
  readonly depth: number
  /** Files and bytes below that are taken; of a row that is left out, all of it. */
  readonly files: number
  readonly bytes: number
  /** Files below a folder that is taken, that are left out. */
  readonly leftOutFiles: number
  readonly becomes: Becomes
  /** Index after the last row below this one: a closed folder goes on there. */
  readonly end: number
}

type Folder = {
  readonly path: string
  readonly folders: Folder[]
  readonly files: FolderEntry[]
  /** The entry itself where it is a folder of which only the count is known. */
  entry: FolderEntry | null
}

/**
 * The folder as rows of a tree, in depth-first order: in each folder its files, then its folders, both as they were found.
 * Linear. Show all rows, or leave out what is below closed folders with {@link openRows}.
 */
export function buildTree(entries: readonly FolderEntry[], plan: Plan): TreeRow[] {
  const fates = findFates(plan)
  const rows: TreeRow[] = []
  addRows(arrange(entries), -1, fates, rows)
  return rows
}

/** The rows that are on screen when these folders are closed. */
export function openRows<Row extends { readonly path: string; readonly end: number }>(
  rows: readonly Row[],
  closed: ReadonlySet<string>,
): Row[] {
  const open: Row[] = []
  for (let at = 0; at < rows.length;) {
    const row = rows[at]
    if (row === undefined) break
    open.push(row)
    at = closed.has(row.path) ? row.end : at + 1
  }
  return open
}

const AS_IT_IS: Becomes = { kind: 'as-it-is' }

function findFates(plan: Plan): Map<string, Becomes> {
  const fates = new Map<string, Becomes>()
  for (const { key, source } of plan.files) {
    switch (source.kind) {
      case 'file':
        fates.set(source.path, key === source.path.normalize('NFC') ? AS_IT_IS : { kind: 'renamed', key })
        break
      case 'slice': {
        const before = fates.get(source.path)
        fates.set(source.path, { kind: 'volumes', volumes: before?.kind === 'volumes' ? before.volumes + 1 : 1 })
        break
      }
      case 'zip': {
        const zipped: Becomes = { kind: 'in-zip', key }
        for (const { path } of source.entries) fates.set(path, zipped)
        break
      }
      case 'text':
        break
    }
  }
  for (const { entry, reason } of plan.leftOut) fates.set(entry.path, { kind: 'left-out', reason })
  return fates
}

function arrange(entries: readonly FolderEntry[]): Folder {
  const root: Folder = { path: '', folders: [], files: [], entry: null }
  const known = new Map<string, Folder>([['', root]])
  const folderAt = (path: string): Folder => {
    const there = known.get(path)
    if (there !== undefined) return there
    const folder: Folder = { path, folders: [], files: [], entry: null }
    known.set(path, folder)
    folderAt(path.slice(0, Math.max(0, path.lastIndexOf('/')))).folders.push(folder)
    return folder
  }
  // Most entries stand in the same folder as the one before.
  let last = root
  for (const entry of entries) {
    if (entry.kind === 'folder') {
      folderAt(entry.path).entry = entry
      continue
    }
    const length = Math.max(0, entry.path.lastIndexOf('/'))
    if (length !== last.path.length || !entry.path.startsWith(last.path)) last = folderAt(entry.path.slice(0, length))
    last.files.push(entry)
  }
  return root
}

/** Of what is below a folder: what is taken, in how many files of the record, and what is left out, with the first reason. */
type Sum = {
  files: number
  bytes: number
  alone: number
  /** Made when the first is met: most folders have none. */
  zips: Set<string> | null
  leftOutFiles: number
  leftOutBytes: number
  reason: LeftOut['reason'] | null
}

function addRows(folder: Folder, depth: number, fates: ReadonlyMap<string, Becomes>, rows: TreeRow[]): Sum {
  const sum: Sum = { files: 0, bytes: 0, alone: 0, zips: null, leftOutFiles: 0, leftOutBytes: 0, reason: null }
  const place = rows.length
  if (depth >= 0) rows.push(rowOf(folder, depth, sum, place))
  if (folder.entry !== null) count(sum, folder.entry, fateOf(folder.entry, fates))
  for (const entry of folder.files) {
    const becomes = fateOf(entry, fates)
    count(sum, entry, becomes)
    const { path, bytes, files } = entry
    rows.push({
      path,
      name: nameOf(path),
      kind: 'file',
      depth: depth + 1,
      files,
      bytes,
      leftOutFiles: 0,
      becomes,
      end: rows.length + 1,
    })
  }
  for (const inner of folder.folders) merge(sum, addRows(inner, depth + 1, fates, rows))
  if (depth >= 0) rows[place] = rowOf(folder, depth, sum, rows.length)
  return sum
}

function rowOf({ path }: Folder, depth: number, sum: Sum, end: number): TreeRow {
  const shared = { path, name: nameOf(path), kind: 'folder', depth, end } as const
  if (sum.files === 0 && sum.reason !== null)
    return {
      ...shared,
      files: sum.leftOutFiles,
      bytes: sum.leftOutBytes,
      leftOutFiles: 0,
      becomes: { kind: 'left-out', reason: sum.reason },
    }
  const [zip] = sum.zips ?? []
  const zips = sum.zips?.size ?? 0
  const becomes: Becomes =
    zip !== undefined && zips === 1 && sum.alone === 0
      ? { kind: 'in-zip', key: zip }
      : { kind: 'files', files: sum.alone + zips }
  return { ...shared, files: sum.files, bytes: sum.bytes, leftOutFiles: sum.leftOutFiles, becomes }
}

function count(sum: Sum, entry: FolderEntry, becomes: Becomes): void {
  if (becomes.kind === 'left-out') {
    sum.leftOutFiles += entry.files
    sum.leftOutBytes += entry.bytes
    sum.reason ??= becomes.reason
    return
  }
  sum.files += entry.files
  sum.bytes += entry.bytes
  if (becomes.kind === 'in-zip') addZip(sum, becomes.key)
  // Volumes come with a note that tells how to join them.
  else sum.alone += becomes.kind === 'volumes' ? becomes.volumes + 1 : 1
}

function merge(sum: Sum, below: Sum): void {
  sum.files += below.files
  sum.bytes += below.bytes
  sum.alone += below.alone
  for (const key of below.zips ?? []) addZip(sum, key)
  sum.leftOutFiles += below.leftOutFiles
  sum.leftOutBytes += below.leftOutBytes
  sum.reason ??= below.reason
}

function addZip(sum: Sum, key: string): void {
  sum.zips ??= new Set()
  sum.zips.add(key)
}

/** An entry that the plan does not name came after it was made: it is not part of it. */
function fateOf(entry: FolderEntry, fates: ReadonlyMap<string, Becomes>): Becomes {
  return fates.get(entry.path) ?? { kind: 'left-out', reason: entry.leftOut ?? 'by-you' }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
