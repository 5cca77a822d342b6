import type { Conflict } from '../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { isNothing, reduceMetadata } from './draft-body.ts'

/**
 * What both sides were when they were last in step. Two forms, since the server rewrites and drops values (behaviour 3.3):
 * only `answered` tells whether the server's side moved, only `sent` whether ours did.
 */
export type MergeBase = { readonly sent: RecordMetadata; readonly answered: RecordMetadata }

export type Merge = {
  /** What stays here: a field changed on both sides keeps our value until the person chooses. */
  readonly merged: RecordMetadata
  readonly conflicts: readonly Conflict[]
  /** The base for what comes next: their side is known now. */
  readonly base: MergeBase
}

/**
 * Three-way merge by top-level field of the metadata. A field that changed on one side is taken from there; one that changed
 * on both, differently, is a conflict that holds all three values. No side is ever dropped.
 */
export function mergeMetadata(base: MergeBase, mine: RecordMetadata, theirs: RecordMetadata): Merge {
  const merged: Record<string, unknown> = { ...mine }
  const sent: Record<string, unknown> = {}
  const conflicts: Conflict[] = []
  for (const field of new Set([base.sent, base.answered, mine, theirs].flatMap((side) => Object.keys(side)))) {
    const movedThere = !isEqual(field, theirs, base.answered)
    const movedHere = !isEqual(field, mine, base.sent)
    if (!movedThere) {
      sent[field] = base.sent[field]
      continue
    }
    sent[field] = theirs[field]
    if (!movedHere) merged[field] = theirs[field]
    else if (!isEqual(field, mine, theirs))
      conflicts.push({
        field: `metadata.${field}`,
        base: base.answered[field] ?? null,
        mine: mine[field] ?? null,
        theirs: theirs[field] ?? null,
      })
  }
  return { merged: withoutNothing(merged), conflicts, base: { sent: withoutNothing(sent), answered: theirs } }
}

/**
 * Whether a save whose answer was lost did arrive, judged by what the draft says now: something moved there, and only in
 * fields that the save changed. What the server made of the values can’t be foreseen, so it is not compared.
 */
export function hasLanded(base: MergeBase, attempted: RecordMetadata, theirs: RecordMetadata): boolean {
  const fields = [...new Set([base.answered, theirs].flatMap((side) => Object.keys(side)))]
  const moved = fields.filter((field) => !isEqual(field, theirs, base.answered))
  return moved.length > 0 && moved.every((field) => !isEqual(field, attempted, base.sent))
}

/** Whether two versions of the metadata say the same, whatever the labels of their references. */
export function isSameMetadata(one: RecordMetadata, other: RecordMetadata): boolean {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((field) => isEqual(field, one, other))
}

function isEqual(field: string, one: RecordMetadata, other: RecordMetadata): boolean {
  return canonical(field, one) === canonical(field, other)
}

function canonical(field: string, side: RecordMetadata): string {
  const value = side[field]
  return isNothing(value) ? '' : JSON.stringify(sortKeys(reduceMetadata({ [field]: value })))
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}

function withoutNothing(metadata: Record<string, unknown>): RecordMetadata {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined))
}
