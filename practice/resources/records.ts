import type { FastifyInstance } from 'fastify'
import { findRecord, latestPublished, parentOf } from '../access.ts'
import { param, route } from '../http/routes.ts'
import type { Practice } from '../practice.ts'
import { negotiateRecord, sendRecord } from './record-answer.ts'

/** Published records. */
export function registerRecords(app: FastifyInstance, practice: Practice): void {
  route(app, '/api/records/:id', {
    GET: (request, reply) => {
      negotiateRecord(request)
      const id = param(request, 'id')
      if (practice.store.parent(id)) {
        const latest = latestPublished(practice.store.versionsOf(id))
        if (latest) return reply.redirect(`/api/records/${latest.id}`, 302)
      }
      const { version, level } = findRecord(practice, request, id)
      return sendRecord(practice, request, reply, {
        view: { version, parent: parentOf(practice, version), kind: 'record', level },
        problems: [],
      })
    },
  })
}
