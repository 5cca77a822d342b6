import { expect, test } from 'vitest'
import { parseQuery } from './query.ts'

const document = {
  id: 'abcde-12345',
  metadata: { title: 'Glacier water levels', publication_date: '2024-05-01', creators: [{ name: 'Müller, Lena' }] },
  is_published: true,
  links: { self: 'https://example.org/hidden' },
}

test.each([
  ['glacier', true],
  ['muller', true],
  ['desert', false],
  ['desert glacier', true],
  ['desert AND glacier', false],
  ['+glacier -desert', true],
  ['glacier NOT levels', false],
  ['"water levels"', true],
  ['"levels water"', false],
  ['metadata.title:glacier', true],
  ['metadata.creators.name:glacier', false],
  ['metadata.title:(desert OR glac*)', true],
  ['metadata.publication_date:[2024-01-01 TO 2024-12-31]', true],
  ['metadata.publication_date:[2025 TO *]', false],
  ['_exists_:metadata.title', true],
  ['is_published:true', true],
  ['nofield:glacier', false],
  ['hidden', false],
  ['', true],
])('%s is met: %s', (query, met) => {
  expect(parseQuery(query)(document)).toBe(met)
})

test('broken syntax is searched as words, never refused', () => {
  expect(parseQuery('metadata.title:[glacier TO')(document)).toBe(true)
  expect(parseQuery('title:(')(document)).toBe(false)
  expect(parseQuery('"open')(document)).toBe(false)
})
