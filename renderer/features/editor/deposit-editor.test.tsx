import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { FileRow } from '../../../contract/desk/transfer.ts'
import type { Creator, RecordMetadata } from '../../../contract/repository/record.ts'
import { useView } from '../../app/view.ts'
import { installFakeDesk, type FakeAnswers, ZENODO_ACCOUNT } from '../../bridge/fake.ts'
import { askFieldFocus } from '../../components/field-focus.ts'
import { createQueryClient, useDeskEvents } from '../../queries/client.ts'
import { DepositEditor } from './deposit-editor.tsx'

const ACCOUNT = ZENODO_ACCOUNT.id
const DEPOSIT = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a113'

beforeEach(() => {
  // What jsdom lacks of layout, and the rich text editor asks for.
  vi.stubGlobal('CSS', { escape: (text: string) => text.replace(/[^\w-]/g, (sign) => `\\${sign}`) })
  Element.prototype.scrollIntoView = () => undefined
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList
  Range.prototype.getBoundingClientRect = () => new DOMRect()
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function person(family: string, given: string): Creator {
  return { person_or_org: { type: 'personal', family_name: family, given_name: given } }
}

const metadata: RecordMetadata = {
  title: 'Soil moisture',
  resource_type: { id: 'dataset', title: { en: 'Dataset' } },
  publication_date: '2026-11-24',
  publisher: 'Zenodo',
  creators: [person('Keller', 'Annika'), person('Morel', 'Étienne')],
  funding: [{ funder: { name: 'European Commission' } }],
}

function open(
  changes: Partial<Deposit> = {},
  rows: readonly FileRow[] = [],
  vocabularies: FakeAnswers['vocabularies.search'] = () => [],
) {
  let deposit: Deposit = {
    id: DEPOSIT,
    accountId: ACCOUNT,
    createdAt: 0,
    updatedAt: 0,
    source: { name: 'soil', files: 1, bytes: 1 },
    metadata,
    edit: 1,
    draft: { id: '1', revision: 1, doi: null, url: null, readAt: 0 },
    sync: { kind: 'in-step', savedAt: 0, sentAt: 0 },
    problems: [],
    conflicts: [],
    publication: { kind: 'not-asked' },
    transfer: {
      depositId: DEPOSIT,
      state: rows.length === 0 ? 'none' : 'needs-you',
      at: null,
      files: rows.length,
      verifiedFiles: 0,
      bytes: 1,
      sentBytes: 0,
      bytesPerSecond: null,
      leftMs: null,
      blockedFiles: rows.length,
      error: null,
    },
    ...changes,
  }
  const stored: RecordMetadata[] = []
  const desk = installFakeDesk({
    'accounts.list': () => [ZENODO_ACCOUNT],
    'deposits.get': () => deposit,
    'deposits.saveMetadata': (input) => {
      stored.push(input.metadata)
      deposit = {
        ...deposit,
        metadata: input.metadata,
        edit: deposit.edit + 1,
        sync: { kind: 'saved-here', savedAt: 0 },
      }
      return deposit
    },
    'deposits.resolve': ({ field, keep }) => {
      const conflict = deposit.conflicts.find((other) => other.field === field)
      deposit = {
        ...deposit,
        edit: deposit.edit + 1,
        metadata: { ...deposit.metadata, [field.replace('metadata.', '')]: conflict?.[keep] },
        conflicts: [],
      }
      desk.emit('deposits.changed', { depositIds: [DEPOSIT] })
      return deposit
    },
    'transfers.files': () => ({ total: rows.length, rows: [...rows] }),
    'transfers.command': () => null,
    'vocabularies.search': vocabularies,
    'people.search': () => [
      {
        id: '0000-0002-1825-0097',
        name: 'Carberry, Josiah',
        family_name: 'Carberry',
        given_name: 'Josiah',
        identifiers: [{ identifier: '0000-0002-1825-0097', scheme: 'orcid' }],
        affiliations: [{ id: '05gq02987', name: 'Brown University' }],
      },
    ],
    'affiliations.search': () => [],
  })
  useView.setState({ route: { kind: 'deposit', depositId: DEPOSIT }, accountId: ACCOUNT })
  render(
    <QueryClientProvider client={createQueryClient()}>
      <Events />
      <DepositEditor depositId={DEPOSIT} />
    </QueryClientProvider>,
  )
  const fromMain = (next: Partial<Deposit>) => {
    deposit = { ...deposit, ...next }
    desk.emit('deposits.changed', { depositIds: [DEPOSIT] })
  }
  return { desk, user: userEvent.setup(), stored, last: () => stored.at(-1), fromMain }
}

function Events() {
  useDeskEvents()
  return null
}

/** What a screen reader says after the name of a field. */
function describedBy(element: HTMLElement): string {
  const ids = element.getAttribute('aria-describedby')?.split(' ') ?? []
  return ids.map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
}

test('every change is stored as it was written, invalid text too, and what has no field is kept', async () => {
  const { user, last } = open()
  const date = await screen.findByRole('textbox', { name: 'Publication date' })
  await user.clear(date)
  await user.type(date, 'autumn 2026')
  await waitFor(() => expect(last()).toEqual({ ...metadata, publication_date: 'autumn 2026' }))
  expect(date.getAttribute('aria-invalid')).toBe('true')
  expect(describedBy(date)).toContain('Write it as 2026, 2026-11 or 2026-11-24')
})

test('a list that is opened before the server has answered says so, and fills while it is open', async () => {
  let arrive = (_: { id: string; title: Record<string, string> }[]) => {}
  const { resource_type: _, ...rest } = metadata
  const { user, last } = open({ metadata: rest }, [], ({ vocabulary }) =>
    vocabulary === 'resourcetypes' ? new Promise((resolve) => (arrive = resolve)) : [],
  )
  await user.click(await screen.findByRole('button', { name: /Resource type/ }))
  expect(await screen.findByText('Loading …')).toBeTruthy()
  arrive([{ id: 'dataset', title: { en: 'Dataset' } }])
  await user.click(await screen.findByRole('option', { name: 'Dataset' }))
  await waitFor(() => expect(last()?.resource_type).toMatchObject({ id: 'dataset' }))
})

test('leaving the screen stores what was typed last', async () => {
  const { user, last } = open()
  await user.type(await screen.findByRole('textbox', { name: 'Version' }), '2')
  cleanup()
  expect(last()).toMatchObject({ version: '2' })
})

test('what the server says about a field stands beside it until the field is changed', async () => {
  const { user } = open({ problems: [{ field: 'metadata.version', messages: ['Write at most 10 characters.'] }] })
  const version = await screen.findByRole('textbox', { name: 'Version' })
  expect(describedBy(version)).toContain('Write at most 10 characters.')
  await user.type(version, '1')
  expect(describedBy(version)).not.toContain('Write at most 10 characters.')
})

test('an answer from elsewhere fills fields that were not touched and leaves alone what is being written', async () => {
  const { user, fromMain } = open()
  const title = await screen.findByRole('textbox', { name: 'Title' })
  await user.type(title, '!')
  fromMain({ metadata: { ...metadata, title: 'From the web page', publisher: 'KIT' }, edit: 1 })
  await waitFor(() => expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Publisher' }).value).toBe('KIT'))
  expect((title as HTMLTextAreaElement).value).toBe('Soil moisture!')
})

test('a missing title is not blamed before the person has been there, but a check leads to it', async () => {
  askFieldFocus('metadata.title')
  open({ metadata: { ...metadata, title: '' } })
  const title = await screen.findByRole('textbox', { name: 'Title' })
  await waitFor(() => expect(document.activeElement).toBe(title))
  expect(describedBy(title)).toContain('Give it a title.')
})

test('creators change places by keyboard, and the focus goes along', async () => {
  const { user, last } = open()
  const row = await screen.findByRole('button', { name: /^Morel, Étienne/ })
  row.focus()
  await user.keyboard('{Alt>}{ArrowUp}{/Alt}')
  await waitFor(() =>
    expect(last()?.creators?.map(({ person_or_org: who }) => who.family_name)).toEqual(['Morel', 'Keller']),
  )
  expect(document.activeElement?.textContent).toContain('Morel, Étienne')
})

test('a person who is looked up brings name, ORCID iD and affiliation', async () => {
  const { user, last } = open({ metadata: { ...metadata, creators: [] } })
  await user.click(await screen.findByRole('button', { name: 'Add person' }))
  const lookUp = screen.getByRole('combobox', { name: 'Look up on Zenodo' })
  await waitFor(() => expect(document.activeElement).toBe(lookUp))
  await user.type(lookUp, 'carb')
  await screen.findByRole('option', { name: /Carberry, Josiah/ })
  await user.keyboard('{ArrowDown}{Enter}')
  await waitFor(() =>
    expect(last()?.creators).toEqual([
      {
        person_or_org: {
          type: 'personal',
          family_name: 'Carberry',
          given_name: 'Josiah',
          identifiers: [{ scheme: 'orcid', identifier: '0000-0002-1825-0097' }],
        },
        affiliations: [{ id: '05gq02987', name: 'Brown University' }],
      },
    ]),
  )
})

test('an affiliation that is not in the list is kept as it is written', async () => {
  const { user, last } = open()
  await user.click(await screen.findByRole('button', { name: /^Keller, Annika/ }))
  await user.type(screen.getByRole('combobox', { name: 'Affiliations' }), 'KIT, Karlsruhe{Enter}')
  await waitFor(() => expect(last()?.creators?.[0]?.affiliations).toEqual([{ name: 'KIT, Karlsruhe' }]))
})

test('keywords are added with Enter or a comma, once each, and the last one comes back to be corrected', async () => {
  const { user, last } = open()
  const field = await screen.findByRole('textbox', { name: 'Add keywords' })
  await user.type(field, 'soil, Rhine{Enter}soil{Enter}')
  await waitFor(() => expect(last()?.subjects).toEqual([{ subject: 'soil' }, { subject: 'Rhine' }]))
  await user.type(field, '{Backspace}!{Enter}')
  await waitFor(() => expect(last()?.subjects).toEqual([{ subject: 'soil' }, { subject: 'Rhine!' }]))
})

test('of a field that was changed on both sides, the chosen version stays', async () => {
  const { user } = open({
    conflicts: [{ field: 'metadata.title', base: 'Soil', mine: 'Soil moisture', theirs: 'Soil water' }],
  })
  const choice = within(await screen.findByRole('group', { name: 'Changed here and on Zenodo' }))
  expect(choice.getByText('Soil moisture')).toBeTruthy()
  await user.click(choice.getByRole('button', { name: 'Take this one' }))
  await waitFor(() =>
    expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Title' }).value).toBe('Soil water'),
  )
})

test('a description with a table opens as HTML and is not changed by that', async () => {
  const description = '<table><tbody><tr><td>cell</td></tr></tbody></table>'
  const { stored } = open({ metadata: { ...metadata, description } })
  const source = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'HTML' })
  expect(source.value).toBe(description)
  cleanup()
  expect(stored).toEqual([])
})

test('a file that waits for a decision has its remedies in its row', async () => {
  const { desk, user } = open({}, [
    {
      depositId: DEPOSIT,
      fileId: 0,
      key: 'RS09.nc',
      bytes: 1,
      sources: 1,
      state: {
        kind: 'blocked',
        error: { code: 'file-changed', params: { name: 'RS09.nc', before: '571 MB', now: '570 MB' } },
      },
    },
  ])
  await user.click(await screen.findByRole('button', { name: 'Read it again: RS09.nc' }))
  expect(desk.calls.at(-1)).toEqual({
    name: 'transfers.command',
    input: { command: 'read-again', target: { kind: 'file', depositId: DEPOSIT, fileId: 0 } },
  })
})
