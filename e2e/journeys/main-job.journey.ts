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
  SAMPLE_DESCRIPTION,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'

test('a folder becomes a published record: dropped, reviewed, described, verified, published', async ({ desk }) => {
  const { page } = desk
  await choosePractice(page)
  await look(page, 'deposits-empty')
  await desk.drop(SAMPLE)
  await waitForReview(page)
  await look(page, 'review')
  await createDraft(page)
  await look(page, 'editor-empty')
  await describe(page, SAMPLE_DESCRIPTION)
  await look(page, 'editor')
  await waitUntilVerified(page, 14)
  await openGuard(page)
  await look(page, 'publish')
  await confirmPublishing(page)
  const doi = await readDoi(page)
  expect(doi).toMatch(/^10\./)
  await look(page, 'published')
})
