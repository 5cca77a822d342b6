import type { Stats } from 'node:fs'
import { access, constants, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderEntry, LeftOutReason } from '../../contract/desk/folder.ts'

/** Left out by default, by name alone. Only what can be made again, or belongs to a program and not to the data. */
const JUNK_FOLDERS: readonly (readonly [RegExp, LeftOutReason])[] = [
  [/^\.(git|hg|svn)$/, 'git-history'],
  [/^(__MACOSX|\.AppleDouble|\.Spotlight-V100|\.Trashes|\.fseventsd|\.TemporaryItems)$/, 'macos-leftover'],
  [/^(\$RECYCLE\.BIN|System Volume Information)$/i, 'windows-leftover'],
  [/^(node_modules|bower_components|\.venv|\.renv)$/, 'dependencies'],
  [/^(__pycache__|\.ipynb_checkpoints|\.(pytest|mypy|ruff)_cache|\.tox|\.Rproj\.user)$/, 'can-be-rebuilt'],
]
const JUNK_FILES: readonly (readonly [RegExp, LeftOutReason])[] = [
  [/^(\.DS_Store|\._.*|\.localized|Icon\r)$/, 'macos-leftover'],
  [/^(Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i, 'windows-leftover'],
  [/^(~\$.+|\.~lock\..+#)$/, 'office-lock-file'],
  [/^(.+~|\..+\.sw[nopx]|#.+#|\.#.+)$/, 'editor-backup'],
  [/^.+\.py[co]$/, 'can-be-rebuilt'],
  [/^\.git$/, 'git-history'],
]

/** Read at once; more would not be faster on a disk and could starve other work of threads. */
const AT_ONCE = 64

/** Entries of one walk, junk included in the count: more is surely not one deposit, and would fill the memory. */
const MOST_ENTRIES = 1_000_000

/** The walk found more than {@link MOST_ENTRIES}. */
export class TooMuchError extends Error {}

/**
 * Walks a folder: in each its files, then its folders, by name, so that two walks of the same folder agree. Symbolic links
 * are reported and not followed. A junk folder is one entry with what it holds, counted after everything else. Yields what was
 * found in small batches, and gives way between them. Throws TooMuchError, and the error of the folder itself when it can’t be read.
 *
 * `prefix` stands before every path. With `reason` everything is listed as left out for it: for the inside of a junk folder.
 */
export async function* walkFolder(
  folder: string,
  prefix: string,
  options: { readonly signal: AbortSignal; readonly reason?: LeftOutReason },
): AsyncGenerator<FolderEntry[]> {
  const { reason } = options
  const budget = { left: MOST_ENTRIES }
  const junk: { readonly path: string; readonly reason: LeftOutReason }[] = []
  const ahead = ['']
  for (let below = ahead.pop(); below !== undefined; below = ahead.pop()) {
    options.signal.throwIfAborted()
    const inside = await list(join(folder, below), below === '')
    const at = (name: string) => (below === '' ? name : `${below}/${name}`)
    if (inside === null) {
      yield [{ ...nothing(prefix + below), kind: 'folder', files: 0, leftOut: reason ?? 'unreadable' }]
      continue
    }
    // A Python environment may have any name; this file is what makes it one (PEP 405).
    if (reason === undefined && below !== '' && inside.files.includes('pyvenv.cfg')) {
      junk.push({ path: below, reason: 'dependencies' })
      continue
    }
    for (let from = 0; from < inside.files.length; from += AT_ONCE) {
      options.signal.throwIfAborted()
      const batch = inside.files.slice(from, from + AT_ONCE)
      spend(budget, batch.length)
      yield await Promise.all(
        batch.map((name) => readEntry(join(folder, at(name)), prefix + at(name), reason ?? match(JUNK_FILES, name))),
      )
    }
    for (const name of inside.folders.reverse()) {
      spend(budget, 1)
      const left = reason === undefined ? match(JUNK_FOLDERS, name) : null
      if (left === null) ahead.push(at(name))
      else junk.push({ path: at(name), reason: left })
    }
  }
  for (const { path, reason: left } of junk) {
    const entry = await readEntry(join(folder, path), prefix + path, left)
    yield [{ ...entry, kind: 'folder', ...(await countFolder(join(folder, path), options.signal, budget)) }]
  }
}

/** One file as an entry; `leftOut` unless something more serious speaks against it. */
export async function readEntry(path: string, name: string, leftOut: LeftOutReason | null): Promise<FolderEntry> {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) return { ...nothing(name), leftOut: 'symbolic-link' }
    if (!stats.isFile() && !stats.isDirectory()) return { ...nothing(name), leftOut: 'not-a-file' }
    await access(path, constants.R_OK)
    return { ...nothing(name), bytes: sizeOf(stats), modifiedAt: stats.mtimeMs, leftOut }
  } catch {
    // Gone since it was listed, not permitted, or a name that is no Unicode: it can’t be sent.
    return { ...nothing(name), leftOut: 'unreadable' }
  }
}

function nothing(path: string): FolderEntry {
  return { path, kind: 'file', bytes: 0, files: 1, modifiedAt: 0, leftOut: null }
}

function sizeOf(stats: Stats): number {
  return stats.isFile() ? stats.size : 0
}

function match(table: readonly (readonly [RegExp, LeftOutReason])[], name: string): LeftOutReason | null {
  return table.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

/** Names in a folder, in order; null for one that can’t be read, unless it is the one that was asked for. */
async function list(folder: string, asked: boolean): Promise<{ files: string[]; folders: string[] } | null> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const names = (some: typeof entries) => some.map(({ name }) => name).sort()
    return {
      files: names(entries.filter((entry) => !entry.isDirectory())),
      folders: names(entries.filter((entry) => entry.isDirectory())),
    }
  } catch (error) {
    if (asked) throw error
    return null
  }
}

async function countFolder(
  folder: string,
  signal: AbortSignal,
  budget: { left: number },
): Promise<{ files: number; bytes: number }> {
  const sum = { files: 0, bytes: 0 }
  const ahead = [folder]
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const here = next
    const inside = await list(here, false)
    if (inside === null) continue
    spend(budget, inside.files.length)
    ahead.push(...inside.folders.map((name) => join(here, name)))
    for (let from = 0; from < inside.files.length; from += AT_ONCE) {
      signal.throwIfAborted()
      const batch = inside.files.slice(from, from + AT_ONCE)
      const sizes = await Promise.all(batch.map((name) => lstat(join(here, name)).then(sizeOf, () => 0)))
      sum.files += sizes.length
      sum.bytes += sizes.reduce((one, other) => one + other, 0)
    }
  }
  return sum
}

function spend(budget: { left: number }, entries: number): void {
  budget.left -= entries
  if (budget.left < 0) throw new TooMuchError()
}
