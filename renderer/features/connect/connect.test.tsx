import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Account, AccountCheck, Capabilities } from '../../../contract/desk/account.ts'
import { installFakeDesk, type FakeAnswers } from '../../bridge/fake.ts'
import { createQueryClient } from '../../queries/client.ts'
import { Connect } from './connect.tsx'

afterEach(cleanup)

const capabilities: Capabilities = {
  recordShape: 'rdm',
  multipart: 'refused',
  emptyFiles: 'refused',
  maxFiles: 100,
  quotaBytes: 50e9,
  maxFileBytes: 50e9,
  limitsSource: 'documented',
  requestsPerMinute: 100,
}
const user = { id: '7', name: 'Annika Keller', email: null }
const check: AccountCheck = {
  checkId: '00000000-0000-4000-8000-000000000009',
  server: 'zenodo',
  origin: 'https://zenodo.org',
  serverName: 'Zenodo',
  reachedInMs: 84.4,
  user,
  capabilities,
  requests: 6,
  checkedAt: Date.now(),
  error: null,
}
const account: Account = {
  id: '00000000-0000-4000-8000-000000000001',
  server: 'zenodo',
  origin: 'https://zenodo.org',
  serverName: 'Zenodo',
  user,
  token: 'keychain',
  capabilities,
  addedAt: 0,
  checkedAt: 0,
}

function open(answers: FakeAnswers) {
  const desk = installFakeDesk({
    'accounts.keychain': () => ({ available: true, name: 'Secret Service' }),
    'accounts.check': () => check,
    'accounts.add': () => account,
    ...answers,
  })
  const onDone = vi.fn()
  render(
    <QueryClientProvider client={createQueryClient()}>
      <Connect onDone={onDone} />
    </QueryClientProvider>,
  )
  const of = (name: string) => desk.calls.filter((call) => call.name === name).map(({ input }) => input)
  return { onDone, of, person: userEvent.setup() }
}

test('practice is one click: no token is asked for', async () => {
  const { person, onDone, of } = open({})
  await person.click(screen.getByRole('button', { name: 'Use the practice repository' }))
  await vi.waitFor(() => expect(onDone).toHaveBeenCalled())
  expect(of('accounts.check')).toEqual([{ server: { kind: 'practice' }, token: '' }])
  expect(of('accounts.add')).toEqual([{ checkId: check.checkId }])
})

test('a pasted token is trimmed and tried at once, and what was found is shown before anything is stored', async () => {
  const { person, onDone, of } = open({})
  await person.click(screen.getByRole('radio', { name: /^Zenodo ?zenodo\.org/ }))
  const field = screen.getByLabelText<HTMLInputElement>('Access token')
  await person.click(field)
  await person.paste('  tok-en_123\n')
  await screen.findByText('zenodo.org reached, 84 ms')
  expect(of('accounts.check')).toEqual([{ server: { kind: 'zenodo' }, token: 'tok-en_123' }])
  expect(field.type).toBe('password')
  expect(screen.getByText('signed in with this token')).toBeTruthy()
  expect(screen.getByText('100, together 50 GB')).toBeTruthy()
  expect(screen.getByText(/^Kept in the keychain of this system \(Secret Service\)/)).toBeTruthy()
  expect(of('accounts.add')).toEqual([])
  await person.click(screen.getByRole('button', { name: 'Use this account' }))
  await vi.waitFor(() => expect(onDone).toHaveBeenCalled())
})

test('a refused token says so, offers no account, and the screen says where a token would live', async () => {
  const refused: AccountCheck = {
    ...check,
    checkId: null,
    user: null,
    capabilities: null,
    error: { code: 'token-not-accepted', params: { server: 'Zenodo' } },
  }
  const { person } = open({
    'accounts.check': () => refused,
    'accounts.keychain': () => ({ available: false, name: 'Secret Service' }),
  })
  await person.click(screen.getByRole('radio', { name: /^Zenodo ?zenodo\.org/ }))
  await person.type(screen.getByLabelText('Access token'), 'old-token{Enter}')
  await screen.findByText('Zenodo does not accept this token.')
  expect(screen.queryByRole('button', { name: 'Use this account' })).toBeNull()
  expect(screen.getByText(/^This system offers no keychain/)).toBeTruthy()
})
