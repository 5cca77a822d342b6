import type { FastifyInstance } from 'fastify'
import { findRecord, latestPublished } from '../access.ts'
import { param, route } from '../http/routes.ts'
import type { Practice } from '../practice.ts'
import { createDraft } from './drafts.ts'
import { negotiateRecord, sendRecord } from './record-answer.ts'
import { searchRecords } from './search.ts'

/** Published records: search and read; and the address at which drafts begin. */
export function registerRecords(app: FastifyInstance, practice: Practice): void {
  route(app, '/api/records', {
    GET: (request, reply) => searchRecords(practice, request, reply),
    POST: (request, reply) => createDraft(practice, request, reply),
  })

  route(app, '/api/records/:id', {
    GET: (request, reply) => {
      negotiateRecord(request)
      const id = param(request, 'id')
      if (practice.store.parent(id)) {
        const latest = latestPublished(practice.store.versionsOf(id))
        if (latest) return reply.redirect(`/api/records/${latest.id}`, 302)
      }
      const { version, parent, level } = findRecord(practice, request, id)
      return sendRecord(practice, request, reply, { view: { version, parent, kind: 'record', level }, problems: [] })
    },
  })
}
