import type { Capabilities } from '../../contract/desk/account.ts'

/** How a file's bytes travel. */
export type TransferPlan =
  /** In one request. */
  | { readonly kind: 'whole' }
  /** In numbered parts that are all of `partBytes` but the last. */
  | { readonly kind: 'parts'; readonly parts: number; readonly partBytes: number }
  /** In one request that starts and commits as well, and replaces what is there: Zenodo’s older way (behaviour 4.11). */
  | { readonly kind: 'bucket'; readonly bucketId: string }

const MB = 1_000_000
/** A cut connection costs at most one of these. S3, where a server may keep its files, takes none under 5 MiB but the last. */
export const PART_BYTES = 8 * MB
/** S3 takes no more parts of one file than this. */
const MOST_PARTS = 10_000
/** A file takes no more parts than its server takes requests in this time, so that it leaves room for all the others. */
const BUDGET_MINUTES = 10
/** Up to here a cut transfer costs less to repeat than the requests of its parts. */
export const LARGEST_WHOLE_BYTES = 64 * MB

/**
 * Parts where the server was seen to take them and the file is large. A zip that is made while sending goes as a whole: its
 * parts could not be read again without making what comes before them.
 */
export function planTransfer(
  bytes: number,
  source: 'file' | 'zip' | 'slice' | 'text',
  { multipart, requestsPerMinute }: Pick<Capabilities, 'multipart' | 'requestsPerMinute'>,
): TransferPlan {
  if (multipart !== 'works' || source === 'zip' || bytes <= LARGEST_WHOLE_BYTES) return { kind: 'whole' }
  const most = Math.min(MOST_PARTS, Math.max(1, (requestsPerMinute ?? Infinity) * BUDGET_MINUTES))
  const partBytes = Math.max(PART_BYTES, Math.ceil(bytes / most / MB) * MB)
  return { kind: 'parts', parts: Math.ceil(bytes / partBytes), partBytes }
}

/** Bytes of part `part`, from 1. */
export function partLength(plan: TransferPlan & { kind: 'parts' }, part: number, bytes: number): number {
  return part < plan.parts ? plan.partBytes : bytes - (plan.parts - 1) * plan.partBytes
}

/** Numbers of parts, as ranges in their order: neither overlapping nor touching each other. */
export type PartSet = readonly { readonly from: number; readonly to: number }[]

export const NO_PARTS: PartSet = []

export function hasPart(set: PartSet, part: number): boolean {
  return set.some(({ from, to }) => from <= part && part <= to)
}

export function withPart(set: PartSet, part: number): PartSet {
  if (hasPart(set, part)) return set
  const before = set.filter(({ to }) => to < part - 1)
  const after = set.filter(({ from }) => from > part + 1)
  const from = set.find(({ to }) => to === part - 1)?.from ?? part
  const to = set.find((range) => range.from === part + 1)?.to ?? part
  return [...before, { from, to }, ...after]
}

export function countParts(set: PartSet): number {
  return set.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}

/** Every part of the plan is in the set. A commit with one missing would say completed, with zeros in its place (live findings D23). */
export function holdsAll(set: PartSet, plan: TransferPlan): boolean {
  return plan.kind !== 'parts' || (set.length === 1 && set[0]?.from === 1 && set[0].to === plan.parts)
}

/** Bytes of all parts in the set. */
export function bytesOfParts(set: PartSet, plan: TransferPlan, bytes: number): number {
  if (plan.kind !== 'parts') return 0
  const last = hasPart(set, plan.parts) ? plan.partBytes - partLength(plan, plan.parts, bytes) : 0
  return countParts(set) * plan.partBytes - last
}

/** As `1-3,5`. */
export function writePartSet(set: PartSet): string {
  return set.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',')
}

/** Null for what `writePartSet` would not have written. */
export function readPartSet(text: string): PartSet | null {
  if (text === '') return NO_PARTS
  if (!/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(text)) return null
  const set = text.split(',').map((range) => {
    const [from = '', to = from] = range.split('-')
    return { from: Number(from), to: Number(to) }
  })
  const inOrder = set.every(({ from, to }, at) => from > (set[at - 1]?.to ?? -1) + 1 && to >= from)
  return inOrder && writePartSet(set) === text ? set : null
}
