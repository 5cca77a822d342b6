import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findDraft } from '../access.ts'
import { ApiError, forbidden, noRoute } from '../http/api-error.ts'
import { requireBytes } from '../http/body.ts'
import { param, rawPath, route } from '../http/routes.ts'
import { timestamp, type JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { mimetypeOf } from '../serialize/mime.ts'
import { bytesIn, releaseObjects } from '../storage/buckets.ts'
import { TooManyBytes } from '../storage/content.ts'
import type { FileEntry, Version } from '../storage/model.ts'

/**
 * Zenodo’s older way to a draft’s files, by the bucket that its entries name (behaviour 4.11). Of it, only what that note tells:
 * the list, and PUT, which starts, stores and commits at once, in place of what has this key. Keys are single segments: the
 * slash of a longer one is decoded before addresses are compared, so that none is found.
 */
export function registerBucketFiles(app: FastifyInstance, practice: Practice): void {
  const { store, content, limits } = practice

  const find = (request: FastifyRequest) => {
    const bucket = param(request, 'bucket')
    const version = store.allVersions().find(({ draft, draftBucket }) => draft !== null && draftBucket === bucket)
    if (!version) throw new ApiError(404, 'Bucket does not exist.')
    return findDraft(practice, request, version.id, 'edit').version
  }

  const show = (version: Version, { key, createdAt, updatedAt, object }: FileEntry): JsonObject => {
    const self = `${practice.origin}/api/files/${version.draftBucket}/${encodeURIComponent(key)}`
    return {
      key,
      size: object?.bytes ?? 0,
      mimetype: object?.mimetype ?? null,
      checksum: object?.md5 ? `md5:${object.md5}` : null,
      version_id: object?.versionId ?? null,
      created: createdAt,
      updated: updatedAt,
      is_head: true,
      delete_marker: false,
      links: { self },
    }
  }

  route(app, '/api/files/:bucket', {
    GET: (request, reply) => {
      const version = find(request)
      const entries = store.files('draft', version.id).filter(({ status }) => status === 'completed')
      return reply.send({ id: version.draftBucket, contents: entries.map((entry) => show(version, entry)) })
    },
  })

  route(app, '/api/files/:bucket/*', {
    PUT: async (request, reply) => {
      const key = keyOf(request)
      requireBytes(request)
      const version = find(request)
      if (version.published) throw forbidden('Bucket is locked for modifications.')
      const others = store.files('draft', version.id).filter((entry) => entry.key !== key)
      if (others.length >= limits.maxFiles)
        throw new ApiError(400, 'Uploading selected files will result in exceeding the max amount per record.')
      const left = (version.quota?.bytes ?? limits.quotaBytes) - bytesIn(others)
      const most = version.quota?.fileBytes ?? limits.maxFileBytes
      const refused = new ApiError(400, left < most ? 'Bucket quota exceeded.' : 'Maximum file size exceeded.')
      if (Number(request.headers['content-length'] ?? 0) > Math.min(left, most)) throw refused
      const { id, bytes, md5 } = await content.receive(request.raw, Math.min(left, most)).catch((error: unknown) => {
        throw error instanceof TooManyBytes ? refused : error
      })
      if (bytes === 0 && !limits.emptyFiles) {
        content.remove([id])
        throw new ApiError(400, 'Empty files are not accepted.')
      }
      const now = timestamp()
      const entry: FileEntry = {
        key,
        createdAt: now,
        updatedAt: now,
        status: 'completed',
        transfer: { type: 'L' },
        metadata: {},
        hidden: false,
        declaredBytes: null,
        declaredChecksum: null,
        object: { id, bytes, md5, versionId: randomUUID(), mimetype: mimetypeOf(key) },
        arrived: null,
      }
      const before = store.transaction(() => {
        const known = store.file('draft', version.id, key)
        if (known) store.removeFile('draft', version.id, key)
        store.saveFile('draft', version.id, entry)
        return known
      })
      if (before) releaseObjects(practice, [before])
      return reply.code(201).send(show(version, entry))
    },
  })
}

function keyOf(request: FastifyRequest): string {
  const encoded = rawPath(request).split('/').slice(4)
  const key = decodeURIComponent(encoded.join('/'))
  if (key === '' || key.includes('/')) throw noRoute()
  return key
}
