import { expect, test } from 'vitest'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { checkMetadata, emptyMetadata, isOrcid, isPublicationDate } from './metadata.ts'

const complete: RecordMetadata = {
  title: 'Hourly soil moisture',
  resource_type: { id: 'dataset' },
  publication_date: '2026-11-24',
  publisher: 'Zenodo',
  creators: [{ person_or_org: { type: 'personal', family_name: 'Keller', given_name: 'Annika' } }],
  rights: [{ id: 'cc-by-4.0' }],
  description: '<p>Volumetric water content</p>',
}

function problems(over: RecordMetadata): string[] {
  return checkMetadata({ ...complete, ...over }).map(({ field, kind }) => `${kind} ${field}`)
}

test('a complete form has no problems, an empty one names everything that is required', () => {
  expect(checkMetadata(complete)).toEqual([])
  expect(checkMetadata(emptyMetadata('2026-11-24', 'Zenodo')).map(({ field, kind }) => `${kind} ${field}`)).toEqual([
    'required metadata.title',
    'required metadata.creators',
    'required metadata.resource_type',
    'advice metadata.rights',
    'advice metadata.description',
  ])
})

test('problems stand at the path that the server uses', () => {
  expect(problems({ title: 'ab' })).toEqual(['wrong metadata.title'])
  expect(problems({ description: '<p>a</p>' })).toEqual(['wrong metadata.description'])
  expect(problems({ publisher: ' ' })).toEqual(['required metadata.publisher'])
  expect(problems({ subjects: [{ subject: 'soil' }, { subject: '' }] })).toEqual(['wrong metadata.subjects.1.subject'])
  expect(problems({ version: 'v'.repeat(192) })).toEqual(['wrong metadata.version'])
})

test('each creator is checked by its kind, identifiers and affiliations', () => {
  const orcid = { scheme: 'orcid', identifier: '0000-0002-1825-0098' }
  expect(
    problems({
      creators: [
        { person_or_org: { type: 'personal', family_name: ' ', identifiers: [orcid] } },
        { person_or_org: { type: 'organizational' } },
        { person_or_org: { name: 'Someone' } },
        {
          person_or_org: { type: 'personal', family_name: 'Okafor' },
          affiliations: [{ name: 'KIT' }, { id: '04t3en479' }, { name: 'KIT' }],
        },
      ],
    }),
  ).toEqual([
    'required metadata.creators.0.person_or_org.family_name',
    'wrong metadata.creators.0.person_or_org.identifiers.0.identifier',
    'required metadata.creators.1.person_or_org.name',
    'required metadata.creators.2.person_or_org.type',
    'wrong metadata.creators.3.affiliations',
  ])
})

test.each(['0000-0002-1825-0097', 'https://orcid.org/0000-0001-5109-3700', '0000-0002-1694-233X', '0000000218250097'])(
  '%s is an ORCID iD',
  (orcid) => expect(isOrcid(orcid)).toBe(true),
)

test.each(['0000-0002-1825-0098', '0000-0002-1825-009', 'X000-0002-1825-0097', ''])('%j is no ORCID iD', (orcid) =>
  expect(isOrcid(orcid)).toBe(false),
)

// Both lists agree with the server's own parser; what it fails on with a 500 is in the second.
test.each([
  '2020',
  '0000',
  '2020-06',
  '2020-02-29',
  '2018/2020',
  '2020/2020',
  '2020-05-31/2020-05',
  ' 2020 ',
  '2020/ 2021',
])('%j is a publication date', (date) => expect(isPublicationDate(date)).toBe(true))

test.each([
  '',
  '20',
  '12020',
  '2020-6',
  '2020-13',
  '2020-00',
  '2019-02-29',
  '1900-02-29',
  '2020-06-31',
  '2020/2018',
  '2020-06-01/2020-05',
  '2020/2021/2022',
  '2020-01-01T10:00:00Z',
  '2020?',
  '2020-21',
  '2020/..',
  '24.11.2026',
])('%j is no publication date', (date) => expect(isPublicationDate(date)).toBe(false))
