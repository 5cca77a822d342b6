import { ApiError } from '../http/api-error.ts'
import { isObject, textOf, type Json, type JsonObject } from '../json.ts'
import type { Entry, Vocabularies, VocabularyName } from '../vocabularies.ts'

/*
 * Where metadata point into vocabularies. Stored is the id alone; what is read back carries the entry's names. A list is
 * walked by `*`.
 */

type Reference = {
  readonly path: readonly string[]
  readonly vocabulary: VocabularyName
  readonly shown: readonly string[]
}

const title = ['title']

const METADATA: readonly Reference[] = [
  { path: ['resource_type'], vocabulary: 'resourcetypes', shown: title },
  { path: ['creators', '*', 'role'], vocabulary: 'creatorsroles', shown: title },
  { path: ['creators', '*', 'affiliations', '*'], vocabulary: 'affiliations', shown: ['name', 'identifiers'] },
  { path: ['contributors', '*', 'role'], vocabulary: 'contributorsroles', shown: title },
  { path: ['contributors', '*', 'affiliations', '*'], vocabulary: 'affiliations', shown: ['name', 'identifiers'] },
  { path: ['additional_titles', '*', 'type'], vocabulary: 'titletypes', shown: title },
  { path: ['additional_titles', '*', 'lang'], vocabulary: 'languages', shown: title },
  { path: ['additional_descriptions', '*', 'type'], vocabulary: 'descriptiontypes', shown: title },
  { path: ['additional_descriptions', '*', 'lang'], vocabulary: 'languages', shown: title },
  { path: ['languages', '*'], vocabulary: 'languages', shown: title },
  { path: ['subjects', '*'], vocabulary: 'subjects', shown: ['subject', 'scheme'] },
  { path: ['dates', '*', 'type'], vocabulary: 'datetypes', shown: title },
  { path: ['related_identifiers', '*', 'relation_type'], vocabulary: 'relationtypes', shown: title },
  { path: ['related_identifiers', '*', 'resource_type'], vocabulary: 'resourcetypes', shown: title },
  { path: ['rights', '*'], vocabulary: 'licenses', shown: ['title', 'description', 'icon', 'props'] },
  { path: ['funding', '*', 'funder'], vocabulary: 'funders', shown: ['name'] },
  {
    path: ['funding', '*', 'award'],
    vocabulary: 'awards',
    shown: ['title', 'number', 'identifiers', 'acronym', 'program'],
  },
]

const CUSTOM_FIELDS: readonly Reference[] = [
  { path: ['code:programmingLanguage', '*'], vocabulary: 'code:programmingLanguages', shown: title },
  { path: ['code:developmentStatus'], vocabulary: 'code:developmentStatus', shown: title },
]

/**
 * Cuts entries back to their ids.
 * @throws ApiError 400, message only and nothing stored, for an id that does not exist (behaviour 3.3).
 */
export function reduceMetadata(metadata: JsonObject, vocabularies: Vocabularies): JsonObject {
  return walk(metadata, METADATA, (id, reference) => {
    if (!vocabularies.find(reference.vocabulary, id)) throw new ApiError(400, `Invalid value ${id}.`)
    return { id }
  })
}

export function reduceCustomFields(fields: JsonObject, vocabularies: Vocabularies): JsonObject {
  return walk(fields, CUSTOM_FIELDS, (id, reference) => {
    if (!vocabularies.find(reference.vocabulary, id)) throw new ApiError(400, `Invalid value ${id}.`)
    return { id }
  })
}

/** With the names of the entries. */
export function expandMetadata(metadata: JsonObject, vocabularies: Vocabularies): JsonObject {
  return walk(metadata, METADATA, (id, reference) => shownOf(id, reference, vocabularies))
}

export function expandCustomFields(fields: JsonObject, vocabularies: Vocabularies): JsonObject {
  return walk(fields, CUSTOM_FIELDS, (id, reference) => shownOf(id, reference, vocabularies))
}

function shownOf(id: string, { vocabulary, shown }: Reference, vocabularies: Vocabularies): JsonObject {
  const entry: Entry | null = vocabularies.find(vocabulary, id)
  const details = shown.flatMap((name) => {
    const value = entry?.[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return { id, ...Object.fromEntries(details) }
}

function walk(
  document: JsonObject,
  references: readonly Reference[],
  change: (id: string, reference: Reference) => JsonObject,
): JsonObject {
  return references.reduce(
    (result, reference) =>
      changeAt(result, reference.path, (entry) => {
        const id = textOf(entry['id'])
        return id === null || id === '' ? entry : change(id, reference)
      }) as JsonObject,
    document,
  )
}

function changeAt(value: Json, path: readonly string[], change: (entry: JsonObject) => JsonObject): Json {
  const [step, ...rest] = path
  if (step === undefined) return isObject(value) ? change(value) : value
  if (step === '*') return Array.isArray(value) ? value.map((item) => changeAt(item, rest, change)) : value
  if (!isObject(value)) return value
  const inner = value[step]
  return inner === undefined ? value : { ...value, [step]: changeAt(inner, rest, change) }
}
