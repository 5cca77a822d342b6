import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { atLeast, findAnyRecord, levelOf, parentOf, whoAsks } from '../access.ts'
import { ApiError, fieldError, forbidden, unknownPid } from '../http/api-error.ts'
import { readJson } from '../http/body.ts'
import { param, route } from '../http/routes.ts'
import { objectOf, textAt, textOf, timestamp, type JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { bibliography } from '../serialize/bibliography.ts'
import { recordJson } from '../serialize/record.ts'
import type { Tombstone, Version } from '../storage/model.ts'

/** Deleting published records, and what an administrator may set; see behaviour 13.3, 13.4. */
export function registerDeletion(app: FastifyInstance, practice: Practice): void {
  const { store, vocabularies } = practice

  const bury = (
    version: Version,
    by: number,
    tombstone: Pick<Tombstone, 'note' | 'is_visible' | 'removal_reason' | 'deletion_policy'>,
  ) => {
    const parent = store.parent(version.parent)
    if (!parent) throw unknownPid()
    const record = recordJson(practice, { version, parent, kind: 'record', level: 'manage' })
    return store.saveVersion({
      ...version,
      tombstone: {
        removed_by: { user: String(by) },
        removal_date: timestamp(),
        citation_text: bibliography(record, 'apa'),
        ...tombstone,
      },
    })
  }

  route(app, '/api/records/:id/request-deletion', {
    /** An owner's request within the grace period is accepted on the spot: 200 with the request. */
    POST: async (request, reply) => {
      const body = objectOf(await readJson(request))
      const { version, level } = findAnyRecord(practice, request, param(request, 'id'))
      if (!request.user || !atLeast(level, 'manage')) throw forbidden()
      const reason = textAt(body['reason'])
      if (!vocabularies.find('removalreasons', reason)) throw fieldError('_schema', 'Invalid removal reason')
      refuseBuried(version)
      bury(version, request.user.id, {
        note: '',
        is_visible: true,
        removal_reason: { id: reason },
        deletion_policy: { id: 'grace-period-v1' },
      })
      return reply.send(
        acceptedRequest(practice.origin, version, request.user.id, {
          type: 'record-deletion',
          title: `Deletion of ${version.id}`,
          payload: { reason, comment: textAt(body['comment']), policy_id: 'grace-period-v1' },
        }),
      )
    },
  })

  route(app, '/api/records/:id/delete', {
    DELETE: async (request, reply) => {
      const body = objectOf(await readJson(request))
      const { version } = findAnyRecord(practice, request, param(request, 'id'))
      if (!request.user?.isAdmin) throw forbidden()
      refuseBuried(version)
      const reason = textOf(objectOf(body['removal_reason'])['id'])
      if (reason !== null && !vocabularies.find('removalreasons', reason))
        throw new ApiError(400, `Invalid value ${reason}.`)
      bury(version, request.user.id, {
        note: textAt(body['note']),
        is_visible: body['is_visible'] !== false,
        ...(reason === null ? {} : { removal_reason: { id: reason } }),
      })
      return reply.code(204).send()
    },
  })

  route(app, '/api/records/:id/quota-increase', {
    /** Accepted on the spot as long as what the owner got in all is within the extra quota, else 403. */
    POST: async (request, reply) => {
      const body = objectOf(await readJson(request))
      const version = store.version(param(request, 'id'))
      if (!version) throw unknownPid()
      const parent = parentOf(practice, version)
      const { extraQuotaBytes, quotaBytes } = practice.limits
      const level = levelOf(parent, whoAsks(request))
      if (extraQuotaBytes === null || !request.user || !atLeast(level, 'manage')) throw forbidden()
      const bytes = Number(body['quota_size']) * 1e9
      if (!(bytes > 0)) throw fieldError('quota_size', 'Not a valid number.')
      const given = store
        .allVersions()
        .filter((other) => other.id !== version.id && store.parent(other.parent)?.owner === parent.owner)
        .reduce((sum, { quota }) => sum + Math.max(0, (quota?.bytes ?? 0) - quotaBytes), 0)
      if (given + Math.max(0, bytes - quotaBytes) > extraQuotaBytes) throw forbidden()
      store.saveVersion({ ...version, quota: { bytes, fileBytes: bytes } })
      return reply.send(
        acceptedRequest(practice.origin, version, request.user.id, {
          type: 'quota-increase',
          title: `Quota increase of ${version.id}`,
          payload: { quota_size: String(bytes / 1e9) },
        }),
      )
    },
  })

  route(app, '/api/records/:id/quota', {
    POST: async (request, reply) => {
      const body = objectOf(await readJson(request))
      const version = store.version(param(request, 'id'))
      if (!version) throw unknownPid()
      if (!request.user?.isAdmin) throw forbidden()
      const bytes = Number(body['quota_size'])
      const fileBytes = Number(body['max_file_size'] ?? body['quota_size'])
      if (!(bytes > 0) || !(fileBytes > 0)) throw fieldError('quota_size', 'Must be greater than 0.')
      store.saveVersion({ ...version, quota: { bytes, fileBytes } })
      return reply.send({ quota_size: bytes, max_file_size: fileBytes })
    },
  })
}

function refuseBuried({ tombstone }: Version): void {
  if (!tombstone) return
  throw tombstone.is_visible
    ? new ApiError(400, 'Record in unexpected deletion status.')
    : new ApiError(404, 'Record not found')
}

function acceptedRequest(
  origin: string,
  version: Version,
  user: number,
  what: { readonly type: string; readonly title: string; readonly payload: JsonObject },
): JsonObject {
  const id = randomUUID()
  const self = `${origin}/api/requests/${id}`
  const now = timestamp()
  return {
    id,
    created: now,
    updated: now,
    revision_id: 3,
    ...what,
    description: '',
    number: '1',
    status: 'accepted',
    is_open: false,
    is_closed: true,
    is_expired: false,
    is_locked: false,
    expires_at: null,
    last_reply: null,
    last_activity_at: now,
    created_by: { user: String(user) },
    receiver: null,
    topic: { record: version.id },
    files: { enabled: true },
    reviewers: [],
    links: {
      actions: {},
      self,
      self_html: `${origin}/me/requests/${id}`,
      comments: `${self}/comments`,
      timeline: `${self}/timeline`,
      lock: `${self}/lock`,
    },
  }
}
