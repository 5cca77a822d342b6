import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findElectron, root } from '../../tools/runtime.mjs'
import { chromiumFlags } from '../../tools/headless.mjs'
import { choosePractice } from '../../tools/main-job.mjs'
import { expect, test } from '../fixtures/desk.ts'

/** Starts the application on its own, without Playwright, and waits for its end. */
async function startAgain(home: string): Promise<{ code: number | null; said: string }> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const electron = process.env['DEPOSIT_DESK_ELECTRON'] ?? findElectron() ?? ''
  const child = spawn(electron, [...chromiumFlags({ virtual: process.platform === 'linux' }), root], {
    env: { ...env, DEPOSIT_DESK_HOME: home, DEPOSIT_DESK_TEST: '1', DEPOSIT_DESK_KEYCHAIN: 'memory' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

test('a second start brings the first window to the front (U31)', async ({ desk: { app, home } }) => {
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide())
  expect(await startAgain(home)).toMatchObject({ code: 0 })
  await expect
    .poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isVisible())))
    .toEqual([true])
})

test('it comes back with the place, theme and account that it had', async ({ launch, home }) => {
  const first = await launch()
  await choosePractice(first.page)
  await first.page.getByRole('button', { name: 'Settings' }).click()
  await first.page.getByRole('button', { name: /Theme/ }).click()
  await first.page.getByRole('option', { name: 'Dark', exact: true }).click()
  await expect.poll(() => first.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
  await first.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 30, width: 1100, height: 700 }),
  )
  await first.stop()
  expect(JSON.parse(await readFile(join(home, 'window.json'), 'utf8'))).toMatchObject({ width: 1100, height: 700 })

  const second = await launch()
  await expect(second.page.getByRole('heading', { name: 'Deposits', exact: true })).toBeVisible()
  expect(await second.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
  const state = await second.app.evaluate(({ BrowserWindow, nativeTheme }) => {
    const [window] = BrowserWindow.getAllWindows()
    return { bounds: window?.getBounds(), theme: nativeTheme.themeSource, background: window?.getBackgroundColor() }
  })
  expect(state).toMatchObject({ bounds: { width: 1100, height: 700 }, theme: 'dark', background: '#1B1E20' })
})

test('every command of the menu does its work', async ({ launch }) => {
  const { app, page } = await launch()
  await choosePractice(page)
  const choose = (id: string) =>
    app.evaluate(({ Menu }, item) => void Menu.getApplicationMenu()?.getMenuItemById(item)?.click(), id)
  await choose('settings')
  await expect(page.getByRole('heading', { name: 'Settings', exact: true })).toBeVisible()
  await choose('transfers')
  await expect(page.getByRole('heading', { name: 'Transfers', exact: true })).toBeVisible()
  await choose('deposits')
  await expect(page.getByRole('heading', { name: 'Deposits', exact: true })).toBeVisible()
  await choose('palette')
  await expect(page.getByRole('dialog')).toBeVisible()
})

test('while the command line works on the deposits, it says so and leaves them alone', async ({ home }) => {
  const electron = process.env['DEPOSIT_DESK_ELECTRON'] ?? findElectron() ?? ''
  const hold = `
    const db = new (require('node:sqlite').DatabaseSync)(${JSON.stringify(join(home, 'owner.db'))})
    db.exec('BEGIN EXCLUSIVE')
    console.log('held')
    process.stdin.resume().on('end', () => process.exit())`
  const owner = spawn(electron, ['-e', hold], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await once(owner.stdout, 'data')
  const { code, said } = await startAgain(home)
  owner.stdin.end()
  await once(owner, 'exit')
  expect(code).toBe(1)
  expect(said).toContain('Deposit Desk is already running with these deposits.')
})
