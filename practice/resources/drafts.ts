import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { atLeast, findDraft, levelOf, parentOf, whoAsks } from '../access.ts'
import {
  ApiError,
  fieldError,
  forbidden,
  noDraft,
  unknownPid,
  validationError,
  type FieldProblem,
} from '../http/api-error.ts'
import { readJson } from '../http/body.ts'
import { ifMatch, param, route } from '../http/routes.ts'
import { newPid } from '../ids.ts'
import { timestamp } from '../json.ts'
import { applyBody, checkForPublishing, checkPids, DOI_PREFIX, EMPTY_DRAFT, type Draftable } from '../metadata/draft.ts'
import type { Practice } from '../practice.ts'
import { newBucket, releaseObjects } from '../storage/buckets.ts'
import type { Edition, Parent, Pid, Version } from '../storage/model.ts'
import { negotiateRecord, sendRecord } from './record-answer.ts'

const BODY_TYPES = ['application/json', 'application/ld+json;profile="https://w3id.org/ro/crate/1.1"']

/** Drafts: read, save, edit, discard, publish, reserve a DOI. */
export function registerDrafts(app: FastifyInstance, practice: Practice): void {
  const { store } = practice

  route(app, '/api/records/:id/draft', {
    GET: (request, reply) => {
      negotiateRecord(request)
      const { version } = findDraft(practice, request, param(request, 'id'), 'preview')
      return answer(practice, request, reply, { version, kind: 'draft', status: 200 })
    },

    PUT: async (request, reply) => {
      negotiateRecord(request)
      const expected = ifMatch(request)
      const body = await readJson(request, BODY_TYPES)
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      requireRevision(edition, expected)
      const { draft, problems } = applyBody(edition, body, practice.vocabularies)
      const checked = checkPids(draft, takenByAnother(practice, version.id))
      const saved = saveDraft(practice, version, { ...draft, pids: checked.pids }, SAVE_STEP)
      return answer(practice, request, reply, {
        version: saved,
        kind: 'draft',
        status: 200,
        problems: [...problems, ...checked.problems, ...fileProblems(practice, saved, draft)],
      })
    },

    POST: async (request, reply) => {
      negotiateRecord(request)
      const id = param(request, 'id')
      const version = store.version(id)
      if (!version) throw unknownPid()
      if (!atLeast(levelOf(parentOf(practice, version), whoAsks(request)), 'edit')) throw forbidden()
      if (version.tombstone) throw forbidden()
      if (version.draft) return answer(practice, request, reply, { version, kind: 'draft', status: 201 })
      if (!version.published) throw noDraft()
      return answer(practice, request, reply, { version: editPublished(practice, version), kind: 'draft', status: 201 })
    },

    DELETE: (request, reply) => {
      const expected = ifMatch(request)
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      requireRevision(edition, expected)
      discardDraft(practice, version)
      return reply.code(204).send()
    },
  })

  route(app, '/api/records/:id/draft/actions/publish', {
    POST: (request, reply) => {
      negotiateRecord(request)
      const found = findDraft(practice, request, param(request, 'id'), 'edit')
      const version = publish(practice, found.version, found.parent, takenByAnother(practice, found.version.id))
      return answer(practice, request, reply, { version, kind: 'record', status: 202 })
    },
  })

  route(app, '/api/records/:id/draft/pids/:scheme', {
    POST: (request, reply) => {
      negotiateRecord(request)
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      const scheme = param(request, 'scheme')
      if (scheme !== 'doi') throw new ApiError(400, `No provider for scheme ${scheme}.`)
      if (edition.pids['doi']?.identifier) throw fieldError('pids.doi', 'A PID already exists for type doi')
      const pids = { ...edition.pids, doi: mintDoi(version.id) }
      return answer(practice, request, reply, {
        version: saveDraft(practice, version, { ...edition, pids }, PID_STEP),
        kind: 'draft',
        status: 201,
      })
    },

    DELETE: (request, reply) => {
      negotiateRecord(request)
      const { version, edition } = findDraft(practice, request, param(request, 'id'), 'edit')
      const { doi, ...others } = edition.pids
      if (param(request, 'scheme') !== 'doi') throw unknownPid()
      if (doi && version.published?.pids['doi']?.identifier === doi.identifier) {
        throw fieldError('pids.doi', 'Cannot discard a reserved or registered persistent identifier.')
      }
      // Only a DOI that the repository reserved can be given back.
      if (!doi || doi.provider !== 'datacite' || doi.identifier !== mintDoi(version.id).identifier) throw unknownPid()
      return answer(practice, request, reply, {
        version: saveDraft(practice, version, { ...edition, pids: others }, PID_STEP),
        kind: 'draft',
        status: 200,
      })
    },
  })
}

/** Makes a draft of whatever was sent, which may be nothing. */
export async function createDraft(
  practice: Practice,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  negotiateRecord(request)
  const body = await readJson(request, BODY_TYPES)
  if (!request.user) throw forbidden()
  const { draft, problems } = applyBody(EMPTY_DRAFT, body, practice.vocabularies)
  const id = newPid()
  const checked = checkPids(draft, takenByAnother(practice, id))
  const parent: Parent = {
    id: newPid(),
    owner: request.user.id,
    pids: {},
    settings: {
      allow_user_requests: false,
      allow_guest_requests: false,
      accept_conditions_text: null,
      secret_link_expiration: 0,
    },
    links: [],
    grants: [],
  }
  const now = timestamp()
  const version: Version = {
    id,
    parent: parent.id,
    index: 1,
    published: null,
    draft: { ...draft, pids: checked.pids, createdAt: now, updatedAt: now, revision: FIRST_REVISION },
    startedAt: now,
    lastDraftRevision: FIRST_REVISION,
    bucket: newBucket(),
    draftBucket: newBucket(),
    tombstone: null,
    quota: null,
  }
  practice.store.transaction(() => {
    practice.store.saveParent(parent)
    practice.store.saveVersion(version)
  })
  return answer(practice, request, reply, {
    version,
    kind: 'draft',
    status: 201,
    problems: [...problems, ...checked.problems],
  })
}

function answer(
  practice: Practice,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: { version: Version; kind: 'draft' | 'record'; status: number; problems?: readonly FieldProblem[] },
): FastifyReply {
  const parent = parentOf(practice, parts.version)
  return sendRecord(practice, request, reply.code(parts.status), {
    view: { version: parts.version, parent, kind: parts.kind, level: levelOf(parent, whoAsks(request)) },
    problems: parts.problems ?? [],
  })
}

/** Says of a DOI whether it is another version's, published or reserved. */
function takenByAnother(practice: Practice, id: string): (doi: string) => boolean {
  return (doi) =>
    practice.store
      .allVersions()
      .some(
        (other) =>
          other.id !== id && [other.published, other.draft].some((edition) => edition?.pids['doi']?.identifier === doi),
      )
}

/** Revisions as the real server counts them: a client must take them from answers, not compute them (findings: ETag form). */
const FIRST_REVISION = 4
const SAVE_STEP = 2
const PID_STEP = 2
export const FILE_DELETE_STEP = 2

function requireRevision(edition: Edition, expected: number | null): void {
  if (expected === null || expected === edition.revision) return
  throw new ApiError(412, `Revision id provided(${expected}) doesn't match record's one(${edition.revision})`)
}

function mintDoi(id: string): Pid {
  return { identifier: `${DOI_PREFIX}/${id}`, provider: 'datacite', client: 'datacite' }
}

/** Stores what a draft holds, with its next revision. */
export function saveDraft(practice: Practice, version: Version, draft: Draftable, step: number): Version {
  if (!version.draft) throw noDraft()
  const revision = version.draft.revision + step
  return practice.store.saveVersion({
    ...version,
    draft: { ...version.draft, ...draft, updatedAt: timestamp(), revision },
    lastDraftRevision: revision,
  })
}

/** Said on every save until there is a file, or files are switched off (behaviour 3.3). */
function fileProblems(practice: Practice, version: Version, draft: Draftable): FieldProblem[] {
  const files = practice.store.files('draft', version.id)
  if (!draft.filesEnabled && files.length > 0) {
    const message = 'You must first delete all files to set the record to be metadata-only.'
    return [{ field: 'files.enabled', messages: [message] }]
  }
  const problems: FieldProblem[] = []
  if (draft.filesEnabled && files.length === 0) problems.push({ field: 'files.enabled', messages: [MISSING_FILES] })
  const preview = draft.defaultPreview
  if (preview !== null && !files.some(({ key }) => key === preview)) {
    problems.push({
      field: 'files.default_preview',
      messages: [`Cannot set ${preview} as default preview: there is no such file.`],
    })
  }
  return problems
}

const MISSING_FILES = 'Missing uploaded files. To disable files for this record please mark it as metadata-only.'

function editPublished(practice: Practice, version: Version): Version {
  const { store } = practice
  const published = version.published
  if (!published) throw noDraft()
  const now = timestamp()
  const revision = version.lastDraftRevision + SAVE_STEP
  return store.transaction(() => {
    for (const entry of store.files('record', version.id)) {
      store.saveFile('draft', version.id, { ...entry, createdAt: now, updatedAt: now })
    }
    return store.saveVersion({
      ...version,
      draft: { ...published, createdAt: version.startedAt, updatedAt: now, revision },
      lastDraftRevision: revision,
      draftBucket: newBucket(),
    })
  })
}

function discardDraft(practice: Practice, version: Version): void {
  const { store } = practice
  const files = store.files('draft', version.id)
  store.transaction(() => {
    store.removeFiles('draft', version.id)
    if (version.published) {
      store.saveVersion({ ...version, draft: null })
    } else {
      store.removeVersion(version.id)
      if (store.versionsOf(version.parent).length === 0) store.removeParent(version.parent)
    }
  })
  releaseObjects(practice, files)
}

/** @throws ApiError 400 with what is missing: metadata, files, transfers under way, persistent identifiers (live findings C13). */
function publish(practice: Practice, version: Version, parent: Parent, takenBy: (doi: string) => boolean): Version {
  const { store } = practice
  const draft = version.draft
  if (!draft) throw noDraft()
  const problems = checkForPublishing(draft)
  if (problems.length > 0) throw validationError(problems)
  const files = store.files('draft', version.id)
  if (draft.filesEnabled && files.length === 0) throw fieldError('files.enabled', MISSING_FILES)
  if (draft.filesEnabled && files.some(({ status }) => status !== 'completed')) {
    throw fieldError('files', 'One or more files have not completed their transfer, please wait.')
  }
  const checked = checkPids(draft, takenBy)
  const published = version.published
  const before = published?.pids['doi']
  const now = checked.pids['doi']
  if (before?.provider === 'datacite' && now && now.identifier !== before.identifier) {
    checked.problems.push({ field: 'pids.doi', messages: ['A registered DOI cannot be changed.'] })
  }
  if (checked.problems.length > 0) throw validationError(checked.problems)

  const isPublic = draft.access.record === 'public'
  const pids = {
    ...(isPublic ? { doi: before ?? mintDoi(version.id) } : before ? { doi: before } : {}),
    ...checked.pids,
    ...(isPublic || published ? { oai: { identifier: `oai:practice:${version.id}`, provider: 'oai' } } : {}),
  }
  const at = timestamp()
  return store.transaction(() => {
    if (pids.doi?.provider === 'datacite' && !parent.pids['doi']) {
      store.saveParent({ ...parent, pids: { ...parent.pids, doi: mintDoi(parent.id) } })
    }
    if (!published) {
      for (const entry of files) store.saveFile('record', version.id, entry)
    }
    store.removeFiles('draft', version.id)
    return store.saveVersion({
      ...version,
      published: {
        ...draft,
        pids,
        createdAt: published?.createdAt ?? at,
        updatedAt: at,
        revision: published ? published.revision + 2 : FIRST_REVISION,
      },
      draft: null,
      bucket: published ? version.bucket : version.draftBucket,
    })
  })
}
