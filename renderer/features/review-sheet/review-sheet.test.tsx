import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Capabilities } from '../../../contract/desk/account.ts'
import type { FolderEntry, LeftOutReason, Scan } from '../../../contract/desk/folder.ts'
import { DeskError } from '../../../contract/errors.ts'
import { useView } from '../../app/view.ts'
import { installFakeDesk, ZENODO_ACCOUNT } from '../../bridge/fake.ts'
import { createQueryClient } from '../../queries/client.ts'
import { ReviewSheet } from './review-sheet.tsx'

const ACCOUNT = ZENODO_ACCOUNT.id
const SCAN = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a114'

beforeEach(() => {
  // jsdom lays nothing out: the list of rows would believe that there is no room for any.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(900)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(600)
  Element.prototype.scrollTo = () => undefined
})

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

function file(path: string, bytes = 1000, leftOut: LeftOutReason | null = null): FolderEntry {
  return { path, kind: 'file', bytes, files: 1, modifiedAt: 0, leftOut }
}

function open(entries: readonly FolderEntry[], limits: Partial<Capabilities> = {}, state: Scan['state'] = 'done') {
  const account = { ...ZENODO_ACCOUNT, capabilities: { ...ZENODO_ACCOUNT.capabilities, ...limits } }
  const desk = installFakeDesk({
    'accounts.list': () => [account],
    'folders.scan': () => ({ id: SCAN, name: 'soil', state, entries: entries.length, files: entries.length, bytes: 0 }),
    'folders.entries': ({ from, count }) => entries.slice(from, from + count),
    'folders.close': () => null,
    'deposits.create': () => {
      throw new DeskError('plan-refused', { server: 'Zenodo', reason: 'a test says so' })
    },
  })
  useView.setState({ route: { kind: 'review', scanId: SCAN }, accountId: ACCOUNT })
  render(
    <QueryClientProvider client={createQueryClient()}>
      <ReviewSheet scanId={SCAN} />
    </QueryClientProvider>,
  )
  return { desk, user: userEvent.setup() }
}

const create = () => screen.getByRole('button', { name: 'Create draft and upload' })
const created = (desk: ReturnType<typeof open>['desk']) =>
  desk.calls.find(({ name }) => name === 'deposits.create')?.input

test('a file that is left out with Space is not in the plan that is carried out', async () => {
  const { desk, user } = open([file('a.txt'), file('b.txt')])
  await screen.findByText('2 files, 2 kB')
  screen.getByRole('row', { name: /a\.txt/ }).focus()
  await user.keyboard(' ')
  await screen.findByText('1 file, 1 kB')
  await user.click(create())
  expect(created(desk)).toMatchObject({ accountId: ACCOUNT, choices: { leaveOut: ['a.txt'], subfolders: 'keep' } })
})

test('folders are packed where there would be too many files, until the person decides otherwise', async () => {
  const { desk, user } = open([file('raw/1.csv'), file('raw/2.csv'), file('c.txt')], { maxFiles: 2 })
  await screen.findByText('3 files, and Zenodo takes 2 in a record')
  expect(screen.getByRole<HTMLInputElement>('radio', { name: /Pack into zips/ }).checked).toBe(true)
  expect(create().hasAttribute('disabled')).toBe(false)
  await user.click(screen.getByRole('radio', { name: /Keep paths/ }))
  expect(create().hasAttribute('disabled')).toBe(true)
  await user.click(screen.getByRole('button', { name: 'Pack folders into zips' }))
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { subfolders: 'zip' } })
})

test('340 files without a folder are packed with one click, shown as they will be, and kept as files again', async () => {
  const entries = Array.from({ length: 340 }, (_, at) => file(`series-${at}.csv`))
  const { desk, user } = open([file('README.md'), ...entries])
  await screen.findByText('341 files, and Zenodo takes 100 in a record')
  await user.click(screen.getByRole('radio', { name: /Keep files/ }))
  expect(create().hasAttribute('disabled')).toBe(true)
  await user.click(screen.getByRole('button', { name: 'Pack the files into a zip' }))
  await user.click(screen.getByRole('button', { name: 'See what the zips hold' }))
  const record = within(screen.getByRole('treegrid', { name: 'Files of the record' }))
  expect(record.getByRole('row', { name: /README\.md/ })).toBeTruthy()
  const zip = record.getByRole('row', { name: /files\.zip/ })
  expect(zip.getAttribute('aria-expanded')).toBe('false')
  zip.focus()
  await user.keyboard('{ArrowRight}')
  expect(zip.getAttribute('aria-expanded')).toBe('true')
  expect(record.getAllByRole('row', { name: /series-/ }).length).toBeGreaterThan(1)
  expect(screen.getByText(/^2 of 100 files, /)).toBeTruthy()
  await user.click(screen.getByRole('radio', { name: 'In the folder' }))
  expect(screen.getByRole('treegrid', { name: 'Files and folders' })).toBeTruthy()
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { subfolders: 'zip' } })
})

test('a file that is too large is split where it is complained about, and made whole again', async () => {
  const { desk, user } = open([file('big.h5', 12e9)], { maxFileBytes: 10e9 })
  await user.click(await screen.findByRole('button', { name: 'Split into 12 volumes of 1 GB: big.h5' }))
  await screen.findByText('big.h5 goes as 12 volumes')
  await user.click(screen.getByRole('button', { name: 'Keep whole: big.h5' }))
  expect(create().hasAttribute('disabled')).toBe(true)
  await user.click(screen.getByRole('button', { name: 'Split into 12 volumes of 1 GB: big.h5' }))
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { split: ['big.h5'] } })
})

test('what the server would refuse is said beside the button, and leaving it out lifts it', async () => {
  const { user } = open([file('small.txt', 1e9), file('huge.bin', 60e9)])
  await screen.findByText('61 GB, and Zenodo takes 50 GB in a record.')
  expect(create().hasAttribute('disabled')).toBe(true)
  await user.click(screen.getByRole('button', { name: 'Leave out huge.bin' }))
  await screen.findByText('goes to Zenodo as a draft.', { exact: false })
  expect(create().hasAttribute('disabled')).toBe(false)
})

test('more space is asked for where the server has a way to, and what that means is said', async () => {
  const { desk, user } = open([file('a.bin', 30e9), file('b.bin', 30.2e9)], { quotaIncrease: true })
  await user.click(await screen.findByRole('button', { name: 'Ask for 61 GB' }))
  await screen.findByText(/Once there is a draft, Zenodo is asked for 61 GB/)
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { moreSpace: true } })
  await user.click(screen.getByRole('button', { name: 'Don’t ask' }))
  expect(create().hasAttribute('disabled')).toBe(true)
})

test('leftovers are listed with their reason and can be included', async () => {
  const { desk, user } = open([
    file('a.txt'),
    file('.DS_Store', 6000, 'macos-leftover'),
    file('x/.DS_Store', 6000, 'macos-leftover'),
  ])
  const list = within((await screen.findByText('macOS leftovers')).closest('li') ?? document.body)
  expect(list.getByText('.DS_Store')).toBeTruthy()
  await user.click(list.getByRole('button', { name: 'Include .DS_Store' }))
  await screen.findByText('3 files, 13 kB')
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { include: ['.DS_Store', 'x/.DS_Store'] } })
})

test('a name that is too long is renamed where it is complained about', async () => {
  const name = `${'long-'.repeat(60)}.csv`
  const { desk, user } = open([file(name)])
  await user.click(await screen.findByRole('button', { name: `Rename ${name}` }))
  const field = screen.getByRole('textbox', { name: 'Name in the record' })
  await user.clear(field)
  await user.type(field, 'short.csv{Enter}')
  await user.click(create())
  expect(created(desk)).toMatchObject({ choices: { rename: { [name]: 'short.csv' } } })
})

test('rows show while the walk goes on, and nothing can be sent before it is done', async () => {
  const { desk, user } = open([file('a.txt')], {}, 'walking')
  await screen.findByRole('row', { name: /a\.txt/ })
  expect(create().hasAttribute('disabled')).toBe(true)
  expect(screen.getByText('The folder is still being read.')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(desk.calls.some(({ name }) => name === 'folders.close')).toBe(true))
  expect(useView.getState().route).toEqual({ kind: 'deposits' })
})

test('when the draft can’t be made, the reason stands on the sheet and nothing is lost', async () => {
  const { user } = open([file('a.txt')])
  await screen.findByText('1 file, 1 kB')
  await user.click(create())
  expect((await screen.findByRole('alert')).textContent).toContain('Zenodo would refuse this deposit: a test says so.')
  expect(screen.getByRole('row', { name: /a\.txt/ })).toBeTruthy()
})

test('limits that a server does not tell are said to be the usual ones, and hinder nobody', async () => {
  const { desk, user } = open([file('a.nc', 60e9)], { limitsSource: 'default' })
  await screen.findByText('60 GB, and InvenioRDM usually takes 50 GB in a record')
  screen.getByText(/does not tell its own limits, which may be higher/)
  await user.click(create())
  expect(created(desk)).toBeDefined()
})
