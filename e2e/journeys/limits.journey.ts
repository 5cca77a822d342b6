import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePractice, connectTo, waitForReview } from '../../tools/main-job.mjs'
import { makeLargeFile } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { look } from '../fixtures/look.ts'

const GB = 1e9

async function makeCruise(folder: string): Promise<string> {
  const data = join(folder, 'cruise 2024')
  await mkdir(data)
  await makeLargeFile(join(data, 'multibeam.h5'), 12 * GB)
  for (const name of ['north.nc', 'south.nc']) await makeLargeFile(join(data, name), 3 * GB)
  return data
}

test('files beyond what the practice repository takes are refused until they are split or left out', async ({
  desk,
  folder,
}) => {
  const { page } = desk
  await choosePractice(page)
  await desk.drop(await makeCruise(folder))
  await page.getByText('18 GB, and the practice repository takes 10 GB in a record', { exact: true }).waitFor()
  await expect(page.getByRole('button', { name: 'Create draft and upload' })).toBeDisabled()
  await page.getByRole('button', { name: 'Split into 12 volumes of 1 GB: multibeam.h5' }).click()
  await page.getByText('multibeam.h5 goes as 12 volumes').waitFor()
  await look(page, 'review-over-quota')
})

test.describe('a server that gives more space to who asks', () => {
  // As Zenodo documents it. The server itself tells of its limits nothing but that one may ask.
  test.use({ limits: 'zenodo' })

  test('its limits are only assumed; a large file is split, and more space is asked for', async ({
    desk,
    folder,
    server,
  }) => {
    const { page } = desk
    await connectTo(page, server.url, server.tokens.researcher)
    await desk.drop(await makeCruise(folder))
    await waitForReview(page)
    await page.getByText('18 GB, and InvenioRDM usually takes 10 GB in a record').waitFor()
    await look(page, 'review-limits-assumed')
    await page.getByRole('button', { name: 'Split into 12 volumes of 1 GB: multibeam.h5' }).click()
    await page.getByRole('button', { name: 'Ask for 19 GB' }).click()
    await page.getByRole('button', { name: 'Don’t ask' }).waitFor()
    await look(page, 'review-volumes')
  })
})
