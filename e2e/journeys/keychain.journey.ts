import keytar from 'keytar'
import { connectTo } from '../../tools/main-job.mjs'
import { expect, test } from '../fixtures/desk.ts'

// `tools/test-e2e.mjs` starts a session bus with a keychain for the tests; a person's own is never touched.
test.skip(process.platform !== 'linux', 'the keychain of a person is left alone')

test('the token is kept in the keychain of the system until the account signs out', async ({ launch, server }) => {
  const env = { DEPOSIT_DESK_KEYCHAIN: 'system' }
  const stored = async () => {
    const all = await keytar.findCredentials('Deposit Desk')
    return all.filter(({ account }) => account.startsWith(server.url)).map(({ password }) => password)
  }
  const first = await launch({ env })
  await first.page.getByText('Another InvenioRDM server').click()
  await expect(first.page.getByText('Kept in the keychain of this system (Secret Service).')).toBeVisible()
  await connectTo(first.page, server.url, ` ${server.tokens.researcher}\n`)
  expect(await stored()).toEqual([server.tokens.researcher])
  await first.stop()

  const { page } = await launch({ env })
  await page.getByRole('button', { name: 'Settings' }).click()
  await expect(page.getByText('kept in the keychain of this system (Secret Service)')).toBeVisible()
  await page.getByRole('button', { name: 'Sign out …' }).click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Where do you deposit?' })).toBeVisible()
  expect(await stored()).toEqual([])
})

test('without a keychain the token is kept for this run, and the screen says so', async ({ launch, server }) => {
  const env = { DEPOSIT_DESK_KEYCHAIN: 'system', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' }
  const first = await launch({ env })
  await first.page.getByText('Another InvenioRDM server').click()
  await expect(first.page.getByText('This system offers no keychain')).toBeVisible()
  await connectTo(first.page, server.url, server.tokens.researcher)
  await first.page.getByRole('button', { name: 'Settings' }).click()
  await expect(first.page.getByText('kept until Deposit Desk is closed')).toBeVisible()
  await first.stop()

  const second = await launch({ env })
  await expect(second.page.getByText(/There is no token for/)).toBeVisible()
})
