import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LimitsName } from '../limits.ts'
import { startPracticeServer, type PracticeServer } from '../server.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  /** JSON, or text. Tests look at what they know. */
  readonly body: any // eslint-disable-line @typescript-eslint/no-explicit-any
}

type Who = keyof PracticeServer['tokens'] | 'guest' | 'dead'

/** A practice repository of its own for one test, and people who talk to it. */
export async function scene(limits: LimitsName = 'none', bodyLimitBytes?: number) {
  const dataFolder = temporaryFolder()
  const server = await startPracticeServer({
    dataFolder,
    limits,
    ...(bodyLimitBytes === undefined ? {} : { bodyLimitBytes }),
  })
  onTestFinished(() => server.close())

  const headersOf = (who: Who, extra: Record<string, string>) => ({
    ...(who === 'guest' ? {} : { authorization: `Bearer ${who === 'dead' ? 'dead' : server.tokens[who]}` }),
    ...extra,
  })

  /** JSON out and in, as the researcher unless said otherwise. */
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    { as = 'researcher', headers = {} }: { as?: Who; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const answer = await fetch(`${server.url}/api${path}`, {
      method,
      redirect: 'manual',
      headers: headersOf(as, {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: answer.status, headers: answer.headers, body: parsed(await answer.text()) }
  }

  const put = (path: string, bytes: string | Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api${path}`, {
      method: 'PUT',
      headers: headersOf('researcher', { 'content-type': 'application/octet-stream', ...headers }),
      body: typeof bytes === 'string' ? bytes : Buffer.from(bytes),
    }).then(async (answer): Promise<Answer> => ({
      status: answer.status,
      headers: answer.headers,
      body: parsed(await answer.text()),
    }))

  /** A GET of exactly this address: `fetch` would encode some signs first. */
  const getRaw = (path: string): Promise<Answer> => {
    const { hostname, port } = new URL(server.url)
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({ hostname, port, path: `/api${path}` }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: new Headers(), body: parsed(text) }))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  /** A PUT that the test ends as it likes. Without a length it is chunked. */
  const openPut = (path: string, length?: number): ClientRequest => {
    const { hostname, port } = new URL(server.url)
    const outgoing = httpRequest({
      hostname,
      port,
      method: 'PUT',
      path: `/api${path}`,
      headers: headersOf('researcher', {
        'content-type': 'application/octet-stream',
        ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }),
      }),
    })
    outgoing.on('error', () => undefined)
    return outgoing
  }

  const draft = async (extra: Record<string, unknown> = {}): Promise<string> => {
    const made = await call('POST', '/records', { metadata: COMPLETE, ...extra })
    return (made.body as { id: string }).id
  }

  const upload = async (id: string, key: string, bytes: string): Promise<void> => {
    await call('POST', `/records/${id}/draft/files`, [{ key }])
    await put(`/records/${id}/draft/files/${key}/content`, bytes)
    await call('POST', `/records/${id}/draft/files/${key}/commit`)
  }

  return { server, call, put, getRaw, openPut, draft, upload }
}

/** Everything that publishing asks for. */
export const COMPLETE = {
  resource_type: { id: 'dataset' },
  title: 'Water levels',
  publication_date: '2026-05-01',
  publisher: 'Practice repository',
  creators: [{ person_or_org: { type: 'personal', family_name: 'Researcher', given_name: 'Rosa' } }],
}

/** The fields that an answer complains about. */
export function fieldsOf({ body }: Answer): string[] {
  return (body as { errors: { field: string }[] }).errors.map(({ field }) => field)
}

/** One value of every entry of a file list, in its order. */
export function entriesOf({ body }: Answer, name: 'key' | 'status'): string[] {
  return (body as { entries: Record<string, string>[] }).entries.map((entry) => entry[name] ?? '')
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'practice-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
