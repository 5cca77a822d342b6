import type { Capabilities } from '../../contract/desk/account.ts'
import type { FolderEntry, LeftOutReason, PlanChoices } from '../../contract/desk/folder.ts'
import { storedZipBytes } from '../transfer/zip-size.ts'

/** What the server takes; null where nothing is known, and then nothing is refused here. */
export type Limits = Pick<Capabilities, 'maxFiles' | 'quotaBytes' | 'maxFileBytes' | 'emptyFiles'>

/** A file inside a zip that is made while sending; `name` is its path in the zip. */
export type ZippedEntry = FolderEntry & { readonly name: string }

export type PlannedFile = {
  /** Name in the record, in NFC: to the server NFC and NFD are two names (live findings D10). */
  readonly key: string
  /** Exact, for a zip too. */
  readonly bytes: number
  readonly source:
    | { readonly kind: 'file'; readonly path: string; readonly modifiedAt: number }
    | { readonly kind: 'zip'; readonly entries: readonly ZippedEntry[] }
}

export type PlanWarning = {
  readonly kind:
    | 'too-many-files'
    | 'over-quota'
    | 'file-too-large'
    | 'empty-file'
    | 'name-too-long'
    | 'name-not-possible'
    | 'unicode-twins'
    | 'same-name'
    | 'one-zip'
  /** `refused`: nothing can start like this; `changed`: settled here, as shown; `advice`: it works, but should be read. */
  readonly severity: 'refused' | 'changed' | 'advice'
  /** Paths of the entries concerned; empty where it concerns all. */
  readonly paths: readonly string[]
  /** The name in the record that is at fault, or that a change led to. */
  readonly key?: string
  /** Files or bytes that there are, and that the server takes. */
  readonly found?: number
  readonly limit?: number
  /** What is wrong with a name. */
  readonly fault?: NameFault
}

export type NameFault =
  'empty' | 'leading-slash' | 'dot-segment' | 'control-character' | 'not-unicode' | 'reserved-ending'

export type LeftOut = { readonly entry: FolderEntry; readonly reason: LeftOutReason | 'by-you' | 'empty' }

export type Plan = {
  readonly files: readonly PlannedFile[]
  readonly leftOut: readonly LeftOut[]
  readonly warnings: readonly PlanWarning[]
  readonly bytes: number
  /** The server would refuse something as it stands. */
  readonly refused: boolean
}

/** Longest name in a record: characters of the whole name, not bytes (live findings D11). */
export const MAX_KEY_CHARACTERS = 255

/** Name of the zip of all folders, for where one zip a folder would be more files than the server takes. */
const ALL_FOLDERS = 'folders'

/**
 * Turns what was found in a folder into the files of a record. Pure and linear: window and main come to the same plan.
 *
 * - `keep` names files by their path; `flatten` by their last part, with the folder before it where two are alike; `zip`
 *   packs each top-level folder into a zip of its name, or all of them into one where there would still be too many.
 * - Of `include` and `leaveOut`, the longest path that covers an entry decides; `leaveOut` wins at the same path. A junk
 *   folder of which only the count is known stays out until its files are listed.
 * - `rename` names a file by its path, and a zip by the path of its folder.
 */
export function planDeposit(entries: readonly FolderEntry[], choices: PlanChoices, limits: Limits): Plan {
  const { taken, leftOut, empty } = sortOut(entries, choices, limits)
  const loose: FolderEntry[] = []
  const folders = new Map<string, FolderEntry[]>()
  for (const entry of taken) {
    const folder = choices.subfolders === 'zip' ? topFolder(entry.path) : null
    if (folder === null) {
      loose.push(entry)
      continue
    }
    const inside = folders.get(folder)
    if (inside === undefined) folders.set(folder, [entry])
    else inside.push(entry)
  }
  const zips = packFolders(folders, loose.length, limits)
  const wishes = [
    ...loose.map((entry) => ({ path: entry.path, wish: keyOf(entry.path, choices) })),
    ...zips.packed.map(({ folder }) => ({ path: folder, wish: keyOf(`${folder}.zip`, choices, folder) })),
  ]
  const apart = choices.subfolders === 'flatten' ? tellApart(wishes) : { wishes, warnings: [] }
  const named = giveNames(apart.wishes)
  const files = named.keys.map((key, at): PlannedFile => {
    const entry = loose[at]
    if (entry !== undefined)
      return { key, bytes: entry.bytes, source: { kind: 'file', path: entry.path, modifiedAt: entry.modifiedAt } }
    const inside = zips.packed[at - loose.length]?.entries ?? []
    return { key, bytes: storedZipBytes(inside), source: { kind: 'zip', entries: inside } }
  })
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const warnings = [
    ...findFaults(files, bytes, limits),
    ...(empty.length === 0
      ? []
      : [{ kind: 'empty-file', severity: 'changed', paths: empty, found: empty.length } as const]),
    ...zips.warnings,
    ...apart.warnings,
    ...named.warnings,
  ]
  return { files, leftOut, warnings, bytes, refused: warnings.some(({ severity }) => severity === 'refused') }
}

/** What hinders a name: some are accepted at first and can never be uploaded (live findings D9). Null where nothing does. */
export function findNameFault(key: string): NameFault | null {
  if (key === '') return 'empty'
  if (key.startsWith('/')) return 'leading-slash'
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'control-character'
  if (!key.isWellFormed()) return 'not-unicode'
  if (/(^|\/)\.{1,2}(\/|$)/.test(key)) return 'dot-segment'
  // These collide with routes: uploaded and downloaded they can be, but not looked up (live findings D9).
  if (/\/(content|commit|container)$/.test(key)) return 'reserved-ending'
  return null
}

function sortOut(entries: readonly FolderEntry[], choices: PlanChoices, limits: Limits) {
  const include = new Set(choices.include)
  const leaveOut = new Set(choices.leaveOut)
  const taken: FolderEntry[] = []
  const leftOut: LeftOut[] = []
  const empty: string[] = []
  for (const entry of entries) {
    const choice = decide(entry.path, include, leaveOut)
    if (choice === 'leave-out') leftOut.push({ entry, reason: entry.leftOut ?? 'by-you' })
    else if (entry.leftOut !== null && (choice === null || !canBeIncluded(entry)))
      leftOut.push({ entry, reason: entry.leftOut })
    else if (entry.kind === 'file') {
      // Inside a zip an empty file is fine; as a file of the record it is refused, at commit (behaviour 4.9).
      const alone = choices.subfolders !== 'zip' || topFolder(entry.path) === null
      if (entry.bytes === 0 && alone && limits.emptyFiles === 'refused') {
        leftOut.push({ entry, reason: 'empty' })
        empty.push(entry.path)
      } else taken.push(entry)
    }
  }
  return { taken, leftOut, empty }
}

function decide(
  path: string,
  include: ReadonlySet<string>,
  leaveOut: ReadonlySet<string>,
): 'include' | 'leave-out' | null {
  if (include.size === 0 && leaveOut.size === 0) return null
  for (let covering = path, slash = 0; slash >= 0; covering = covering.slice(0, slash)) {
    if (leaveOut.has(covering)) return 'leave-out'
    if (include.has(covering)) return 'include'
    slash = covering.lastIndexOf('/')
  }
  return null
}

/** Links and devices are never sent, what can’t be read can’t be, and of a junk folder only the count is known. */
function canBeIncluded({ kind, leftOut }: FolderEntry): boolean {
  return kind === 'file' && leftOut !== 'symbolic-link' && leftOut !== 'not-a-file' && leftOut !== 'unreadable'
}

function topFolder(path: string): string | null {
  const slash = path.indexOf('/')
  return slash < 0 ? null : path.slice(0, slash)
}

function packFolders(folders: ReadonlyMap<string, readonly FolderEntry[]>, loose: number, limits: Limits) {
  const warnings: PlanWarning[] = []
  const found = loose + folders.size
  const pack = (folder: string, inside: readonly FolderEntry[]) => {
    const named = giveNames(inside.map(({ path }) => ({ path, wish: { key: path.normalize('NFC'), chosen: false } })))
    warnings.push(...named.warnings)
    return {
      folder,
      entries: inside.map((entry, at): ZippedEntry => ({ ...entry, name: named.keys[at] ?? entry.path })),
    }
  }
  if (limits.maxFiles !== null && folders.size > 1 && found > limits.maxFiles && loose < limits.maxFiles) {
    warnings.push({ kind: 'one-zip', severity: 'changed', paths: [...folders.keys()], found, limit: limits.maxFiles })
    return { packed: [pack(ALL_FOLDERS, [...folders.values()].flat())], warnings }
  }
  return { packed: [...folders].map(([folder, inside]) => pack(folder, inside)), warnings }
}

type Wish = { readonly path: string; readonly wish: { readonly key: string; readonly chosen: boolean } }

function keyOf(path: string, choices: PlanChoices, renamedBy = path): Wish['wish'] {
  const chosen = Object.hasOwn(choices.rename, renamedBy) ? choices.rename[renamedBy] : undefined
  if (chosen !== undefined) return { key: chosen.normalize('NFC'), chosen: true }
  return { key: (choices.subfolders === 'flatten' ? lastPart(path) : path).normalize('NFC'), chosen: false }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Files of the same name from several folders get the name of their folder before it, or their whole path if that is not enough. */
function tellApart(wishes: readonly Wish[]): { wishes: readonly Wish[]; warnings: PlanWarning[] } {
  const byName = Map.groupBy(wishes, ({ wish }) => wish.key)
  const warnings: PlanWarning[] = []
  const keys = new Map<Wish, string>()
  for (const [name, alike] of byName) {
    if (new Set(alike.map(({ path }) => path.normalize('NFC'))).size < 2) continue
    warnings.push({
      kind: 'same-name',
      severity: 'changed',
      paths: alike.map(({ path }) => path),
      key: name,
      found: alike.length,
    })
    const short = alike.map(({ path }) => path.normalize('NFC').split('/').slice(-2).join('-'))
    const distinct = new Set(short).size === alike.length
    alike.forEach((wish, at) => {
      if (!wish.wish.chosen)
        keys.set(wish, (distinct ? short[at] : undefined) ?? wish.path.normalize('NFC').replaceAll('/', '-'))
    })
  }
  return {
    wishes: wishes.map((wish) => ({
      path: wish.path,
      wish: { key: keys.get(wish) ?? wish.wish.key, chosen: wish.wish.chosen },
    })),
    warnings,
  }
}

/** Gives every wish a key of its own, in order; what a person chose goes first. Linear, however many are alike. */
function giveNames(wishes: readonly Wish[]): { keys: string[]; warnings: PlanWarning[] } {
  const owner = new Map<string, Wish>()
  for (const wish of wishes) if (wish.wish.chosen && !owner.has(wish.wish.key)) owner.set(wish.wish.key, wish)
  for (const wish of wishes) if (!owner.has(wish.wish.key)) owner.set(wish.wish.key, wish)
  const next = new Map<string, number>()
  const warnings: PlanWarning[] = []
  const keys = wishes.map((wish) => {
    const first = owner.get(wish.wish.key)
    if (first === undefined || first === wish) return wish.wish.key
    let number = next.get(wish.wish.key) ?? 2
    while (owner.has(numbered(wish.wish.key, number))) number += 1
    next.set(wish.wish.key, number + 1)
    const key = numbered(wish.wish.key, number)
    owner.set(key, wish)
    const twins = first.path.normalize('NFC') === wish.path.normalize('NFC')
    warnings.push({
      kind: twins ? 'unicode-twins' : 'same-name',
      severity: 'changed',
      paths: [first.path, wish.path],
      key,
    })
    return key
  })
  return { keys, warnings }
}

/** `photos/a.jpg` with 2: `photos/a-2.jpg`; `.tar.gz` stays together. */
export function numbered(key: string, number: number): string {
  const end = /(?<=[^/])(\.tar)?\.[^./]+$/i.exec(key)?.index ?? key.length
  return `${key.slice(0, end)}-${number}${key.slice(end)}`
}

function findFaults(files: readonly PlannedFile[], bytes: number, limits: Limits): PlanWarning[] {
  const { maxFiles, maxFileBytes, quotaBytes } = limits
  const warnings: PlanWarning[] = []
  if (maxFiles !== null && files.length > maxFiles)
    warnings.push({ kind: 'too-many-files', severity: 'refused', paths: [], found: files.length, limit: maxFiles })
  if (quotaBytes !== null && bytes > quotaBytes)
    warnings.push({ kind: 'over-quota', severity: 'refused', paths: [], found: bytes, limit: quotaBytes })
  for (const file of files) {
    const { key } = file
    const paths = pathsOf(file)
    if (maxFileBytes !== null && file.bytes > maxFileBytes)
      warnings.push({ kind: 'file-too-large', severity: 'refused', paths, key, found: file.bytes, limit: maxFileBytes })
    const characters = key.length > MAX_KEY_CHARACTERS ? [...key].length : key.length
    if (characters > MAX_KEY_CHARACTERS)
      warnings.push({
        kind: 'name-too-long',
        severity: 'refused',
        paths,
        key,
        found: characters,
        limit: MAX_KEY_CHARACTERS,
      })
    const fault = findNameFault(key)
    if (fault !== null)
      warnings.push({
        kind: 'name-not-possible',
        severity: fault === 'reserved-ending' ? 'advice' : 'refused',
        paths,
        key,
        fault,
      })
  }
  return warnings
}

/** For a zip, its folder; for the zip of all folders, each of them. */
function pathsOf({ source }: PlannedFile): string[] {
  if (source.kind === 'file') return [source.path]
  return [...new Set(source.entries.map(({ path }) => topFolder(path) ?? path))]
}
