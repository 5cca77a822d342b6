import { expect, test } from '../fixtures/desk.ts'
import { SAMPLE } from '../fixtures/data.ts'
import { look } from '../fixtures/look.ts'
import {
  choosePractice,
  confirmPublishing,
  createDraft,
  describe,
  openGuard,
  readDoi,
  waitUntilVerified,
} from '../fixtures/main-job.mjs'

test('a folder becomes a published record: dropped, reviewed, described, verified, published', async ({ desk }) => {
  const { page } = desk
  await choosePractice(page)
  await look(page, 'deposits-empty')
  await desk.drop(SAMPLE)
  await expect(page.getByRole('button', { name: 'Create draft and upload' })).toBeEnabled()
  await look(page, 'review')
  await createDraft(page)
  await look(page, 'editor-empty')
  await describe(page, {
    title: 'Alpine lake temperatures, 2024',
    familyName: 'Keller',
    givenName: 'Annika',
    description: 'Daily water temperatures of ten lakes.',
    keywords: ['lake temperature', 'ice cover'],
  })
  await look(page, 'editor')
  await waitUntilVerified(page, 14)
  await openGuard(page)
  await look(page, 'publish')
  await confirmPublishing(page)
  const doi = await readDoi(page)
  expect(doi).toMatch(/^10\./)
  await look(page, 'published')
})
