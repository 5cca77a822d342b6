import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { entriesOf, scene } from '../test-support/scene.ts'

const md5 = (text: string | Uint8Array) => `md5:${createHash('md5').update(text).digest('hex')}`

test('a whole file is pending until its commit, then has its real size and checksum', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'a.txt', size: 99, checksum: 'md5:00000000000000000000000000000000' }])
  const sent = await put(`${files}/a.txt/content`, 'hello')
  expect(sent.body).toMatchObject({ status: 'pending', size: 99 })
  const committed = await call('POST', `${files}/a.txt/commit`)
  expect(committed.body).toMatchObject({ status: 'completed', size: 5, checksum: md5('hello') })
})

test('a PUT to a committed key answers 200 with errors and deletes the file', async () => {
  const { call, put, draft, upload } = await scene()
  const id = await draft()
  await upload(id, 'a.txt', 'first')
  const again = await put(`/records/${id}/draft/files/a.txt/content`, 'second')
  expect(again.status).toBe(200)
  expect(again.body.errors).toBe('File upload transfer failed.')
  expect((await call('GET', `/records/${id}/draft/files`)).body.entries).toEqual([])
  expect((await call('POST', `/records/${id}/draft/files/a.txt/commit`)).status).toBe(404)
})

test('a cut PUT with a length leaves the entry pending, with the content that was there before', async () => {
  const { call, put, openPut, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'new.bin' }, { key: 'old.bin' }])
  await put(`${files}/old.bin/content`, 'whole')
  for (const key of ['new.bin', 'old.bin']) {
    const cut = openPut(`${files}/${key}/content`, 1_000_000)
    await new Promise<void>((resolve) => cut.write(Buffer.alloc(500_000), () => resolve()))
    cut.destroy()
    await new Promise((resolve) => cut.once('close', resolve))
  }
  expect(entriesOf(await call('GET', files), 'status')).toEqual(['pending', 'pending'])
  expect((await call('POST', `${files}/new.bin/commit`)).status).toBe(500)
  expect((await call('POST', `${files}/old.bin/commit`)).body).toMatchObject({ size: 5, checksum: md5('whole') })
  await put(`${files}/new.bin/content`, 'again')
  expect((await call('POST', `${files}/new.bin/commit`)).body.checksum).toBe(md5('again'))
})

test('a cut PUT without a length removes the entry', async () => {
  const { call, openPut, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'a.bin' }])
  const cut = openPut(`${files}/a.bin/content`)
  await new Promise<void>((resolve) => cut.write(Buffer.alloc(100_000), () => resolve()))
  cut.destroy()
  await vi.waitFor(async () => expect((await call('GET', files)).body.entries).toEqual([]))
  expect((await call('POST', `${files}/a.bin/commit`)).status).toBe(404)
})

test('reading and committing before there is content are server errors', async () => {
  const { call, draft } = await scene()
  const id = await draft()
  await call('POST', `/records/${id}/draft/files`, [{ key: 'a.txt' }])
  expect((await call('POST', `/records/${id}/draft/files/a.txt/commit`)).status).toBe(500)
  expect((await call('GET', `/records/${id}/draft/files/a.txt/content`)).status).toBe(500)
})

test('parts may come in any order and again; the checksum follows a moment after the commit', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  const started = await call('POST', files, [
    { key: 'm.bin', size: 25, transfer: { type: 'M', parts: 3, part_size: 10 } },
  ])
  expect(started.body.entries[0].links.parts).toMatchObject([{ part: 1 }, { part: 2 }, { part: 3 }])
  expect(started.body.entries[0].links.content).toBeUndefined()
  for (const [part, bytes] of [
    [3, 'ccccc'],
    [1, 'xxxxxxxxxx'],
    [2, 'bbbbbbbbbb'],
    [1, 'aaaaaaaaaa'],
  ] as const) {
    expect((await put(`${files}/m.bin/content/${part}`, bytes)).status).toBe(200)
  }
  const committed = await call('POST', `${files}/m.bin/commit`)
  expect(committed.body).toMatchObject({ status: 'completed', size: 25, checksum: null, transfer: { type: 'L' } })
  await vi.waitFor(async () =>
    expect((await call('GET', `${files}/m.bin`)).body.checksum).toBe(md5('aaaaaaaaaabbbbbbbbbbccccc')),
  )
})

test('a commit with parts missing says completed over zero bytes', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'm.bin', size: 25, transfer: { type: 'M', parts: 3, part_size: 10 } }])
  await put(`${files}/m.bin/content/2`, 'bbbbbbbbbb')
  expect((await call('POST', `${files}/m.bin/commit`)).body).toMatchObject({ status: 'completed', size: 25 })
  const whole = Buffer.concat([Buffer.alloc(10), Buffer.from('bbbbbbbbbb'), Buffer.alloc(5)])
  await vi.waitFor(async () => expect((await call('GET', `${files}/m.bin`)).body.checksum).toBe(md5(whole)))
  expect((await put(`${files}/m.bin/content/1`, 'aaaaaaaaaa')).status).toBe(400)
})

test('a checksum declared for a multipart file is kept, right or wrong', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  const checksum = 'md5:00000000000000000000000000000000'
  await call('POST', files, [{ key: 'm.bin', size: 5, checksum, transfer: { type: 'M', parts: 1, part_size: 5 } }])
  await put(`${files}/m.bin/content/1`, 'hello')
  expect((await call('POST', `${files}/m.bin/commit`)).body.checksum).toBe(checksum)
})

test('a part of the wrong size or number fails with a 200; a whole PUT to a multipart key removes it', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'm.bin', size: 15, transfer: { type: 'M', parts: 2, part_size: 10 } }])
  expect((await put(`${files}/m.bin/content/1`, 'short')).body.errors).toBe('File upload transfer failed.')
  expect((await put(`${files}/m.bin/content/3`, 'aaaaaaaaaa')).body.errors).toBe('File upload transfer failed.')
  expect((await put(`${files}/m.bin/content/0`, 'aaaaaaaaaa')).status).toBe(500)
  expect((await put(`${files}/m.bin/content`, 'whole')).body.errors).toBe('File upload transfer failed.')
  expect((await call('GET', files)).body.entries).toEqual([])
})

test('names: 255 characters are taken, 256 fail at the content, one key only once, 100 files at most', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  const long = 'ü'.repeat(255)
  await call('POST', files, [{ key: long }, { key: `${long}x` }])
  expect((await put(`${files}/${encodeURIComponent(long)}/content`, 'a')).status).toBe(200)
  const refused = await put(`${files}/${encodeURIComponent(`${long}x`)}/content`, 'a')
  expect([refused.status, refused.body.message]).toEqual([400, 'Filename is too long.'])
  expect((await call('POST', files, [{ key: 'new' }, { key: long }])).body.message).toContain('already exists.')
  expect((await call('GET', files)).body.entries).toHaveLength(2)
  const many = Array.from({ length: 98 }, (_, index) => ({ key: `${index}` }))
  expect((await call('POST', files, many)).status).toBe(201)
  expect((await call('POST', files, [{ key: 'one more' }])).status).toBe(400)
})

test('keys may hold what addresses usually do not', async () => {
  const { call, put, draft } = await scene()
  const id = await draft()
  const files = `/records/${id}/draft/files`
  const keys = ['a b/c%20d.txt', 'what?#&+.txt', 'x/content', 'Å.txt', 'A\u030a.txt', '日本語 😀.csv', 'a//b']
  await call(
    'POST',
    files,
    keys.map((key) => ({ key })),
  )
  for (const key of keys) {
    const address = `${files}/${key.split('/').map(encodeURIComponent).join('/')}`
    expect((await put(`${address}/content`, key)).status).toBe(200)
    expect((await call('POST', `${address}/commit`)).body).toMatchObject({ key, checksum: md5(key) })
  }
  expect(entriesOf(await call('GET', files), 'key').toSorted()).toEqual(keys.toSorted())
})

test('the files of a published record cannot be changed in its draft', async () => {
  const { call, put, draft, upload } = await scene()
  const id = await draft()
  await upload(id, 'a.txt', 'first')
  await call('POST', `/records/${id}/draft/actions/publish`)
  await call('POST', `/records/${id}/draft`)
  const files = `/records/${id}/draft/files`
  expect((await call('POST', files, [{ key: 'b.txt' }])).status).toBe(201)
  const refused = await put(`${files}/b.txt/content`, 'second')
  expect([refused.status, refused.body.message]).toEqual([403, 'Bucket is locked for modifications.'])
  expect((await call('DELETE', `${files}/a.txt`)).status).toBe(403)
  expect((await call('POST', `/records/${id}/draft/actions/publish`)).body.errors[0].field).toBe('files')
})

test('downloads come whole, in ranges, or not at all when the client has them', async () => {
  const { server, draft, upload, call } = await scene()
  const id = await draft()
  await upload(id, 'a.bin', '0123456789')
  await call('POST', `/records/${id}/draft/actions/publish`)
  const get = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/records/${id}/files/a.bin/content`, { headers })
  const whole = await get({})
  expect(await whole.text()).toBe('0123456789')
  expect(whole.headers.get('content-disposition')).toBe('attachment; filename=a.bin')
  const part = await get({ range: 'bytes=2-4' })
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
  expect(await (await get({ range: 'bytes=-3' })).text()).toBe('789')
  expect((await get({ range: 'bytes=10-' })).status).toBe(416)
  expect((await get({ range: 'bytes=0-1,3-4' })).status).toBe(416)
  expect((await get({ 'if-none-match': whole.headers.get('etag') ?? '' })).status).toBe(304)
  expect((await get({ accept: 'application/vnd.inveniordm.v1+json' })).status).toBe(406)
})

test('a new version takes over files without an upload and may change them', async () => {
  const { call, draft, upload } = await scene()
  const id = await draft()
  await upload(id, 'a.txt', 'first')
  await upload(id, 'b.txt', 'second')
  await call('POST', `/records/${id}/draft/actions/publish`)
  const next = (await call('POST', `/records/${id}/versions`)).body
  expect((await call('POST', `/records/${id}/versions`)).body.id).toBe(next.id)
  expect(next.metadata.publication_date).toBe(new Date().toISOString().slice(0, 10))
  const imported = await call('POST', `/records/${next.id}/draft/actions/files-import`)
  expect(entriesOf(imported, 'status')).toEqual(['completed', 'completed'])
  expect((await call('POST', `/records/${next.id}/draft/actions/files-import`)).status).toBe(400)
  expect((await call('DELETE', `/records/${next.id}/draft/files/a.txt`)).status).toBe(204)
  await call('POST', `/records/${next.id}/draft/actions/publish`)
  expect((await call('GET', `/records/${id}/files`)).body.entries).toHaveLength(2)
  expect(
    await (
      await call('GET', `/records/${id}/files/a.txt/content`, undefined, { headers: { accept: '*/*' } })
    ).body,
  ).toBe('first')
  expect((await call('GET', `/records/${id}/versions/latest`)).body.location).toContain(next.id)
})

test('Zenodo’s limits: no empty files, no multipart, a hundred requests a minute', async () => {
  const { call, put, draft } = await scene('zenodo')
  const id = await draft()
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'empty' }, { key: 'm', size: 5, transfer: { type: 'M', parts: 1, part_size: 5 } }])
  await put(`${files}/empty/content`, '')
  const empty = await call('POST', `${files}/empty/commit`)
  expect([empty.status, empty.body.message]).toEqual([400, 'Empty files are not accepted.'])
  expect((await put(`${files}/m/content/1`, 'hello')).status).toBe(403)
  const last = await call('GET', '/me')
  expect(last.headers.get('x-ratelimit-limit')).toBe('100')
  const left = Number(last.headers.get('x-ratelimit-remaining'))
  for (let count = 0; count < left; count += 1) expect((await call('GET', '/me')).status).toBe(200)
  const refused = await call('GET', '/me')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('more than the quota is refused before a byte is taken, or when it has come', async () => {
  const { call, put, openPut, draft } = await scene()
  const id = await draft()
  await call('POST', `/records/${id}/quota`, { quota_size: 1000, max_file_size: 600 }, { as: 'admin' })
  const files = `/records/${id}/draft/files`
  await call('POST', files, [{ key: 'a' }, { key: 'b' }])
  expect((await put(`${files}/a/content`, 'x'.repeat(601))).body.message).toBe('Maximum file size exceeded.')
  await put(`${files}/a/content`, 'x'.repeat(600))
  const chunked = openPut(`${files}/b/content`)
  const status = new Promise((resolve) => chunked.once('response', (answer) => resolve(answer.resume().statusCode)))
  chunked.end('x'.repeat(500))
  expect(await status).toBe(400)
  expect((await put(`${files}/b/content`, 'x'.repeat(400))).status).toBe(200)
})

test('an owner gets more space on the spot as long as the extra quota lasts, and none where the policy is off', async () => {
  const zenodo = await scene('zenodo')
  const [first, second] = [await zenodo.draft(), await zenodo.draft()]
  const ask = (id: string, quota_size: string, as: 'researcher' | 'reader' = 'researcher') =>
    zenodo.call('POST', `/records/${id}/quota-increase`, { quota_size }, { as })
  expect(await ask(first, '120')).toMatchObject({ status: 200, body: { type: 'quota-increase', status: 'accepted' } })
  expect(await ask(first, '10', 'reader')).toMatchObject({ status: 403 })
  // 70 of the 150 GB are given; the same draft may be asked for again.
  expect(await ask(second, '140')).toMatchObject({ status: 403 })
  expect(await ask(second, '130')).toMatchObject({ status: 200 })
  expect(await ask(first, '121')).toMatchObject({ status: 403, body: { message: 'Permission denied.' } })
  const plain = await scene()
  const refused = await plain.call('POST', `/records/${await plain.draft()}/quota-increase`, { quota_size: '12' })
  expect(refused).toMatchObject({ status: 403 })
})

test('Zenodo’s buckets start, store and commit at once, in place of what is there, past the limit of the proxy (behaviour 4.11)', async () => {
  const { call, put, draft } = await scene('zenodo', 1000)
  const id = await draft()
  const files = `/records/${id}/draft/files`
  const started = await call('POST', files, [{ key: 'a b.bin', size: 5000 }])
  const bucket = `/files/${(started.body as { entries: { bucket_id: string }[] }).entries[0]?.bucket_id}`
  const refused = await put(`${files}/a%20b.bin/content`, 'x'.repeat(5000))
  expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'text/html'])
  expect((await call('GET', bucket)).body).toMatchObject({ contents: [] })
  for (const letter of ['x', 'y']) {
    const stored = await put(`${bucket}/a%20b.bin`, letter.repeat(5000))
    expect(stored.status).toBe(201)
    const listed = (await call('GET', files)).body.entries
    expect(listed).toMatchObject([{ key: 'a b.bin', status: 'completed', size: 5000, checksum: stored.body.checksum }])
  }
  expect((await put(`${bucket}/folder%2Fa.bin`, 'x')).status).toBe(404)
  expect((await put(`${bucket}/empty`, '')).status).toBe(400)
  expect((await put(`${bucket}/a`, 'x', { 'content-type': 'application/zip' })).status).toBe(415)
  expect((await call('GET', bucket, undefined, { as: 'reader' })).status).toBe(403)
  expect((await call('GET', '/files/12a7f0d8-6641-4083-9c1f-8091742a8852')).status).toBe(404)
  await call('POST', `/records/${id}/draft/actions/publish`)
  expect((await put(`${bucket}/a`, 'x')).status).toBe(404)
})

test('a server that is not Zenodo has no buckets to send to (live findings D18)', async () => {
  const { call, put, draft, upload } = await scene()
  const id = await draft()
  await upload(id, 'a', 'a')
  const [entry] = (await call('GET', `/records/${id}/draft/files`)).body.entries
  expect((await put(`/files/${entry.bucket_id}/b`, 'b')).status).toBe(404)
})
