import type { PlannedFile, Limits } from './plan.ts'

/** From here on, a file that can only be sent as a whole is a risk: a connection that breaks at its end costs all of it. */
const LONG_BYTES = 10e9
/** Sizes that a person can remember; the first that makes no more than this many volumes is taken. */
const SIZES = [1e9, 2e9, 5e9, 10e9, 20e9, 50e9, 100e9, 200e9, 500e9, 1e12]
const FEW = 20

type SplitLimits = Pick<Limits, 'maxFileBytes' | 'multipart'>

/** Whether splitting is offered: the server takes no file as large, or would have to be sent all of it again. */
export function canBeSplit(bytes: number, { maxFileBytes, multipart }: SplitLimits): boolean {
  return bytes > (maxFileBytes ?? Infinity) || (bytes > LONG_BYTES && multipart !== undefined && multipart !== 'works')
}

/** All volumes have `volumeBytes`, but the last may have fewer. */
export function volumesOf(bytes: number, { maxFileBytes }: SplitLimits): { count: number; volumeBytes: number } {
  const round = SIZES.find((size) => bytes / size <= FEW) ?? Math.ceil(bytes / FEW)
  const volumeBytes = Math.max(1, Math.min(round, maxFileBytes ?? Infinity))
  return { count: Math.ceil(bytes / volumeBytes), volumeBytes }
}

/** `data.h5.001`, `data.h5.002`, …: names that sort in their order, none of which is `taken`, and which are taken now. */
export function volumeKeys(key: string, count: number, taken: Set<string>): string[] {
  const digits = Math.max(3, String(count).length)
  for (let number = 1; ; number += 1) {
    const stem = number === 1 ? key : `${key}-${number}`
    const keys = Array.from({ length: count }, (_, at) => `${stem}.${String(at + 1).padStart(digits, '0')}`)
    const all = [...keys, joinNoteKey(keys)]
    if (all.some((one) => taken.has(one))) continue
    for (const one of all) taken.add(one)
    return keys
  }
}

/** Name of the note beside volumes. */
export function joinNoteKey(keys: readonly string[]): string {
  return `${(keys[0] ?? '').replace(/\.\d+$/, '')}.README-join.txt`
}

/** Longest command that Windows takes, with room for what stands around it. */
const LONGEST_COMMAND = 8000

/**
 * How volumes become the file again, for a reader who has never heard of this program. The sum of the whole file would cost
 * reading it once more before the first byte is sent; each volume has its own in the record.
 */
export function joinNote(key: string, bytes: number, volumes: readonly Pick<PlannedFile, 'key' | 'bytes'>[]): string {
  const whole = lastPart(key)
  const names = volumes.map((volume) => lastPart(volume.key))
  const inQuotes = (name: string) => `"${name}"`
  const list = names.map(inQuotes).join('+')
  const copy = `copy /b ${list.length > LONGEST_COMMAND ? inQuotes(`${stemOf(names)}.*`) : list} ${inQuotes(whole)}`
  const pattern = `${shell(stemOf(names))}.${'[0-9]'.repeat((names[0] ?? '').length - stemOf(names).length - 1)}`
  return [
    `How to join ${whole}`,
    '',
    `${whole} was cut into ${count(volumes.length)} numbered files, because as one file it was too large to be sent safely.`,
    'Download all of them into one folder, and join them in the order of their numbers:',
    '',
    'Windows, in the Command Prompt:',
    '',
    `    ${copy}`,
    '',
    'macOS and Linux, in a terminal:',
    '',
    `    cat ${pattern} > ${shell(whole)}`,
    '',
    `The joined file has exactly ${count(bytes)} bytes. No checksum of the joined file is given here; the repository shows`,
    'the MD5 of each numbered file. If those agree and the size is right, the joined file is the original, byte for byte.',
    '',
    'The numbered files, in order, with their bytes:',
    '',
    ...volumes.map((volume, at) => `    ${names[at] ?? ''}  ${count(volume.bytes)}`),
    '',
  ].join('\n')
}

function stemOf(names: readonly string[]): string {
  return (names[0] ?? '').replace(/\.\d+$/, '')
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** A word that a shell takes as it is. A name that begins with a dash is no option. */
function shell(name: string): string {
  const safe = name.startsWith('-') ? `./${name}` : name
  return /^[\w./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`
}

function count(number: number): string {
  return number.toLocaleString('en')
}
