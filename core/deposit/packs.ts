import type { FolderEntry } from '../../contract/desk/folder.ts'
import { nameInZip, type ZippedEntry } from './names.ts'
import type { PlanWarning } from './plan.ts'
import { addToZip, EMPTY_ZIP, zipBytes, zipBytesOf } from '../transfer/zip-size.ts'

/** A zip of a record. */
export type Pack = {
  /** Name without `.zip`. */
  readonly name: string
  /** The folder that it holds, or what is left of it; null where it holds part of something. */
  readonly folder: string | null
  readonly entries: readonly ZippedEntry[]
}

export type Packing = {
  /** Files that stay files of the record. */
  readonly loose: readonly FolderEntry[]
  readonly packs: readonly Pack[]
  /** Folders that are more than one zip, since a zip of all would be larger than a file may be. */
  readonly divided: readonly { readonly folder: string; readonly bytes: number; readonly packs: number }[]
  /** Folders share zips, since one for each would be too many files. */
  readonly together: boolean
  /** Files beside the folders that went into zips too, since they alone would be too many. */
  readonly packedLoose: readonly FolderEntry[]
  /** Of names inside the zips. */
  readonly warnings: readonly PlanWarning[]
}

export type PackLimits = {
  /** Files in the record, null where nothing is known. */
  readonly maxFiles: number | null
  /** The most that one zip may have, null likewise. */
  readonly maxBytes: number | null
}

/** Names of zips that hold no single folder. */
const ALL_FOLDERS = 'folders'
const ALL_FILES = 'files'

/** What a reader of the record looks for first: it stays a file as long as there is room. */
const TELLS_OF_THE_REST =
  /^(readme|licen[cs]e|copying|notice|changelog|changes|citation|codemeta|datacite|datapackage|dataset_description|ro-crate-metadata|participants)\b/i

/**
 * Packs folders into zips so that both their number and the size of each stay within what the server takes: each top-level
 * folder by itself; a folder that would be too large by its subfolders; where that makes too many files, in numbered zips,
 * filled in the order of its paths; and where that is still too many, all folders in the same ones. Files beside the folders
 * are packed only where nothing else helps. A file that fits into no zip, or is `apart`, stays a file. The same entries lead
 * to the same packs.
 */
export function packEntries(
  top: readonly FolderEntry[],
  folders: ReadonlyMap<string, readonly FolderEntry[]>,
  limits: PackLimits,
  apart: (entry: FolderEntry) => boolean,
): Packing {
  const maxBytes = limits.maxBytes ?? Infinity
  const room = limits.maxFiles ?? Infinity
  const warnings: PlanWarning[] = []
  const fits = (entry: ZippedEntry) => !apart(entry) && zipBytes([entry]) <= maxBytes
  const sort = (entries: readonly FolderEntry[]) => {
    const named = nameInZip(entries)
    warnings.push(...named.warnings)
    return Map.groupBy(named.entries, fits)
  }
  const alone: FolderEntry[] = []
  const packable = new Map<string, readonly ZippedEntry[]>()
  for (const [folder, inside] of folders) {
    const sorted = sort(inside)
    for (const entry of sorted.get(false) ?? []) alone.push(entry)
    const rest = sorted.get(true)
    if (rest !== undefined) packable.set(folder, rest)
  }
  const ways = packable.size === 0 ? [bySubfolders] : [bySubfolders, byNumber, allTogether]
  const choose = (kept: readonly FolderEntry[], packedLoose: readonly FolderEntry[], files: readonly Pack[]) => {
    const loose = [...kept, ...alone]
    const tried = ways.map((way): Packing => {
      const { packs, divided } = way(packable, maxBytes)
      const together = way === allTogether && packable.size > 1
      return { loose, packs: [...files, ...packs], divided, together, packedLoose, warnings }
    })
    return tried.find(({ packs }) => loose.length + packs.length <= room) ?? null
  }
  const asTheyAre = choose(top, [], [])
  if (asTheyAre !== null) return asTheyAre
  const telling = new Set(
    top.filter(({ path }) => TELLS_OF_THE_REST.test(path)).slice(0, Math.max(0, Math.floor(room / 4))),
  )
  const sorted = sort(top.filter((entry) => !telling.has(entry)))
  const packed = sorted.get(true) ?? []
  const kept = [...telling, ...(sorted.get(false) ?? [])]
  const all = choose(kept, packed, fill(ALL_FILES, ALL_FILES, packed, maxBytes))
  if (all !== null) return all
  const { packs, divided } = bySubfolders(packable, maxBytes)
  return { loose: [...top, ...alone], packs, divided, together: false, packedLoose: [], warnings }
}

type Packed = Pick<Packing, 'packs' | 'divided'>

function bySubfolders(folders: ReadonlyMap<string, readonly ZippedEntry[]>, maxBytes: number): Packed {
  return packEach(folders, maxBytes, (folder, entries) => packFolder(folder, entries, maxBytes))
}

function byNumber(folders: ReadonlyMap<string, readonly ZippedEntry[]>, maxBytes: number): Packed {
  return packEach(folders, maxBytes, (folder, entries) => fill(nameFor(folder), folder, entries, maxBytes))
}

function allTogether(folders: ReadonlyMap<string, readonly ZippedEntry[]>, maxBytes: number): Packed {
  const [only] = folders.keys()
  if (only !== undefined && folders.size === 1) return byNumber(folders, maxBytes)
  return { packs: fill(ALL_FOLDERS, ALL_FOLDERS, [...folders.values()].flat(), maxBytes), divided: [] }
}

function packEach(
  folders: ReadonlyMap<string, readonly ZippedEntry[]>,
  maxBytes: number,
  pack: (folder: string, entries: readonly ZippedEntry[]) => Pack[],
): Packed {
  const packs: Pack[] = []
  const divided: { folder: string; bytes: number; packs: number }[] = []
  for (const [folder, entries] of folders) {
    const own = pack(folder, entries)
    for (const one of own) packs.push(one)
    if (own.length > 1) divided.push({ folder, bytes: zipBytes(entries), packs: own.length })
  }
  return { packs, divided }
}

function packFolder(folder: string, entries: readonly ZippedEntry[], maxBytes: number): Pack[] {
  if (zipBytes(entries) <= maxBytes) return [{ name: nameFor(folder), folder, entries }]
  const own: ZippedEntry[] = []
  const below = new Map<string, ZippedEntry[]>()
  for (const entry of entries) {
    const slash = entry.path.indexOf('/', folder.length + 1)
    if (slash < 0) {
      own.push(entry)
      continue
    }
    const inner = entry.path.slice(0, slash)
    const inside = below.get(inner)
    if (inside === undefined) below.set(inner, [entry])
    else inside.push(entry)
  }
  return [
    ...fill(nameFor(folder), folder, own, maxBytes),
    ...[...below].flatMap(([inner, inside]) => packFolder(inner, inside, maxBytes)),
  ]
}

/** One zip, or as many as are needed, each as full as the next file lets it be. */
function fill(name: string, folder: string, entries: readonly ZippedEntry[], maxBytes: number): Pack[] {
  const volumes: ZippedEntry[][] = []
  let size = EMPTY_ZIP
  for (const entry of entries) {
    const volume = volumes.at(-1)
    const larger = addToZip(size, entry)
    if (volume !== undefined && zipBytesOf(larger) <= maxBytes) {
      volume.push(entry)
      size = larger
    } else {
      volumes.push([entry])
      size = addToZip(EMPTY_ZIP, entry)
    }
  }
  const [only] = volumes
  if (only !== undefined && volumes.length === 1) return [{ name, folder, entries: only }]
  return volumes.map((inside, at) => ({ name: `${name}-${at + 1}`, folder: null, entries: inside }))
}

/** `data/raw` is `data-raw`: a name without slashes is taken by every server, and by every program that unpacks. */
function nameFor(folder: string): string {
  return folder.normalize('NFC').replaceAll('/', '-')
}
