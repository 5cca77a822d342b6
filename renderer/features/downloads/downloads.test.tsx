import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Account } from '../../../contract/desk/account.ts'
import type { Download, DownloadState, FoundRecord } from '../../../contract/desk/download.ts'
import { DeskError } from '../../../contract/errors.ts'
import { useView, type DownloadWish } from '../../app/view.ts'
import { installFakeDesk, ZENODO_ACCOUNT } from '../../bridge/fake.ts'
import { createQueryClient, useDeskEvents } from '../../queries/client.ts'
import { DownloadDialog } from './download-dialog.tsx'
import { Downloads } from './downloads.tsx'

const ACCOUNT = ZENODO_ACCOUNT.id
const FOUND = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a112'
const PLACE = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a113'
const DOWNLOAD = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a114'
const DEPOSIT = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a115'

const account: Account = {
  ...ZENODO_ACCOUNT,
  server: 'practice',
  origin: 'http://127.0.0.1:4321',
  serverName: 'Practice',
}

const record = {
  kind: 'record' as const,
  recordId: '123',
  title: 'Soil moisture',
  url: 'https://zenodo.org/records/123',
  server: 'zenodo' as const,
  serverName: 'Zenodo',
  accountId: null,
  folder: 'Soil moisture (123)',
}

const found: FoundRecord = {
  foundId: FOUND,
  ...record,
  version: '2.0',
  files: [
    { key: 'a.csv', bytes: 2_000_000, md5: true, obstacle: null },
    { key: 'b.csv', bytes: 3_000_000, md5: false, obstacle: null },
    { key: 'c.csv', bytes: null, md5: false, obstacle: 'not-uploaded' },
  ],
}

function download(state: DownloadState, more: Partial<Download> = {}): Download {
  return {
    id: DOWNLOAD,
    ...record,
    createdAt: 1,
    place: 'Downloads',
    state,
    files: 2,
    savedFiles: 1,
    uncheckedFiles: 0,
    failedFiles: 0,
    bytes: 5_000_000,
    receivedBytes: 2_500_000,
    bytesPerSecond: null,
    leftMs: null,
    troubles: [],
    ...more,
  }
}

function Listening({ children }: { children: React.ReactNode }) {
  useDeskEvents()
  return children
}

// Nothing is laid out here: every row counts as one line in a window of forty.
beforeEach(() => {
  // React Aria asks for it when a dialog or menu opens; the window of these tests has none.
  vi.stubGlobal('CSS', { escape: (text: string) => text.replace(/[^\w-]/g, (sign) => `\\${sign}`) })
  Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { value: 30, configurable: true })
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { value: 500, configurable: true })
  useView.setState({ route: { kind: 'deposits' }, download: null, accountId: ACCOUNT, notice: null })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function open(children: React.ReactNode, list: Download[] = []) {
  const desk = installFakeDesk({
    'accounts.list': () => [account],
    'downloads.list': () => list,
    'downloads.command': () => null,
    'downloads.showFolder': () => null,
    'downloads.find': () => found,
    'downloads.pickPlace': () => ({ placeId: PLACE, name: 'Downloads', freeBytes: 900_000_000 }),
    'downloads.start': () => download({ kind: 'queued' }),
  })
  render(
    <QueryClientProvider client={createQueryClient()}>
      <Listening>{children}</Listening>
    </QueryClientProvider>,
  )
  const asked = (name: string) => desk.calls.filter((one) => one.name === name).map(({ input }) => input)
  return { desk, asked, user: userEvent.setup() }
}

const dialog = (wish: DownloadWish = { kind: 'named', name: '' }) => <DownloadDialog wish={wish} />

test('a record is named, looked up, some of its files are picked, and it starts in the folder that was chosen', async () => {
  const { user, asked } = open(dialog())
  const name = await screen.findByRole('textbox', { name: /DOI, address or number/ })
  expect(screen.getByRole('button', { name: 'Look up' })).toHaveProperty('disabled', true)
  await user.type(name, 'no record')
  expect(screen.getByText(/This names no record yet/)).toBeTruthy()
  await user.clear(name)
  await user.type(name, '10.5281/zenodo.123')
  expect(screen.getByText(/On Zenodo, without an account/)).toBeTruthy()
  await user.keyboard('{Enter}')
  await screen.findByRole('heading', { name: 'Soil moisture' })
  expect(asked('downloads.find')).toEqual([{ name: '10.5281/zenodo.123', accountId: ACCOUNT }])
  expect(screen.getByText('2 of 3 files, 5 MB')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Choose a folder …' }))
  await screen.findByText(/Into the folder “Soil moisture \(123\)” in “Downloads”, 900 MB free/)
  // All, none, one.
  const all = () => screen.getByRole('checkbox', { name: /of 3 files/ })
  await user.click(all())
  expect(screen.getByText('0 of 3 files, 0 B')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Download 0 files' })).toHaveProperty('disabled', true)
  await user.click(all())
  await user.click(screen.getByRole('button', { name: 'Download 2 files' }))
  await waitFor(() => expect(asked('downloads.start')).toEqual([{ foundId: FOUND, placeId: PLACE, files: [0, 1] }]))
  await waitFor(() => expect(useView.getState()).toMatchObject({ download: null, route: { kind: 'transfers' } }))
})

test('the files of a deposit are found at once, and a folder that is too small is said to be', async () => {
  const { user, asked, desk } = open(dialog({ kind: 'deposit', depositId: DEPOSIT }))
  await screen.findByRole('heading', { name: 'Soil moisture' })
  expect(asked('downloads.find')).toEqual([{ depositId: DEPOSIT }])
  expect(screen.queryByRole('textbox')).toBeNull()
  desk.answer({ 'downloads.pickPlace': () => ({ placeId: PLACE, name: 'USB', freeBytes: 1000 }) })
  await user.click(screen.getByRole('button', { name: 'Choose a folder …' }))
  await screen.findByText('These files take 5 MB, and this disk has 1 kB free.')
})

test('a record that is not there is said to be not there, until another is named', async () => {
  const { user, desk } = open(dialog())
  desk.answer({
    'downloads.find': () => {
      throw new DeskError('record-not-found', { record: '99', server: 'Practice' })
    },
  })
  const name = await screen.findByRole('textbox')
  await user.type(name, '99')
  expect(screen.getByText('On the practice repository, as Annika Keller.')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Look up' }))
  await screen.findByText(/There is no record or draft 99/)
  await user.type(name, '8')
  expect(screen.queryByText(/There is no record or draft 99/)).toBeNull()
})

test.each<[DownloadState, Partial<Download>, string | RegExp]>([
  [{ kind: 'queued' }, {}, 'Queued'],
  [{ kind: 'checking' }, {}, 'Checking what is here'],
  [{ kind: 'downloading' }, { bytesPerSecond: 2e6, leftMs: 60_000 }, 'Downloading, 50 %'],
  [{ kind: 'downloading' }, { bytesPerSecond: 2e6, leftMs: 60_000 }, /2\.0 MB\/s, 1 min left/],
  [{ kind: 'paused', at: 0 }, {}, /Paused by you at/],
  [{ kind: 'waiting', error: { code: 'offline', params: { server: 'Zenodo' } }, until: null }, {}, 'Trying again'],
  [{ kind: 'waiting', error: { code: 'on-battery', params: {} }, until: null }, {}, 'Waiting to be plugged in'],
  [{ kind: 'stopped', error: { code: 'download-stopped', params: { reason: 'the disk is full' } } }, {}, 'The download stopped: the disk is full.'],
  [{ kind: 'complete', at: 0 }, {}, 'Complete, every MD5 equal'],
  [{ kind: 'complete', at: 0 }, { uncheckedFiles: 2 }, 'Complete; 2 files not checked: the server gave no MD5'],
  [{ kind: 'incomplete', at: 0 }, { failedFiles: 1 }, 'Not complete: 1 file missing'],
  [{ kind: 'incomplete', at: 0 }, { failedFiles: 1, troubles: [{ key: 'a', error: { code: 'download-changed', params: {} } }] }, 'Changed on the server: 1 file'],
  [{ kind: 'cancelled', at: 0 }, {}, 'Cancelled by you'],
])('a download that is %o says so', async (state, more, text) => {
  open(<Downloads />, [download(state, more)])
  expect(await screen.findByText(text)).toBeTruthy()
}) // prettier-ignore

test('it can be paused, and what failed is told file by file', async () => {
  const failed = download(
    { kind: 'incomplete', at: 0 },
    {
      failedFiles: 2,
      troubles: [{ key: 'a.csv', error: { code: 'file-differs', params: { name: 'a.csv', server: 'Zenodo' } } }],
    },
  )
  const { user, asked, desk } = open(<Downloads />, [download({ kind: 'downloading' })])
  await user.click(await screen.findByRole('button', { name: 'Pause: Soil moisture' }))
  expect(asked('downloads.command')).toEqual([{ downloadId: DOWNLOAD, command: 'pause' }])
  desk.emit('downloads.changed', { changed: [failed], gone: [] })
  await user.click(await screen.findByRole('button', { name: '2 files could not be downloaded' }))
  expect(screen.getByText(/a\.csv is in the folder already/)).toBeTruthy()
  expect(screen.getByText('And 1 more file.')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Try again: Soil moisture' }))
  await user.click(screen.getByRole('button', { name: 'Actions for Soil moisture' }))
  const menu = await screen.findByRole('menu')
  expect(within(menu).getAllByRole('menuitem').map((item) => item.textContent)).toEqual([
    'Show in folder', 'Try again', 'Download again …', 'Open its page in the browser', 'Remove from the listThe files stay where they are',
  ]) // prettier-ignore
  await user.click(within(menu).getByRole('menuitem', { name: /Show in folder/ }))
  expect(asked('downloads.showFolder')).toEqual([{ downloadId: DOWNLOAD }])
  await user.click(screen.getByRole('button', { name: 'Remove finished from the list' }))
  expect(asked('downloads.command').at(-1)).toEqual({ downloadId: DOWNLOAD, command: 'forget' })
  desk.emit('downloads.changed', { changed: [], gone: [DOWNLOAD] })
  await waitFor(() => expect(screen.queryByRole('list', { name: 'Downloads' })).toBeNull())
})

test('stopped for its token, it leads to where a new one is pasted', async () => {
  const error = { code: 'token-refused' as const, params: { server: 'Zenodo' } }
  const { user } = open(<Downloads />, [download({ kind: 'stopped', error }, { accountId: ACCOUNT })])
  await user.click(await screen.findByRole('button', { name: 'Paste a new token' }))
  expect(useView.getState().route).toEqual({ kind: 'settings', renewToken: ACCOUNT })
})
