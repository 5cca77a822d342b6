import type { Plan } from './plan.ts'

/** A row of what the record will hold: its files, and below each zip what is in it. */
export type RecordRow = {
  /** Tells rows apart; a zip and a file in it may have the same name. */
  readonly path: string
  readonly name: string
  readonly kind: 'zip' | 'folder' | 'file'
  /** 0 for a file of the record. */
  readonly depth: number
  /** Files below; 1 for a file. */
  readonly files: number
  /** Of a zip that will be compressed, the most that it can have. */
  readonly bytes: number
  readonly atMost: boolean
  /** Index after the last row below this one. */
  readonly end: number
}

/** The record as rows of a tree, zips first by the order of the plan. Linear. */
export function buildRecordTree({ files }: Plan): RecordRow[] {
  const rows: RecordRow[] = []
  files.forEach(({ key, bytes, source }, at) => {
    const place = rows.length
    const isZip = source.kind === 'zip'
    const row = { path: `${at}`, name: key, kind: isZip ? 'zip' : 'file', depth: 0, bytes } as const
    rows.push({ ...row, files: 1, atMost: false, end: place + 1 })
    if (!isZip) return
    addEntries(source.entries, `${at}`, rows)
    rows[place] = { ...row, files: source.entries.length, atMost: source.compress, end: rows.length }
  })
  return rows
}

type Open = { readonly name: string; readonly place: number; files: number; bytes: number }

/** Entries stand in the order of a walk, so that those of one folder are neighbours. */
function addEntries(
  entries: readonly { readonly name: string; readonly bytes: number }[],
  prefix: string,
  rows: RecordRow[],
): void {
  const open: Open[] = []
  const close = () => {
    const folder = open.pop()
    const row = folder === undefined ? undefined : rows[folder.place]
    if (folder === undefined || row === undefined) return
    rows[folder.place] = { ...row, files: folder.files, bytes: folder.bytes, end: rows.length }
    const around = open.at(-1)
    if (around === undefined) return
    around.files += folder.files
    around.bytes += folder.bytes
  }
  for (const { name, bytes } of entries) {
    const parts = name.split('/')
    const folders = parts.slice(0, -1)
    let same = 0
    while (same < open.length && same < folders.length && open[same]?.name === folders[same]) same += 1
    while (open.length > same) close()
    for (const folder of folders.slice(same)) {
      const place = rows.length
      open.push({ name: folder, place, files: 0, bytes: 0 })
      const path = `${prefix} ${place}`
      const shared = { kind: 'folder', files: 0, bytes: 0, atMost: false, end: place } as const
      rows.push({ path, name: folder, depth: open.length, ...shared })
    }
    const place = rows.length
    rows.push({
      path: `${prefix} ${place}`,
      name: parts.at(-1) ?? name,
      kind: 'file',
      depth: open.length + 1,
      files: 1,
      bytes,
      atMost: false,
      end: place + 1,
    })
    const folder = open.at(-1)
    if (folder === undefined) continue
    folder.files += 1
    folder.bytes += bytes
  }
  while (open.length > 0) close()
}
