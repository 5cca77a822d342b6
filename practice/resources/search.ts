import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { latestPublished, levelOf, mayReadRecord, parentOf, whoAsks } from '../access.ts'
import { fieldError, forbidden } from '../http/api-error.ts'
import { listJson, pageOf, parseList, type ListRequest } from '../http/listing.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import { query, route } from '../http/routes.ts'
import { objectOf, textAt, type JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { aggregate, filterByFacets, recordFacets } from '../search/facets.ts'
import { parseQuery } from '../search/query.ts'
import { recordJson, type RecordView } from '../serialize/record.ts'
import type { Version } from '../storage/model.ts'
import { isYes, recordAnswer } from './record-answer.ts'

const TYPES = [JSON_TYPE, VND_TYPE] as const

const SORTS = [
  'bestmatch',
  'newest',
  'oldest',
  'version',
  'updated-desc',
  'updated-asc',
  'mostviewed',
  'mostdownloaded',
  'newestactivity',
  'oldestactivity',
]

/** `/user/records`: what one works on. `searchRecords` (GET /records) is registered with the records. */
export function registerUserRecords(app: FastifyInstance, practice: Practice): void {
  route(app, '/api/user/records', {
    GET: (request, reply) => {
      const type = negotiate(request, TYPES)
      const { user } = request
      const shared = query(request, 'shared_with_me')
      if (shared !== undefined && !isYes(shared) && !/^(0|false|f|no|n|off)$/i.test(shared)) {
        throw fieldError('shared_with_me', 'Not a valid boolean.')
      }
      const list = parseList(request, { sorts: SORTS, withoutQuery: 'updated-desc' })
      if (!user) throw forbidden()
      const views = viewsOf(practice, request, (version, view) => {
        if (version.tombstone) return false
        const isMine = view.parent.owner === user.id
        const isShared = view.parent.grants.some(
          ({ subject }) =>
            (subject.type === 'user' && subject.id === String(user.id)) ||
            (subject.type === 'role' && user.groups.some((group) => group.id === subject.id)),
        )
        if (shared === undefined ? !isMine && !isShared : isYes(shared) ? !isShared || isMine : !isMine) return false
        return (
          isYes(query(request, 'allversions')) || practice.store.versionsOf(version.parent).at(-1)?.id === version.id
        )
      })
      return sendHits(practice, request, reply, list, views, { type, withPublished: true })
    },
  })
}

/** `GET /records`: published records that one may read, the latest version of each. */
export function searchRecords(practice: Practice, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const type = negotiate(request, TYPES)
  const list = parseList(request, { sorts: SORTS, withoutQuery: 'newest' })
  const allVersions = isYes(query(request, 'allversions'))
  const views = viewsOf(practice, request, (version, view) => {
    if (!version.published || version.tombstone || !mayReadRecord(version.published, view.level)) return false
    return allVersions || latestPublished(practice.store.versionsOf(version.parent))?.id === version.id
  }).map((view): RecordView => ({ ...view, kind: 'record' }))
  return sendHits(practice, request, reply, list, views, { type, withPublished: false })
}

/** Every version as its draft if there is one, else as its record, where `wanted`. */
function viewsOf(
  practice: Practice,
  request: FastifyRequest,
  wanted: (version: Version, view: RecordView) => boolean,
): RecordView[] {
  const who = whoAsks(request)
  return practice.store.allVersions().flatMap((version) => {
    const parent = parentOf(practice, version)
    const view: RecordView = { version, parent, kind: version.draft ? 'draft' : 'record', level: levelOf(parent, who) }
    return wanted(version, view) ? [view] : []
  })
}

function sendHits(
  practice: Practice,
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListRequest,
  views: readonly RecordView[],
  { type, withPublished }: { type: string; withPublished: boolean },
): FastifyReply {
  const matches = parseQuery(list.q)
  const facets = recordFacets(practice.vocabularies, withPublished)
  const byDocument = new Map(views.map((view) => [recordJson(practice, view), view]))
  const matching = [...byDocument.keys()].filter(matches)
  const found = sorted(filterByFacets(matching, facets, list.filters), list.sort)
  const hits = pageOf(found, list).flatMap((document) => {
    const view = byDocument.get(document)
    return view ? [recordAnswer(practice, request, view, type)] : []
  })
  return reply.type(type).send(
    JSON.stringify(
      listJson(practice.origin, request, list, {
        hits,
        total: found.length,
        isVnd: type === VND_TYPE,
        aggregations: aggregate(found, facets, list.filters),
        kept: Object.keys(list.filters).filter((name) => name !== 'access_token'),
      }),
    ),
  )
}

function sorted(documents: readonly JsonObject[], sort: string): JsonObject[] {
  const by = (valueOf: (document: JsonObject) => string | number, direction: 1 | -1) =>
    documents.toSorted((a, b) => {
      const [x, y] = [valueOf(a), valueOf(b)]
      return x < y ? -direction : x > y ? direction : 0
    })
  switch (sort) {
    case 'oldest':
      return by((document) => textAt(document['created']), 1)
    case 'updated-desc':
    case 'newestactivity':
      return by((document) => textAt(document['updated']), -1)
    case 'updated-asc':
    case 'oldestactivity':
      return by((document) => textAt(document['updated']), 1)
    case 'version':
      return by((document) => Number(objectOf(document['versions'])['index']), -1)
    default:
      return by((document) => textAt(document['created']), -1)
  }
}
