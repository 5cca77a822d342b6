import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  choosePractice,
  confirmPublishing,
  createDraft,
  describe,
  openGuard,
  readDoi,
  SAMPLE_DESCRIPTION,
  SAMPLE_FILES,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'
import { readOrigin, readRecordId } from '../fixtures/ask.ts'
import { md5Of, SAMPLE } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { publishedFiles } from '../fixtures/server.ts'

test('a folder becomes a published record: dropped, reviewed, described, verified, published', async ({
  desk,
  folder,
}) => {
  const { app, page } = desk
  await choosePractice(page)
  await desk.drop(SAMPLE)
  await waitForReview(page)
  await createDraft(page)
  await describe(page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(page, SAMPLE_FILES)
  await openGuard(page)
  await confirmPublishing(page)
  const doi = await readDoi(page)

  // Anyone who reads the record finds what is in the folder.
  const local = await md5Of(SAMPLE)
  expect(await publishedFiles(await readOrigin(page), await readRecordId(page))).toEqual(local)

  await page.getByRole('button', { name: 'Copy DOI' }).click()
  await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toBe(doi)
  await page.getByRole('button', { name: 'Copy BibTeX' }).click()
  await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toMatch(/^@/)

  const receipt = join(folder, 'receipt.json')
  await app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = async () => ({ canceled: false, filePath })
  }, receipt)
  await page.getByRole('button', { name: 'Save as JSON' }).click()
  await expect(page.getByText('saved as receipt.json')).toBeVisible()
  const text = await readFile(receipt, 'utf8')
  expect(text).toContain(doi)
  for (const md5 of Object.values(local)) expect(text).toContain(md5)

  const opened = await app.evaluateHandle(({ shell }) => {
    const urls: string[] = []
    shell.openExternal = async (url) => void urls.push(url)
    return urls
  })
  await page.getByRole('button', { name: 'Open on the practice repository' }).click()
  await expect.poll(() => opened.jsonValue()).toEqual([expect.stringContaining(await readRecordId(page))])
})
