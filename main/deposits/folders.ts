import { randomUUID } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DeskError } from '../../contract/errors.ts'
import type { FolderEntry, Scan } from '../../contract/desk/folder.ts'
import type { DeskEvents } from '../events.ts'
import { readEntry, TooMuchError, walkFolder } from './walk.ts'

/** Folders that were dropped or picked, and what was found in them. Absolute paths never leave here but to `take`. */
export type Folders = {
  /**
   * Starts to walk; what is found follows. A single folder’s entries are named relative to it; of several things, their own
   * names come first. Throws DeskError nothing-dropped, folder-unreadable.
   */
  walk(paths: readonly string[]): Promise<Scan>
  scan(scanId: string): Scan
  entries(scanId: string, from: number, count: number): FolderEntry[]
  /** Lists a junk folder in place of its one entry, still as left out. */
  include(scanId: string, path: string): Promise<Scan>
  close(scanId: string): void
  /** The finished walk, for making a deposit of it. Throws DeskError scan-unknown, folder-unreadable. */
  take(scanId: string): Promise<FinishedScan>
}

export type FinishedScan = {
  readonly name: string
  readonly entries: readonly FolderEntry[]
  /** Where an entry is on this computer. */
  readonly locate: (path: string) => string
}

/** Walks that were opened and not closed, say by a window that was reloaded; the oldest are forgotten. */
const MOST_SCANS = 8
const TELL_EVERY_MS = 100

type Root = { readonly name: string; readonly path: string; readonly kind: 'file' | 'folder' }

type Walk = {
  readonly scan: { -readonly [K in keyof Scan]: Scan[K] }
  readonly roots: readonly Root[]
  entries: FolderEntry[]
  readonly abort: AbortController
  done: Promise<void>
  toldAt: number
}

export function createFolders(events: DeskEvents): Folders {
  const walks = new Map<string, Walk>()

  const find = (scanId: string): Walk => {
    const walk = walks.get(scanId)
    if (walk === undefined) throw new DeskError('scan-unknown')
    return walk
  }

  const tell = (walk: Walk, now: boolean) => {
    if (!now && Date.now() - walk.toldAt < TELL_EVERY_MS) return
    walk.toldAt = Date.now()
    events.emit('folders.changed', { ...walk.scan })
  }

  const run = async (walk: Walk) => {
    try {
      for await (const batch of found(walk)) {
        for (const entry of batch) {
          walk.entries.push(entry)
          count(walk, entry)
        }
        tell(walk, false)
      }
      walk.scan.state = 'done'
    } catch (error) {
      if (walk.abort.signal.aborted) return
      walk.scan.state = 'failed'
      walk.scan.error = unreadable(walk.scan.name, error).toJSON()
    }
    tell(walk, true)
  }

  const forget = (scanId: string) => {
    walks.get(scanId)?.abort.abort()
    walks.delete(scanId)
  }

  return {
    walk: async (paths) => {
      const roots = await findRoots(paths)
      const [first] = roots
      if (first === undefined) throw new DeskError('nothing-dropped')
      const walk: Walk = {
        scan: { id: randomUUID(), name: first.name, state: 'walking', entries: 0, files: 0, bytes: 0 },
        roots,
        entries: [],
        abort: new AbortController(),
        done: Promise.resolve(),
        toldAt: 0,
      }
      walks.set(walk.scan.id, walk)
      for (const scanId of [...walks.keys()].slice(0, -MOST_SCANS)) forget(scanId)
      walk.done = run(walk)
      return { ...walk.scan }
    },

    scan: (scanId) => ({ ...find(scanId).scan }),

    entries: (scanId, from, many) => find(scanId).entries.slice(from, from + many),

    include: async (scanId, path) => {
      const walk = find(scanId)
      await walk.done
      const at = walk.entries.findIndex((entry) => entry.path === path && entry.kind === 'folder')
      const entry = walk.entries[at]
      if (entry?.leftOut == null || entry.leftOut === 'unreadable') return { ...walk.scan }
      const inside: FolderEntry[] = []
      const options = { signal: walk.abort.signal, reason: entry.leftOut }
      try {
        for await (const batch of walkFolder(locate(walk, path), `${path}/`, options)) inside.push(...batch)
      } catch (error) {
        throw unreadable(path, error)
      }
      walk.entries = [...walk.entries.slice(0, at), ...inside, ...walk.entries.slice(at + 1)]
      walk.scan.entries = walk.entries.length
      tell(walk, true)
      return { ...walk.scan }
    },

    close: forget,

    take: async (scanId) => {
      const walk = find(scanId)
      await walk.done
      if (walk.scan.error !== undefined) throw new DeskError(walk.scan.error.code, walk.scan.error.params)
      return { name: walk.scan.name, entries: walk.entries, locate: (path) => locate(walk, path) }
    },
  }
}

async function findRoots(paths: readonly string[]): Promise<Root[]> {
  const roots: Root[] = []
  const names = new Set<string>()
  for (const dropped of new Set(paths)) {
    const name = basename(dropped) || dropped
    try {
      // What is dropped is meant itself, be it a link; links inside are not followed.
      const path = await realpath(dropped)
      const stats = await stat(path)
      if (!stats.isFile() && !stats.isDirectory()) continue
      // Two things of one name from different places must not become one.
      let own = name
      for (let number = 2; names.has(own); number += 1) own = `${name}-${number}`
      names.add(own)
      roots.push({ name: own, path, kind: stats.isDirectory() ? 'folder' : 'file' })
    } catch (error) {
      throw unreadable(name, error)
    }
  }
  return roots
}

async function* found({ roots, abort: { signal } }: Walk): AsyncGenerator<FolderEntry[]> {
  const [only] = roots
  if (roots.length === 1 && only?.kind === 'folder') {
    yield* walkFolder(only.path, '', { signal })
    return
  }
  for (const { name, path, kind } of roots) {
    if (kind === 'folder') yield* walkFolder(path, `${name}/`, { signal })
    else yield [await readEntry(path, name, null)]
  }
}

function locate({ roots }: Walk, path: string): string {
  const [only] = roots
  if (roots.length === 1 && only?.kind === 'folder') return join(only.path, path)
  const slash = path.indexOf('/')
  const root = roots.find(({ name }) => name === (slash < 0 ? path : path.slice(0, slash)))
  if (root === undefined) throw new DeskError('scan-unknown')
  return slash < 0 ? root.path : join(root.path, path.slice(slash + 1))
}

/** Counts what is taken by default; what is left out is an entry only. */
function count({ scan }: Walk, entry: FolderEntry): void {
  scan.entries += 1
  if (entry.leftOut !== null) return
  scan.files += entry.files
  scan.bytes += entry.bytes
}

function unreadable(name: string, error: unknown): DeskError {
  const code = error instanceof Error && 'code' in error ? error.code : null
  const reason =
    error instanceof TooMuchError
      ? 'it holds more than a million files'
      : code === 'ENOENT'
        ? 'it is not there any more'
        : code === 'EACCES' || code === 'EPERM'
          ? 'you have no permission to read it'
          : 'the disk did not answer as it should'
  return new DeskError('folder-unreadable', { name, reason }, { cause: error })
}
