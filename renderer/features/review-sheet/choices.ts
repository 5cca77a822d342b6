import type { FolderEntry, PlanChoices } from '../../../contract/desk/folder.ts'

/** The largest list of paths that the contract takes. */
const MOST_INCLUDED = 10_000

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || folder === '' || path.startsWith(`${folder}/`)
}

function without(paths: readonly string[], folder: string): string[] {
  return paths.filter((path) => !isAtOrBelow(path, folder))
}

/** What the person decided about a path: the choice for it, or for the nearest folder above. */
function decisionOf(path: string, choices: PlanChoices): 'include' | 'leave-out' | null {
  const [included, left] = [new Set(choices.include), new Set(choices.leaveOut)]
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (left.has(at)) return 'leave-out'
    if (included.has(at)) return 'include'
    if (!at.includes('/')) return null
  }
}

function topLevel(entries: readonly FolderEntry[]): string[] {
  return [...new Set(entries.map(({ path }) => path.split('/', 1)[0] ?? path))]
}

/** Leaves out a file, or a folder with all below it; the empty path is everything. Earlier choices below it are forgotten. */
export function leaveOut(path: string, choices: PlanChoices, entries: readonly FolderEntry[]): PlanChoices {
  const rest = { ...choices, include: without(choices.include, path), leaveOut: without(choices.leaveOut, path) }
  if (path === '') return { ...rest, leaveOut: topLevel(entries) }
  const decision = decisionOf(path, rest)
  const isJunk = entries.some((entry) => entry.path === path && entry.leftOut !== null)
  if (decision === 'leave-out' || (decision === null && isJunk)) return rest
  return { ...rest, leaveOut: [...rest.leaveOut, path] }
}

/** Takes a file, or a folder with all below it but what is left out by default; the empty path is everything. */
export function takeAgain(path: string, choices: PlanChoices, entries: readonly FolderEntry[]): PlanChoices {
  const rest = { ...choices, leaveOut: without(choices.leaveOut, path) }
  if (decisionOf(path, rest) !== 'leave-out') return rest
  // A folder above stays out: this path is an exception from it, and leftovers below it are none.
  const junk = entries.filter((entry) => entry.leftOut !== null && entry.path !== path && isAtOrBelow(entry.path, path))
  return {
    ...rest,
    include: [...rest.include, path],
    leaveOut: [...rest.leaveOut, ...junk.map((entry) => entry.path)],
  }
}

/** Takes files and folders that are left out by default. */
export function includeFiles(paths: readonly string[], choices: PlanChoices): PlanChoices {
  const include = [...new Set([...choices.include, ...paths])].slice(0, MOST_INCLUDED)
  const taken = new Set(include)
  return { ...choices, include, leaveOut: choices.leaveOut.filter((path) => !taken.has(path)) }
}

/** Cuts a file into volumes, or keeps it whole again. */
export function split(path: string, isSplit: boolean, choices: PlanChoices): PlanChoices {
  const others = choices.split.filter((one) => one !== path)
  return { ...choices, split: isSplit ? [...others, path] : others }
}

/** Gives a file, or the zip of a folder, another name in the record; its own again with an empty one. */
export function rename(path: string, key: string, choices: PlanChoices): PlanChoices {
  const { [path]: _, ...others } = choices.rename
  const name = key.trim()
  return { ...choices, rename: name === '' ? others : { ...others, [path]: name } }
}
