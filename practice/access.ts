import type { FastifyRequest } from 'fastify'
import { forbidden, noDraft, unknownPid, unregisteredPid, ApiError } from './http/api-error.ts'
import { query } from './http/routes.ts'
import type { Practice } from './practice.ts'
import type { Edition, Parent, User, Version } from './storage/model.ts'

/** Who asks: a user, a holder of an access link, both, or nobody. */
export type Who = { readonly user: User | null; readonly linkToken: string | null }

export function whoAsks(request: FastifyRequest): Who {
  return { user: request.user, linkToken: query(request, 'token') ?? null }
}

const LEVELS = ['none', 'view', 'preview', 'edit', 'manage'] as const
export type Level = (typeof LEVELS)[number]

/**
 * What somebody may do with all versions of a work: `view` what is restricted, `preview` drafts, `edit` them, `manage` who else
 * may. Owner and administrators manage; grants and links give what they name, unknown names nothing (live findings E24).
 */
export function levelOf(parent: Parent, who: Who): Level {
  const levels: string[] = ['none']
  if (who.user && (who.user.isAdmin || who.user.id === parent.owner)) levels.push('manage')
  for (const { subject, permission } of parent.grants) {
    const isMine =
      who.user !== null &&
      ((subject.type === 'user' && subject.id === String(who.user.id)) ||
        (subject.type === 'role' && who.user.groups.some((group) => group.id === subject.id)) ||
        (subject.type === 'system_role' && subject.id === 'authenticated_user'))
    if (isMine) levels.push(permission)
  }
  for (const link of parent.links) {
    if (who.linkToken === link.token && !isExpired(link.expires_at)) levels.push(link.permission)
  }
  return LEVELS[Math.max(...levels.map((level) => LEVELS.indexOf(level as Level)))] ?? 'none'
}

export function atLeast(level: Level, needed: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(needed)
}

const isExpired = (day: string | undefined) => day !== undefined && Date.parse(day) < Date.now()

export function mayReadRecord(edition: Edition, level: Level): boolean {
  return edition.access.record === 'public' || atLeast(level, 'view')
}

export function mayReadFiles(edition: Edition, level: Level): boolean {
  return (edition.access.record === 'public' && edition.access.files === 'public') || atLeast(level, 'view')
}

export type Found<E extends Edition | null = Edition> = {
  readonly version: Version
  readonly parent: Parent
  readonly edition: E
  readonly level: Level
}

/** The parent of a version; there always is one. */
export function parentOf(practice: Practice, version: Version): Parent {
  const parent = practice.store.parent(version.parent)
  if (!parent) throw unknownPid()
  return parent
}

/**
 * A draft, for somebody who may do `needed` with it.
 * @throws ApiError 404 where there is no draft, 403 where there is one: its existence is not hidden (live findings A7).
 */
export function findDraft(practice: Practice, request: FastifyRequest, id: string, needed: Level): Found {
  const version = practice.store.version(id)
  if (!version) throw unknownPid()
  if (!version.draft) throw noDraft()
  const parent = parentOf(practice, version)
  const level = levelOf(parent, whoAsks(request))
  if (!atLeast(level, needed)) throw forbidden()
  return { version, parent, edition: version.draft, level }
}

/**
 * A published record that the one who asks may read.
 * @throws ApiError 404 unknown or a draft's id, 410 deleted, 403 restricted.
 */
export function findRecord(practice: Practice, request: FastifyRequest, id: string): Found {
  const found = findAnyRecord(practice, request, id)
  refuseDeleted(found.version)
  if (!mayReadRecord(found.edition, found.level)) throw forbidden()
  return found
}

/** A published record, deleted or not, readable or not. */
export function findAnyRecord(practice: Practice, request: FastifyRequest, id: string): Found {
  const version = practice.store.version(id)
  if (!version) throw unknownPid()
  if (!version.published) throw unregisteredPid()
  const parent = parentOf(practice, version)
  return { version, parent, edition: version.published, level: levelOf(parent, whoAsks(request)) }
}

export function refuseDeleted({ tombstone }: Version): void {
  if (!tombstone) return
  if (!tombstone.is_visible) throw new ApiError(404, 'Record not found')
  throw new ApiError(410, 'Record deleted', { tombstone: { ...tombstone } })
}

/** The newest published version that is not deleted, or null. */
export function latestPublished(versions: readonly Version[]): Version | null {
  return versions.findLast((version) => version.published !== null && version.tombstone === null) ?? null
}
