import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { act } from 'react'
import { NO_TRANSFER, type DepositSummary, type DepositTransfer } from '../../../contract/desk/deposit.ts'
import { DEFAULT_SETTINGS } from '../../../contract/desk/settings.ts'
import type { FileRow, FileState, LogEntry, TransferOverview } from '../../../contract/desk/transfer.ts'
import { installFakeDesk, ZENODO_ACCOUNT } from '../../bridge/fake.ts'
import { createQueryClient, useDeskEvents } from '../../queries/client.ts'
import { Transfers } from './transfers.tsx'

const DEPOSIT = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a115'
const noon = new Date(2026, 10, 24, 12, 0).getTime()
const lost = { code: 'server-unreachable', params: {} } as const

beforeEach(() => {
  // jsdom lays nothing out: the list of rows would believe that there is no room for any.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(900)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(600)
  Element.prototype.scrollTo = () => undefined
  vi.spyOn(Date, 'now').mockReturnValue(noon)
})

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

function row(fileId: number, state: FileState): FileRow {
  return { depositId: DEPOSIT, fileId, key: `f${fileId}.nc`, bytes: 1000, sources: 1, state }
}

function overviewOf(transfer: Partial<DepositTransfer>, more: Partial<TransferOverview> = {}): TransferOverview {
  const files = { files: 4, bytes: 4000, sentBytes: 1500, verifiedFiles: 1 }
  return {
    deposits: [{ ...NO_TRANSFER, depositId: DEPOSIT, state: 'sending', ...files, ...transfer }],
    bytes: 4000,
    sentBytes: 1500,
    bytesPerSecond: null,
    leftMs: null,
    sending: 1,
    servers: [],
    ...more,
  }
}

const SUMMARY: DepositSummary = {
  id: DEPOSIT,
  accountId: ZENODO_ACCOUNT.id,
  title: 'Soil moisture',
  sourceName: 'soil',
  files: 4,
  bytes: 4000,
  updatedAt: noon,
  doi: null,
  group: 'under-way',
  error: null,
  transfer: { ...NO_TRANSFER, depositId: DEPOSIT },
  publication: 'not-asked',
}

const once = (minutes: number, what: LogEntry['what']): LogEntry => {
  const at = noon - minutes * 60_000
  return { at, lastAt: at, times: 1, what }
}

const ROWS = [
  row(0, { kind: 'queued' }),
  row(1, { kind: 'sending', sentBytes: 500, parts: null }),
  row(2, { kind: 'waiting', until: noon + 60_000, attempt: 1, error: lost }),
  row(3, { kind: 'verified', md5: 'd'.repeat(32), verifiedAt: noon }),
]
const FAILED = { kind: 'failed', error: lost, sentBytes: 640, parts: null, delayMs: 120_000 } as const

function Events() {
  useDeskEvents()
  return null
}

function open(overview = overviewOf({})) {
  const desk = installFakeDesk({
    'accounts.list': () => [ZENODO_ACCOUNT],
    'app.connections': () => [],
    'app.settings': () => DEFAULT_SETTINGS,
    'deposits.list': () => [SUMMARY],
    'downloads.list': () => [],
    'transfers.overview': () => overview,
    'transfers.files': () => ({ total: ROWS.length, rows: ROWS }),
    'transfers.file': ({ fileId }) => ({
      row: ROWS[fileId] as FileRow,
      md5: fileId === 3 ? 'd'.repeat(32) : null,
      sha256: null,
      log: fileId === 2 ? [once(5, { kind: 'began' }), once(1, FAILED)] : [],
    }),
    'transfers.command': () => null,
    'app.copy': () => null,
  })
  const client = createQueryClient()
  render(
    <QueryClientProvider client={client}>
      <Events />
      <Transfers />
    </QueryClientProvider>,
  )
  return { desk, user: userEvent.setup() }
}

const details = () => within(screen.getByRole('complementary', { name: 'Details of the file' }))

test('rate and time left show once they are stable, overall and for the deposit, and not before', async () => {
  const { desk } = open()
  const head = await screen.findByRole('row', { name: /1 of 4 files verified/ })
  expect(document.body.textContent).not.toMatch(/B\/s,|left/)
  const stable = overviewOf({ bytesPerSecond: 61e6, leftMs: 240_000 }, { bytesPerSecond: 61e6, leftMs: 240_000 })
  act(() => desk.emit('transfers.changed', { overview: stable, rows: [] }))
  expect(await screen.findByText('61 MB/s, 4 min left')).toBeTruthy()
  expect(head.textContent).toContain('4 min left')
  // Nothing is being sent any more: what was measured says nothing of what comes.
  act(() =>
    desk.emit('transfers.changed', {
      overview: overviewOf({ state: 'waiting', at: null }, { bytesPerSecond: 61e6, leftMs: 240_000, sending: 0 }),
      rows: [],
    }),
  )
  await waitFor(() => expect(document.body.textContent).not.toMatch(/B\/s,|left/))
})

test('without a mouse: arrows, Enter opens what happened to a file, Escape leads back to its row', async () => {
  const { user } = open()
  const sending = await screen.findByRole('row', { name: /f1\.nc/ })
  screen.getByRole('row', { name: /of 4 files verified/ }).focus()
  await user.keyboard('{ArrowDown}')
  expect(document.activeElement).toBe(sending)
  await user.keyboard('{Enter}')
  expect(document.activeElement?.textContent).toBe('f1.nc')
  await details().findByText('Nothing yet: it stands in line.')
  await user.keyboard('{Escape}')
  expect(document.activeElement).toBe(sending)
  expect(screen.queryByRole('complementary', { name: 'Details of the file' })).toBeNull()
})

test('open details follow the arrows and leave the focus in the list; the log stands with its times', async () => {
  const { user, desk } = open()
  await user.click(await screen.findByRole('row', { name: /f1\.nc/ }))
  await user.keyboard('{ArrowDown}')
  expect(await details().findByRole('heading', { name: 'f2.nc' })).toBeTruthy()
  expect(document.activeElement).toBe(screen.getByRole('row', { name: /f2\.nc/ }))
  expect(screen.getByRole('row', { name: /f2\.nc/ }).getAttribute('aria-selected')).toBe('true')
  const items = await details().findAllByRole('listitem')
  expect(items.map((item) => item.textContent)).toEqual([
    '11:55Started sending to Zenodo.',
    '11:59The connection was lost after 640 B. Tries again at 12:01.',
  ])
  await user.click(details().getByRole('button', { name: 'Try again' }))
  expect(desk.calls.at(-1)).toEqual({
    name: 'transfers.command',
    input: { command: 'retry', target: { kind: 'file', depositId: DEPOSIT, fileId: 2 } },
  })
})

test('a checksum is copied, and what comes for the details leaves the rows of the list as they are', async () => {
  const { user, desk } = open()
  const list = await screen.findByRole('treegrid')
  await screen.findByRole('row', { name: /f3\.nc/ })
  await user.click(screen.getByRole('row', { name: /f3\.nc/ }))
  const changes: MutationRecord[] = []
  const observer = new MutationObserver((records) => changes.push(...records))
  observer.observe(list, { subtree: true, childList: true, characterData: true, attributes: true })
  await user.click(await details().findByRole('button', { name: 'Copy MD5' }))
  await details().findByRole('button', { name: 'MD5 copied' })
  expect(desk.calls.at(-1)).toEqual({ name: 'app.copy', input: { text: 'd'.repeat(32) } })
  expect(changes).toEqual([])
  observer.disconnect()
})
