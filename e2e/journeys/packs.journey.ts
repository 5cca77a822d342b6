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
import { readOrigin, readRecordId } from '../fixtures/ask.ts'
import { makeFolder } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { look } from '../fixtures/look.ts'
import { publishedFiles } from '../fixtures/server.ts'

test('340 files and a server that takes 100: the packs are looked at, sent and published', async ({ desk, folder }) => {
  const { page } = desk
  await choosePractice(page)
  const files: Record<string, string> = { 'README.md': 'What the series are.', 'plates/raw/1.txt': 'one' }
  for (let number = 1; number <= 340; number++) files[`series-${String(number).padStart(3, '0')}.csv`] = `${number}\n`
  await desk.drop(await makeFolder(folder, 'soil', files))
  await waitForReview(page)
  await page.getByText('342 files, and the practice repository takes 100 in a record').waitFor()
  await look(page, 'review-many-files')
  await page.getByRole('button', { name: 'See what the zips hold' }).click()
  const record = page.getByRole('treegrid', { name: 'Files of the record' })
  await record.getByRole('row', { name: /^plates\.zip/ }).focus()
  await page.keyboard.press('ArrowRight')
  await record
    .getByRole('row', { name: /^plates/ })
    .last()
    .waitFor()
  await look(page, 'review-packs')
  await page.getByRole('radio', { name: 'In the folder' }).press('ArrowLeft')
  await createDraft(page)
  await describe(page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(page, 3)
  await openGuard(page)
  await confirmPublishing(page)
  await readDoi(page)
  const published = await publishedFiles(await readOrigin(page), await readRecordId(page))
  expect(Object.keys(published).sort()).toEqual(['README.md', 'files.zip', 'plates.zip'])
})

test('text that is compressed is packed once before it is sent, and seen to be', async ({ desk, folder }) => {
  const { page } = desk
  await choosePractice(page)
  const rows = Array.from({ length: 30_000 }, (_, at) => `${at};${at % 13};plate\n`).join('')
  const files: Record<string, string> = { 'README.md': 'What the plates are.' }
  for (let number = 1; number <= 12; number++) files[`plates/${number}.csv`] = `${number}\n${rows}`
  await desk.drop(await makeFolder(folder, 'plates of May', files))
  await waitForReview(page)
  await page.getByText('Pack into zips').click()
  await page.getByText('Compress text files').click()
  await page.getByText(/^2 files, at most /).waitFor()
  await page.getByRole('radio', { name: 'In the folder' }).press('ArrowRight')
  await look(page, 'review-compress')
  await createDraft(page)
  await describe(page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(page, 2)
  await look(page, 'editor-compressed')
})
