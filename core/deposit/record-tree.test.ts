import { expect, test } from 'vitest'
import { DEFAULT_CHOICES, type FolderEntry } from '../../contract/desk/folder.ts'
import { planDeposit } from './plan.ts'
import { buildRecordTree } from './record-tree.ts'

const limits = { maxFiles: 100, quotaBytes: null, maxFileBytes: null, emptyFiles: 'refused' } as const
const file = (path: string, bytes: number): FolderEntry => ({
  path,
  kind: 'file',
  bytes,
  files: 1,
  modifiedAt: 1,
  leftOut: null,
})

test('the record shows its files, and below each zip its folders with what they hold', () => {
  const entries = [file('README.md', 8), file('raw/a.csv', 10), file('raw/deep/b.csv', 20), file('raw/deep/c.csv', 5)]
  const plan = planDeposit(entries, { ...DEFAULT_CHOICES, subfolders: 'zip' }, limits)
  const rows = buildRecordTree(plan)
  expect(rows.map(({ depth, kind, name, files, bytes, end }) => [depth, kind, name, files, bytes, end])).toEqual([
    [0, 'file', 'README.md', 1, 8, 1],
    [0, 'zip', 'raw.zip', 3, plan.files[1]?.bytes, 7],
    [1, 'folder', 'raw', 3, 35, 7],
    [2, 'file', 'a.csv', 1, 10, 4],
    [2, 'folder', 'deep', 2, 25, 7],
    [3, 'file', 'b.csv', 1, 20, 6],
    [3, 'file', 'c.csv', 1, 5, 7],
  ])
  expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length)
})
