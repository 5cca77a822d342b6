import { cleanup, render } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileRow, FileState } from '../../contract/desk/transfer.ts'
import { StateMark } from './state-mark.tsx'
import { fileStateWords, transferWords } from './state-words.ts'

afterEach(cleanup)

const noon = new Date(2026, 10, 24, 12, 0).getTime()
const row = (state: FileState, more: Partial<FileRow> = {}): FileRow => ({
  depositId: '00000000-0000-4000-8000-000000000000',
  fileId: 0,
  key: 'a.nc',
  bytes: 1000,
  sources: 1,
  state,
  ...more,
})
const changed = { code: 'file-changed', params: { name: 'a.nc', before: '1 kB', now: '2 kB' } } as const

test.each<[FileState, string]>([
  [{ kind: 'queued' }, 'Queued'],
  [{ kind: 'checking', readBytes: 250 }, 'Checking, 25 %'],
  [{ kind: 'sending', sentBytes: 629, parts: null }, 'Sending, 62 %'],
  [{ kind: 'sending', sentBytes: 500, parts: { sent: 61, all: 128 } }, 'Sending, part 62 of 128'],
  [{ kind: 'sending', sentBytes: 1000, parts: { sent: 128, all: 128 } }, 'Sending, part 128 of 128'],
  [{ kind: 'verifying' }, 'Verifying on Zenodo'],
  [{ kind: 'verified', md5: 'x', verifiedAt: noon }, 'Verified'],
  [{ kind: 'paused', pausedAt: noon - 29 * 60_000 }, 'Paused by you at 11:31'],
  [{ kind: 'waiting', until: noon + 5 * 60_000, attempt: 1, error: changed }, 'Waiting to retry at 12:05'],
  [{ kind: 'waiting', until: noon - 1, attempt: 1, error: changed }, 'Trying again'],
  [{ kind: 'blocked', error: changed }, 'Needs you: changed on disk'],
  [{ kind: 'cancelled' }, 'Cancelled'],
  [{ kind: 'left-out' }, 'Left out by you'],
])('a file that is %o reads “%s”', (state, words) => {
  expect(fileStateWords(row(state), 'Zenodo', noon).words).toBe(words)
})

test('sent is not verified: only the server’s agreement is green, and 100 % is never said before everything went', () => {
  const sent = fileStateWords(row({ kind: 'sending', sentBytes: 1000, parts: null }), 'Zenodo', noon)
  expect(sent).toEqual({ kind: 'sending', words: 'Sending, 99 %' })
  const { container } = render(<StateMark kind={sent.kind}>{sent.words}</StateMark>)
  expect(container.querySelector('[data-state="verified"]')).toBeNull()
  expect(container.querySelector('svg')?.getAttribute('aria-hidden')).toBe('true')
})

test('a file that waits for the person shows on its deposit, also while others are sent', () => {
  const transfer: DepositTransfer = {
    depositId: row({ kind: 'queued' }).depositId,
    state: 'sending',
    at: null,
    files: 3,
    verifiedFiles: 1,
    bytes: 1000,
    sentBytes: 500,
    bytesPerSecond: 10,
    leftMs: 50_000,
    blockedFiles: 1,
    error: null,
  }
  expect(transferWords(transfer, 'Zenodo', noon)).toEqual({ kind: 'needs-you', words: 'Needs you: 1 file' })
  expect(transferWords({ ...transfer, blockedFiles: 0 }, 'Zenodo', noon).words).toBe('Sending, 50 %')
})
