import { compact, type JsonObject } from '../json.ts'
import type { FileEntry } from '../storage/model.ts'
import { fileAddress } from './links.ts'
import { isPicture } from './mime.ts'
import { checksumOf } from './record.ts'

const PART_LINK_DAYS = 14

/**
 * An entry of a file list (behaviour 4.1). Before its content is linked, only what was declared is shown, and the bucket only
 * where it is `named`.
 */
export function fileJson(
  origin: string,
  kind: 'draft' | 'record',
  id: string,
  bucket: string,
  entry: FileEntry,
  named = false,
): JsonObject {
  const { object } = entry
  const self = fileAddress(origin, kind, id, entry.key)
  const iiif = `${origin}/api/iiif/${kind}:${id}`
  const hasChecksum = object !== null || entry.declaredChecksum !== null
  return compact({
    created: entry.createdAt,
    updated: entry.updatedAt,
    mimetype: object?.mimetype,
    version_id: object?.versionId,
    file_id: object?.id,
    bucket_id: object || named ? bucket : undefined,
    metadata: entry.metadata,
    access: { hidden: entry.hidden },
    links: compact({
      self,
      content: entry.transfer.type === 'M' ? undefined : `${self}/content`,
      commit: kind === 'draft' ? `${self}/commit` : undefined,
      parts: entry.transfer.type === 'M' ? partLinks(self, entry.transfer.parts) : undefined,
      ...(isPicture(entry.key)
        ? {
            iiif_canvas: `${iiif}/canvas/${encodeURIComponent(entry.key)}`,
            iiif_base: `${origin}/api/iiif/${kind}:${id}:${encodeURIComponent(entry.key)}`,
            iiif_info: `${iiif}:${encodeURIComponent(entry.key)}/info.json`,
            iiif_api: `${iiif}:${encodeURIComponent(entry.key)}/full/full/0/default.png`,
          }
        : {}),
    }),
    key: entry.key,
    checksum: hasChecksum ? checksumOf(entry) : undefined,
    size: object?.bytes ?? entry.declaredBytes ?? undefined,
    transfer: { ...entry.transfer },
    status: entry.status,
    storage_class: object ? 'L' : undefined,
  })
}

/** All numbers, whichever parts have arrived: the server does not say (live findings D20). */
function partLinks(self: string, parts: number): JsonObject[] {
  const expiration = new Date(Date.now() + PART_LINK_DAYS * 86_400_000).toISOString().replace('Z', '000+00:00')
  return Array.from({ length: parts }, (_, index) => ({
    part: index + 1,
    url: `${self}/content/${index + 1}`,
    expiration,
  }))
}
