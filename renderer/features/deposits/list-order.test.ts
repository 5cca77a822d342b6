import { expect, test } from 'vitest'
import type { DepositSummary } from '../../../contract/desk/deposit.ts'
import { groupDeposits } from './list-order.ts'

function deposit(title: string, group: DepositSummary['group'], more: Partial<DepositSummary> = {}): DepositSummary {
  return {
    id: crypto.randomUUID(),
    accountId: '00000000-0000-4000-8000-000000000001',
    title,
    sourceName: 'folder-of-' + title,
    files: 1,
    bytes: 1,
    updatedAt: 0,
    doi: null,
    group,
    error: null,
    publication: 'not-asked',
    transfer: {
      depositId: '00000000-0000-4000-8000-000000000000',
      state: 'none',
      at: null,
      files: 0,
      verifiedFiles: 0,
      bytes: 0,
      sentBytes: 0,
      bytesPerSecond: null,
      leftMs: null,
      blockedFiles: 0,
      error: null,
    },
    ...more,
  }
}

const all = [
  deposit('Published', 'published', { doi: '10.5281/zenodo.7' }),
  deposit('Draft', 'drafts'),
  deposit('Second', 'needs-you'),
  deposit('Sending', 'under-way'),
  deposit('Third', 'needs-you'),
]
const titles = (filter: string) =>
  groupDeposits(all, filter, ({ group }) => (group === 'drafts' ? 'Practice' : 'Zenodo')).map(({ group, deposits }) => [
    group,
    deposits.map(({ title }) => title),
  ])

test('what needs the person comes first, what is published last, and main’s order holds within a group', () => {
  expect(titles('')).toEqual([
    ['needs-you', ['Second', 'Third']],
    ['under-way', ['Sending']],
    ['drafts', ['Draft']],
    ['published', ['Published']],
  ])
})

test('the filter finds titles, folders, DOIs and servers by all of its words', () => {
  expect(titles('THIRD zenodo')).toEqual([['needs-you', ['Third']]])
  expect(titles('10.5281')).toEqual([['published', ['Published']]])
  expect(titles('folder-of-draft practice')).toEqual([['drafts', ['Draft']]])
  expect(titles('third practice')).toEqual([])
})
