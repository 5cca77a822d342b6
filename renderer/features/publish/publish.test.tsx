import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import type { Account } from '../../../contract/desk/account.ts'
import type { Check, Deposit, Publication, PublishGuard as Guard } from '../../../contract/desk/deposit.ts'
import { DeskError } from '../../../contract/errors.ts'
import { useView } from '../../app/view.ts'
import { installFakeDesk, ZENODO_ACCOUNT } from '../../bridge/fake.ts'
import { takeFieldFocus } from '../../components/field-focus.ts'
import { createQueryClient } from '../../queries/client.ts'
import { PublishGuard } from './publish-guard.tsx'
import { Published } from './published.tsx'

const ACCOUNT = ZENODO_ACCOUNT.id
const DEPOSIT = '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a113'

afterEach(cleanup)

const record: Extract<Publication, { kind: 'published' }> = {
  kind: 'published',
  askedAt: 1,
  publishedAt: 2,
  recordId: '1',
  doi: '10.5281/zenodo.1',
  conceptDoi: null,
  url: 'https://zenodo.org/records/1',
  citation: 'Keller, A. (2026). Soil. Zenodo. https://doi.org/10.5281/zenodo.1',
  bibtex: '@dataset{keller}',
  badge: '[![DOI](https://zenodo.org/badge/DOI/10.5281/zenodo.1.svg)](https://doi.org/10.5281/zenodo.1)',
}

function open({
  checks = [],
  publication = { kind: 'not-asked' },
  server = 'zenodo',
}: { checks?: Check[]; publication?: Publication; server?: Account['server'] } = {}) {
  const account: Account = {
    ...ZENODO_ACCOUNT,
    server,
    serverName: server === 'practice' ? 'Practice' : 'Zenodo',
  }
  const deposit: Deposit = {
    id: DEPOSIT,
    accountId: ACCOUNT,
    createdAt: 0,
    updatedAt: 0,
    source: { name: 'soil', files: 1, bytes: 1 },
    metadata: { title: 'Soil', version: '1.0.0' },
    edit: 1,
    draft: { id: '1', revision: 12, doi: null, url: null, readAt: 0 },
    sync: { kind: 'in-step', savedAt: 0, sentAt: 0 },
    problems: [],
    conflicts: [],
    publication,
    transfer: {
      depositId: DEPOSIT,
      state: 'verified',
      at: null,
      files: 1,
      verifiedFiles: 1,
      bytes: 1,
      sentBytes: 1,
      bytesPerSecond: null,
      leftMs: null,
      blockedFiles: 0,
      error: null,
    },
  }
  const guard: Guard = {
    readAt: Date.now(),
    revision: 12,
    checks,
    summary: {
      title: 'Soil',
      creators: ['Keller, Annika'],
      resourceType: 'Dataset',
      licence: 'CC BY 4.0',
      publicationDate: '2026-11-24',
      publisher: 'Zenodo',
      access: 'Public, metadata and files',
      files: 1,
      bytes: 1,
      doi: null,
    },
    confirmation: '1.0.0',
  }
  const desk = installFakeDesk({
    'accounts.list': () => [account],
    'deposits.get': () => deposit,
    'deposits.guard': () => guard,
    'deposits.publish': () => {
      throw new DeskError('conflict')
    },
    'deposits.saveReceipt': ({ format }) => ({ name: `soil.receipt.${format}` }),
    'transfers.files': () => ({
      total: 1,
      rows: [
        {
          depositId: DEPOSIT,
          fileId: 0,
          key: 'a.csv',
          bytes: 1,
          sources: 1,
          state: { kind: 'verified', md5: '5d0f8b1c9a7e42f3b6c81d0e94a7f215', verifiedAt: 1 },
        },
      ],
    }),
    'app.copy': () => null,
    'app.open': () => null,
  })
  const isPublished = publication.kind === 'published'
  useView.setState({ route: { kind: isPublished ? 'published' : 'publish', depositId: DEPOSIT } })
  render(
    <QueryClientProvider client={createQueryClient()}>
      {isPublished ? <Published depositId={DEPOSIT} /> : <PublishGuard depositId={DEPOSIT} />}
    </QueryClientProvider>,
  )
  return { desk, user: userEvent.setup(), called: (name: string) => desk.calls.filter((call) => call.name === name) }
}

const publish = () => screen.getByRole('button', { name: 'Publish' })

test('nothing is published before the version is typed; then it is asked for once, by the revision that was shown', async () => {
  const { user, called } = open()
  const field = await screen.findByRole('textbox', { name: 'Type 1.0.0 to confirm' })
  expect(publish().hasAttribute('disabled')).toBe(true)
  expect(screen.getByText('Type 1.0.0 first.')).toBeTruthy()
  await user.type(field, '1.0{Enter}')
  expect(called('deposits.publish')).toEqual([])
  await user.type(field, '.0')
  expect(screen.getByText('matches')).toBeTruthy()
  await user.click(publish())
  expect(called('deposits.publish')).toEqual([
    { name: 'deposits.publish', input: { depositId: DEPOSIT, revision: 12 } },
  ])
})

test('when the draft was changed meanwhile it is read again, and has to be confirmed again', async () => {
  const { user, called } = open()
  await user.type(await screen.findByRole('textbox', { name: 'Type 1.0.0 to confirm' }), '1.0.0{Enter}')
  expect((await screen.findByRole('alert')).textContent).toContain('Nothing was published.')
  await waitFor(() => expect(called('deposits.guard')).toHaveLength(2))
  expect(publish().hasAttribute('disabled')).toBe(true)
  expect(called('deposits.publish')).toHaveLength(1)
})

test('an open check blocks publishing, whatever is typed, and leads to the field that settles it', async () => {
  const open1: Check = { id: 't', state: 'open', text: 'Give it a title.', detail: null, where: 'metadata.title' }
  const { user, called } = open({ checks: [open1] })
  await user.type(await screen.findByRole('textbox', { name: 'Type 1.0.0 to confirm' }), '1.0.0{Enter}')
  expect(publish().hasAttribute('disabled')).toBe(true)
  expect(screen.getByText('1 check is open.')).toBeTruthy()
  expect(called('deposits.publish')).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Show: Give it a title.' }))
  expect(useView.getState().route).toEqual({ kind: 'deposit', depositId: DEPOSIT })
  expect(takeFieldFocus()).toBe('metadata.title')
})

test('the files are said to be fixed after a grace period on Zenodo, and at once elsewhere', async () => {
  open()
  await screen.findByText(/^The files, from \d+ \w+ \d{4}$/)
  cleanup()
  open({ server: 'other' })
  await screen.findByText('The files')
  expect(screen.queryByText(/30 days/)).toBeNull()
})

test('while the answer is awaited there is no button that publishes', async () => {
  open({ publication: { kind: 'asked', askedAt: 1, error: { code: 'publish-unclear', params: { server: 'Zenodo' } } } })
  await screen.findByRole('heading', { name: 'The answer of Zenodo was lost' })
  expect(screen.queryByRole('button', { name: 'Publish' })).toBeNull()
})

test('the DOI, the citation and the badge are copied, and the receipt says where it is', async () => {
  const { user, called } = open({ publication: record })
  await user.click(await screen.findByRole('button', { name: 'Copy DOI' }))
  await user.click(screen.getByRole('button', { name: 'Cite as: Copy' }))
  await user.click(screen.getByRole('button', { name: 'Copy Markdown' }))
  expect(called('app.copy').map(({ input }) => input)).toEqual([
    { text: record.doi },
    { text: record.citation },
    { text: record.badge },
  ])
  await user.click(screen.getByRole('button', { name: 'Save as HTML' }))
  await screen.findByText('saved as soil.receipt.html')
  expect(screen.getByText('5d0f8b1c9a7e42f3b6c81d0e94a7f215')).toBeTruthy()
})

test('a practice record says that it archives nothing and that its DOI leads nowhere', async () => {
  open({ publication: record, server: 'practice' })
  await screen.findByText(/archives nothing, and this DOI leads nowhere/)
  expect(screen.queryByRole('button', { name: 'Copy link' })).toBeNull()
})
