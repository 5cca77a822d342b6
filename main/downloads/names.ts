import { numbered } from '../../core/deposit/names.ts'

/** Of a name, in bytes of UTF-8: the least that common file systems take. */
const NAME_LIMIT_BYTES = 255
/** Files that are not complete: `.<12 hex digits>.part` after the name (main/downloads/place). */
export const PART_ENDING = /\.[0-9a-f]{12}\.part$/i

/** What no name may hold: control characters, line separators, signs that turn the reading direction, and those of Windows. */
const REFUSED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*\\]/gu
/** Names of devices on Windows, with any extension (Microsoft, Naming files, paths and namespaces). */
const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)/i

/**
 * Where the files of a record are put, by key: paths with “/” inside the chosen folder, that are possible and harmless on
 * every system, so that the same record gives the same names everywhere (quality S9, H15). No two fall together, also where
 * case or the form of accents makes no difference; a name that needs no change keeps it.
 */
export function namePaths(keys: readonly string[]): Map<string, string> {
  const wishes = [...new Set(keys)].sort().map((key) => ({ key, wish: safePath(key) }))
  const inOrder = [...wishes.filter(({ key, wish }) => key === wish), ...wishes.filter(({ key, wish }) => key !== wish)]
  const taken = new Map<string, 'file' | 'folder'>()
  const next = new Map<string, number>()
  const claim = (wish: string, as: 'file' | 'folder'): string => {
    // Linear, however many fall together.
    const counted = `${as} ${wish}`
    for (let number = next.get(counted) ?? 1; ; number++) {
      const path = number === 1 ? wish : withNumber(wish, number)
      const seen = path.normalize('NFC').toLowerCase()
      const holder = taken.get(seen)
      if (holder !== undefined && !(holder === 'folder' && as === 'folder')) continue
      taken.set(seen, as)
      next.set(counted, as === 'folder' ? number : number + 1)
      return path
    }
  }
  return new Map(
    inOrder.map(({ key, wish }) => {
      const names = wish.split('/')
      let folder = ''
      for (const name of names.slice(0, -1)) folder = `${claim(folder + name, 'folder')}/`
      return [key, claim(folder + (names.at(-1) ?? ''), 'file')]
    }),
  )
}

/** The folder of a record inside the chosen one: `Soil moisture 2024 (8hj2k-qd410)`. */
export function folderName(title: string, recordId: string): string {
  const words = fit(title.replace(/[/\s]+/g, ' ').trim(), 120).trim()
  const id = recordId.replaceAll('/', '-')
  return safeName(words === '' ? id : `${words} (${id})`).replace(/^\.+/, '_')
}

/** The longest beginning of `text` that has at most `bytes` bytes, cut between characters. */
export function fit(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  let fitting = ''
  let left = bytes
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= Buffer.byteLength(segment)
    if (left < 0) break
    fitting += segment
  }
  return fitting
}

function safePath(key: string): string {
  const names = key.split('/').filter((name) => name !== '' && name !== '.' && name !== '..')
  return names.map(safeName).join('/') || '_'
}

function safeName(given: string): string {
  const name = given.toWellFormed().replace(REFUSED, '_').replace(DEVICES, '_$&')
  return (
    shorten(name, NAME_LIMIT_BYTES)
      // Windows drops dots and spaces at the end, and opens another file.
      .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
      .replace(PART_ENDING, (end) => `${end.slice(0, -1)}_`)
  )
}

function shorten(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name
  const ending = /(?<=.)(\.tar)?\.[^. ]{1,20}$/iu.exec(name)?.[0] ?? ''
  return fit(name.slice(0, name.length - ending.length), bytes - Buffer.byteLength(ending)) + ending
}

function withNumber(path: string, number: number): string {
  const at = path.lastIndexOf('/') + 1
  const room = NAME_LIMIT_BYTES - `-${number}`.length
  return path.slice(0, at) + numbered(shorten(path.slice(at), room), number)
}
