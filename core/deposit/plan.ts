import type { Capabilities } from '../../contract/desk/account.ts'
import type { FolderEntry, LeftOutReason, PlanChoices } from '../../contract/desk/folder.ts'
import { utf8Length, zipBytes } from '../transfer/zip-size.ts'
import { isWorthCompressing } from './compressible.ts'
import { findNameFault, giveNames, MAX_KEY_CHARACTERS, tellApart, type NameFault, type Wish } from './names.ts'
import type { ZippedEntry } from './names.ts'
import { packEntries, type Packing } from './packs.ts'
import { canBeSplit, joinNote, joinNoteKey, volumeKeys, volumesOf } from './volumes.ts'

export type { ZippedEntry } from './names.ts'
export type { NameFault } from './names.ts'

/** What the server takes; null where nothing is known, and then nothing is refused here. */
export type Limits = Pick<Capabilities, 'maxFiles' | 'quotaBytes' | 'maxFileBytes' | 'emptyFiles'> &
  Partial<Pick<Capabilities, 'multipart' | 'quotaIncrease' | 'limitsSource'>>

export type PlannedFile = {
  /** Name in the record, in NFC: to the server NFC and NFD are two names (live findings D10). */
  readonly key: string
  /** Exact; for a zip that is compressed, the most that it can have. */
  readonly bytes: number
  readonly source:
    | { readonly kind: 'file'; readonly path: string; readonly modifiedAt: number }
    /** `compress`: what is worth it is compressed. */
    | { readonly kind: 'zip'; readonly entries: readonly ZippedEntry[]; readonly compress: boolean }
    /** A volume: `bytes` of the file from `from` on. `fileBytes`: all of it. */
    | {
        readonly kind: 'slice'
        readonly path: string
        readonly modifiedAt: number
        readonly from: number
        readonly fileBytes: number
      }
    /** Written here: the note that says how volumes are joined. */
    | { readonly kind: 'text'; readonly text: string }
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
    | 'folder-divided'
    | 'files-packed'
    | 'slow-file'
    | 'split'
  /** `refused`: nothing can start like this; `changed`: settled here, as shown; `advice`: it works, but should be read. */
  readonly severity: 'refused' | 'changed' | 'advice'
  /** Paths of the entries concerned; empty where it concerns all. */
  readonly paths: readonly string[]
  /** The name in the record that is at fault, or that a change led to. */
  readonly key?: string
  /** Files or bytes that there are, and that the server takes. */
  readonly found?: number
  readonly limit?: number
  /** The limit is the usual one of InvenioRDM, and the server does not tell whether it is its own: no reason to refuse. */
  readonly assumed?: true
  /** Zips or volumes that it becomes; for a file that could be split, and how large they would be. */
  readonly pieces?: number
  readonly pieceBytes?: number
  /** What is wrong with a name. */
  readonly fault?: NameFault
}

export type LeftOut = { readonly entry: FolderEntry; readonly reason: LeftOutReason | 'by-you' | 'empty' }

export type Plan = {
  readonly files: readonly PlannedFile[]
  readonly leftOut: readonly LeftOut[]
  readonly warnings: readonly PlanWarning[]
  readonly bytes: number
  /** Something is compressed: `bytes` is the most that it can come to. */
  readonly atMost: boolean
  /** The server would refuse something as it stands. */
  readonly refused: boolean
}

/**
 * Turns what was found in a folder into the files of a record. Pure and linear: window and main come to the same plan.
 *
 * - `keep` names files by their path; `flatten` by their last part, with the folder before it where two are alike; `zip`
 *   packs folders into zips (packs.ts), of which `compress` makes what is worth it smaller.
 * - `split` cuts files into numbered volumes, with a note that says how they are joined (volumes.ts).
 * - Of `include` and `leaveOut`, the longest path that covers an entry decides; `leaveOut` wins at the same path. A junk
 *   folder of which only the count is known stays out until its files are listed.
 * - `rename` names a file by its path, and a zip by the path of its folder.
 */
export function planDeposit(entries: readonly FolderEntry[], choices: PlanChoices, limits: Limits): Plan {
  const { taken, leftOut, empty } = sortOut(entries, choices, limits)
  const chosen = new Set(choices.split)
  const isSplit = ({ path, bytes }: FolderEntry) => chosen.has(path) && canBeSplit(bytes, limits)
  const packing =
    choices.subfolders === 'zip' ? packFolders(taken, limits, isSplit) : { ...NOTHING_PACKED, loose: taken }
  const wishes = [
    ...packing.loose.map((entry) => ({ path: entry.path, wish: keyOf(entry.path, choices) })),
    ...packing.packs.map(({ name, folder }) => ({
      path: folder ?? `${name}.zip`,
      wish: keyOf(`${name}.zip`, choices, folder ?? `${name}.zip`),
    })),
  ]
  const apart = choices.subfolders === 'flatten' ? tellApart(wishes) : { wishes, warnings: [] }
  const named = giveNames(apart.wishes)
  const whole = named.keys.map((key, at): PlannedFile => {
    const entry = packing.loose[at]
    if (entry !== undefined)
      return { key, bytes: entry.bytes, source: { kind: 'file', path: entry.path, modifiedAt: entry.modifiedAt } }
    const inside = packing.packs[at - packing.loose.length]?.entries ?? []
    const compress = choices.compress && inside.some(isWorthCompressing)
    return { key, bytes: zipBytes(inside), source: { kind: 'zip', entries: inside, compress } }
  })
  const cut = cutVolumes(whole, packing.loose, isSplit, limits)
  const { files } = cut
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const warnings = [
    ...findFaults(files, bytes, limits, choices.moreSpace),
    ...(empty.length === 0
      ? []
      : [{ kind: 'empty-file', severity: 'changed', paths: empty, found: empty.length } as const]),
    ...warnOfPacks(packing, limits),
    ...cut.warnings,
    ...apart.warnings,
    ...named.warnings,
  ]
  return {
    files,
    leftOut,
    warnings,
    bytes,
    atMost: files.some(({ source }) => source.kind === 'zip' && source.compress),
    refused: warnings.some(({ severity }) => severity === 'refused'),
  }
}

const NOTHING_PACKED: Packing = {
  loose: [],
  packs: [],
  divided: [],
  together: false,
  packedLoose: [],
  warnings: [],
}

function packFolders(taken: readonly FolderEntry[], limits: Limits, isSplit: (entry: FolderEntry) => boolean): Packing {
  const top: FolderEntry[] = []
  const folders = new Map<string, FolderEntry[]>()
  let volumes = 0
  for (const entry of taken) {
    // Volumes and their note take more room than the one file.
    if (isSplit(entry)) volumes += volumesOf(entry.bytes, limits).count
    const folder = topFolder(entry.path)
    if (folder === null) {
      top.push(entry)
      continue
    }
    const inside = folders.get(folder)
    if (inside === undefined) folders.set(folder, [entry])
    else inside.push(entry)
  }
  const maxFiles = limits.maxFiles === null ? null : limits.maxFiles - volumes
  return packEntries(top, folders, { maxFiles, maxBytes: limits.maxFileBytes }, isSplit)
}

function warnOfPacks({ packs, divided, together, packedLoose, warnings }: Packing, limits: Limits): PlanWarning[] {
  const limit = limits.maxFileBytes ?? 0
  return [
    ...(together
      ? [
          {
            kind: 'one-zip',
            severity: 'changed',
            paths: [],
            limit: limits.maxFiles ?? 0,
            pieces: packs.length,
          } as const,
        ]
      : divided.map(
          ({ folder, bytes, packs: pieces }) =>
            ({ kind: 'folder-divided', severity: 'changed', paths: [folder], found: bytes, limit, pieces }) as const,
        )),
    ...(packedLoose.length === 0
      ? []
      : [
          {
            kind: 'files-packed',
            severity: 'changed',
            paths: packedLoose.map(({ path }) => path),
            found: packedLoose.length,
            limit: limits.maxFiles ?? 0,
          } as const,
        ]),
    ...warnings,
  ]
}

/** Puts volumes in the place of what is split. Their names are free: nothing else may begin with that of the whole file. */
function cutVolumes(
  whole: readonly PlannedFile[],
  loose: readonly FolderEntry[],
  isSplit: (entry: FolderEntry) => boolean,
  limits: Limits,
): { files: readonly PlannedFile[]; warnings: PlanWarning[] } {
  if (!loose.some(isSplit)) return { files: whole, warnings: [] }
  const warnings: PlanWarning[] = []
  const taken = new Set(whole.map(({ key }) => key))
  const files = whole.flatMap((file, at): PlannedFile[] => {
    const entry = loose[at]
    if (entry === undefined || !isSplit(entry) || file.source.kind !== 'file') return [file]
    const { path, modifiedAt } = file.source
    const { count, volumeBytes } = volumesOf(entry.bytes, limits)
    const keys = volumeKeys(file.key, count, taken)
    const volumes = keys.map((key, index): PlannedFile => {
      const from = index * volumeBytes
      const bytes = Math.min(volumeBytes, entry.bytes - from)
      return { key, bytes, source: { kind: 'slice', path, modifiedAt, from, fileBytes: entry.bytes } }
    })
    const text = joinNote(file.key, entry.bytes, volumes)
    const note: PlannedFile = { key: joinNoteKey(keys), bytes: utf8Length(text), source: { kind: 'text', text } }
    warnings.push({
      kind: 'split',
      severity: 'changed',
      paths: [path],
      key: file.key,
      found: entry.bytes,
      pieces: count,
      pieceBytes: volumeBytes,
    })
    return [...volumes, note]
  })
  return { files, warnings }
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

function keyOf(path: string, choices: PlanChoices, renamedBy = path): Wish['wish'] {
  const chosen = Object.hasOwn(choices.rename, renamedBy) ? choices.rename[renamedBy] : undefined
  if (chosen !== undefined) return { key: chosen.normalize('NFC'), chosen: true }
  return { key: (choices.subfolders === 'flatten' ? lastPart(path) : path).normalize('NFC'), chosen: false }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function findFaults(files: readonly PlannedFile[], bytes: number, limits: Limits, moreSpace: boolean): PlanWarning[] {
  const { maxFiles, maxFileBytes, quotaBytes } = limits
  const warnings: PlanWarning[] = []
  const over =
    limits.limitsSource === 'default'
      ? ({ severity: 'advice', assumed: true } as const)
      : ({ severity: 'refused' } as const)
  if (maxFiles !== null && files.length > maxFiles)
    warnings.push({ kind: 'too-many-files', ...over, paths: [], found: files.length, limit: maxFiles })
  if (quotaBytes !== null && bytes > quotaBytes) {
    // What compressing saves is known only once it is done.
    const mayFit = bytes - compressibleBytes(files) <= quotaBytes
    const asked = moreSpace && limits.quotaIncrease === true
    const how = asked ? ({ severity: 'changed' } as const) : mayFit ? ({ severity: 'advice' } as const) : over
    warnings.push({ kind: 'over-quota', ...how, paths: [], found: bytes, limit: quotaBytes })
  }
  for (const file of files) {
    const { key } = file
    const paths = pathsOf(file)
    const pieces = piecesOf(file, limits)
    if (maxFileBytes !== null && file.bytes > maxFileBytes) {
      const sizes = { found: file.bytes, limit: maxFileBytes, ...pieces }
      warnings.push({ kind: 'file-too-large', ...over, paths, key, ...sizes })
    } else if (pieces !== null && file.bytes <= (quotaBytes ?? Infinity))
      warnings.push({ kind: 'slow-file', severity: 'advice', paths, key, found: file.bytes, ...pieces })
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

function compressibleBytes(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { source }) => {
    if (source.kind !== 'zip' || !source.compress) return sum
    return source.entries.reduce((below, entry) => below + (isWorthCompressing(entry) ? entry.bytes : 0), sum)
  }, 0)
}

/** The volumes that a file could be cut into; null where that is not offered. */
function piecesOf({ bytes, source }: PlannedFile, limits: Limits): Pick<PlanWarning, 'pieces' | 'pieceBytes'> | null {
  if (source.kind !== 'file' || !canBeSplit(bytes, limits)) return null
  const { count, volumeBytes } = volumesOf(bytes, limits)
  return { pieces: count, pieceBytes: volumeBytes }
}

/** For a zip, its folders. */
function pathsOf({ source }: PlannedFile): string[] {
  switch (source.kind) {
    case 'file':
    case 'slice':
      return [source.path]
    case 'zip':
      return [...new Set(source.entries.map(({ path }) => topFolder(path) ?? path))]
    case 'text':
      return []
  }
}
