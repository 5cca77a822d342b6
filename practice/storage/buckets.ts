import { randomUUID } from 'node:crypto'
import type { Practice } from '../practice.ts'
import type { FileEntry } from './model.ts'

/** A bucket is a name only: what lies in it is known by the entries. */
export const newBucket = (): string => randomUUID()

/** Removes the bytes of entries that are gone, unless another version still shows them. */
export function releaseObjects({ store, content }: Practice, entries: readonly FileEntry[]): void {
  const ids = entries.flatMap(({ object, arrived }) => [object?.id, arrived?.id]).filter((id) => id !== undefined)
  content.remove(ids.filter((id) => !store.isObjectInUse(id)))
}

/** Bytes that count against a quota. */
export function bytesIn(entries: readonly FileEntry[]): number {
  return entries.reduce((total, { object, arrived }) => total + (object?.bytes ?? 0) + (arrived?.bytes ?? 0), 0)
}
