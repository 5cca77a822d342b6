import { join } from 'node:path'
import {
  connectTo,
  createDraft,
  describe,
  publish,
  SAMPLE_DESCRIPTION,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'
import { readRecordId } from '../fixtures/ask.ts'
import { makeFolder, makeLargeFile, md5Of } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { look } from '../fixtures/look.ts'
import { publishedFiles } from '../fixtures/server.ts'

const url = process.env['INVENIO_URL'] ?? ''
const token = process.env['RESEARCHER_TOKEN'] ?? ''

const NAMES = [
  'readme.txt',
  'données/été.csv',
  '数据/测量.csv',
  'данные/ряд.csv',
  'بيانات/سلسلة.csv',
  'a b & c+d%20.csv',
]

test('the main job through the window on a real InvenioRDM, killed once on the way', async ({ launch, folder }) => {
  test.slow()
  // The token must be there after the kill: the keychain of the tests' own session.
  const env = { DEPOSIT_DESK_KEYCHAIN: 'system' }
  const data = await makeFolder(folder, 'field season', Object.fromEntries(NAMES.map((name) => [name, `of ${name}`])))
  await makeLargeFile(join(data, 'large.bin'), 400_000_000)
  const files = NAMES.length + 1

  const first = await launch({ env })
  await connectTo(first.page, url, token)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await first.page
    .getByText(/^Sending/)
    .first()
    .waitFor()
  await first.kill()

  const { page } = await launch({ env })
  await page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
  await describe(page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(page, files)
  await look(page, 'live-editor')
  const doi = await publish(page)
  await look(page, 'live-published')
  expect(doi).toMatch(/^10\./)
  expect(await publishedFiles(url, await readRecordId(page))).toEqual(await md5Of(data))
})
