import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { atLeast, findDraft, levelOf, parentOf, whoAsks, type Found, type Level } from '../access.ts'
import { ApiError, forbidden, noDraft, serverFault, unknownPid, validationError } from '../http/api-error.ts'
import { readJson, requireBytes } from '../http/body.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import { param, route } from '../http/routes.ts'
import { objectOf, timestamp, type JsonObject } from '../json.ts'
import { bool, flatten, loadObject, map, object } from '../metadata/schema.ts'
import type { Practice } from '../practice.ts'
import { fileJson } from '../serialize/file.ts'
import { mimetypeOf } from '../serialize/mime.ts'
import { bytesIn, releaseObjects } from '../storage/buckets.ts'
import { TooManyBytes } from '../storage/content.ts'
import { startDigest } from '../storage/digests.ts'
import type { FileEntry, StoredObject, Version } from '../storage/model.ts'
import { sendArchive, sendContent } from './downloads.ts'
import { FILE_DELETE_STEP, saveDraft } from './drafts.ts'
import { parseStarts } from './file-starts.ts'
import { keyPath } from './file-paths.ts'

const TYPES = [JSON_TYPE, VND_TYPE] as const
const LIST = '/draft/files/'
const MAX_NAME_CHARACTERS = 255
/** A plain text in v14.0.5, a list later (behaviour 4.6). */
const TRANSFER_FAILED = 'File upload transfer failed.'

/** Draft files: start, send whole or in parts, commit, read, describe, delete; with the traps of section D of the live findings. */
export function registerDraftFiles(app: FastifyInstance, practice: Practice): void {
  const { store, content, limits } = practice

  const show = (version: Version, entry: FileEntry) =>
    fileJson(practice.origin, 'draft', version.id, version.draftBucket, entry, limits.buckets)

  /** A draft's file. Whether it exists is said before whether one may (behaviour 16.1). */
  const findFile = (request: FastifyRequest, key: string, needed: Level): { found: Found; entry: FileEntry } => {
    const id = param(request, 'id')
    const version = store.version(id)
    if (!version) throw unknownPid()
    if (!version.draft) throw noDraft()
    const entry = store.file('draft', id, key)
    if (!entry) throw new ApiError(404, `Record '${id}' has no file '${key}'.`)
    const parent = parentOf(practice, version)
    const level = levelOf(parent, whoAsks(request))
    if (!atLeast(level, needed)) throw forbidden()
    return { found: { version, parent, edition: version.draft, level }, entry }
  }

  const limitsOf = (version: Version) => ({
    quota: version.quota?.bytes ?? limits.quotaBytes,
    file: version.quota?.fileBytes ?? limits.maxFileBytes,
  })

  /** What one more file may take, and what is said when it takes more. */
  const room = (version: Version, key: string) => {
    const { quota, file } = limitsOf(version)
    const left = quota - bytesIn(store.files('draft', version.id).filter((entry) => entry.key !== key))
    return left < file
      ? { bytes: left, message: 'Bucket quota exceeded.' }
      : { bytes: file, message: 'Maximum file size exceeded.' }
  }

  const removeFile = (version: Version, entry: FileEntry) => {
    store.removeFile('draft', version.id, entry.key)
    releaseObjects(practice, [entry])
  }

  const refuseLocked = (version: Version) => {
    if (version.published) throw forbidden('Bucket is locked for modifications.')
  }

  route(app, '/api/records/:id/draft/files', {
    GET: (request, reply) => {
      negotiate(request, TYPES)
      const { version } = findDraft(practice, request, param(request, 'id'), 'preview')
      return reply.send(listDraftFiles(practice, version, sorted(store.files('draft', version.id))))
    },

    POST: async (request, reply) => {
      negotiate(request, TYPES)
      const body = await readJson(request)
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      if (!edition.filesEnabled) throw forbidden('Files are not enabled.')
      const starts = parseStarts(body)
      if (store.countFiles('draft', version.id) + starts.length > limits.maxFiles) {
        throw new ApiError(400, 'Uploading selected files will result in exceeding the max amount per record.')
      }
      const keys = new Set<string>()
      for (const { key } of starts) {
        if (keys.has(key) || store.file('draft', version.id, key))
          throw new ApiError(400, `File with key ${key} already exists.`)
        keys.add(key)
      }
      // Room for the parts is made on disk before any entry points at it.
      const entries: FileEntry[] = []
      for (const start of starts) {
        const object =
          start.transfer.type === 'M'
            ? newObject(await content.reserve(start.size ?? 0), start.key, start.size ?? 0, null)
            : null
        const now = timestamp()
        entries.push({
          key: start.key,
          createdAt: now,
          updatedAt: now,
          status: 'pending',
          transfer: start.transfer,
          metadata: start.metadata,
          hidden: start.hidden,
          declaredBytes: start.size,
          declaredChecksum: start.checksum,
          object,
          arrived: null,
        })
      }
      store.transaction(() => {
        for (const { key } of entries) {
          if (store.file('draft', version.id, key)) throw new ApiError(400, `File with key ${key} already exists.`)
        }
        for (const entry of entries) store.saveFile('draft', version.id, entry)
      })
      return reply.code(201).send(listDraftFiles(practice, version, store.files('draft', version.id)))
    },

    DELETE: (request, reply) => {
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      refuseLocked(version)
      const entries = store.files('draft', version.id)
      store.transaction(() => {
        store.removeFiles('draft', version.id)
        if (entries.length > 0) saveDraft(practice, version, edition, FILE_DELETE_STEP)
      })
      releaseObjects(practice, entries)
      return reply.code(204).send()
    },
  })

  route(app, '/api/records/:id/draft/files-archive', {
    GET: (request, reply) => {
      const { version } = findDraft(practice, request, param(request, 'id'), 'preview')
      return sendArchive(practice, reply, version.id, store.files('draft', version.id))
    },
  })

  route(app, '/api/records/:id/draft/files/*', {
    GET: (request, reply) => {
      const path = keyPath(request, reply, LIST)
      if (path === null) return reply
      negotiate(request, TYPES)
      const contentOf = before(path, '/content')
      if (contentOf !== null) {
        const { entry } = findFile(request, contentOf, 'preview')
        if (entry.transfer.type === 'M') throw forbidden()
        return sendContent(practice, request, reply, entry)
      }
      const { found, entry } = findFile(request, path, 'preview')
      return reply.send(show(found.version, entry))
    },

    PUT: async (request, reply) => {
      const path = keyPath(request, reply, LIST)
      if (path === null) return reply
      const part = /^(.+)\/content\/(\d+)$/s.exec(path)
      if (part) return putPart(request, reply, part[1] ?? '', Number(part[2]))
      const contentOf = before(path, '/content')
      return contentOf === null ? putDescription(request, reply, path) : putContent(request, reply, contentOf)
    },

    POST: (request, reply) => {
      const path = keyPath(request, reply, LIST)
      if (path === null) return reply
      const key = before(path, '/commit')
      if (key === null) throw new ApiError(405, 'The method is not allowed for the requested URL.')
      return commit(request, reply, key)
    },

    DELETE: (request, reply) => {
      const path = keyPath(request, reply, LIST)
      if (path === null) return reply
      const { found, entry } = findFile(request, path, 'edit')
      refuseLocked(found.version)
      store.transaction(() => {
        store.removeFile('draft', found.version.id, entry.key)
        saveDraft(practice, found.version, found.edition, FILE_DELETE_STEP)
      })
      releaseObjects(practice, [entry])
      return reply.code(204).send()
    },
  })

  const putDescription = async (request: FastifyRequest, reply: FastifyReply, key: string) => {
    const body = await readJson(request)
    negotiate(request, TYPES)
    const { found, entry } = findFile(request, key, 'edit')
    const rules = { fields: { metadata: map(), access: object({ fields: { hidden: bool() } }) } }
    const { value, errors } = loadObject(rules, body ?? {})
    if (errors !== null) throw validationError(flatten(errors))
    const saved = store.saveFile('draft', found.version.id, {
      ...entry,
      updatedAt: timestamp(),
      metadata: value['metadata'] === undefined ? entry.metadata : objectOf(value['metadata']),
      hidden: value['access'] === undefined ? entry.hidden : objectOf(value['access'])['hidden'] === true,
    })
    return reply.send(show(found.version, saved))
  }

  const putContent = async (request: FastifyRequest, reply: FastifyReply, key: string) => {
    requireBytes(request)
    const { found, entry } = findFile(request, key, 'edit')
    const { version } = found
    if (!limits.multipart && entry.transfer.type === 'M') throw forbidden()
    refuseLocked(version)
    if (entry.status === 'completed' || entry.transfer.type === 'M') {
      // Refused, and the entry goes with what it had: never PUT to a committed file (live findings A4, D26).
      removeFile(version, entry)
      return reply.send({ ...show(version, entry), errors: TRANSFER_FAILED })
    }
    if ([...key].length > MAX_NAME_CHARACTERS) throw new ApiError(400, 'Filename is too long.')
    const limit = room(version, key)
    const length = request.headers['content-length']
    if (length !== undefined && Number(length) > limit.bytes) throw new ApiError(400, limit.message)

    let arrived: StoredObject
    try {
      const { id, bytes, md5 } = await content.receive(request.raw, limit.bytes)
      arrived = newObject(id, key, bytes, md5)
    } catch (error) {
      if (error instanceof TooManyBytes) throw new ApiError(400, limit.message)
      // Cut with a length: the entry stays pending, with the content of an earlier PUT if there was one. Cut while chunked, or
      // a failing disk: the entry goes (live findings D1, D2; behaviour 4.6).
      const current = store.file('draft', version.id, key)
      if (current && (length === undefined || !request.raw.destroyed)) removeFile(version, current)
      return reply.send({ ...show(version, entry), errors: TRANSFER_FAILED })
    }
    const current = store.file('draft', version.id, key)
    if (!current || !store.version(version.id)?.draft) {
      content.remove([arrived.id])
      throw new ApiError(404, `Record '${version.id}' has no file '${key}'.`)
    }
    if (current.status === 'completed') {
      content.remove([arrived.id])
      removeFile(version, current)
      return reply.send({ ...show(version, current), errors: TRANSFER_FAILED })
    }
    // `updated` and the revision of the draft do not move (live findings C9).
    store.saveFile('draft', version.id, { ...current, arrived })
    if (current.arrived) content.remove([current.arrived.id])
    return reply.send(show(version, current))
  }

  const putPart = async (request: FastifyRequest, reply: FastifyReply, key: string, part: number) => {
    requireBytes(request)
    const { found, entry } = findFile(request, key, 'edit')
    const { version } = found
    const { transfer } = entry
    if (!limits.multipart) throw forbidden()
    if (transfer.type !== 'M' || entry.object === null) {
      throw new ApiError(400, `Transfer type "${transfer.type}" does not support multipart uploads.`)
    }
    if (part === 0) throw serverFault()
    const length = Number(request.headers['content-length'] ?? NaN)
    // The size of the last part is not checked (live findings D22).
    if (part > transfer.parts || (part < transfer.parts && length !== transfer.part_size)) {
      return reply.send({ ...show(version, entry), errors: TRANSFER_FAILED })
    }
    const { quota } = limitsOf(version)
    if (length > quota) throw new ApiError(400, 'Bucket quota exceeded.')
    try {
      await content.receivePart(entry.object.id, (part - 1) * transfer.part_size, request.raw)
    } catch {
      return reply.send({ ...show(version, entry), errors: TRANSFER_FAILED })
    }
    return reply.send(show(version, entry))
  }

  const commit = (request: FastifyRequest, reply: FastifyReply, key: string) => {
    negotiate(request, TYPES)
    const { found, entry } = findFile(request, key, 'edit')
    const { version } = found
    if (entry.status === 'completed') return reply.send(show(version, entry))
    if (!limits.multipart && entry.transfer.type === 'M') throw forbidden()
    // Before content there is nothing to link: the real server stumbles over it (live findings D5).
    const object = entry.transfer.type === 'M' ? entry.object : entry.arrived
    if (object === null) throw serverFault()
    if (!limits.emptyFiles && object.bytes === 0) throw new ApiError(400, 'Empty files are not accepted.')
    const isMultipart = entry.transfer.type === 'M'
    const saved = store.saveFile('draft', version.id, {
      ...entry,
      updatedAt: timestamp(),
      status: 'completed',
      transfer: { type: 'L' },
      metadata: entry.metadata ?? {},
      object,
      arrived: null,
      // Declared values of a whole transfer give way to the real ones; those of multipart stay (live findings D3, D24).
      declaredChecksum: isMultipart ? entry.declaredChecksum : null,
    })
    if (isMultipart && saved.declaredChecksum === null) startDigest(practice, object, version.id, key)
    return reply.send(show(version, saved))
  }
}

/** The file list of a draft; of a metadata-only one just its address. */
export function listDraftFiles(practice: Practice, version: Version, entries: readonly FileEntry[]): JsonObject {
  const self = `${practice.origin}/api/records/${version.id}/draft/files`
  if (!version.draft?.filesEnabled) return { enabled: false, links: { self } }
  return {
    enabled: true,
    links: { self, archive: `${self}-archive` },
    entries: entries.map((entry) =>
      fileJson(practice.origin, 'draft', version.id, version.draftBucket, entry, practice.limits.buckets),
    ),
    default_preview: version.draft.defaultPreview,
    order: [],
  }
}

function newObject(id: string, key: string, bytes: number, md5: string | null): StoredObject {
  return { id, bytes, md5, versionId: randomUUID(), mimetype: mimetypeOf(key) }
}

/** What stands before a suffix, or null without it. */
function before(path: string, suffix: string): string | null {
  return path.endsWith(suffix) && path.length > suffix.length ? path.slice(0, -suffix.length) : null
}

/** By key, in the order of code points. */
export function sorted(entries: readonly FileEntry[]): FileEntry[] {
  return entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
}
