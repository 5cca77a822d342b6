import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from '@playwright/test'
import { connectTo, createDraft, waitForReview } from '../../tools/main-job.mjs'
import { findElectron, root } from '../../tools/runtime.mjs'
import { makeLargeFile } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { expectWhole, look } from '../fixtures/look.ts'

// The token must outlive the application, so it is in the real keychain of the test's own session.
const env = { DEPOSIT_DESK_KEYCHAIN: 'system' }
const run = promisify(execFile)
const MULTIPLY = join(root, 'e2e/fixtures/multiply.mjs')
const MB = 1_000_000
const LONG = 'air-and-soil-temperature_upper-rhine-valley_station-38_2024-hourly_quality-controlled.nc'

const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click()
const details = (page: Page) => page.getByRole('complementary', { name: 'Details of the file' })
const log = (page: Page) => details(page).getByRole('listitem').allTextContents()

test('what happened to a file is read without a mouse, also after the application was killed', async ({
  launch,
  folder,
  server,
  line,
}) => {
  const first = await launch({ env })
  await connectTo(first.page, line.url, server.tokens.researcher)
  const data = join(folder, 'field season 2024')
  await mkdir(data)
  await makeLargeFile(join(data, LONG), 12 * MB)
  for (const name of ['a.csv', 'b.csv', 'c.csv']) await writeFile(join(data, name), name)
  for (let number = 1; number <= 6; number++) await makeLargeFile(join(data, `series-${number}.nc`), 2 * MB)
  line.limit(MB)
  await first.drop(data)
  await waitForReview(first.page)
  await createDraft(first.page)
  await expect.poll(() => line.sentBytes()).toBeGreaterThan(2 * MB)
  line.cut()
  await open(first.page, 'Transfers')
  await first.page
    .getByText(/Waiting to retry|Trying again|does not answer/)
    .first()
    .waitFor()
  line.restore()
  const before = line.sentBytes()
  await expect.poll(() => line.sentBytes()).toBeGreaterThan(before + MB)
  await first.kill()

  await writeFile(join(data, 'series-6.nc'), 'changed')
  const { app, page } = await launch({ env })
  await open(page, 'Transfers')
  const list = page.getByRole('treegrid', { name: 'Transfers by deposit and file' })
  await list
    .getByText(/^Sending/)
    .first()
    .waitFor()
  await list.getByRole('row').first().focus()
  // Down to the file, whatever order the states have by now.
  const target = list.getByRole('row', { name: LONG })
  await target.waitFor()
  for (let presses = 0; presses < 12; presses++) {
    if (await target.evaluate((row) => row === document.activeElement)) break
    await page.keyboard.press('ArrowDown')
  }
  await expect(target).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(details(page).getByRole('heading', { name: LONG })).toBeFocused()
  await expect
    .poll(() => log(page))
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(/Started sending/),
        expect.stringMatching(/The connection was lost|does not answer/),
        expect.stringMatching(/Deposit Desk ended while this file was sent, without having been closed\./),
      ]),
    )
  await look(page, 'transfers-details')
  await page.keyboard.press('Escape')
  await expect(target).toBeFocused()
  await expect(details(page)).toHaveCount(0)

  // Open details follow the keys, and the menu of a row leads there too.
  await page.keyboard.press(' ')
  await expect(details(page).getByRole('heading', { name: LONG })).toBeVisible()
  await list.getByRole('row', { name: /series-6/ }).click()
  await details(page)
    .getByText(/changed on disk: it was/)
    .first()
    .waitFor()
  await look(page, 'transfers-details-needs-you')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(900, 700))
  // Rows are measured anew; none may lie over the next.
  await expect.poll(() => overlaps(list)).toEqual([])
  await expectWhole({ app, page }, 'transfers-details-small')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800))
  await page.getByRole('button', { name: 'Close details' }).click()
  await list
    .getByRole('row', { name: /series-6/ })
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await page.getByRole('menuitem', { name: /Show details/ }).press('Enter')
  await expect(details(page).getByRole('heading', { name: 'series-6.nc' })).toBeFocused()
  line.limit(Number.POSITIVE_INFINITY)
  await details(page).getByRole('button', { name: 'Read it again' }).click()
  await details(page).getByText('Size and MD5 are the same here and on').waitFor()
  await expect.poll(async () => (await log(page)).at(-1)).toMatch(/Checked: size and MD5 are equal/)
  await look(page, 'transfers-details-verified')
})

test.describe('ten thousand files', () => {
  test.use({ limits: 'many-files' })

  test('stream, scroll and show their details without the list losing frames or its place', async ({
    launch,
    home,
    folder,
    server,
    line,
  }) => {
    test.setTimeout(180_000)
    const first = await launch({ env })
    await connectTo(first.page, line.url, server.tokens.researcher)
    await makeLargeFile(join(folder, 'one.bin'), 4 * MB)
    line.limit(0.2 * MB)
    await first.drop(join(folder, 'one.bin'))
    await waitForReview(first.page)
    await createDraft(first.page)
    await open(first.page, 'Transfers')
    await first.page.getByRole('button', { name: 'Pause all' }).click()
    await first.page
      .getByText(/Paused by you/)
      .first()
      .waitFor()
    await first.stop()
    await multiply(join(home, 'transfers.db'), folder, 10_000)

    line.limit(Number.POSITIVE_INFINITY)
    const { page } = await launch({ env })
    await open(page, 'Transfers')
    const list = page.getByRole('treegrid', { name: 'Transfers by deposit and file' })
    await expect(list.getByRole('row', { name: /of 10,000 files verified/ })).toBeVisible()
    const fold = list.getByRole('row', { name: /more files.*Queued/ })
    await fold.waitFor()
    await fold.getByRole('button', { name: 'Show its files' }).click()
    await expect.poll(async () => Number(await list.getAttribute('aria-rowcount'))).toBeGreaterThan(9000)
    await expect.poll(() => verified(page)).toBeGreaterThan(10)

    const scroll = await frames(page, async () => {
      for (let step = 0; step < 60; step++) await page.mouse.wheel(0, step % 20 === 19 ? 40_000 : 600)
    })
    await page.mouse.move(500, 400)
    await list
      .getByRole('row', { name: /file-\d+\.csv/ })
      .last()
      .click()
    const heading = details(page).getByRole('heading', { level: 2 })
    await expect(heading).toHaveText(/file-\d+\.csv/)
    // The rows move while it streams; the one that was chosen stays chosen.
    const chosen = (await heading.textContent()) ?? ''
    await expect(list.getByRole('row', { selected: true })).toHaveAccessibleName(new RegExp(chosen))
    const walk = await frames(page, async () => {
      for (let step = 0; step < 40; step++) await page.keyboard.press('ArrowDown')
    })
    await expect(list.locator('[role="row"]:focus')).toHaveCount(1)
    await expect(heading).toHaveText(/file-\d+\.csv/)
    // What was chosen stays in sight, however many rows go from above it.
    await expect(list.locator('[role="row"]:focus')).toBeInViewport()
    await look(page, 'transfers-ten-thousand')
    const rows = await list.getByRole('row').count()
    console.log(`ten thousand files: ${JSON.stringify({ scroll, walk, rows })}`)
    // What is in sight, and some to come: never thousands.
    expect(rows).toBeLessThan(60)
    // A frame has 16.7 ms at 60 Hz (quality.md D5); a computer that is busy shows fewer, each with the news of several.
    expect(scroll.workedMs, 'while it scrolls').toBeLessThan(33)
    expect(walk.workedMs, 'while the keys move').toBeLessThan(33)
    expect(await verified(page)).toBeLessThan(10_000)
  })
})

/** Rows that lie over the one below them. */
function overlaps(list: Locator): Promise<string[]> {
  return list.getByRole('row').evaluateAll((rows) => {
    const places = rows.map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top)
    return places.flatMap(({ bottom }, at) => {
      const next = places[at + 1]
      return next && bottom > next.top + 1 ? [`${bottom} > ${next.top}`] : []
    })
  })
}

/** The one file of a journal becomes `count` small ones that nothing was done for yet. */
async function multiply(journal: string, folder: string, count: number): Promise<void> {
  const path = join(folder, 'small.csv')
  await writeFile(path, 'x'.repeat(300))
  await run(process.env['DEPOSIT_DESK_ELECTRON'] ?? findElectron() ?? '', [MULTIPLY, journal, path, String(count)], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
}

async function verified(page: Page): Promise<number> {
  const answer = await page.evaluate(() => window.desk.call['transfers.overview']({}))
  return answer.ok ? (answer.value.deposits[0]?.verifiedFiles ?? 0) : 0
}

/**
 * Frames while something is done: their number, milliseconds from one to the next, and what the window computed for each, in
 * milliseconds of its thread: those do not depend on what else the computer does.
 */
async function frames(page: Page, act: () => Promise<void>) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
  await page.mouse.move(500, 400)
  await page.evaluate(() => {
    const times: number[] = []
    const tick = (at: number) => {
      times.push(at)
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    Object.assign(window, { frameTimes: times })
  })
  const before = await worked()
  await act()
  const spent = (await worked()) - before
  await session.detach()
  const times = await page.evaluate(() => (window as unknown as { frameTimes: number[] }).frameTimes)
  const deltas = times
    .slice(1)
    .map((at, index) => at - (times[index] ?? at))
    .sort((a, b) => a - b)
  const at = (share: number) => Math.round(deltas[Math.floor((deltas.length - 1) * share)] ?? 0)
  return { frames: deltas.length, p50: at(0.5), p95: at(0.95), workedMs: Math.round(spent / deltas.length) }
}
