import { atLeast, mayReadFiles, type Level } from '../access.ts'
import { compact, type JsonObject } from '../json.ts'
import { expandCustomFields, expandMetadata } from '../metadata/references.ts'
import type { Practice } from '../practice.ts'
import type { Access, Edition, FileEntry, Parent, Version } from '../storage/model.ts'
import { extensionOf } from './mime.ts'
import { fileAddress } from './links.ts'
import { draftLinks, recordLinks } from './links.ts'
import { displayOf } from './display.ts'

export type RecordView = {
  readonly version: Version
  readonly parent: Parent
  readonly kind: 'draft' | 'record'
  /** Of the one who reads: what is shown depends on it. */
  readonly level: Level
}

const NO_STATISTICS = { views: 0, unique_views: 0, downloads: 0, unique_downloads: 0, data_volume: 0 }

/** A draft or record as plain InvenioRDM JSON (behaviour 3.2). */
export function recordJson(practice: Practice, { version, parent, kind, level }: RecordView): JsonObject {
  const edition = kind === 'draft' ? version.draft : version.published
  if (!edition) throw new Error(`There is no ${kind} of ${version.id}.`)
  const isDraft = kind === 'draft'
  const files = practice.store.files(kind, version.id)
  const versions = practice.store.versionsOf(version.parent)
  const latest = versions.findLast((other) => other.published !== null && other.tombstone === null)
  const links = isDraft ? draftLinks(practice.origin, version, parent) : recordLinks(practice.origin, version, parent)
  return compact({
    id: version.id,
    created: edition.createdAt,
    updated: edition.updatedAt,
    links,
    revision_id: edition.revision,
    parent: parentJson(parent, level),
    versions: compact({
      is_latest: latest?.id === version.id,
      is_latest_draft: atLeast(level, 'edit') ? versions.at(-1)?.id === version.id : undefined,
      index: version.index,
    }),
    is_published: version.published !== null,
    is_draft: isDraft,
    expires_at: isDraft ? edition.createdAt.replace('T', ' ') : undefined,
    pids: edition.pids,
    metadata: expandMetadata(edition.metadata, practice.vocabularies),
    custom_fields: expandCustomFields(edition.customFields, practice.vocabularies),
    access: { ...edition.access, status: accessStatus(edition.access, edition.filesEnabled) },
    files: filesJson(practice, version, edition, kind, files, level),
    media_files: mayReadFiles(edition, level)
      ? { enabled: false, order: [], count: 0, total_bytes: 0, entries: {} }
      : { enabled: false },
    status: statusOf(version, isDraft),
    deletion_status: isDraft
      ? undefined
      : { is_deleted: version.tombstone !== null, status: version.tombstone ? 'D' : 'P' },
    stats: isDraft ? undefined : { this_version: NO_STATISTICS, all_versions: NO_STATISTICS },
  })
}

/** The same with `ui`, values ready to be shown: what the vnd type adds. */
export function recordDisplayJson(practice: Practice, view: RecordView): JsonObject {
  const json = recordJson(practice, view)
  return { ...json, ui: displayOf(json, view) }
}

function accessStatus(access: Access, filesEnabled: boolean): string {
  if (access.embargo.active) return 'embargoed'
  if (access.record === 'restricted' || access.files === 'restricted') return 'restricted'
  return filesEnabled ? 'open' : 'metadata-only'
}

function statusOf(version: Version, isDraft: boolean): string {
  if (!isDraft || version.published) return 'published'
  return version.index > 1 ? 'new_version_draft' : 'draft'
}

function parentJson(parent: Parent, level: Level): JsonObject {
  const access = compact({
    grants: atLeast(level, 'manage') ? parent.grants.map((grant) => ({ ...grant })) : undefined,
    owned_by: { user: String(parent.owner) },
    links: atLeast(level, 'manage') ? parent.links.map(({ token: _token, ...link }) => ({ ...link })) : undefined,
    settings: { ...parent.settings },
  })
  return { id: parent.id, access, communities: {}, pids: parent.pids }
}

function filesJson(
  practice: Practice,
  version: Version,
  edition: Edition,
  kind: 'draft' | 'record',
  files: readonly FileEntry[],
  level: Level,
): JsonObject {
  if (!mayReadFiles(edition, level)) return { enabled: edition.filesEnabled }
  const whole = edition.filesEnabled ? files.filter(({ object }) => object !== null) : []
  return compact({
    enabled: edition.filesEnabled,
    order: [],
    default_preview: edition.defaultPreview ?? undefined,
    count: whole.length,
    total_bytes: whole.reduce((total, { object }) => total + (object?.bytes ?? 0), 0),
    entries: Object.fromEntries(
      whole.map((entry) => [entry.key, embeddedFile(practice.origin, version, kind, entry)] as const),
    ),
  })
}

function embeddedFile(origin: string, version: Version, kind: 'draft' | 'record', entry: FileEntry): JsonObject {
  const self = fileAddress(origin, kind, version.id, entry.key)
  return {
    id: entry.object?.id ?? '',
    checksum: checksumOf(entry),
    ext: extensionOf(entry.key),
    size: entry.object?.bytes ?? 0,
    mimetype: entry.object?.mimetype ?? 'application/octet-stream',
    storage_class: 'L',
    key: entry.key,
    metadata: entry.metadata ?? {},
    access: { hidden: entry.hidden },
    links: { self, content: `${self}/content` },
  }
}

/** A checksum declared for a multipart transfer is kept for good, right or wrong (live findings D24). */
export function checksumOf(entry: FileEntry): string | null {
  if (entry.object === null) return entry.declaredChecksum
  if (entry.declaredChecksum !== null && entry.object.md5 === null) return entry.declaredChecksum
  return entry.object.md5 === null ? null : `md5:${entry.object.md5}`
}
