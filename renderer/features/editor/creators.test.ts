import { expect, test } from 'vitest'
import type { Creator } from '../../../contract/repository/record.ts'
import { addAffiliation, changeKind, moveCreator, tidyOrcid, withOrcid } from './creators.ts'

const keller: Creator = {
  person_or_org: {
    type: 'personal',
    family_name: 'Keller',
    given_name: 'Annika',
    name: 'Keller, Annika',
    identifiers: [
      { scheme: 'isni', identifier: '0000000121032683' },
      { scheme: 'orcid', identifier: '0000-0002-1825-0097' },
    ],
  },
  role: { id: 'editor' },
}

test('an ORCID iD is changed or removed without touching other identifiers', () => {
  const identifiers = (creator: Creator) => creator.person_or_org.identifiers?.map(({ identifier }) => identifier)
  expect(identifiers(withOrcid(keller, '0000-0001-5109-3700'))).toEqual(['0000000121032683', '0000-0001-5109-3700'])
  expect(identifiers(withOrcid(keller, ''))).toEqual(['0000000121032683'])
})

test('an ORCID iD is tidied once it is whole, and anything else stays as it was typed', () => {
  expect(tidyOrcid('https://orcid.org/0000-0002-1825-0097')).toBe('0000-0002-1825-0097')
  expect(tidyOrcid('0000000218250097')).toBe('0000-0002-1825-0097')
  expect(tidyOrcid('0000-0002-1825-0098')).toBe('0000-0002-1825-0098')
  expect(tidyOrcid('0000-0002')).toBe('0000-0002')
})

test('a person who turns out to be an organisation keeps name, role and identifiers', () => {
  const organisation = changeKind(keller, 'organizational')
  expect(organisation).toMatchObject({
    person_or_org: { type: 'organizational', name: 'Keller, Annika' },
    role: { id: 'editor' },
  })
  expect(organisation.person_or_org.family_name).toBeUndefined()
})

test('the same affiliation is not named twice', () => {
  const once = addAffiliation(keller, { id: '0245cg223', name: 'University of Freiburg' })
  expect(addAffiliation(once, { id: '0245cg223', name: 'Universität Freiburg' })).toBe(once)
  expect(addAffiliation(once, { name: 'KIT' }).affiliations).toHaveLength(2)
})

test('a creator at the end does not move further', () => {
  expect(moveCreator([keller], 0, 1)).toEqual([keller])
})
