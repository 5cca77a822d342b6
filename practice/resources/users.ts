import type { FastifyInstance } from 'fastify'
import { ApiError } from '../http/api-error.ts'
import { param, route } from '../http/routes.ts'
import type { JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import type { User } from '../storage/model.ts'

/**
 * `GET /api/users/{id}`. Guests and unknown ids get 404 with `message: null` (live findings B7, F9). Others see a user's
 * public profile, oneself and administrators more of it. An id that is no number is a 500 of the real server: here 404.
 */
export function registerUsers(app: FastifyInstance, practice: Practice): void {
  route(app, '/api/users/:id', {
    GET: (request, reply) => {
      const viewer = request.user
      const user = practice.store.users().find(({ id }) => String(id) === param(request, 'id'))
      if (!viewer || !user) {
        const { body, status } = new ApiError(404, '', { message: null })
        return reply.code(status).type('application/json').send(JSON.stringify(body))
      }
      return describeUser(practice.origin, user, viewer)
    },
  })
}

function describeUser(origin: string, user: User, viewer: User): JsonObject {
  const self = `${origin}/api/users/${user.id}`
  const links = {
    self,
    avatar: `${self}/avatar.svg`,
    records_html: `${origin}/search?q=parent.access.owned_by.user:${user.id}`,
  }
  const profile = { full_name: user.fullName, affiliations: user.affiliation }
  const isCurrent = user.id === viewer.id
  const shown = {
    id: String(user.id),
    links,
    is_current_user: isCurrent,
    email: user.email,
    identities: {},
    username: user.username,
    profile,
  }
  if (!isCurrent && !viewer.isAdmin) return shown
  const own = {
    ...shown,
    created: user.confirmedAt,
    updated: user.confirmedAt,
    revision_id: 1,
    active: true,
    confirmed: true,
    blocked: false,
    verified: false,
    domain: user.email.split('@')[1] ?? '',
    preferences: {
      visibility: 'public',
      email_visibility: 'public',
      locale: 'en',
      timezone: 'Europe/Zurich',
      notifications: { enabled: true },
    },
  }
  if (!viewer.isAdmin) return own
  const roles = user.groups.map(({ id }) => id).join(',')
  return {
    ...own,
    links: {
      ...links,
      admin_records_html: `${origin}/administration/records?f=allversions&q=parent.access.owned_by.user:${user.id}`,
      admin_drafts_html: `${origin}/administration/drafts?f=allversions&q=parent.access.owned_by.user:${user.id}`,
      admin_moderation_html: `${origin}/administration/moderation?q=topic.user:${user.id}`,
      groups: `${self}/groups`,
    },
    status: 'confirmed',
    visibility: 'full',
    domaininfo: { status: '1', tld: user.email.split('.').at(-1) ?? '', flagged: false },
    profile: { ...profile, roles },
    blocked_at: null,
    verified_at: null,
    confirmed_at: user.confirmedAt,
    current_login_at: null,
    current_login_ip: null,
    last_login_at: null,
    last_login_ip: null,
    login_count: null,
    roles,
  }
}
