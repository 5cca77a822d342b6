import type { FolderEntry, LeftOutReason } from '../../../contract/desk/folder.ts'
import type { Plan } from '../../../core/deposit/plan.ts'

/** What is left out by default, gathered so that three thousand leftovers are a few lines. */
export type LeftOutGroup = {
  readonly id: string
  /** Name of the file or folder where all have the same; null where the reason alone says it. */
  readonly name: string | null
  readonly kind: FolderEntry['kind']
  readonly reason: LeftOutReason
  readonly files: number
  readonly bytes: number
  /** What can be included all the same; empty where that can’t be. */
  readonly paths: readonly string[]
  /** Folders among them: only their count is known, so they have to be listed first. */
  readonly folders: readonly string[]
}

/** As many names as are listed one by one for a reason. */
const NAMES_SHOWN = 4

/** Links and devices are never sent, and what can’t be read can’t be. */
function canBeIncluded({ leftOut }: FolderEntry): boolean {
  return leftOut !== 'symbolic-link' && leftOut !== 'not-a-file' && leftOut !== 'unreadable'
}

/** The groups of a plan, in the order of what was found. What the person left out stands in the tree instead. */
export function groupLeftOut(plan: Plan): LeftOutGroup[] {
  const byReason = Map.groupBy(
    plan.leftOut.flatMap(({ entry, reason }) => (reason === 'by-you' || reason === 'empty' ? [] : [{ entry, reason }])),
    ({ reason }) => reason,
  )
  return [...byReason].flatMap(([reason, items]) => {
    const entries = items.map(({ entry }) => entry)
    const byName = Map.groupBy(entries, ({ path, kind }) => `${kind} ${nameOf(path)}`)
    if (byName.size > NAMES_SHOWN) return [gather(reason, reason, null, entries)]
    return [...byName].map(([id, alike]) => gather(`${reason} ${id}`, reason, nameOf(alike[0]?.path ?? ''), alike))
  })
}

function gather(id: string, reason: LeftOutReason, name: string | null, entries: readonly FolderEntry[]): LeftOutGroup {
  const includable = entries.filter(canBeIncluded)
  return {
    id,
    name,
    kind: entries[0]?.kind ?? 'file',
    reason,
    files: entries.reduce((sum, { files }) => sum + files, 0),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    paths: includable.map(({ path }) => path),
    folders: includable.filter((entry) => entry.kind === 'folder').map(({ path }) => path),
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
