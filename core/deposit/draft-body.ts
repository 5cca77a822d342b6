import type { DraftBody, RecordMetadata, RepositoryRecord } from '../../contract/repository/record.ts'

/**
 * Fields whose value names an entry of a vocabulary (behaviour 14). The server resolves them on reading and complains about its
 * own additions when they come back (`rights.0.icon`, `affiliations.0.identifiers`): only the id is sent (behaviour 3.3).
 */
const REFERENCES = new Set([
  'resource_type',
  'role',
  'languages',
  'lang',
  'type',
  'relation_type',
  'rights',
  'subjects',
  'funder',
  'award',
  'affiliations',
])

/** Keys that the server adds for display to what has no id, and refuses when they are sent. */
const DISPLAY_ONLY: Readonly<Record<string, readonly string[]>> = {
  rights: ['icon', 'props'],
  affiliations: ['identifiers', 'acronym'],
  subjects: ['scheme', 'props', 'title'],
}

/** Parts of a draft that are not edited here, and that a save would empty if it left them out (live findings C6). */
export type KeptParts = {
  readonly customFields: Readonly<Record<string, unknown>> | null
  readonly defaultPreview: string | null
}

export function keptParts(read: RepositoryRecord): KeptParts {
  const preview = read.files?.['default_preview']
  return { customFields: read.custom_fields ?? null, defaultPreview: typeof preview === 'string' ? preview : null }
}

/**
 * The body of a save, which replaces the whole document. `pids` and `access` are left out: then the server keeps them, while
 * another DOI sent by mistake would replace the reserved one without an error.
 */
export function toDraftBody(metadata: RecordMetadata, kept: KeptParts | null): DraftBody {
  const preview = kept?.defaultPreview ?? null
  const custom = kept?.customFields ?? null
  return {
    metadata: reduceMetadata(metadata),
    // Left out it would turn files on; `enabled: false` is not offered here.
    files: preview === null ? { enabled: true } : { enabled: true, default_preview: preview },
    ...(custom === null ? {} : { custom_fields: reduce(custom, '') as Record<string, unknown> }),
  }
}

/**
 * Metadata as it may be sent: references cut to their id, blank texts left out. Unknown keys stay, and so do invalid values and
 * empty list items, since the server counts the items that it complains about. Pure; the same result for its own result.
 */
export function reduceMetadata(metadata: RecordMetadata): RecordMetadata {
  const entries = Object.entries(metadata).filter(([, value]) => !isNothing(value))
  return Object.fromEntries(entries.map(([key, value]) => [key, reduce(value, key)]))
}

/** Whether a field says nothing: it is not sent, and equals one that is absent. */
export function isNothing(value: unknown): boolean {
  if (value == null) return true
  return typeof value === 'string' ? value.trim() === '' : Array.isArray(value) && value.length === 0
}

function reduce(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => reduce(item, key))
  if (typeof value !== 'object' || value === null) return value
  const { id, title } = value as { id?: unknown; title?: unknown }
  const resolved = typeof title === 'object' && title !== null
  if (typeof id === 'string' && id !== '' && (REFERENCES.has(key) || resolved)) return { id }
  const hidden = DISPLAY_ONLY[key] ?? []
  const kept = Object.entries(value).filter(([name, inner]) => !hidden.includes(name) && inner !== undefined)
  return Object.fromEntries(kept.map(([name, inner]) => [name, reduce(inner, name)]))
}
