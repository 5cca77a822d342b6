import type { FastifyInstance } from 'fastify'
import {
  atLeast,
  findAnyRecord,
  findDraft,
  latestPublished,
  levelOf,
  mayReadRecord,
  parentOf,
  whoAsks,
} from '../access.ts'
import { fieldError, forbidden, noDraft, unregisteredPid, ApiError, unknownPid } from '../http/api-error.ts'
import { listJson, pageOf, parseList } from '../http/listing.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import { param, route } from '../http/routes.ts'
import { newPid } from '../ids.ts'
import { timestamp } from '../json.ts'
import type { Practice } from '../practice.ts'
import type { RecordView } from '../serialize/record.ts'
import { newBucket } from '../storage/buckets.ts'
import type { Version } from '../storage/model.ts'
import { listDraftFiles } from './draft-files.ts'
import { negotiateRecord, recordAnswer, sendRecord } from './record-answer.ts'

const TYPES = [JSON_TYPE, VND_TYPE] as const

/** Versions of a work: list, make a new one, find the latest, take over its files. */
export function registerVersions(app: FastifyInstance, practice: Practice): void {
  const { store } = practice

  route(app, '/api/records/:id/versions', {
    /** All that one may read, newest first; of a draft's id those of its work (live findings C23). */
    GET: (request, reply) => {
      const type = negotiate(request, TYPES)
      const list = parseList(request, { sorts: ['version'], withoutQuery: 'version' })
      const version = store.version(param(request, 'id'))
      if (!version) throw unknownPid()
      const parent = parentOf(practice, version)
      const level = levelOf(parent, whoAsks(request))
      const edition = version.published ?? version.draft
      if (!edition) throw unregisteredPid()
      if (!version.tombstone && !(version.published ? mayReadRecord(edition, level) : atLeast(level, 'preview')))
        throw forbidden()
      const found = store
        .versionsOf(version.parent)
        .filter((other) => other.published && !other.tombstone && mayReadRecord(other.published, level))
        .toReversed()
      const hits = pageOf(found, list).map((other) => {
        const view: RecordView = { version: other, parent, kind: 'record', level }
        return recordAnswer(practice, request, view, type)
      })
      return reply
        .type(type)
        .send(
          JSON.stringify(
            listJson(practice.origin, request, list, { hits, total: found.length, isVnd: type === VND_TYPE }),
          ),
        )
    },

    /** The next draft, or the one that there is already. Allowed even for a deleted record (live findings C15). */
    POST: (request, reply) => {
      negotiateRecord(request)
      const { version, parent, level } = findAnyRecord(practice, request, param(request, 'id'))
      if (!atLeast(level, 'edit')) throw forbidden()
      const newest = store.versionsOf(version.parent).at(-1) ?? version
      const next = newest.published ? makeNext(practice, newest) : newest
      return sendRecord(practice, request, reply.code(201), {
        view: { version: next, parent, kind: 'draft', level },
        problems: [],
      })
    },
  })

  route(app, '/api/records/:id/versions/latest', {
    GET: (request, reply) => {
      negotiateRecord(request)
      const id = param(request, 'id')
      const own = store.version(id)
      if (own && !own.published) throw unregisteredPid()
      const parent = store.parent(own?.parent ?? id)
      if (!parent) throw unknownPid()
      const versions = store.versionsOf(parent.id)
      const latest = latestPublished(versions) ?? versions.findLast((version) => version.published)
      if (!latest?.published) throw unregisteredPid()
      if (!latest.tombstone && !mayReadRecord(latest.published, levelOf(parent, whoAsks(request)))) throw forbidden()
      const location = `${practice.origin}/api/records/${latest.id}`
      return reply.code(301).header('location', location).send({ status: 301, message: 'Redirecting...', location })
    },
  })

  route(app, '/api/records/:id/draft/actions/files-import', {
    /** The files of the latest record, without sending a byte. */
    POST: (request, reply) => {
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      const latest = store.versionsOf(version.parent).findLast((other) => other.published)
      if (!latest?.published) throw noDraft()
      if (!edition.filesEnabled) throw fieldError('files.enabled', 'Files support must be enabled.')
      if (store.countFiles('draft', version.id) > 0) throw fieldError('files.enabled', 'Please remove all files first.')
      if (!latest.published.filesEnabled) throw fieldError('files.enabled', 'The record has no files.')
      const now = timestamp()
      store.transaction(() => {
        for (const entry of store.files('record', latest.id)) {
          store.saveFile('draft', version.id, { ...entry, createdAt: now, updatedAt: now })
        }
      })
      return reply.code(201).send(listDraftFiles(practice, version, store.files('draft', version.id)))
    },
  })
}

/** Metadata of the version before, without its version name and with today's date; no DOI, no files (behaviour 3.8). */
function makeNext(practice: Practice, before: Version): Version {
  const { published } = before
  if (!published) throw new ApiError(404, 'Not found.')
  const { version: _version, ...metadata } = published.metadata
  const now = timestamp()
  return practice.store.saveVersion({
    id: newPid(),
    parent: before.parent,
    index: before.index + 1,
    published: null,
    draft: {
      ...published,
      metadata: { ...metadata, publication_date: now.slice(0, 10) },
      pids: {},
      defaultPreview: null,
      createdAt: now,
      updatedAt: now,
      revision: 5,
    },
    startedAt: now,
    lastDraftRevision: 5,
    bucket: newBucket(),
    draftBucket: newBucket(),
    tombstone: null,
    quota: before.quota,
  })
}
