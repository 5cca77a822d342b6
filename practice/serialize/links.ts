import type { JsonObject } from '../json.ts'
import { compact } from '../json.ts'
import type { Parent, Version } from '../storage/model.ts'

const RESOLVER = 'https://handle.test.datacite.org'

/** A file key in an address: every segment encoded, slashes as they are. */
function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

export function fileAddress(origin: string, kind: 'draft' | 'record', id: string, key: string): string {
  return `${origin}/api/records/${id}${kind === 'draft' ? '/draft' : ''}/files/${encodeKey(key)}`
}

/** Links are rendered by state, not by what the reader may do (behaviour 3.2). */
export function draftLinks(origin: string, version: Version, parent: Parent): JsonObject {
  const api = `${origin}/api/records/${version.id}`
  const doi = version.draft?.pids['doi']?.identifier
  return compact({
    self: `${api}/draft`,
    self_html: `${origin}/uploads/${version.id}`,
    preview_html: `${origin}/records/${version.id}?preview=1`,
    doi: doi ? `${RESOLVER}/${doi}` : undefined,
    self_doi: doi ? `${RESOLVER}/${doi}` : undefined,
    reserve_doi: `${api}/draft/pids/doi`,
    ...parentDoi(origin, parent),
    ...pictures(origin, 'draft', version.id),
    files: `${api}/draft/files`,
    media_files: `${api}/draft/media-files`,
    archive: `${api}/draft/files-archive`,
    archive_media: `${api}/draft/media-files-archive`,
    versions: `${api}/versions`,
    record: api,
    record_html: `${origin}/records/${version.id}`,
    publish: `${api}/draft/actions/publish`,
    review: `${api}/draft/review`,
    ...shared(api),
    quota_increase: `${api}/quota-increase`,
    requests: `${api}/requests`,
  })
}

export function recordLinks(origin: string, version: Version, parent: Parent): JsonObject {
  const api = `${origin}/api/records/${version.id}`
  const page = `${origin}/records/${version.id}`
  const doi = version.published?.pids['doi']?.identifier
  return compact({
    self: api,
    self_html: page,
    preview_html: `${page}?preview=1`,
    doi: doi ? `${RESOLVER}/${doi}` : undefined,
    self_doi: doi ? `${RESOLVER}/${doi}` : undefined,
    self_doi_html: doi ? `${origin}/doi/${doi}` : undefined,
    reserve_doi: `${api}/draft/pids/doi`,
    parent: `${origin}/api/records/${parent.id}`,
    parent_html: `${origin}/records/${parent.id}`,
    ...parentDoi(origin, parent),
    ...pictures(origin, 'record', version.id),
    files: `${api}/files`,
    media_files: `${api}/media-files`,
    archive: `${api}/files-archive`,
    archive_media: `${api}/media-files-archive`,
    latest: `${api}/versions/latest`,
    latest_html: `${page}/latest`,
    versions: `${api}/versions`,
    draft: `${api}/draft`,
    ...shared(api),
    request_deletion: `${api}/request-deletion`,
    file_modification: `${api}/file-modification`,
    quota_increase: `${api}/quota-increase`,
    requests: `${api}/requests`,
  })
}

function shared(api: string): JsonObject {
  return {
    access_links: `${api}/access/links`,
    access_grants: `${api}/access/grants`,
    access_users: `${api}/access/users`,
    access_groups: `${api}/access/groups`,
    access_request: `${api}/access/request`,
    access: `${api}/access`,
    communities: `${api}/communities`,
    'communities-suggestions': `${api}/communities-suggestions`,
  }
}

function pictures(origin: string, kind: 'draft' | 'record', id: string): JsonObject {
  return {
    self_iiif_manifest: `${origin}/api/iiif/${kind}:${id}/manifest`,
    self_iiif_sequence: `${origin}/api/iiif/${kind}:${id}/sequence/default`,
  }
}

function parentDoi(origin: string, parent: Parent): JsonObject {
  const doi = parent.pids['doi']?.identifier
  return doi ? { parent_doi: `${RESOLVER}/${doi}`, parent_doi_html: `${origin}/doi/${doi}` } : {}
}
