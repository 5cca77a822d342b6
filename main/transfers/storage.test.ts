import { appendFileSync } from 'node:fs'
import * as tls from 'node:tls'
import { expect, test } from 'vitest'
import { explain } from '../../contract/errors.ts'
import { TRUSTED, TRUSTED_AUTHORITY } from '../repository/test-support/certificates.ts'
import { serve } from '../repository/test-support/loopback.ts'
import type { Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

// Read by the transport when it first needs a certificate.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), TRUSTED_AUTHORITY])

const ENTRY = /\/files\/large$/
const practice = usePractice()
const newScene = useScenes(practice)

/** As S3 answers (Amazon S3, Error responses). */
const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'

/**
 * A server that keeps its files in a storage of its own and gives links to it, signed anew each time they are asked for.
 * `refuses` says what the storage answers to a part with this signature; null to take it.
 */
async function withStorage(refuses: (part: number, signature: number) => number | null) {
  const scene = await newScene()
  scene.writeSparse('large', 65e6)
  appendFileSync(scene.path('large'), 'the end')
  scene.write('small', 'small')
  const { url: origin, tokens } = practice.current
  const taken: number[] = []
  const storage = await serve((request, response, body) => {
    const url = new URL(request.url ?? '', origin)
    const [part, signature] = ['partNumber', 'X-Amz-Signature'].map((name) => Number(url.searchParams.get(name)))
    const status = refuses(part ?? 0, signature ?? 0)
    if (status !== null) {
      response.writeHead(status, { 'content-type': 'application/xml' }).end(EXPIRED)
      return
    }
    taken.push(part ?? 0)
    // It lies where the practice repository looks for it at the commit.
    void fetch(`${origin}/api/records/${scene.draftId}/draft/files/large/content/${part}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${tokens.researcher}`, 'content-type': 'application/octet-stream' },
      body,
    }).then(() => response.writeHead(200, { etag: '"d41d8cd98f00b204e9800998ecf8427e"' }).end())
  }, TRUSTED)

  let signature = 0
  const sign = (entry: Entry): Entry => {
    const parts = entry.links?.parts?.map(({ part }) => ({
      part,
      url: `${storage.origin}/bucket/large?uploadId=u&partNumber=${part}&X-Amz-Signature=${signature}`,
      expiration: new Date().toISOString(),
    }))
    return parts === undefined ? entry : { ...entry, links: { ...entry.links, parts } }
  }
  const change = (answer: Entry & { entries?: Entry[] }) => {
    signature += 1
    return answer.entries === undefined ? sign(answer) : { ...answer, entries: answer.entries.map(sign) }
  }
  for (const [method, path] of [
    ['POST', /\/draft\/files$/],
    ['GET', /\/draft\/files$/],
    ['GET', ENTRY],
  ] as const)
    scene.server.fail(method, path, { kind: 'rewrite', change }, Infinity)
  scene.open()
  scene.session()
  scene.add(scene.sources('large', 'small'))
  return { scene, storage, taken }
}

type Entry = { links?: { parts?: { part: number; url: string }[] } }

function codes(scene: Scene): string[] {
  return [...new Set(scene.errors.map(({ code }) => code))]
}

test('parts go to the storage by their links, and nothing else of ours does: no token, and no header that S3 would refuse', async () => {
  const { scene, storage, taken } = await withStorage(() => null)
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large', 'small'))
  expect([...taken].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(scene.server.count('PUT', /content\/\d+$/)).toBe(0)
  for (const { method, headers } of storage.seen) {
    expect(method).toBe('PUT')
    expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'host', 'user-agent'])
  }
  expect(JSON.stringify(storage.seen.map(({ headers, url }) => [headers, url]))).not.toContain(
    practice.current.tokens.researcher,
  )
})

test('links that have expired are renewed once for all parts under way, which are sent again', async () => {
  // The first links are good for three parts.
  let good = 3
  const { scene, storage, taken } = await withStorage((_, signature) => (signature > 2 || good-- > 0 ? null : 403))
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large', 'small'))
  expect([...taken].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(scene.server.count('GET', ENTRY)).toBeGreaterThanOrEqual(1)
  // At most those that were under way when the links ran out.
  expect(storage.seen.length - taken.length).toBeLessThanOrEqual(4)
  expect(codes(scene)).toEqual([])
})

test.each([401, 403, 404])(
  'a storage that answers %i to every link is given up with a clear word, and the token is still good',
  async (status) => {
    const { scene, storage } = await withStorage(() => status)
    const { error, verifiedFiles, blockedFiles } = await scene.until('needs-you')
    expect([error?.code, verifiedFiles, blockedFiles]).toEqual(['storage-refused', 1, 1])
    expect(error && explain(error).happened).toBe(
      'The storage of Practice did not take large, not even with new links from Practice.',
    )
    expect(codes(scene)).toEqual(['storage-refused'])
    // Four parts, three times each.
    expect(storage.seen.length).toBeLessThanOrEqual(12)
    expect(scene.server.count('GET', /\/me$/)).toBe(0)
    expect(scene.server.count('POST', /\/large\/commit$/)).toBe(0)
  },
)

test('a storage in trouble of its own is asked again', async () => {
  let troubles = 3
  const { scene, taken } = await withStorage(() => (troubles-- > 0 ? 503 : null))
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('large', 'small'))
  expect([...taken].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})
