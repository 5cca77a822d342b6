import { objectOf, textAt, type JsonObject } from '../json.ts'
import { extensionOf } from '../serialize/mime.ts'
import { titleOf, type Vocabularies } from '../vocabularies.ts'

type Facet = {
  readonly label: string
  /** The values that a document falls under; `parent::child` for nested ones. */
  readonly valuesOf: (document: JsonObject) => readonly string[]
  readonly nested?: true
  readonly labelOf: (value: string) => string
}

const ACCESS: Readonly<Record<string, string>> = {
  open: 'Open',
  embargoed: 'Embargoed',
  restricted: 'Restricted',
  'metadata-only': 'Metadata-only',
}

/** The facets of record searches (behaviour 3.5). Unknown ones are ignored, unknown values give no hit. */
export function recordFacets(vocabularies: Vocabularies, withPublished: boolean): Readonly<Record<string, Facet>> {
  const resourceType = (id: string) => vocabularies.find('resourcetypes', id)
  const facets: Record<string, Facet> = {
    publication_date: {
      label: 'Publication date',
      valuesOf: (document) => yearsOf(textAt(objectOf(document['metadata'])['publication_date'])),
      labelOf: (value) => value,
    },
    access_status: {
      label: 'Access status',
      valuesOf: (document) => [textAt(objectOf(document['access'])['status'])],
      labelOf: (value) => ACCESS[value] ?? value,
    },
    file_type: {
      label: 'File type',
      valuesOf: (document) =>
        [...new Set(Object.keys(objectOf(objectOf(document['files'])['entries'])).map(extensionOf))].filter(
          (ext) => ext !== '',
        ),
      labelOf: (value) => value.toUpperCase(),
    },
    resource_type: {
      label: 'Resource types',
      nested: true,
      valuesOf: (document) => {
        const id = textAt(objectOf(objectOf(document['metadata'])['resource_type'])['id'])
        if (id === '') return []
        const type = textAt(objectOf(resourceType(id)?.['props'])['type']) || id
        return type === id ? [type] : [type, `${type}::${id}`]
      },
      labelOf: (value) => titleOf(resourceType(value) ?? undefined) || value,
    },
  }
  if (withPublished) {
    facets['is_published'] = {
      label: 'Status',
      valuesOf: (document) => [String(document['is_published'] === true)],
      labelOf: (value) => (value === 'true' ? 'Published' : 'Unpublished'),
    }
  }
  return facets
}

/** Documents under the chosen values: any of one facet, all facets together. */
export function filterByFacets(
  documents: readonly JsonObject[],
  facets: Readonly<Record<string, Facet>>,
  filters: Readonly<Record<string, readonly string[]>>,
): JsonObject[] {
  const chosen = Object.entries(facets).filter(([name]) => (filters[name]?.length ?? 0) > 0)
  return documents.filter((document) =>
    chosen.every(([name, facet]) => {
      const values = facet.valuesOf(document)
      return (filters[name] ?? []).some((wanted) => values.includes(wanted) || matchesYears(name, wanted, values))
    }),
  )
}

/** A range of years, `2019..2021`. */
function matchesYears(name: string, wanted: string, values: readonly string[]): boolean {
  const range = /^(\d{0,4})\.\.(\d{0,4})$/.exec(wanted)
  if (name !== 'publication_date' || !range) return false
  const [, from = '', to = ''] = range
  return values.some((year) => (from === '' || year >= from) && (to === '' || year <= to))
}

/** Counts a facet's values over the documents found. */
export function aggregate(
  documents: readonly JsonObject[],
  facets: Readonly<Record<string, Facet>>,
  filters: Readonly<Record<string, readonly string[]>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(facets).map(([name, facet]) => {
      const counts = new Map<string, number>()
      for (const document of documents)
        for (const value of facet.valuesOf(document)) counts.set(value, (counts.get(value) ?? 0) + 1)
      const bucket = (key: string, count: number): JsonObject => ({
        key,
        doc_count: count,
        label: facet.labelOf(key),
        is_selected: (filters[name] ?? []).some((value) => value === key || value.endsWith(`::${key}`)),
      })
      const order = [...counts].sort(([a, x], [b, y]) => (name === 'publication_date' ? (a < b ? -1 : 1) : y - x))
      const buckets = order
        .filter(([value]) => !value.includes('::'))
        .map(([value, count]) => {
          if (!facet.nested) return bucket(value, count)
          const inner = order
            .filter(([other]) => other.startsWith(`${value}::`))
            .map(([other, n]) => bucket(other.slice(value.length + 2), n))
          return { ...bucket(value, count), inner: { buckets: inner } }
        })
      return [name, { buckets, label: facet.label }] as const
    }),
  )
}

function yearsOf(date: string): string[] {
  const years = date.split('/').map((part) => Number(part.slice(0, 4)))
  const [first, last = first] = years
  if (first === undefined || Number.isNaN(first) || last === undefined || last - first > 500) return []
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
}
