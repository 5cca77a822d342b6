import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, type FieldProblem } from '../http/api-error.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import { query } from '../http/routes.ts'
import type { JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { bibliography, isKnownStyle } from '../serialize/bibliography.ts'
import { EXPORTS } from '../serialize/exports.ts'
import { recordDisplayJson, recordJson, type RecordView } from '../serialize/record.ts'
import { expandedUser } from '../serialize/user.ts'

const BIBLIOGRAPHY = 'text/x-bibliography'

/** What records and drafts can be read as, in the real server's order; the first is the default. */
const RECORD_TYPES = [
  JSON_TYPE,
  'application/ld+json',
  'application/vnd.inveniordm.v1.full+csv',
  'application/vnd.inveniordm.v1.simple+csv',
  'application/marcxml+xml',
  VND_TYPE,
  'application/vnd.citationstyles.csl+json',
  'application/vnd.datacite.datacite+json',
  'application/vnd.geo+json',
  'application/vnd.datacite.datacite+xml',
  'application/x-dc+xml',
  BIBLIOGRAPHY,
  'application/x-bibtex',
  'application/dcat+xml',
  'application/linkset+json',
] as const

/** @throws ApiError 406, before anything else is looked at. */
export function negotiateRecord(request: FastifyRequest): string {
  return negotiate(request, RECORD_TYPES)
}

/** Sends a record or draft in the form that was asked for, with its revision as ETag: quoted, unlike in If-Match. */
export function sendRecord(
  practice: Practice,
  request: FastifyRequest,
  reply: FastifyReply,
  { view, problems }: { view: RecordView; problems: readonly FieldProblem[] },
): FastifyReply {
  const type = negotiateRecord(request)
  const revision = view.kind === 'draft' ? view.version.draft?.revision : view.version.published?.revision
  reply.header('etag', `"${revision}"`)
  const serialise = EXPORTS[type]
  if (serialise) return reply.type(withCharset(type)).send(serialise(recordJson(practice, view), practice))
  if (type === BIBLIOGRAPHY) {
    const style = query(request, 'style')
    if (!isKnownStyle(style)) throw new ApiError(400, 'Citation string style not found.')
    return reply.type(withCharset(type)).send(bibliography(recordJson(practice, view), style))
  }
  const json = recordAnswer(practice, request, view, type)
  if (problems.length > 0) json['errors'] = problems.map(({ field, messages }) => ({ field, messages: [...messages] }))
  return reply.type(type).send(JSON.stringify(json))
}

/** A record in one of the two JSON forms; with `expand` also who owns it. */
export function recordAnswer(practice: Practice, request: FastifyRequest, view: RecordView, type: string): JsonObject {
  const json = type === VND_TYPE ? recordDisplayJson(practice, view) : recordJson(practice, view)
  if (isYes(query(request, 'expand'))) {
    const owner = practice.store.users().find((user) => user.id === view.parent.owner)
    if (owner)
      json['expanded'] = { parent: { access: { owned_by: expandedUser(practice.origin, owner, request.user) } } }
  }
  return json
}

export const isYes = (value: string | undefined) => value !== undefined && /^(1|true|t|yes|y|on)$/i.test(value)

const withCharset = (type: string) => (type.endsWith('json') ? type : `${type}; charset=utf-8`)
