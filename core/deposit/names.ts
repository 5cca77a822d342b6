import type { FolderEntry } from '../../contract/desk/folder.ts'
import type { PlanWarning } from './plan.ts'

/*
 * Names of files in a record and in a zip.
 */

export type NameFault =
  'empty' | 'leading-slash' | 'dot-segment' | 'control-character' | 'not-unicode' | 'reserved-ending'

/** Longest name in a record: characters of the whole name, not bytes (live findings D11). */
export const MAX_KEY_CHARACTERS = 255

export type Wish = { readonly path: string; readonly wish: { readonly key: string; readonly chosen: boolean } }

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

/** Files of the same name from several folders get the name of their folder before it, or their whole path if that is not enough. */
export function tellApart(wishes: readonly Wish[]): { wishes: readonly Wish[]; warnings: PlanWarning[] } {
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
export function giveNames(wishes: readonly Wish[]): { keys: string[]; warnings: PlanWarning[] } {
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

/** A file inside a zip that is made while sending; `name` is its path in the zip. */
export type ZippedEntry = FolderEntry & { readonly name: string }

/** Entries with the names that they get in a zip. */
export function nameInZip(entries: readonly FolderEntry[]): { entries: ZippedEntry[]; warnings: PlanWarning[] } {
  const { keys, warnings } = giveNames(
    entries.map(({ path }) => ({ path, wish: { key: path.normalize('NFC'), chosen: false } })),
  )
  return { entries: entries.map((entry, at) => ({ ...entry, name: keys[at] ?? entry.path })), warnings }
}
