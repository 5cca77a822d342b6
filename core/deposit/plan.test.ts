import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_CHOICES, type FolderEntry, type PlanChoices } from '../../contract/desk/folder.ts'
import { utf8Length } from '../transfer/zip-size.ts'
import { planDeposit, type Limits, type Plan } from './plan.ts'

const open: Limits = { maxFiles: null, quotaBytes: null, maxFileBytes: null, emptyFiles: 'accepted' }
const zenodo: Limits = { maxFiles: 100, quotaBytes: 50e9, maxFileBytes: 50e9, emptyFiles: 'refused' }

function file(path: string, over: Partial<FolderEntry> = {}): FolderEntry {
  return { path, kind: 'file', bytes: 10, files: 1, modifiedAt: 1, leftOut: null, ...over }
}
function plan(entries: FolderEntry[], choices: Partial<PlanChoices> = {}, limits = open): Plan {
  return planDeposit(entries, { ...DEFAULT_CHOICES, ...choices }, limits)
}
const keys = (made: Plan) => made.files.map(({ key }) => key)
const kinds = (made: Plan) => made.warnings.map(({ kind, severity }) => `${kind} ${severity}`)

test('paths are kept as names, in NFC and in the order of the walk', () => {
  const made = plan([file('README.md'), file('photos/Sa\u0308ckingen.jpg', { bytes: 5 })])
  expect(keys(made)).toEqual(['README.md', 'photos/S\u00e4ckingen.jpg'])
  expect(made.files[1]?.source).toEqual({ kind: 'file', path: 'photos/Sa\u0308ckingen.jpg', modifiedAt: 1 })
  expect(made).toMatchObject({ bytes: 15, refused: false, warnings: [], leftOut: [] })
})

test('junk stays out until it is included, and links stay out whatever is chosen', () => {
  const entries = [
    file('.DS_Store', { leftOut: 'macos-leftover' }),
    file('raw/~$a.xlsx', { leftOut: 'office-lock-file' }),
    file('raw/link', { leftOut: 'symbolic-link' }),
    file('.git', { kind: 'folder', files: 1204, leftOut: 'git-history' }),
  ]
  expect(plan(entries).leftOut.map(({ reason }) => reason)).toEqual([
    'macos-leftover',
    'office-lock-file',
    'symbolic-link',
    'git-history',
  ])
  const made = plan(entries, { include: ['raw', '.DS_Store', '.git'] })
  expect(keys(made)).toEqual(['.DS_Store', 'raw/~$a.xlsx'])
  expect(made.leftOut.map(({ entry }) => entry.path)).toEqual(['raw/link', '.git'])
})

test('the longest path that covers an entry decides', () => {
  const entries = [file('raw/a'), file('raw/keep/b'), file('rawer/c')]
  const made = plan(entries, { leaveOut: ['raw'], include: ['raw/keep'] })
  expect(keys(made)).toEqual(['raw/keep/b', 'rawer/c'])
  expect(made.leftOut).toEqual([{ entry: entries[0], reason: 'by-you' }])
})

test('flattened files of the same name get the folder before it, and the whole path where that is not enough (U29)', () => {
  const made = plan(
    [
      file('notes.txt'),
      file('RS01/data.csv'),
      file('RS02/data.csv'),
      file('a/x/t.nii'),
      file('b/x/t.nii'),
      file('z/only.txt'),
    ],
    { subfolders: 'flatten' },
  )
  expect(keys(made)).toEqual(['notes.txt', 'RS01-data.csv', 'RS02-data.csv', 'a-x-t.nii', 'b-x-t.nii', 'only.txt'])
  expect(kinds(made)).toEqual(['same-name changed', 'same-name changed'])
  expect(made.warnings[0]).toMatchObject({ key: 'data.csv', paths: ['RS01/data.csv', 'RS02/data.csv'] })
})

test('twins that differ only in their Unicode form are told apart (U28)', () => {
  const made = plan([file('p/ä.tar.gz'), file('p/a\u0308.tar.gz'), file('p/ä-2.tar.gz')])
  expect(keys(made)).toEqual(['p/ä.tar.gz', 'p/ä-3.tar.gz', 'p/ä-2.tar.gz'])
  expect(made.warnings).toEqual([
    { kind: 'unicode-twins', severity: 'changed', paths: ['p/ä.tar.gz', 'p/a\u0308.tar.gz'], key: 'p/ä-3.tar.gz' },
  ])
})

test('a chosen name goes before one that came by itself', () => {
  const made = plan([file('a.csv'), file('b.csv')], { rename: { 'b.csv': 'a.csv' } })
  expect(keys(made)).toEqual(['a-2.csv', 'a.csv'])
})

test('each top-level folder becomes one zip, whose size is exact', () => {
  const made = plan(
    [
      file('README.md'),
      file('raw/é/1.csv', { bytes: 1000 }),
      file('raw/2.csv', { bytes: 0 }),
      file('photos/1.jpg'),
      file('raw.zip'),
    ],
    { subfolders: 'zip', rename: { photos: 'pictures.zip' } },
    zenodo,
  )
  expect(keys(made)).toEqual(['README.md', 'raw.zip', 'raw-2.zip', 'pictures.zip'])
  // Two entries: local headers 30 + name, descriptors 16, directory 46 + name + 9, end 22.
  expect(made.files[2]?.bytes).toBe(1000 + 2 * (30 + 16 + 46 + 9) + 2 * (12 + 9) + 22)
  expect(made.files[2]?.source).toMatchObject({
    kind: 'zip',
    entries: [{ name: 'raw/é/1.csv' }, { name: 'raw/2.csv' }],
  })
  expect(kinds(made)).toEqual(['same-name changed'])
})

test('more folders than the server takes files go into one zip', () => {
  const entries = [file('participants.tsv'), ...Array.from({ length: 120 }, (_, at) => file(`sub-${at}/T1w.nii`))]
  const made = plan(entries, { subfolders: 'zip' }, zenodo)
  expect(keys(made)).toEqual(['participants.tsv', 'folders.zip'])
  expect(made).toMatchObject({
    refused: false,
    warnings: [{ kind: 'one-zip', severity: 'changed', pieces: 1, limit: 100 }],
  })
})

test('what the server would refuse is refused here, with figures (U18, U19)', () => {
  const many = Array.from({ length: 101 }, (_, at) => file(`${at}.csv`))
  expect(plan(many, {}, zenodo)).toMatchObject({
    refused: true,
    warnings: [{ kind: 'too-many-files', severity: 'refused', found: 101, limit: 100 }],
  })
  expect(kinds(plan([file('big', { bytes: 51e9 })], {}, zenodo))).toEqual([
    'over-quota refused',
    'file-too-large refused',
  ])
  expect(plan(many).refused).toBe(false)
})

test('empty files are left out where they are refused, and nowhere else (U27)', () => {
  const entries = [file('a', { bytes: 0 }), file('b')]
  const made = plan(entries, {}, zenodo)
  expect(keys(made)).toEqual(['b'])
  expect(made.leftOut).toEqual([{ entry: entries[0], reason: 'empty' }])
  expect(kinds(made)).toEqual(['empty-file changed'])
  expect(keys(plan(entries))).toEqual(['a', 'b'])
})

test.each([
  ['a/\u0007b', 'control-character', true],
  ['/a', 'leading-slash', true],
  ['a/../b', 'dot-segment', true],
  ['a/./b', 'dot-segment', true],
  ['a\ud800', 'not-unicode', true],
  ['x/content', 'reserved-ending', false],
])('the name %j is %s', (name, fault, refused) => {
  const made = plan([file('x')], { rename: { x: name } })
  expect(made.warnings).toMatchObject([{ kind: 'name-not-possible', fault }])
  expect(made.refused).toBe(refused)
})

test('names are measured in characters, not in bytes or UTF-16 units', () => {
  expect(plan([file('😀'.repeat(255))]).refused).toBe(false)
  expect(kinds(plan([file('é'.repeat(256))]))).toEqual(['name-too-long refused'])
})

test('whatever is dropped, every entry is either taken once or left out, and no two files have one name', () => {
  const name = fc.constantFrom('a', 'b', 'ä', 'a\u0308', 'a-2', 'x.csv', 'x-2.csv', '.git')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 30 }),
      fc.constantFrom('keep', 'flatten', 'zip' as const),
      fc.array(path, { maxLength: 3 }),
      fc.dictionary(path, fc.constantFrom('x.csv', 'b.zip', 'new')),
      (paths, subfolders, leaveOut, rename) => {
        const made = plan(
          paths.map((one) => file(one)),
          { subfolders, leaveOut, rename },
          zenodo,
        )
        expect(new Set(keys(made)).size).toBe(made.files.length)
        const taken = made.files.flatMap(({ source }) =>
          source.kind === 'zip' ? source.entries.map((one) => one.path) : source.kind === 'file' ? [source.path] : [],
        )
        expect([...taken, ...made.leftOut.map(({ entry }) => entry.path)].sort()).toEqual([...paths].sort())
      },
    ),
  )
})

// Far from what it takes, near enough that a square would show.
test.each(['keep', 'flatten', 'zip'] as const)(
  'a hundred thousand files of the same name are planned quickly (%s)',
  (subfolders) => {
    const entries = Array.from({ length: 100_000 }, (_, at) => file(`set/${at % 1000}/sub-${at}/data.csv`))
    const startedAt = Date.now()
    plan(entries, { subfolders, leaveOut: ['none'] })
    expect(Date.now() - startedAt).toBeLessThan(10_000)
  },
)

const tight: Limits = { maxFiles: 10, quotaBytes: null, maxFileBytes: 5000, emptyFiles: 'refused' }
const series = (folder: string, count: number, bytes = 10) =>
  Array.from({ length: count }, (_, at) => file(`${folder}${String(at).padStart(4, '0')}.csv`, { bytes }))
const inside = (made: Plan, key: string) => {
  const source = made.files.find((one) => one.key === key)?.source
  return source?.kind === 'zip' ? source.entries.map(({ path }) => path) : []
}

test('a folder whose zip would be too large for one file becomes a zip for each of its subfolders', () => {
  const entries = [file('data/notes.txt'), ...series('data/a/', 2, 2000), ...series('data/b/x/', 2, 2000)]
  const made = plan(entries, { subfolders: 'zip' }, tight)
  expect(keys(made)).toEqual(['data.zip', 'data-a.zip', 'data-b.zip'])
  expect(inside(made, 'data-b.zip')).toEqual(['data/b/x/0000.csv', 'data/b/x/0001.csv'])
  expect(made.warnings).toEqual([
    { kind: 'folder-divided', severity: 'changed', paths: ['data'], found: expect.any(Number), limit: 5000, pieces: 3 },
  ])
})

test('where subfolders make too many files, a large folder fills numbered zips in the order of its paths', () => {
  const entries = Array.from({ length: 20 }, (_, at) =>
    file(`data/${String(at).padStart(2, '0')}/a.csv`, { bytes: 900 }),
  )
  const made = plan(entries, { subfolders: 'zip' }, tight)
  expect(keys(made)).toEqual(['data-1.zip', 'data-2.zip', 'data-3.zip', 'data-4.zip', 'data-5.zip'])
  expect(made.files.flatMap(({ key }) => inside(made, key))).toEqual(entries.map(({ path }) => path))
  expect(made.files.every(({ bytes }) => bytes <= 5000)).toBe(true)
  expect(made.refused).toBe(false)
})

test('many large folders share numbered zips', () => {
  const entries = Array.from({ length: 30 }, (_, at) => file(`sub-${at}/T1w.nii`, { bytes: 900 }))
  const made = plan(entries, { subfolders: 'zip' }, tight)
  expect(keys(made)).toEqual(Array.from({ length: 8 }, (_, at) => `folders-${at + 1}.zip`))
  expect(made).toMatchObject({ refused: false, warnings: [{ kind: 'one-zip', pieces: 8, limit: 10 }] })
})

test('340 files without a folder go into a zip, but for what tells of them (U19)', () => {
  const entries = [file('README.md'), ...series('', 340), file('big.bin', { bytes: 4950 })]
  const made = plan(entries, { subfolders: 'zip' }, { ...tight, maxFiles: 100, maxFileBytes: 60_000 })
  expect(keys(made)).toEqual(['README.md', 'files.zip'])
  expect(made).toMatchObject({
    refused: false,
    warnings: [{ kind: 'files-packed', severity: 'changed', found: 341, limit: 100 }],
  })
  expect(keys(plan(series('', 3), { subfolders: 'zip' }, tight))).toHaveLength(3)
})

test('what fits into no zip stays a file, and nothing is ever over the limit without a word', () => {
  const made = plan([file('a/huge.bin', { bytes: 4990 }), file('a/b.csv')], { subfolders: 'zip' }, tight)
  expect(keys(made)).toEqual(['a/huge.bin', 'a.zip'])
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('', 'a/', 'a/b/', 'a/b/c/', 'd/'), fc.nat(6000)), { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (files, maxFiles) => {
        const entries = files.map(([folder, bytes], at) => file(`${folder}${at}.bin`, { bytes: bytes + 1 }))
        const packed = plan(entries, { subfolders: 'zip' }, { ...tight, maxFiles })
        const large = packed.files.filter(({ bytes }) => bytes > 5000)
        expect(large.every(({ source }) => source.kind === 'file')).toBe(true)
        expect(packed.refused).toBe(large.length > 0 || packed.files.length > maxFiles)
        expect(plan(entries, { subfolders: 'zip' }, { ...tight, maxFiles })).toEqual(packed)
      },
    ),
  )
})

test('compressing makes the size the most that it can be, and what may fit by it is not refused', () => {
  const entries = [file('a/t.csv', { bytes: 3e9 }), file('a/p.jpg', { bytes: 1e9 })]
  const limits = { ...open, quotaBytes: 2e9 }
  expect(kinds(plan(entries, { subfolders: 'zip' }, limits))).toEqual(['over-quota refused'])
  const made = plan(entries, { subfolders: 'zip', compress: true }, open)
  expect(made).toMatchObject({ atMost: true, bytes: plan(entries, { subfolders: 'zip' }).bytes })
  expect(kinds(plan(entries, { subfolders: 'zip', compress: true }, { ...open, quotaBytes: 3.5e9 }))).toEqual([
    'over-quota advice',
  ])
  expect(plan([file('a/p.jpg')], { subfolders: 'zip', compress: true })).toMatchObject({ atMost: false })
})

test('a file that is too large is split into volumes and a note, where the person wants it', () => {
  const entries = [file('raw/big.h5', { bytes: 12_000 }), file('raw/a.csv')]
  const refused = plan(entries, {}, tight)
  expect(refused.warnings).toMatchObject([{ kind: 'file-too-large', pieces: 3, pieceBytes: 5000 }])
  for (const subfolders of ['keep', 'zip'] as const) {
    const made = plan(entries, { subfolders, split: ['raw/big.h5', 'raw/a.csv'] }, tight)
    const volumes = made.files.filter(({ source }) => source.kind === 'slice')
    expect(volumes).toMatchObject([
      { key: 'raw/big.h5.001', bytes: 5000, source: { from: 0, fileBytes: 12_000, path: 'raw/big.h5' } },
      { key: 'raw/big.h5.002', bytes: 5000, source: { from: 5000 } },
      { key: 'raw/big.h5.003', bytes: 2000, source: { from: 10_000 } },
    ])
    const note = made.files.find(({ key }) => key === 'raw/big.h5.README-join.txt')
    const text = note?.source.kind === 'text' ? note.source.text : ''
    expect(note?.bytes).toBe(utf8Length(text))
    expect(text).toContain('    copy /b "big.h5.001"+"big.h5.002"+"big.h5.003" "big.h5"\n')
    expect(text).toContain('    cat big.h5.[0-9][0-9][0-9] > big.h5\n')
    expect(text).toContain('exactly 12,000 bytes')
    expect(made).toMatchObject({ refused: false, warnings: [{ kind: 'split', pieces: 3, pieceBytes: 5000 }] })
  }
  expect(keys(plan(entries, { split: ['raw/a.csv'] }))).toEqual(['raw/big.h5', 'raw/a.csv'])
})

test('splitting is offered where a large file could only be sent as a whole', () => {
  const entries = [file('big.h5', { bytes: 12e9 })]
  expect(plan(entries, {}, { ...open, multipart: 'works' }).warnings).toEqual([])
  expect(plan(entries, {}, { ...open, multipart: 'refused' }).warnings).toMatchObject([
    { kind: 'slow-file', severity: 'advice', pieces: 12, pieceBytes: 1e9 },
  ])
})

test('names that stand in the way of volumes are kept, and a shell takes any name of theirs', () => {
  const made = plan([file("it's big", { bytes: 6000 }), file("it's big.002")], { split: ["it's big"] }, tight)
  expect(keys(made)).toEqual(["it's big-2.001", "it's big-2.002", "it's big-2.README-join.txt", "it's big.002"])
  const source = made.files[2]?.source
  expect(source?.kind === 'text' && source.text).toContain("cat 'it'\\''s big-2'.[0-9][0-9][0-9] > 'it'\\''s big'")
})

test('what exceeds limits that are only assumed is told, and not refused', () => {
  const assumed: Limits = { ...zenodo, maxFiles: 2, quotaBytes: 100, maxFileBytes: 50, limitsSource: 'default' }
  const entries = ['a', 'b', 'c'].map((path) => file(path, { bytes: 60 }))
  const made = plan(entries, {}, assumed)
  expect(made.refused).toBe(false)
  expect(kinds(made)).toEqual([
    'too-many-files advice',
    'over-quota advice',
    'file-too-large advice',
    'file-too-large advice',
    'file-too-large advice',
  ])
  expect(made.warnings.every((warning) => warning.assumed)).toBe(true)
  const documented = plan(entries, {}, { ...assumed, limitsSource: 'documented' })
  expect(documented.refused).toBe(true)
  expect(documented.warnings.some((warning) => warning.assumed)).toBe(false)
})
