import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'

/*
 * Replays exchanges that were recorded with a real InvenioRDM 14 (made compact by tools/compact-traces.mjs) against another
 * server, in order, and judges the answers: same status, same fields in `errors`, and every key of the real answer with the same
 * JSON type. Ids that the server gives are mapped from the recorded answers to those of this run.
 */

export type Shape = null | string | readonly Shape[] | { readonly [key: string]: Shape }

export type Exchange = {
  /** Absent for what only prepares. */
  readonly operation?: string
  readonly case?: string
  readonly as: string
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | readonly (string | number)[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly errors?: readonly (string | null)[]
  /** Of the recorded ETag. */
  readonly revision?: number
  /** Where ids stand in the answer that later requests use. */
  readonly ids?: Readonly<Record<string, string>>
  readonly shape: number
}

export type Recording = { readonly shapes: readonly Shape[]; readonly exchanges: readonly Exchange[] }

export type Outcome = {
  readonly exchange: Exchange
  /** `waits`: needs something that an operation which does not exist here yet would have made. */
  readonly verdict: 'agrees' | 'differs' | 'waits'
  readonly problems: readonly string[]
}

const GIVEN = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-z]{5}-[0-9a-z]{5}\b|LINK-TOKEN-[0-9a-f]{8}/g
const OPEN_MAPS = new Set([
  'entries',
  'aggregations',
  'ui',
  'custom_fields',
  'expanded',
  '_internal_notes',
  'links',
  'stats',
])
const RECORDED_ORIGIN = 'https://repository.example'

export function readRecording(url: URL): Recording {
  return JSON.parse(readFileSync(url, 'utf8')) as Recording
}

/** Sends what `exists` allows, one after another, and judges what is named as a case. */
export async function replay(
  recording: Recording,
  server: { readonly url: string; readonly tokens: Readonly<Record<string, string>> },
  exists: (exchange: Exchange) => boolean,
): Promise<Outcome[]> {
  const ids = new Map<string, string>()
  const revisions = new Map<string, { recorded: number; ours: number }>()
  const unknown = new Set<string>()
  const outcomes: Outcome[] = []
  for (const exchange of recording.exchanges) {
    const sent = sentIds(exchange)
    if (!exists(exchange) || sent.some((id) => unknown.has(id))) {
      for (const id of Object.values(exchange.ids ?? {})) if (!ids.has(id)) unknown.add(id)
      // What it would have changed is not as it was recorded any more.
      if (exchange.method !== 'GET' && exchange.status < 400) for (const id of idsOf(exchange.path)) unknown.add(id)
      if (exchange.operation !== undefined && exists(exchange))
        outcomes.push({ exchange, verdict: 'waits', problems: [] })
      continue
    }
    const answer = await send(exchange, server, ids, revisions)
    for (const [place, recorded] of Object.entries(exchange.ids ?? {})) {
      const ours = idAt(answer.body, place, recorded)
      if (ours === null) unknown.add(recorded)
      else ids.set(recorded, ours)
    }
    const seen = /^"(\d+)"$/.exec(answer.etag ?? '')?.[1]
    if (exchange.revision !== undefined && seen !== undefined) {
      revisions.set(exchange.path, { recorded: exchange.revision, ours: Number(seen) })
    }
    if (exchange.operation === undefined) continue
    const problems = judge(exchange, recording.shapes[exchange.shape] ?? null, answer)
    outcomes.push({ exchange, verdict: problems.length === 0 ? 'agrees' : 'differs', problems })
  }
  return outcomes
}

type Answer = { readonly status: number; readonly etag: string | null; readonly body: unknown }

function judge(exchange: Exchange, shape: Shape, answer: Answer): string[] {
  if (answer.status !== exchange.status) return [`status ${answer.status} for ${exchange.status}`]
  const fields = errorFields(answer.body)
  if (JSON.stringify(fields) !== JSON.stringify(exchange.errors ?? null)) {
    return [`error fields ${JSON.stringify(fields)} for ${JSON.stringify(exchange.errors ?? null)}`]
  }
  if (typeof shape !== 'object' || shape === null) return []
  return differences(shape, answer.body, '')
}

function errorFields(body: unknown): (string | null)[] | null {
  if (!isObject(body) || !Array.isArray(body['errors'])) return null
  const fields = body['errors'].map((error: unknown) =>
    isObject(error) ? ((error['field'] as string | undefined) ?? null) : null,
  )
  return [...new Set(fields)].sort()
}

function differences(real: Shape, ours: unknown, at: string): string[] {
  if (real === null || ours === null || real === 'any') return []
  const expected = kindOf(real)
  const found = Array.isArray(ours) ? 'list' : typeof ours
  if (expected !== found) return [`${at || '/'}: ${found} for ${expected}`]
  if (Array.isArray(real)) {
    const list = ours as unknown[]
    const first = (real as readonly Shape[])[0]
    return first === undefined || list.length === 0 ? [] : differences(first, list[0], `${at}[]`)
  }
  if (typeof real !== 'object') return []
  return Object.entries(real).flatMap(([key, value]) => {
    if (!(key in (ours as object))) return isEmpty(value) ? [] : [`${at}/${key} missing`]
    return OPEN_MAPS.has(key) ? [] : differences(value, (ours as Record<string, unknown>)[key], `${at}/${key}`)
  })
}

const kindOf = (shape: Shape) => (Array.isArray(shape) ? 'list' : typeof shape === 'string' ? shape : 'object')
const isEmpty = (shape: Shape) => shape === null || (typeof shape === 'object' && Object.keys(shape).length === 0)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const idsOf = (text: string) => [...text.matchAll(GIVEN)].map(([id]) => id)

function sentIds({ path, query, body }: Exchange): string[] {
  return idsOf(`${decodeURI(path.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))} ${JSON.stringify([query, body])}`)
}

/** The id at a place of an answer: the one match, or of several the one at the recorded position. */
function idAt(body: unknown, place: string, recorded: string): string | null {
  const [path = '', number = '0'] = [place.slice(0, place.lastIndexOf('@')), place.slice(place.lastIndexOf('@') + 1)]
  const value = path
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (inner, key) =>
        (inner as Record<string, unknown> | null | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      body,
    )
  if (typeof value !== 'string') return null
  return recorded.startsWith('LINK-TOKEN-') ? value : ([...value.matchAll(GIVEN)][Number(number)]?.[0] ?? null)
}

async function send(
  exchange: Exchange,
  server: { readonly url: string; readonly tokens: Readonly<Record<string, string>> },
  ids: ReadonlyMap<string, string>,
  revisions: ReadonlyMap<string, { recorded: number; ours: number }>,
): Promise<Answer> {
  const ours = (text: string) => text.replace(GIVEN, (id) => ids.get(id) ?? id).replaceAll(RECORDED_ORIGIN, server.url)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(exchange.query ?? {})) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(name, ours(String(item)))
  }
  const headers: Record<string, string> = { ...exchange.headers }
  if (exchange.as !== 'guest') headers['Authorization'] = `Bearer ${server.tokens[exchange.as] ?? 'not-a-token'}`
  // Revisions count differently on every server; what was current stays current.
  const revision = revisions.get(exchange.path)
  const match = headers['If-Match']
  if (match !== undefined && revision && match.replace(/\D/g, '') === String(revision.recorded)) {
    headers['If-Match'] = match.replace(/\d+/, String(revision.ours))
  }
  const content = bodyOf(exchange.body, ours)
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        hostname,
        port,
        method: exchange.method,
        // Not through a URL: dots and double slashes must arrive as they were sent.
        path: ours(exchange.path) + (query.size > 0 ? `?${query.toString()}` : ''),
        headers: content === null ? headers : { ...headers, 'Content-Length': content.length },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: incoming.statusCode ?? 0, etag: incoming.headers.etag ?? null, body: parsed(text) })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(content ?? undefined)
  })
}

function bodyOf(body: unknown, ours: (text: string) => string): Buffer | null {
  if (body === undefined) return null
  if (isObject(body) && Object.keys(body).length === 1) {
    if (typeof body['base64'] === 'string') return Buffer.from(body['base64'], 'base64')
    if (typeof body['bytes'] === 'number') return Buffer.alloc(body['bytes'], 'practice ')
  }
  return Buffer.from(ours(JSON.stringify(body)))
}

function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
