import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findAnyRecord, mayReadFiles, refuseDeleted, type Found } from '../access.ts'
import { ApiError, forbidden } from '../http/api-error.ts'
import { JSON_TYPE, negotiate } from '../http/negotiation.ts'
import { param, route } from '../http/routes.ts'
import type { JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { fileJson } from '../serialize/file.ts'
import type { FileEntry } from '../storage/model.ts'
import { sendArchive, sendContent } from './downloads.ts'
import { sorted } from './draft-files.ts'
import { keyPath } from './file-paths.ts'

/** Files of published records take plain JSON only: the vnd type is 406, for downloads too (findings: Accept on published files). */
const TYPES = [JSON_TYPE] as const

export function registerRecordFiles(app: FastifyInstance, practice: Practice): void {
  const { store } = practice

  const show = ({ version }: Found, entry: FileEntry) =>
    fileJson(practice.origin, 'record', version.id, version.bucket, entry)

  const find = (request: FastifyRequest): Found => {
    const found = findAnyRecord(practice, request, param(request, 'id'))
    refuseDeleted(found.version)
    return found
  }

  /** Whether a key exists is said before whether one may: names can be probed, as on the real server. */
  const findFile = (request: FastifyRequest, key: string): { found: Found; entry: FileEntry } => {
    const found = find(request)
    if (!found.edition.filesEnabled) throw forbidden('Files are not enabled.')
    const entry = store.file('record', found.version.id, key)
    if (!entry) throw new ApiError(404, `Record '${found.version.id}' has no file '${key}'.`)
    if (!mayReadFiles(found.edition, found.level)) throw forbidden()
    return { found, entry }
  }

  route(app, '/api/records/:id/files', {
    GET: (request, reply) => {
      negotiate(request, TYPES)
      const found = find(request)
      if (!mayReadFiles(found.edition, found.level)) throw forbidden()
      const self = `${practice.origin}/api/records/${found.version.id}/files`
      if (!found.edition.filesEnabled) return reply.send({ enabled: false, links: { self } })
      const json: JsonObject = {
        enabled: true,
        links: { self, archive: `${self}-archive` },
        entries: sorted(store.files('record', found.version.id)).map((entry) => show(found, entry)),
        default_preview: found.edition.defaultPreview,
        order: [],
      }
      return reply.send(json)
    },
  })

  route(app, '/api/records/:id/files-archive', {
    GET: (request, reply) => {
      negotiate(request, TYPES)
      const found = find(request)
      if (!mayReadFiles(found.edition, found.level)) throw forbidden()
      if (!found.edition.filesEnabled) throw forbidden('Files are not enabled.')
      return sendArchive(practice, reply, found.version.id, store.files('record', found.version.id))
    },
  })

  route(app, '/api/records/:id/files/*', {
    GET: (request, reply) => {
      negotiate(request, TYPES)
      const path = keyPath(request, reply, '/files/')
      if (path === null) return reply
      const key = path.endsWith('/content') ? path.slice(0, -'/content'.length) : null
      if (key !== null && key !== '') return sendContent(practice, request, reply, findFile(request, key).entry)
      const { found, entry } = findFile(request, path)
      return reply.send(show(found, entry))
    },
  })
}
