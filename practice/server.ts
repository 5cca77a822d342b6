import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { ApiError, noRoute, serverFault } from './http/api-error.ts'
import { installBodyLimit } from './http/body-limit.ts'
import { installHeaders } from './http/headers.ts'
import { LIMITS, type LimitsName } from './limits.ts'
import type { Practice } from './practice.ts'
import { registerBucketFiles } from './resources/bucket-files.ts'
import { registerDeletion } from './resources/deletion.ts'
import { registerDrafts } from './resources/drafts.ts'
import { registerDraftFiles } from './resources/draft-files.ts'
import { registerMe } from './resources/me.ts'
import { registerPages } from './resources/pages.ts'
import { registerRecordFiles } from './resources/record-files.ts'
import { registerRecords } from './resources/records.ts'
import { resumeDigests } from './storage/digests.ts'
import { registerUsers } from './resources/users.ts'
import { registerUserRecords } from './resources/search.ts'
import { registerSharing } from './resources/sharing.ts'
import { registerVersions } from './resources/versions.ts'
import { registerVocabularies } from './resources/vocabularies.ts'
import { ContentStore } from './storage/content.ts'
import { lockDataFolder, openDatabase } from './storage/database.ts'
import { Store } from './storage/store.ts'
import { ensureUsers, type Tokens } from './users.ts'
import { Vocabularies } from './vocabularies.ts'

export type PracticeServer = {
  /** Origin on loopback. */
  readonly url: string
  readonly tokens: Tokens
  close(): Promise<void>
}

/**
 * Starts an InvenioRDM-compatible repository on loopback, its data in `dataFolder`. Port 0 (the default) takes a free one.
 * @throws DataFolderInUse when another one still has the folder after five seconds.
 */
export async function startPracticeServer(options: {
  dataFolder: string
  port?: number
  limits?: LimitsName
  bodyLimitBytes?: number
}): Promise<PracticeServer> {
  const lock = await lockDataFolder(options.dataFolder)
  const database = openDatabase(options.dataFolder)
  const store = new Store(database)
  const { users, tokens } = ensureUsers(store)
  const content = new ContentStore(options.dataFolder)
  content.sweep(
    new Set(
      store
        .allFiles()
        .flatMap(({ entry }) => [entry.object?.id, entry.arrived?.id])
        .filter((id) => id !== undefined),
    ),
  )
  const closing = new AbortController()
  const practice: Practice = {
    store,
    content,
    vocabularies: new Vocabularies(),
    limits: LIMITS[options.limits ?? 'none'],
    bodyLimitBytes: options.bodyLimitBytes ?? null,
    digests: new Set(),
    closing: closing.signal,
    origin: '',
  }
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 5000 },
    // An address that cannot be decoded is one that does not exist.
    frameworkErrors: (_error, _request, reply) => {
      void sendError(reply, noRoute())
    },
  })
  try {
    practice.origin = await listen(app, practice, users, options.port ?? 0)
  } catch (error) {
    database.close()
    lock.release()
    throw error
  }
  resumeDigests(practice)
  let closed: Promise<void> | null = null
  return {
    url: practice.origin,
    tokens,
    close: () => {
      closing.abort()
      closed ??= app.close().then(async () => {
        await Promise.allSettled(practice.digests)
        database.close()
        lock.release()
      })
      return closed
    },
  }
}

async function listen(
  app: FastifyInstance,
  practice: Practice,
  users: Parameters<typeof installHeaders>[2],
  port: number,
): Promise<string> {
  // Bodies are read by those who need them: content is never parsed, and a content type is judged before a body is.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setErrorHandler((error, _request, reply) => {
    return sendError(reply, error instanceof ApiError ? error : fromFramework(error))
  })
  app.setNotFoundHandler((_request, reply) => sendError(reply, noRoute()))
  installBodyLimit(app, practice.bodyLimitBytes)
  installHeaders(app, practice, users)
  registerMe(app)
  registerUsers(app, practice)
  registerRecords(app, practice)
  registerDrafts(app, practice)
  registerDraftFiles(app, practice)
  if (practice.limits.buckets) registerBucketFiles(app, practice)
  registerRecordFiles(app, practice)
  registerVersions(app, practice)
  registerUserRecords(app, practice)
  registerSharing(app, practice)
  registerDeletion(app, practice)
  registerVocabularies(app, practice)
  registerPages(app, practice)
  return app.listen({ host: '127.0.0.1', port })
}

function sendError(reply: FastifyReply, { status, body }: ApiError): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(body))
}

/** An error of the framework itself: a malformed address or header of the client, or a fault of ours. */
function fromFramework(error: unknown): ApiError {
  const status = (error as { statusCode?: unknown }).statusCode
  if (typeof status === 'number' && status >= 400 && status < 500) return new ApiError(status, (error as Error).message)
  return serverFault()
}
