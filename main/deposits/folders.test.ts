import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Scan } from '../../contract/desk/folder.ts'
import { createDeskEvents } from '../events.ts'
import { createFolders, type Folders } from './folders.ts'

let root: string
let folders: Folders
let told: Scan[]

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'deposit-desk-walk-')))
  const events = createDeskEvents()
  told = []
  events.on('folders.changed', (scan) => told.push(scan))
  folders = createFolders(events)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text = 'x'): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

async function walked(...paths: string[]) {
  const { id } = await folders.walk(paths)
  const taken = await folders.take(id)
  return {
    id,
    ...taken,
    lines: taken.entries.map(({ path, leftOut }) => (leftOut === null ? path : `${path} ${leftOut}`)),
  }
}

test('files come before folders, by name, with size and time, and junk is marked', async () => {
  for (const path of [
    'b.csv',
    'a/z.csv',
    'a/.DS_Store',
    'a/~$z.xlsx',
    'a/.~lock.z.ods#',
    'a/notes.txt~',
    'a/.notes.txt.swp',
    'a/Thumbs.db',
    'a/._z.csv',
    'deep/er/c.csv',
    '.git/objects/1',
    '.git/objects/2',
    'env/pyvenv.cfg',
    'env/lib/site.py',
    'a/__pycache__/m.pyc',
  ])
    write(path, 'abc')
  utimesSync(join(root, 'b.csv'), 100, 200.5)
  const { lines, entries, locate } = await walked(root)
  expect(lines).toEqual([
    'b.csv',
    'a/.DS_Store macos-leftover',
    'a/._z.csv macos-leftover',
    'a/.notes.txt.swp editor-backup',
    'a/.~lock.z.ods# office-lock-file',
    'a/Thumbs.db windows-leftover',
    'a/notes.txt~ editor-backup',
    'a/z.csv',
    'a/~$z.xlsx office-lock-file',
    'deep/er/c.csv',
    '.git git-history',
    'a/__pycache__ can-be-rebuilt',
    'env dependencies',
  ])
  expect(entries[0]).toEqual({ path: 'b.csv', kind: 'file', bytes: 3, files: 1, modifiedAt: 200_500, leftOut: null })
  expect(entries.find(({ path }) => path === '.git')).toMatchObject({ kind: 'folder', files: 2, bytes: 6 })
  expect(locate('deep/er/c.csv')).toBe(join(root, 'deep/er/c.csv'))
  expect(told.at(-1)).toMatchObject({ state: 'done', entries: 13, files: 3, bytes: 9 })
})

test('links and devices are reported, never followed', async () => {
  write('real/a')
  symlinkSync('/etc', join(root, 'link'))
  symlinkSync(join(root, 'real/a'), join(root, 'real/b'))
  symlinkSync('/nowhere', join(root, 'dangling'))
  execFileSync('mkfifo', [join(root, 'pipe')])
  const { lines } = await walked(root)
  expect(lines).toEqual([
    'dangling symbolic-link',
    'link symbolic-link',
    'pipe not-a-file',
    'real/a',
    'real/b symbolic-link',
  ])
})

test.skipIf(process.getuid?.() === 0)('what may not be read is reported', async () => {
  chmodSync(write('a'), 0)
  write('closed/b')
  chmodSync(join(root, 'closed'), 0)
  const { lines } = await walked(root)
  chmodSync(join(root, 'closed'), 0o700)
  expect(lines).toEqual(['a unreadable', 'closed unreadable'])
})

test('of several things dropped the names come first, and two of one name stay two', async () => {
  write('one/data/a')
  write('two/data/a')
  const { lines, locate } = await walked(join(root, 'one/data'), join(root, 'two/data'), write('two/b.csv'))
  expect(lines).toEqual(['data/a', 'data-2/a', 'b.csv'])
  expect([locate('data-2/a'), locate('b.csv')]).toEqual([join(root, 'two/data/a'), join(root, 'two/b.csv')])
})

test('a junk folder can be listed in place of its entry', async () => {
  write('.git/HEAD')
  write('.git/objects/1')
  write('.git/.git/x')
  const { id } = await walked(root)
  await folders.include(id, '.git')
  const { entries } = await folders.take(id)
  expect(entries.map(({ path, kind, leftOut }) => [path, kind, leftOut])).toEqual([
    ['.git/HEAD', 'file', 'git-history'],
    ['.git/.git/x', 'file', 'git-history'],
    ['.git/objects/1', 'file', 'git-history'],
  ])
})

test('what is not there is said at once, and a closed walk is forgotten', async () => {
  await expect(folders.walk([join(root, 'gone')])).rejects.toMatchObject({
    code: 'folder-unreadable',
    params: { name: 'gone' },
  })
  await expect(folders.walk(['/dev/null'])).rejects.toMatchObject({ code: 'nothing-dropped' })
  const { id } = await walked(root)
  folders.close(id)
  expect(() => folders.entries(id, 0, 10)).toThrow(expect.objectContaining({ code: 'scan-unknown' }))
})

test('of ten thousand files the first are there at once, and nothing is held up meanwhile', async () => {
  for (let at = 0; at < 10_000; at++) {
    if (at % 100 === 0) mkdirSync(join(root, `folder-${at / 100}`))
    writeFileSync(join(root, `folder-${Math.floor(at / 100)}`, `${at}.csv`), '')
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const startedAt = Date.now()
  const { id } = await folders.walk([root])
  while (folders.entries(id, 0, 50).length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(Date.now() - startedAt).toBeLessThan(300)
  expect((await folders.take(id)).entries).toHaveLength(10_000)
  delay.disable()
  expect(delay.max / 1e6).toBeLessThan(100)
  expect(told.length).toBeLessThan(2 + (Date.now() - startedAt) / 100)
})
