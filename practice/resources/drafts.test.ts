import { expect, test } from 'vitest'
import { COMPLETE, fieldsOf, scene } from '../test-support/scene.ts'

test('a draft is saved with what is valid, and the rest is reported once', async () => {
  const { call } = await scene()
  const made = await call('POST', '/records', {
    metadata: {
      ...COMPLETE,
      title: 'ab',
      creators: [
        {
          person_or_org: {
            type: 'personal',
            family_name: 'A',
            identifiers: [{ scheme: 'orcid', identifier: '0000-0002-1825-0098' }],
          },
        },
        { person_or_org: { type: 'organizational', name: '' } },
      ],
      dates: [{ date: 'soon', type: { id: 'other' } }],
      subjects: [{}, { subject: 'tides' }],
    },
  })
  expect(made.status).toBe(201)
  expect(fieldsOf(made)).toEqual([
    'metadata.creators.0.person_or_org.identifiers.0.identifier',
    'metadata.creators.1.person_or_org.name',
    'metadata.title',
    'metadata.subjects.0.subjects',
    'metadata.dates.0.date',
  ])
  const { metadata } = made.body
  expect(metadata.title).toBeUndefined()
  // Objects that break a rule stay as they were sent, without the name that is composed otherwise.
  expect(metadata.creators[0].person_or_org.identifiers[0].identifier).toBe('0000-0002-1825-0098')
  expect(metadata.creators[0].person_or_org.name).toBeUndefined()
  expect(metadata.creators[1].person_or_org).toEqual({ type: 'organizational', name: '' })
  expect(metadata.dates).toEqual([{ type: expect.objectContaining({ id: 'other' }) }])
  expect(metadata.subjects).toEqual([{ subject: 'tides' }])
  expect((await call('GET', `/records/${made.body.id}/draft`)).body.errors).toBeUndefined()
})

test('an unknown vocabulary entry and half an access are refused outright', async () => {
  const { call, draft } = await scene()
  const id = await draft()
  const unknown = await call('PUT', `/records/${id}/draft`, {
    metadata: { ...COMPLETE, resource_type: { id: 'nothing' } },
  })
  expect(unknown).toMatchObject({ status: 400, body: { message: 'Invalid value nothing.' } })
  expect(unknown.body.errors).toBeUndefined()
  const half = await call('PUT', `/records/${id}/draft`, { access: { record: 'public' } })
  expect(half.body.errors).toEqual([{ field: 'access', messages: ["'files'"] }])
  expect((await call('GET', `/records/${id}/draft`)).body.metadata.title).toBe(COMPLETE.title)
})

test('a save replaces: metadata and custom fields go when omitted, pids and access stay, files come back on', async () => {
  const { call, draft } = await scene()
  const id = await draft({
    access: { record: 'restricted', files: 'restricted' },
    files: { enabled: false },
    custom_fields: { 'journal:journal': { title: 'Tides' } },
  })
  await call('POST', `/records/${id}/draft/pids/doi`)
  const { body } = await call('PUT', `/records/${id}/draft`, {})
  expect(body).toMatchObject({
    metadata: {},
    custom_fields: {},
    access: { record: 'restricted' },
    files: { enabled: true },
  })
  expect(body.pids.doi.identifier).toBe(`10.5072/${id}`)
  expect((await call('PUT', `/records/${id}/draft`, { pids: {} })).body.pids).toEqual({})
})

test('If-Match is a bare number: quoted is 400, another one 412, and the ETag comes quoted', async () => {
  const { call, draft } = await scene()
  const id = await draft()
  const read = await call('GET', `/records/${id}/draft`)
  const revision: number = read.body.revision_id
  expect(read.headers.get('etag')).toBe(`"${revision}"`)
  const save = (value: string) =>
    call('PUT', `/records/${id}/draft`, { metadata: COMPLETE }, { headers: { 'if-match': value } })
  for (const value of [`"${revision}"`, `W/"${revision}"`, '*', `${revision}, 99`]) {
    expect(await save(value)).toMatchObject({ status: 400, body: { errors: [{ field: 'if_match' }] } })
  }
  expect((await save(String(revision + 1))).status).toBe(412)
  const saved = await save(String(revision))
  expect(saved.status).toBe(200)
  expect(saved.body.revision_id).toBeGreaterThan(revision)
  expect(
    (await call('DELETE', `/records/${id}/draft`, undefined, { headers: { 'if-match': String(revision) } })).status,
  ).toBe(412)
})

test('types are matched to the letter', async () => {
  const { call, put, draft } = await scene()
  const type = (value: string) => call('POST', '/records', '{}', { headers: { 'content-type': value } })
  expect((await type('application/json; charset=utf-8')).status).toBe(415)
  expect((await type('text/plain')).status).toBe(415)
  expect((await type('nonsense')).status).toBe(415)
  expect((await call('GET', '/records', undefined, { headers: { accept: 'text/html' } })).status).toBe(406)
  const id = await draft()
  await call('POST', `/records/${id}/draft/files`, [{ key: 'a' }])
  expect((await put(`/records/${id}/draft/files/a/content`, 'x', { 'content-type': 'text/csv' })).status).toBe(415)
  expect((await call('POST', '/records', '{')).body.message).toBe('Unable to decode JSON data in request body.')
})

test('a dead token is a guest: it reads what is public, drafts are 403, and no answer names a user', async () => {
  const { call, draft, upload } = await scene()
  const id = await draft()
  await upload(id, 'a.txt', 'a')
  const alive = await call('GET', `/records/${id}/draft`)
  expect(alive.headers.get('x-user-id')).toBe('2')
  const dead = await call('GET', `/records/${id}/draft`, undefined, { as: 'dead' })
  expect([dead.status, dead.headers.get('x-user-id')]).toEqual([403, null])
  expect((await call('GET', `/records/${id}/draft`, undefined, { as: 'reader' })).status).toBe(403)
  expect((await call('GET', '/records/00000-00000/draft', undefined, { as: 'dead' })).status).toBe(404)
  expect((await call('GET', '/me', undefined, { as: 'dead' })).status).toBe(401)
  await call('POST', `/records/${id}/draft/actions/publish`)
  expect((await call('GET', `/records/${id}`, undefined, { as: 'dead' })).status).toBe(200)
  expect((await call('GET', '/user/records', undefined, { as: 'dead' })).status).toBe(403)
})

test('publishing says what is missing, works once, and is 404 from then on', async () => {
  const { call, draft, upload } = await scene()
  const id = await draft({ metadata: { ...COMPLETE, publisher: '', title: '' } })
  const fields = async () => fieldsOf(await call('POST', `/records/${id}/draft/actions/publish`))
  expect(await fields()).toEqual(['metadata.title'])
  await call('PUT', `/records/${id}/draft`, { metadata: { ...COMPLETE, publisher: '' } })
  expect(await fields()).toEqual(['files.enabled'])
  await upload(id, 'a.txt', 'a')
  expect(await fields()).toEqual(['metadata.publisher'])
  await call('PUT', `/records/${id}/draft`, { metadata: COMPLETE })
  const published = await call('POST', `/records/${id}/draft/actions/publish`)
  expect(published).toMatchObject({
    status: 202,
    body: { is_published: true, pids: { doi: { identifier: `10.5072/${id}` } }, status: 'published' },
  })
  expect((await call('POST', `/records/${id}/draft/actions/publish`)).status).toBe(404)
  expect((await call('GET', `/records/${id}`, undefined, { as: 'guest' })).body.metadata.title).toBe(COMPLETE.title)
})

test('a query string with a raw sign is refused, an apostrophe too', async () => {
  const { call, getRaw } = await scene()
  for (const sign of ["'", '[', '%zz']) {
    expect(await getRaw(`/records?q=a${sign}b`)).toMatchObject({
      status: 400,
      body: { message: 'Error trying to decode a non urlencoded string.' },
    })
  }
  expect((await call('GET', '/records?q=a%27b', undefined, { as: 'guest' })).status).toBe(200)
})

test('a deleted record leaves a tombstone', async () => {
  const { call, draft } = await scene()
  const id = await draft({ files: { enabled: false } })
  await call('POST', `/records/${id}/draft/actions/publish`)
  expect((await call('POST', `/records/${id}/request-deletion`, { reason: 'duplicate' })).status).toBe(200)
  expect(await call('GET', `/records/${id}`, undefined, { as: 'guest' })).toMatchObject({
    status: 410,
    body: { tombstone: { removal_reason: { id: 'duplicate' } } },
  })
  expect((await call('GET', '/records')).body.hits.total).toBe(0)
})
