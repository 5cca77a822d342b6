/** What JSON can hold. Bodies of requests and documents of the store are of this type until they are looked at. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at `value`, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The list at `value`, or an empty one. */
export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The text at `value`, or an empty one. */
export const textAt = (value: unknown): string => textOf(value) ?? ''

/** A copy without the keys whose value is undefined, for answers in which a key is absent rather than null. */
export function compact<T extends Record<string, unknown>>(value: T): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as JsonObject
}

/**
 * Drops nulls, and lists and objects that are or become empty, at any depth: what the data layer of InvenioRDM does with
 * metadata before it is stored, which is why an item left empty vanishes and the following ones move up.
 */
export function dropEmpty(value: Json): Json | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) {
    const kept = value.map(dropEmpty).filter((item) => item !== undefined)
    return kept.length > 0 ? kept : undefined
  }
  if (isObject(value)) {
    const kept = Object.entries(value).flatMap(([key, entry]) => {
      const rest = dropEmpty(entry)
      return rest === undefined ? [] : [[key, rest] as const]
    })
    return kept.length > 0 ? Object.fromEntries(kept) : undefined
  }
  return value
}

let lastMicros = 0

/** Now in the form of the API: UTC with six digits of a second. Never the same twice, so that lists have one order. */
export function timestamp(): string {
  lastMicros = Math.max(Date.now() * 1000, lastMicros + 1)
  const seconds = new Date(Math.floor(lastMicros / 1000)).toISOString().slice(0, -1)
  return `${seconds}${String(lastMicros % 1000).padStart(3, '0')}+00:00`
}
