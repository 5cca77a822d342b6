import { expect, test } from 'vitest'
import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow, FileState } from '../../../contract/desk/transfer.ts'
import { listRows, type ListRow } from './list-rows.ts'

const depositId = '00000000-0000-4000-8000-000000000000'
const transfer = { depositId, state: 'sending' } as DepositTransfer
const blocked: FileState = { kind: 'blocked', error: { code: 'file-missing', params: {} } }
const verified: FileState = { kind: 'verified', md5: 'x', verifiedAt: 0 }

function files(...states: FileState[]): ReadonlyMap<string, { total: number; rows: FileRow[] }> {
  const rows = states.map((state, fileId) => ({ depositId, fileId, key: `f${fileId}`, bytes: 10, sources: 1, state }))
  return new Map([[depositId, { total: rows.length, rows }]])
}
const many = (count: number, state: FileState) => Array.from({ length: count }, () => state)
const brief = (rows: readonly ListRow[]) =>
  rows.map((row) => {
    if (row.kind === 'file') return `${row.row.key} ${row.row.state.kind} ${row.level}`
    return row.kind === 'fold' ? `${row.count} ${row.first.state.kind}` : row.kind
  })

test('what needs a decision stands first, then what moves; long stretches in one state are folded', () => {
  const list = files(
    ...many(100, { kind: 'queued' }),
    ...many(50, verified),
    { kind: 'sending', sentBytes: 1, parts: null },
    blocked,
  )
  expect(brief(listRows([transfer], list, () => true, new Set(), null))).toEqual([
    'deposit',
    'f151 blocked 2',
    'f150 sending 2',
    'f0 queued 2',
    'f1 queued 2',
    'f2 queued 2',
    '97 queued',
    '50 verified',
  ])
})

test('files that need a decision are never folded, however many there are', () => {
  expect(listRows([transfer], files(...many(500, blocked)), () => true, new Set(), null)).toHaveLength(501)
})

test('an opened fold keeps its line and shows its files below; a closed deposit shows none', () => {
  const list = files(...many(4, verified))
  const folded = listRows([transfer], list, () => true, new Set(), null)
  const id = folded.flatMap((row) => (row.kind === 'fold' ? [row.id] : []))
  expect(brief(listRows([transfer], list, () => true, new Set(id), null))).toEqual([
    'deposit',
    '4 verified',
    'f0 verified 3',
    'f1 verified 3',
    'f2 verified 3',
    'f3 verified 3',
  ])
  expect(brief(listRows([transfer], list, () => false, new Set(id), null))).toEqual(['deposit'])
})

test('the file that a person looks at is not folded away when it is verified', () => {
  const list = files(...many(5, verified))
  expect(brief(listRows([transfer], list, () => true, new Set(), `${depositId} file 3`))).toEqual([
    'deposit',
    'f3 verified 2',
    '4 verified',
  ])
})
