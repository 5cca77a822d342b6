import { expect, test } from 'vitest'
import { DEFAULT_CHOICES, type FolderEntry, type PlanChoices } from '../../contract/desk/folder.ts'
import { planDeposit } from './plan.ts'
import { buildTree, openRows } from './tree.ts'

const limits = { maxFiles: 100, quotaBytes: null, maxFileBytes: null, emptyFiles: 'refused' } as const
const entries: FolderEntry[] = [
  { path: 'README.md', kind: 'file', bytes: 8, files: 1, modifiedAt: 1, leftOut: null },
  { path: '.git', kind: 'folder', bytes: 96, files: 1204, modifiedAt: 1, leftOut: 'git-history' },
  { path: 'raw/a.csv', kind: 'file', bytes: 10, files: 1, modifiedAt: 1, leftOut: null },
  { path: 'raw/.DS_Store', kind: 'file', bytes: 6, files: 1, modifiedAt: 1, leftOut: 'macos-leftover' },
  { path: 'raw/deep/er/b.csv', kind: 'file', bytes: 20, files: 1, modifiedAt: 1, leftOut: null },
]

function tree(choices: Partial<PlanChoices> = {}) {
  return buildTree(entries, planDeposit(entries, { ...DEFAULT_CHOICES, ...choices }, limits))
}

test('folders count what is taken from them and say what becomes of it', () => {
  expect(
    tree().map(({ depth, name, files, bytes, leftOutFiles, becomes }) => [
      depth,
      name,
      files,
      bytes,
      leftOutFiles,
      becomes,
    ]),
  ).toEqual([
    [0, 'README.md', 1, 8, 0, { kind: 'as-it-is' }],
    [0, '.git', 1204, 96, 0, { kind: 'left-out', reason: 'git-history' }],
    [0, 'raw', 2, 30, 1, { kind: 'files', files: 2 }],
    [1, 'a.csv', 1, 10, 0, { kind: 'as-it-is' }],
    [1, '.DS_Store', 1, 6, 0, { kind: 'left-out', reason: 'macos-leftover' }],
    [1, 'deep', 1, 20, 0, { kind: 'files', files: 1 }],
    [2, 'er', 1, 20, 0, { kind: 'files', files: 1 }],
    [3, 'b.csv', 1, 20, 0, { kind: 'as-it-is' }],
  ])
})

test('a folder in a zip names the zip, a file with a new name names that', () => {
  const zipped = tree({ subfolders: 'zip' })
  expect(zipped.find(({ path }) => path === 'raw')?.becomes).toEqual({ kind: 'in-zip', key: 'raw.zip' })
  expect(zipped.find(({ path }) => path === 'raw/deep/er/b.csv')?.becomes).toEqual({ kind: 'in-zip', key: 'raw.zip' })
  const renamed = tree({ rename: { 'README.md': 'read-me.md' } })
  expect(renamed[0]?.becomes).toEqual({ kind: 'renamed', key: 'read-me.md' })
})

test('closed folders hide what is below them', () => {
  const rows = openRows(tree(), new Set(['raw/deep']))
  expect(rows.map(({ path }) => path)).toEqual(['README.md', '.git', 'raw', 'raw/a.csv', 'raw/.DS_Store', 'raw/deep'])
  expect(openRows(tree(), new Set(['raw'])).map(({ path }) => path)).toEqual(['README.md', '.git', 'raw'])
})

// Far from what it takes, near enough that a square would show.
test('a hundred thousand entries become rows quickly', () => {
  const many: FolderEntry[] = Array.from({ length: 100_000 }, (_, at) => ({
    path: `set/${at % 100}/${at}/data.csv`,
    kind: 'file',
    bytes: 1,
    files: 1,
    modifiedAt: 1,
    leftOut: null,
  }))
  const plan = planDeposit(many, DEFAULT_CHOICES, limits)
  const startedAt = Date.now()
  expect(buildTree(many, plan)).toHaveLength(1 + 100 + 100_000 + 100_000)
  expect(Date.now() - startedAt).toBeLessThan(10_000)
})
