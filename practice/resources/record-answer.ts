import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FieldProblem } from '../http/api-error.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import type { Practice } from '../practice.ts'
import { recordDisplayJson, recordJson, type RecordView } from '../serialize/record.ts'

/** What records and drafts can be read as; the first is the default. */
const RECORD_TYPES = [JSON_TYPE, VND_TYPE] as const

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
  const json = type === VND_TYPE ? recordDisplayJson(practice, view) : recordJson(practice, view)
  const revision = view.kind === 'draft' ? view.version.draft?.revision : view.version.published?.revision
  if (problems.length > 0) json['errors'] = problems.map(({ field, messages }) => ({ field, messages: [...messages] }))
  return reply.type(type).header('etag', `"${revision}"`).send(JSON.stringify(json))
}
