import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { atLeast, levelOf, parentOf, whoAsks, type Level } from '../access.ts'
import { ApiError, fieldError, forbidden, unknownPid, validationError } from '../http/api-error.ts'
import { readJson } from '../http/body.ts'
import { param, query, route } from '../http/routes.ts'
import { newToken } from '../ids.ts'
import { compact, listOf, objectOf, textAt, textOf, timestamp, type Json, type JsonObject } from '../json.ts'
import { cleanHtml } from '../metadata/html.ts'
import {
  bool,
  day,
  flatten,
  integer,
  list,
  loadObject,
  nullable,
  object,
  oneOf,
  rawText,
  required,
  text,
  textThrough,
} from '../metadata/schema.ts'
import type { Practice } from '../practice.ts'
import { expandedUser } from '../serialize/user.ts'
import type { AccessLink, Grant, Parent, Version } from '../storage/model.ts'
import { isYes, sendRecord } from './record-answer.ts'

const LINK = {
  fields: {
    expires_at: day(),
    permission: rawText(oneOf(['view', 'preview', 'edit'])),
    description: text(),
    origin: rawText(),
  },
}

const GRANT = {
  fields: {
    permission: required(rawText()),
    subject: required(
      object({ fields: { id: required(rawText()), type: required(rawText(oneOf(['user', 'role', 'system_role']))) } }),
    ),
    origin: rawText(),
    message: text(),
    notify: bool(),
  },
}

const GRANTS = {
  fields: {
    grants: list(object(GRANT), (value) => {
      const length = listOf(value).length
      return length < 1 || length > 100 ? 'Length must be between 1 and 100.' : null
    }),
  },
}

const SETTINGS = {
  fields: {
    allow_user_requests: bool(),
    allow_guest_requests: bool(),
    accept_conditions_text: nullable(textThrough(cleanHtml)),
    secret_link_expiration: integer((value) =>
      Number(value) < 0 || Number(value) > 365
        ? 'Must be greater than or equal to 0 and less than or equal to 365.'
        : null,
    ),
  },
}

/** Who else may: links with a token, grants to users and groups, settings (behaviour 5). Shared by all versions of a work. */
export function registerSharing(app: FastifyInstance, practice: Practice): void {
  const { store } = practice

  const managed = (request: FastifyRequest): { version: Version; parent: Parent; level: Level } => {
    const version = store.version(param(request, 'id'))
    if (!version) throw unknownPid()
    const parent = parentOf(practice, version)
    const level = levelOf(parent, whoAsks(request))
    if (!atLeast(level, 'manage')) throw forbidden()
    return { version, parent, level }
  }

  const load = (rules: Parameters<typeof loadObject>[0], body: Json): JsonObject => {
    const { value, errors } = loadObject(rules, body ?? [])
    if (errors !== null) throw validationError(flatten(errors))
    return value
  }

  route(app, '/api/records/:id/access', {
    PUT: async (request, reply) => {
      const body = await readJson(request)
      const { version, parent, level } = managed(request)
      const sent = load(SETTINGS, body) as unknown as Partial<Parent['settings']>
      const saved = store.saveParent({ ...parent, settings: { ...parent.settings, ...sent } })
      return sendRecord(practice, request, reply, {
        view: { version, parent: saved, kind: version.published ? 'record' : 'draft', level },
        problems: [],
      })
    },
  })

  route(app, '/api/records/:id/access/links', {
    GET: (request, reply) => {
      const { parent } = managed(request)
      return reply.send({ hits: { hits: parent.links.map(linkJson), total: parent.links.length } })
    },

    POST: async (request, reply) => {
      const body = await readJson(request)
      const { parent } = managed(request)
      const sent = load(LINK, body)
      if (sent['permission'] === undefined) throw fieldError('permission', 'An access permission level is required')
      const expiry = textOf(sent['expires_at'])
      if (expiry !== null && Date.parse(expiry) <= Date.now())
        throw fieldError('expires_at', 'Expiration date must be set to the future')
      const link: AccessLink = {
        id: randomUUID(),
        token: newToken(),
        created_at: timestamp(),
        permission: textAt(sent['permission']),
        description: textAt(sent['description']),
        origin: textOf(sent['origin']),
        ...(expiry === null ? {} : { expires_at: expiry }),
      }
      store.saveParent({ ...parent, links: [...parent.links, link] })
      return reply.code(201).send(linkJson(link))
    },
  })

  const findLink = (request: FastifyRequest, { links }: Parent): AccessLink => {
    const link = links.find(({ id }) => id === param(request, 'link'))
    if (!link) throw new ApiError(404, 'No secret link found with the given ID.')
    return link
  }

  route(app, '/api/records/:id/access/links/:link', {
    GET: (request, reply) => reply.send(linkJson(findLink(request, managed(request).parent))),

    /** An expiry may be brought forward, or set where there is none; never put off. */
    PATCH: async (request, reply) => {
      const body = await readJson(request)
      const { parent } = managed(request)
      const link = findLink(request, parent)
      const sent = load(LINK, body)
      const expiry = textOf(sent['expires_at'])
      if (expiry !== null) {
        if (Date.parse(expiry) <= Date.now())
          throw fieldError('expires_at', 'Expiration date must be set to the future')
        if (link.expires_at !== undefined && expiry > link.expires_at)
          throw fieldError('expires_at', 'Cannot postpone expiration of links')
      }
      const saved: AccessLink = {
        ...link,
        permission: textOf(sent['permission']) ?? link.permission,
        description: textOf(sent['description']) ?? link.description,
        ...(expiry === null ? {} : { expires_at: expiry }),
      }
      store.saveParent({ ...parent, links: parent.links.map((other) => (other.id === link.id ? saved : other)) })
      return reply.send(linkJson(saved))
    },

    DELETE: (request, reply) => {
      const { parent } = managed(request)
      const link = findLink(request, parent)
      store.saveParent({ ...parent, links: parent.links.filter((other) => other !== link) })
      return reply.code(204).send()
    },
  })

  const numbered = (request: FastifyRequest, grants: readonly Grant[]) =>
    grants.map((grant, id) =>
      compact({
        ...grant,
        id,
        expanded: isYes(query(request, 'expand')) ? expandSubject(practice, request, grant) : undefined,
      }),
    )

  route(app, '/api/records/:id/access/grants', {
    GET: (request, reply) => {
      const { grants } = managed(request).parent
      return reply.send({ hits: { hits: numbered(request, grants), total: grants.length } })
    },

    POST: async (request, reply) => {
      const body = await readJson(request)
      const { parent } = managed(request)
      const sent = listOf(load(GRANTS, body)['grants']).map(objectOf)
      const grants = sent.map((grant): Grant => {
        const subject = objectOf(grant['subject'])
        const made = {
          permission: textAt(grant['permission']),
          subject: { id: textAt(subject['id']), type: textAt(subject['type']) },
          origin: textOf(grant['origin']) ?? `api:${request.user?.id ?? 0}`,
        }
        if (parent.grants.some((other) => isSameSubject(other, made))) {
          throw new ApiError(400, 'Grant for this user/role already exists within this record.')
        }
        requireSubject(practice, made)
        return made
      })
      store.saveParent({ ...parent, grants: [...parent.grants, ...grants] })
      return reply.code(201).send({ hits: { hits: numbered(request, grants), total: grants.length } })
    },
  })

  const findGrant = (request: FastifyRequest, { grants }: Parent): Grant => {
    const grant = grants[Number(param(request, 'grant'))]
    if (!grant) throw new ApiError(404, 'No grant found with the given ID.')
    return grant
  }

  const replaceGrant = (request: FastifyRequest, reply: FastifyReply, change: (grant: Grant, body: Json) => Grant) =>
    readJson(request).then((body) => {
      const { parent } = managed(request)
      const grant = findGrant(request, parent)
      const saved = change(grant, body)
      store.saveParent({ ...parent, grants: parent.grants.map((other) => (other === grant ? saved : other)) })
      return reply.send({ ...saved })
    })

  route(app, '/api/records/:id/access/grants/:grant', {
    GET: (request, reply) => reply.send({ ...findGrant(request, managed(request).parent) }),

    /** The real server refuses every subject here (findings: accessGrantUpdate). */
    PUT: (request, reply) =>
      replaceGrant(request, reply, () => {
        throw fieldError('subject.id', 'Could not find the specified subject.')
      }),

    /** An unknown permission is stored, and gives no right (live findings E24). */
    PATCH: (request, reply) =>
      replaceGrant(request, reply, (grant, body) => ({
        ...grant,
        permission: textOf(objectOf(body)['permission']) ?? grant.permission,
      })),

    DELETE: (request, reply) => {
      const { parent } = managed(request)
      const grant = findGrant(request, parent)
      store.saveParent({ ...parent, grants: parent.grants.filter((other) => other !== grant) })
      return reply.code(204).send()
    },
  })

  for (const [name, type, missing] of [
    ['users', 'user', 'No grant found by given user id.'],
    ['groups', 'role', 'No grant found by given group id.'],
  ] as const) {
    const findBySubject = (request: FastifyRequest, { grants }: Parent): Grant => {
      const grant = grants.find(({ subject }) => subject.type === type && subject.id === param(request, 'subject'))
      if (!grant) throw new ApiError(404, missing)
      return grant
    }

    route(app, `/api/records/:id/access/${name}`, {
      GET: (request, reply) => {
        const grants = managed(request).parent.grants.filter(({ subject }) => subject.type === type)
        return reply.send({ hits: { hits: numbered(request, grants), total: grants.length } })
      },
    })

    route(app, `/api/records/:id/access/${name}/:subject`, {
      GET: (request, reply) => reply.send({ ...findBySubject(request, managed(request).parent) }),

      DELETE: (request, reply) => {
        const { parent } = managed(request)
        const grant = findBySubject(request, parent)
        store.saveParent({ ...parent, grants: parent.grants.filter((other) => other !== grant) })
        return reply.code(204).send()
      },
    })
  }
}

function linkJson({ id, created_at, expires_at, permission, description, token }: AccessLink): JsonObject {
  return compact({ id, created_at, expires_at, permission, description, token })
}

const isSameSubject = (a: Grant, b: Grant) => a.subject.id === b.subject.id && a.subject.type === b.subject.type

function requireSubject({ store }: Practice, { subject }: Grant): void {
  const users = store.users()
  const exists =
    subject.type === 'user'
      ? users.some(({ id }) => String(id) === subject.id)
      : subject.type === 'role'
        ? users.some(({ groups }) => groups.some(({ id }) => id === subject.id))
        : ['authenticated_user', 'any_user'].includes(subject.id)
  if (!exists) throw fieldError('subject.id', 'Could not find the specified subject.')
}

function expandSubject({ store, origin }: Practice, request: FastifyRequest, { subject }: Grant): JsonObject {
  const user = subject.type === 'user' ? store.users().find(({ id }) => String(id) === subject.id) : undefined
  return { subject: user ? expandedUser(origin, user, request.user) : { id: subject.id, name: subject.id } }
}
