import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import {
  choosePractice,
  createDraft,
  describe,
  publish,
  SAMPLE_DESCRIPTION,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'
import { readRecordId } from '../fixtures/ask.ts'
import { makeLargeFile, md5Of } from '../fixtures/data.ts'
import { expect, test, type Desk } from '../fixtures/desk.ts'
import { tabTo } from '../fixtures/keyboard.ts'
import { look } from '../fixtures/look.ts'

const FILES = 12
const FILE_BYTES = 2_000_000

/** What the person would choose in the system’s dialog, which no test can press. */
async function choose({ app }: Desk, folder: string): Promise<void> {
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] })
  }, folder)
}

async function limit(page: Page, bytesPerSecond: number | null): Promise<void> {
  await page.evaluate(async (rate) => {
    const settings = await window.desk.call['app.settings']({})
    if (settings.ok) await window.desk.call['app.saveSettings']({ ...settings.value, bytesPerSecond: rate })
  }, bytesPerSecond)
}

const downloads = (page: Page) => page.getByRole('list', { name: 'Downloads' })

test('a record is downloaded, across a kill in the middle, and again by keyboard alone', async ({ launch, folder }) => {
  const data = join(folder, 'series')
  const target = join(folder, 'target')
  await mkdir(data)
  await mkdir(target)
  for (let number = 1; number <= FILES; number++) await makeLargeFile(join(data, `part-${number}.bin`), FILE_BYTES)
  const first = await launch()
  await choosePractice(first.page)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await describe(first.page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(first.page, FILES)
  await publish(first.page)
  const recordId = await readRecordId(first.page)

  await choose(first, target)
  await limit(first.page, 3_000_000)
  await first.page.getByRole('button', { name: 'Download a copy …' }).click()
  await first.page.getByRole('grid', { name: 'Files of the record' }).waitFor()
  await look(first.page, 'download-found')
  await first.page.getByRole('button', { name: 'Choose a folder …' }).click()
  await expect(first.page.getByText(/Into the folder .* in “target”/)).toBeVisible()
  await look(first.page, 'download-place')
  await first.page.getByRole('button', { name: `Download ${FILES} files` }).click()
  await expect(downloads(first.page).getByText(/^Downloading, \d+ %$/)).toBeVisible()
  const [own = ''] = await readdir(target)
  const names = () => readdir(join(target, own))
  const whole = async () => (await names()).filter((name) => !name.endsWith('.part')).length
  // The rate is shown once it is known.
  await expect(downloads(first.page).getByText(/left$/)).toBeVisible()
  await look(first.page, 'transfers-downloading')
  await expect.poll(whole).toBeGreaterThan(2)
  await expect.poll(async () => (await names()).some((name) => name.endsWith('.part'))).toBe(true)
  await first.kill()
  expect(await whole()).toBeLessThan(FILES)

  const second = await launch()
  await limit(second.page, null)
  await second.page
    .getByRole('navigation')
    .getByRole('button', { name: /^Transfers/ })
    .click()
  await expect(downloads(second.page).getByText('Complete, every MD5 equal')).toBeVisible({ timeout: 60_000 })
  expect(await md5Of(join(target, own))).toEqual(await md5Of(data))
  await look(second.page, 'transfers-downloaded')

  // The file manager is asked to show the folder, and nothing is opened.
  const shown = await second.app.evaluateHandle(({ shell }) => {
    const paths: string[] = []
    shell.showItemInFolder = (path) => void paths.push(path)
    shell.openPath = async (path) => String(paths.push(`opened ${path}`))
    return paths
  })
  await second.page.getByRole('button', { name: /^Show in folder/ }).click()
  await expect.poll(() => shown.jsonValue()).toEqual([join(target, own)])

  const other = join(folder, 'other')
  await mkdir(other)
  await choose(second, other)
  const { keyboard } = second.page
  await keyboard.press('Control+k')
  await keyboard.type('download a rec')
  await second.page.getByRole('menuitem', { name: /Download a record/ }).waitFor()
  await keyboard.press('Enter')
  await second.page.getByRole('textbox', { name: /DOI, address or number/ }).waitFor()
  await keyboard.type('no record')
  await look(second.page, 'download-unclear')
  await keyboard.press('Control+a')
  await keyboard.type(recordId)
  await keyboard.press('Enter')
  await second.page.getByRole('heading', { name: SAMPLE_DESCRIPTION.title }).waitFor()
  await tabTo(second.page, second.page.getByRole('row').first())
  await keyboard.press('Space')
  await keyboard.press('ArrowDown')
  await keyboard.press('Space')
  await look(second.page, 'download-some')
  await tabTo(second.page, second.page.getByRole('button', { name: 'Choose a folder …' }))
  await keyboard.press('Enter')
  await tabTo(second.page, second.page.getByRole('button', { name: `Download ${FILES - 2} files` }))
  await keyboard.press('Enter')
  await expect(downloads(second.page).getByText('Complete, every MD5 equal')).toHaveCount(2, { timeout: 60_000 })
  expect(await readdir(join(other, own))).toHaveLength(FILES - 2)
})

test('what can’t be had is told file by file, and a folder that is gone stops the download', async ({
  desk,
  folder,
}) => {
  const { page } = desk
  const data = join(folder, 'series')
  const target = join(folder, 'target')
  await mkdir(data)
  await mkdir(target)
  for (let number = 1; number <= 3; number++) await makeLargeFile(join(data, `part-${number}.bin`), 10_000)
  await choosePractice(page)
  await desk.drop(data)
  await waitForReview(page)
  await createDraft(page)
  await waitUntilVerified(page, 3)
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Deposits/ })
    .click()
  await page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().click()
  const start = async (place: string) => {
    await choose(desk, place)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Download files …' }).click()
    await page.getByRole('button', { name: 'Choose a folder …' }).click()
    await page.getByRole('button', { name: 'Download 3 files' }).click()
  }
  await start(target)
  await expect(downloads(page).getByText('Complete, every MD5 equal')).toBeVisible()
  const [own = ''] = await readdir(target)

  // Other content under a name of the record is left alone.
  const other = join(folder, 'other')
  await mkdir(join(other, own), { recursive: true })
  await makeLargeFile(join(other, own, 'part-2.bin'), 5)
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Deposits/ })
    .click()
  await page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().click()
  await start(other)
  await expect(downloads(page).getByText('Not complete: 1 file missing')).toBeVisible()
  await page.getByRole('button', { name: '1 file could not be downloaded' }).click()
  await expect(page.getByText(/part-2\.bin is in the folder already/)).toBeVisible()

  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Deposits/ })
    .click()
  await page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().click()
  await start(join(folder, 'usb'))
  await expect(page.getByText('The folder usb is not there any more.')).toBeVisible()
  await page.getByRole('button', { name: '1 file could not be downloaded' }).click()
  await look(page, 'transfers-download-trouble')
  await page.getByRole('button', { name: 'Show 1 finished one' }).click()
  await look(page, 'transfers-both')
})
