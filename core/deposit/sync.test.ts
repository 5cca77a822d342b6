import { expect, test } from 'vitest'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { keptParts, reduceMetadata, toDraftBody } from './draft-body.ts'
import { hasLanded, isSameMetadata, mergeMetadata } from './merge.ts'
import { explainServerErrors } from './server-errors.ts'

test('what was read can be sent back without false complaints, and unknown keys survive', () => {
  const read = {
    title: 'Soil',
    publisher: ' ',
    resource_type: { id: 'dataset', title: { en: 'Dataset' } },
    creators: [
      {
        person_or_org: { type: 'personal', family_name: 'Keller', identifiers: [{ scheme: 'orcid', identifier: '0' }] },
        role: { id: 'editor', title: { en: 'Editor' } },
        affiliations: [
          { id: '04t3en479', name: 'KIT', identifiers: [{ scheme: 'ror', identifier: '04t3en479' }] },
          { name: 'Lab', identifiers: [] },
        ],
      },
    ],
    rights: [
      { id: 'cc-by-4.0', title: { en: 'CC BY' }, icon: 'cc-by-icon', props: { url: 'x' } },
      { title: { en: 'My own' }, link: 'https://example.org', icon: '' },
    ],
    subjects: [
      { id: 'x', subject: 'X', scheme: 'GEMET' },
      { subject: 'free', scheme: '' },
    ],
    funding: [{ funder: { id: '00k4n6c32', name: 'EC' }, award: { number: '1', title: { en: 'T' } } }],
    dates: [{ date: '2020', type: { id: 'collected', title: { en: 'Collected' } } }],
    invented_later: { kept: [1, { id: 'a', note: 'kept' }] },
  } as RecordMetadata
  const sent = reduceMetadata(read)
  expect(sent).toEqual({
    title: 'Soil',
    resource_type: { id: 'dataset' },
    creators: [
      {
        person_or_org: { type: 'personal', family_name: 'Keller', identifiers: [{ scheme: 'orcid', identifier: '0' }] },
        role: { id: 'editor' },
        affiliations: [{ id: '04t3en479' }, { name: 'Lab' }],
      },
    ],
    rights: [{ id: 'cc-by-4.0' }, { title: { en: 'My own' }, link: 'https://example.org' }],
    subjects: [{ id: 'x' }, { subject: 'free' }],
    funding: [{ funder: { id: '00k4n6c32' }, award: { number: '1', title: { en: 'T' } } }],
    dates: [{ date: '2020', type: { id: 'collected' } }],
    invented_later: { kept: [1, { id: 'a', note: 'kept' }] },
  })
  expect(reduceMetadata(sent)).toEqual(sent)
})

test('a save sends back what it would otherwise empty', () => {
  const read = {
    id: 'a',
    files: { enabled: true, default_preview: 'a.csv' },
    custom_fields: {
      'code:programmingLanguage': [{ id: 'python', title: { en: 'Python' } }],
      'journal:journal': { title: 'J' },
    },
  }
  const body = toDraftBody({ title: 'Soil' }, keptParts(read))
  expect(body).toEqual({
    metadata: { title: 'Soil' },
    files: { enabled: true, default_preview: 'a.csv' },
    custom_fields: { 'code:programmingLanguage': [{ id: 'python' }], 'journal:journal': { title: 'J' } },
  })
})

test('a merge takes each side’s changes, keeps what the server dropped, and reports what both changed', () => {
  // The server had dropped the short title, and formats the ORCID iD: neither is a change of its side.
  const base = {
    sent: { title: 'ab', publisher: 'P', version: '1', description: 'old' },
    answered: { publisher: 'P', version: '1', description: 'old' },
  }
  const mine = { title: 'ab', publisher: 'Mine', version: '1', description: 'mine' }
  const theirs = {
    publisher: 'P',
    version: '2',
    description: 'theirs',
    languages: [{ id: 'eng', title: { en: 'English' } }],
  }
  const { merged, conflicts, base: next } = mergeMetadata(base, mine, theirs)
  expect(merged).toEqual({
    title: 'ab',
    publisher: 'Mine',
    version: '2',
    description: 'mine',
    languages: theirs.languages,
  })
  expect(conflicts).toEqual([{ field: 'metadata.description', base: 'old', mine: 'mine', theirs: 'theirs' }])
  // Merging the same answer once more changes nothing, and what was changed here is still known as ours.
  expect(mergeMetadata(next, merged, theirs)).toMatchObject({ merged, conflicts: [] })
  expect(mergeMetadata(next, merged, { ...theirs, publisher: 'Theirs' }).conflicts).toHaveLength(1)
})

test('a field that is emptied there is emptied here, unless it was changed here', () => {
  const base = { sent: { version: '1' }, answered: { version: '1' } }
  expect(mergeMetadata(base, { version: '1' }, {}).merged).toEqual({})
  expect(mergeMetadata(base, { version: '2' }, {}).conflicts).toEqual([
    { field: 'metadata.version', base: '1', mine: '2', theirs: null },
  ])
})

test('a save whose answer was lost is recognised when it arrived, also as the server rewrote it', () => {
  const base = { sent: { title: 'old', version: '1' }, answered: { title: 'old', version: '1' } }
  const attempted = { title: ' new ', version: '1' }
  expect(hasLanded(base, attempted, { title: 'new', version: '1' })).toBe(true)
  expect(hasLanded(base, attempted, { title: 'old', version: '1' })).toBe(false)
  expect(hasLanded(base, attempted, { title: 'new', version: '2' })).toBe(false)
})

test('labels, order of keys and empty values make no difference between two versions', () => {
  expect(
    isSameMetadata(
      { resource_type: { id: 'dataset' }, rights: [], version: '' },
      { resource_type: { title: { en: 'Dataset' }, id: 'dataset' } },
    ),
  ).toBe(true)
  expect(isSameMetadata({ title: 'a' }, { title: 'b' })).toBe(false)
})

test('complaints of the server are said in plain words beside their field', () => {
  const options = { serverName: 'Zenodo', filesExpected: true }
  const explained = explainServerErrors(
    [
      { field: 'metadata.title', messages: ['Shorter than minimum length 3.'] },
      { field: 'metadata.version', messages: ['Longer than maximum length 191.'] },
      { field: 'files.enabled', messages: ['Missing uploaded files. To disable files…'] },
      { field: 'pids.nope', messages: [...'No provider'] },
      { field: 'metadata.references.0', messages: ['Unheard-of \u001b[31mthing\u202e'] },
    ],
    { title: 'ab' },
    options,
  )
  expect(explained).toEqual([
    { field: 'metadata.title', messages: ['A title has at least 3 characters.'] },
    { field: 'metadata.version', messages: ['Write at most 191 characters.'] },
    { field: 'pids.nope', messages: ['Zenodo answers: “No provider”'] },
    { field: 'metadata.references.0', messages: ['Zenodo answers: “Unheard-of  [31mthing”'] },
  ])
  expect(
    explainServerErrors([{ field: 'files', messages: ['x'] }], {}, { ...options, filesExpected: false }),
  ).toHaveLength(1)
})
