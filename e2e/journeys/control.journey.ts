import type { ElectronApplication } from '@playwright/test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { connectTo, createDraft, waitForReview } from '../../tools/main-job.mjs'
import { makeFolder, makeLargeFile } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { look } from '../fixtures/look.ts'
import { startServer } from '../fixtures/server.ts'

const MB = 1_000_000

async function makeData(folder: string, name: string, files: number): Promise<string> {
  const data = join(folder, name)
  await mkdir(data)
  for (let number = 1; number <= files; number++) await makeLargeFile(join(data, `${name}-${number}.bin`), 2 * MB)
  return data
}

/** Whether the system is kept from going to sleep. */
function isKeptAwake(app: ElectronApplication): Promise<boolean> {
  return app.evaluate(({ powerSaveBlocker }) =>
    Array.from({ length: 50 }, (_, id) => id).some((id) => powerSaveBlocker.isStarted(id)),
  )
}

test('a speed limit, an order, sleep and the end of the application', async ({ desk, folder, server, line }) => {
  const { app, page } = desk
  await connectTo(page, line.url, server.tokens.researcher)
  await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: /Speed limit/ }).click()
  await page.getByRole('option', { name: '1 MB/s', exact: true }).click()
  for (const [name, files] of [
    ['first', 8],
    ['second', 2],
  ] as const) {
    await desk.drop(await makeData(folder, name, files))
    await waitForReview(page)
    await createDraft(page)
  }
  await page.getByRole('navigation').getByRole('button', { name: 'Transfers' }).click()
  await expect.poll(() => line.sentBytes()).toBeGreaterThan(MB)
  expect(await isKeptAwake(app)).toBe(true)

  const startedAt = performance.now()
  const before = line.sentBytes()
  await expect.poll(() => line.sentBytes() - before).toBeGreaterThan(2 * MB)
  const seconds = (performance.now() - startedAt) / 1000
  expect((line.sentBytes() - before) / seconds).toBeLessThan(1.25 * MB)
  await look(page, 'transfers-limited')

  await page
    .getByRole('row', { name: /0 of 2 files verified/ })
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await page.getByRole('menuitem', { name: 'Send first' }).waitFor()
  await look(page, 'transfers-first')
  await page.getByRole('menuitem', { name: 'Send first' }).click()
  await expect(page.getByRole('row', { name: /files verified/ }).first()).toHaveAccessibleName(/of 2 files verified/)

  await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'))
  await expect.poll(() => isKeptAwake(app)).toBe(false)
  const asleep = line.sentBytes()
  await look(page, 'transfers-asleep')
  await expect(page.getByText(/Paused by you/)).toHaveCount(0)
  expect(line.sentBytes() - asleep).toBeLessThan(0.1 * MB)
  await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'))
  // What is to be sent first is through while the rest still stands in line.
  await expect(page.getByRole('row', { name: /of 2 files verified/ })).toHaveCount(0, { timeout: 20_000 })
  await expect(page.getByRole('row', { name: /of 8 files verified/ })).toHaveCount(1)

  const stoppedAt = performance.now()
  await desk.stop()
  expect(performance.now() - stoppedAt).toBeLessThan(2000)
})

test('hours for sending, and a server that takes 100 requests a minute', async ({ desk, folder }) => {
  const { page } = desk
  const server = await startServer(join(folder, 'server'), 'zenodo')
  try {
    await connectTo(page, server.url, server.tokens.researcher)
    await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
    await page.getByText('Send only between').click()
    const hours = page.getByRole('group', { name: 'Send only between' })
    // Hours that are not now, whatever the time is.
    const hour = (ahead: number) => `${String((new Date().getHours() + ahead) % 24).padStart(2, '0')}:00`
    for (const [name, ahead] of [
      ['To', 4],
      ['From', 2],
    ] as const) {
      await hours.getByRole('button', { name: new RegExp(`\\b${name}\\b`) }).click()
      await page.getByRole('option', { name: hour(ahead) }).click()
    }
    await look(page, 'settings-hours')

    const files = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`reading-${at}.csv`, `${at}`]))
    await desk.drop(await makeFolder(folder, 'readings', files))
    await waitForReview(page)
    await createDraft(page)
    await page.getByRole('navigation').getByRole('button', { name: 'Transfers' }).click()
    await expect(page.getByText(new RegExp(`Waiting to go on at ${hour(2)}`)).first()).toBeVisible()
    await look(page, 'transfers-off-hours')
    await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
    await page.getByText('Send only between').click()

    await page.getByRole('navigation').getByRole('button', { name: 'Transfers' }).click()
    await expect(page.getByText(/takes 100 requests a minute; going on in \d+ s/)).toBeVisible({ timeout: 20_000 })
    await look(page, 'transfers-requests-spent')
  } finally {
    await server.stop()
  }
})
