import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Desk } from '../desk.ts'
import { createHandlers } from './handlers.ts'

const electron = vi.hoisted(() => ({
  shown: [] as string[],
  filePath: '',
  opened: [] as string[],
  picked: null as string[] | null,
}))
vi.mock('electron', () => ({
  app: { getPath: () => '/documents' },
  clipboard: {},
  nativeTheme: {},
  shell: {
    openExternal: async (url: string) => void electron.opened.push(url),
    openPath: async (path: string) => `${electron.opened.push(path)}`,
    showItemInFolder: (path: string) => void electron.shown.push(path),
  },
  dialog: {
    showSaveDialog: async () => ({ canceled: electron.filePath === '', filePath: electron.filePath }),
    showOpenDialog: async () => ({ canceled: electron.picked === null, filePaths: electron.picked ?? [] }),
  },
}))

const DEPOSIT = '7b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1'
const walked: (readonly string[])[] = []
const desk = {
  accounts: { list: () => [{ origin: 'http://127.0.0.1:4321' }] },
  folders: { walk: async (paths: readonly string[]) => void walked.push(paths) },
  downloads: {
    addPlace: async (path: string) => ({ placeId: DEPOSIT, name: path.split('/').at(-1), freeBytes: 1 }),
    pathOf: (downloadId: string) => join(tmpdir(), downloadId === DEPOSIT ? '.' : 'not there'),
  },
  deposits: { receipt: async () => ({ name: 'receipt.json', text: '{"files":[]}' }) },
} as unknown as Desk
const handlers = createHandlers({ desk, window: () => null, onReady: () => undefined })

test('only whole paths are walked', async () => {
  walked.length = 0
  await handlers['folders.dropped']({ paths: ['/data/series', 'etc/passwd', '../x', ''] })
  expect(walked).toEqual([['/data/series']])
})

test('a picker that is closed walks nothing', async () => {
  walked.length = 0
  electron.picked = null
  expect(await handlers['folders.pick']({ what: 'folder' })).toBeNull()
  electron.picked = ['/data/a.csv', '/data/b.csv']
  await handlers['folders.pick']({ what: 'files' })
  expect(walked).toEqual([['/data/a.csv', '/data/b.csv']])
})

test('the receipt is written where the person chose, or not at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deposit-desk-receipt-'))
  try {
    electron.filePath = join(folder, 'mine.json')
    expect(await handlers['deposits.saveReceipt']({ depositId: DEPOSIT, format: 'json' })).toEqual({
      name: 'mine.json',
    })
    expect(await readFile(electron.filePath, 'utf8')).toBe('{"files":[]}')
    electron.filePath = ''
    expect(await handlers['deposits.saveReceipt']({ depositId: DEPOSIT, format: 'json' })).toBeNull()
    electron.filePath = join(folder, 'missing', 'mine.json')
    await expect(handlers['deposits.saveReceipt']({ depositId: DEPOSIT, format: 'json' })).rejects.toMatchObject({
      code: 'save-failed',
      params: { reason: 'the folder is not there' },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a page on this computer is opened for an account’s own server only', async () => {
  await handlers['app.open']({ url: 'http://127.0.0.1:4321/records/1' })
  expect(electron.opened).toEqual(['http://127.0.0.1:4321/records/1'])
  await expect(handlers['app.open']({ url: 'http://127.0.0.1:4322/' })).rejects.toMatchObject({ code: 'link-refused' })
})

test('a folder to download into is chosen without its path leaving, and shown without anything being opened', async () => {
  electron.picked = null
  expect(await handlers['downloads.pickPlace']({})).toBeNull()
  electron.picked = ['/home/someone/Downloads']
  expect(await handlers['downloads.pickPlace']({})).toEqual({ placeId: DEPOSIT, name: 'Downloads', freeBytes: 1 })
  electron.opened.length = 0
  await handlers['downloads.showFolder']({ downloadId: DEPOSIT })
  expect(electron).toMatchObject({ shown: [join(tmpdir(), '.')], opened: [] })
  await expect(handlers['downloads.showFolder']({ downloadId: 'gone' })).rejects.toMatchObject({
    code: 'download-folder-gone',
  })
})
