import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import {
  choosePractice,
  confirmPublishing,
  connectTo,
  createDraft,
  describe,
  openGuard,
  readDoi,
  SAMPLE_DESCRIPTION,
  SAMPLE_FILES,
  waitForReview,
  waitUntilVerified,
} from '../../tools/main-job.mjs'
import { makeFolder, makeLargeFile, SAMPLE } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { expectWhole, look } from '../fixtures/look.ts'

/** Pictures of every screen, in light and dark, each checked against WCAG 2.2 AA. */

const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click()

test('connecting', async ({ desk: { page }, server }) => {
  await look(page, 'connect-practice')
  await page.getByText('Zenodo', { exact: true }).click()
  await look(page, 'connect-zenodo')
  await page.getByText('Another InvenioRDM server').click()
  await page.getByRole('textbox', { name: 'Address of the server' }).fill('http://repository.example.org')
  await page.getByLabel('Access token').fill('a-token-that-is-not-one')
  await page.getByLabel('Access token').press('Enter')
  await page.getByText('Nothing was sent, since your token could be read on the way.').waitFor()
  await look(page, 'connect-refused')
  await page.getByRole('textbox', { name: 'Address of the server' }).fill(server.url)
  await page.getByLabel('Access token').fill(server.tokens.researcher)
  await page.getByLabel('Access token').press('Enter')
  await page.getByRole('button', { name: 'Use this account' }).waitFor()
  await look(page, 'connect-checked')
})

test('from the folder to the record', async ({ desk }) => {
  const { page } = desk
  await choosePractice(page)
  await look(page, 'deposits-empty')
  await open(page, 'Transfers')
  await look(page, 'transfers-empty')
  await open(page, 'Deposits')

  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [SAMPLE], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data })
  }
  await page.getByText('Drop to review as a new deposit').waitFor()
  await look(page, 'drop')
  await session.send('Input.dispatchDragEvent', { type: 'drop', x: 600, y: 400, data })
  await session.detach()

  await waitForReview(page)
  await look(page, 'review')
  await createDraft(page)
  await look(page, 'editor-empty')
  await describe(page, SAMPLE_DESCRIPTION)
  await waitUntilVerified(page, SAMPLE_FILES)
  await look(page, 'editor')
  await openGuard(page)
  await look(page, 'publish')
  await confirmPublishing(page)
  await readDoi(page)
  await look(page, 'published')
  await open(page, 'Deposits')
  await look(page, 'deposits-published')
  await open(page, 'Settings')
  await look(page, 'settings')
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').waitFor()
  // Its list is scrolled by the arrow keys of its field: a stop of its own would take the focus, and the next letter, away.
  await look(page, 'palette', { except: ['scrollable-region-focusable'] })
})

test('what a review warns of', async ({ desk, folder }) => {
  await choosePractice(desk.page)
  const files: Record<string, string> = {
    '.DS_Store': 'x',
    '.git/config': 'x',
    'node_modules/x/index.js': 'x',
    'empty.txt': '',
    'Gru\u0308n.csv': 'a',
    'Grün.csv': 'b',
    'a/data.csv': '1',
    'b/data.csv': '2',
    [`${'long'.repeat(62)}.csv`]: '3',
  }
  for (let number = 1; number <= 120; number++) files[`series/part-${number}.csv`] = String(number)
  await desk.drop(await makeFolder(folder, 'field season', files))
  await desk.page.getByText('Left out').first().waitFor()
  await look(desk.page, 'review-warnings')
})

test('sending, pausing, cancelling, signing out', async ({ desk, folder, server, line }) => {
  const { page } = desk
  const series = join(folder, 'series')
  await mkdir(series)
  for (let number = 1; number <= 8; number++) await makeLargeFile(join(series, `part-${number}.bin`), 2_000_000)
  await connectTo(page, line.url, server.tokens.researcher)
  line.limit(300_000)
  await desk.drop(series)
  await waitForReview(page)
  await createDraft(page)
  await expect.poll(() => line.sentBytes()).toBeGreaterThan(400_000)
  await look(page, 'editor-sending')
  await open(page, 'Transfers')
  await look(page, 'transfers-sending')
  await open(page, 'Deposits')
  await look(page, 'deposits-sending')
  await open(page, 'Transfers')
  await page.getByRole('button', { name: 'Pause all' }).click()
  await page
    .getByText(/Paused by you/)
    .first()
    .waitFor()
  await look(page, 'transfers-paused')

  await writeFile(join(series, 'part-8.bin'), 'changed')
  line.limit(Number.POSITIVE_INFINITY)
  await page.getByRole('button', { name: 'Resume all' }).click()
  await page
    .getByText(/changed on disk/)
    .first()
    .waitFor()
  await look(page, 'transfers-needs-you')
  await open(page, 'Deposits')
  await look(page, 'deposits-needs-you')

  await page.getByRole('button', { name: 'More', exact: true }).click()
  await look(page, 'deposits-menu')
  await page.getByRole('menuitem', { name: 'Remove …' }).click()
  await page.getByRole('alertdialog').or(page.getByRole('dialog')).waitFor()
  await look(page, 'remove-dialog')
  await page.keyboard.press('Escape')
  await open(page, 'Settings')
  await page.getByRole('button', { name: 'Replace token …' }).click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'renew-dialog')
  await page.keyboard.press('Escape')
  line.cut()
  await page.getByRole('button', { name: 'Ask the server again' }).click()
  await page
    .getByText(/does not answer/)
    .first()
    .waitFor()
  await look(page, 'settings-unreachable')
})

test('at 200 percent, in the smallest window and in high contrast', async ({ desk }) => {
  const { app, page } = desk
  await choosePractice(page)
  await desk.drop(SAMPLE)
  await waitForReview(page)
  await createDraft(page)
  await open(page, 'Settings')
  for (const theme of ['Dark, high contrast', 'Light, high contrast'] as const) {
    await page.getByRole('button', { name: /Theme/ }).click()
    await page.getByRole('option', { name: theme, exact: true }).click()
    await look(page, `settings ${theme}`.toLowerCase().replace(/\W+/g, '-'))
  }
  const screens = async (name: string) => {
    for (const screen of ['Settings', 'Transfers', 'Deposits']) {
      await open(page, screen)
      await expectWhole(desk, `${screen.toLowerCase()}-${name}`)
    }
    await page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().dblclick()
    await page.getByRole('textbox', { name: 'Title' }).waitFor()
    await expectWhole(desk, `editor-${name}`)
  }
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(900, 600))
  await screens('small')
  await app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    window?.setContentSize(1280, 800)
    window?.webContents.setZoomFactor(2)
  })
  await screens('200-percent')
})
