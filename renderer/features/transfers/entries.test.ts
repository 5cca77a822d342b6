import { expect, test } from 'vitest'
import { depositTransferSchema, type DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow } from '../../../contract/desk/transfer.ts'
import { depositEntries, fileEntries } from './entries.ts'

const depositId = crypto.randomUUID()

function file(state: FileRow['state']): FileRow {
  return { depositId, fileId: 3, key: 'a', bytes: 1, sources: 1, state }
}

function transfer(state: DepositTransfer['state']): DepositTransfer {
  const none = { at: null, bytesPerSecond: null, leftMs: null, error: null }
  const counts = { files: 1, verifiedFiles: 0, bytes: 1, sentBytes: 0, blockedFiles: 0 }
  return depositTransferSchema.parse({ depositId, state, ...none, ...counts })
}

test('only what stands in line can be sent first', () => {
  const offersFirst = (state: FileRow['state']) =>
    fileEntries(file(state), () => undefined).some(({ id }) => id === 'first')
  expect(offersFirst({ kind: 'queued' })).toBe(true)
  expect(offersFirst({ kind: 'sending', sentBytes: 0, parts: null })).toBe(false)
  expect(offersFirst({ kind: 'paused', pausedAt: 0 })).toBe(false)
  const ids = (state: DepositTransfer['state'], isBehind: boolean) =>
    depositEntries(
      transfer(state),
      () => undefined,
      () => undefined,
      isBehind,
    ).map(({ id }) => id)
  expect(ids('queued', true)).toContain('first')
  expect(ids('queued', false)).not.toContain('first')
  expect(ids('paused', true)).not.toContain('first')
  expect(ids('verified', true)).toEqual(['open'])
})

test('the command names the file that the menu belongs to', () => {
  const sent: unknown[] = []
  const entry = fileEntries(file({ kind: 'queued' }), (...all) => void sent.push(all)).find(({ id }) => id === 'first')
  entry?.onAction()
  expect(sent).toEqual([['first', { kind: 'file', depositId, fileId: 3 }]])
})
