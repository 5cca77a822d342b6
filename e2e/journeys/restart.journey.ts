import { join } from 'node:path'
import { mkdir } from 'node:fs/promises'
import { readRecordId } from '../fixtures/ask.ts'
import { expect, test } from '../fixtures/desk.ts'
import { makeLargeFile, md5Of } from '../fixtures/data.ts'
import {
  choosePractice,
  connectTo,
  createDraft,
  describe,
  publish,
  SAMPLE_DESCRIPTION,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'

const FILES = 12
const FILE_BYTES = 2_000_000

async function makeData(folder: string): Promise<string> {
  const data = join(folder, 'series')
  await mkdir(data)
  for (let number = 1; number <= FILES; number++) await makeLargeFile(join(data, `part-${number}.bin`), FILE_BYTES)
  return data
}

// The token must outlive the application, so it is in the real keychain of the test's own session.
const env = { DEPOSIT_DESK_KEYCHAIN: 'system' }

test('killed in the middle of an upload, it goes on after the next start and sends nothing twice', async ({
  launch,
  folder,
  server,
  line,
}) => {
  test.skip(process.platform !== 'linux', 'the keychain of a person is left alone')
  const data = await makeData(folder)
  line.limit(4_000_000)
  const first = await launch({ env })
  await connectTo(first.page, line.url, server.tokens.researcher)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await expect.poll(() => line.sentBytes()).toBeGreaterThan(5 * FILE_BYTES)
  await first.kill()

  line.limit(Number.POSITIVE_INFINITY)
  const second = await launch({ env })
  await second.page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
  await waitUntilVerified(second.page, FILES)
  // At most what was under way in the four slots is sent again.
  expect(line.sentBytes()).toBeLessThan((FILES + 4) * FILE_BYTES * 1.05)
  await describe(second.page, SAMPLE_DESCRIPTION)
  await publish(second.page)
  expect(await server.published(await readRecordId(second.page))).toEqual(await md5Of(data))
})

test('without a network it opens, takes what is written, and sends it when the server answers again', async ({
  launch,
  folder,
  server,
  line,
}) => {
  test.skip(process.platform !== 'linux', 'the keychain of a person is left alone')
  const data = await makeData(folder)
  const first = await launch({ env })
  await connectTo(first.page, line.url, server.tokens.researcher)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await waitUntilVerified(first.page, FILES)
  await first.stop()

  line.cut()
  const second = await launch({ env })
  await second.page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
  await second.page.getByRole('textbox', { name: 'Title' }).fill('Written on a train')
  await expect(second.page.getByText(/not sent/)).toBeVisible()
  await second.stop()

  const third = await launch({ env })
  await third.page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
  await expect(third.page.getByRole('textbox', { name: 'Title' })).toHaveValue('Written on a train')
  line.restore()
  await expect(third.page.getByText(/, sent to /)).toBeVisible({ timeout: 60_000 })
})

test('the practice repository, too, is there again after both were killed', async ({ launch, folder }) => {
  const data = await makeData(folder)
  const first = await launch()
  await choosePractice(first.page)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await first.kill()

  const second = await launch()
  await second.page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
  await waitUntilVerified(second.page, FILES)
})
