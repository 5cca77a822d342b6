import {
  app,
  clipboard,
  dialog,
  shell,
  type BrowserWindow,
  type OpenDialogOptions,
  type SaveDialogOptions,
} from 'electron'
import { stat, writeFile } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import { DeskError } from '../../contract/errors.ts'
import type { Handlers } from '../../contract/ipc.ts'
import type { Desk } from '../desk.ts'
import { openLink } from '../security/open.ts'
import { applyTheme } from '../window/window.ts'

/** What the handlers need of the window. */
export type HandlerParts = {
  readonly desk: Desk
  readonly window: () => BrowserWindow | null
  /** The first screen is painted. */
  readonly onReady: () => void
}

/** A handler for every call of contract/ipc.ts: each hands on to the desk or to the system, and decides nothing itself. */
export function createHandlers({ desk, window, onReady }: HandlerParts): Handlers {
  const { accounts, folders, deposits, downloads, transfers, vocabularies, settings } = desk
  const done = async (work: unknown) => {
    await work
    return null
  }

  return {
    'accounts.list': () => accounts.list(),
    'accounts.keychain': () => accounts.keychain(),
    'accounts.check': ({ server, token }) => accounts.check(server, token),
    'accounts.add': ({ checkId }) => accounts.add(checkId),
    'accounts.renewToken': ({ accountId, token }) => accounts.renewToken(accountId, token),
    'accounts.probe': ({ accountId }) => accounts.probe(accountId),
    'accounts.signOut': ({ accountId }) => done(accounts.signOut(accountId)),

    'folders.pick': async ({ what }) => {
      const paths = await pickPaths(window(), what)
      return paths === null ? null : folders.walk(paths)
    },
    // Preload sends what the system says of a file; a relative path would be read from wherever this process stands.
    'folders.dropped': ({ paths }) => folders.walk(paths.filter((path) => isAbsolute(path))),
    'folders.scan': ({ scanId }) => folders.scan(scanId),
    'folders.entries': ({ scanId, from, count }) => folders.entries(scanId, from, count),
    'folders.include': ({ scanId, path }) => folders.include(scanId, path),
    'folders.close': ({ scanId }) => done(folders.close(scanId)),

    'deposits.list': () => deposits.list(),
    'deposits.get': ({ depositId }) => deposits.get(depositId),
    'deposits.create': (input) => deposits.create(input),
    'deposits.saveMetadata': ({ depositId, metadata }) => deposits.saveMetadata(depositId, metadata),
    'deposits.resolve': ({ depositId, field, keep }) => deposits.resolve(depositId, field, keep),
    'deposits.reserveDoi': ({ depositId }) => deposits.reserveDoi(depositId),
    'deposits.releaseDoi': ({ depositId }) => deposits.releaseDoi(depositId),
    'deposits.guard': ({ depositId }) => deposits.guard(depositId),
    'deposits.publish': ({ depositId, revision }) => deposits.publish(depositId, revision),
    'deposits.saveReceipt': async ({ depositId, format }) => {
      const { name, text } = await deposits.receipt(depositId, format)
      return saveText(window(), name, text, format)
    },
    'deposits.restart': ({ depositId }) => deposits.restart(depositId),
    'deposits.uploadAnyway': ({ depositId }) => deposits.uploadAnyway(depositId),
    'deposits.remove': ({ depositId, draft }) => done(deposits.remove(depositId, draft)),

    'transfers.overview': () => transfers.overview(),
    'transfers.files': ({ depositId, from, count }) => transfers.files(depositId, from, count),
    'transfers.file': ({ depositId, fileId }) => transfers.file(depositId, fileId),
    'transfers.command': ({ command, target }) => done(transfers.command({ kind: 'command', command, target })),

    'downloads.list': () => downloads.list(),
    'downloads.find': (wish) => downloads.find(wish),
    'downloads.pickPlace': async () => {
      const path = await pickPlace(window())
      return path === null ? null : downloads.addPlace(path)
    },
    'downloads.start': (wish) => downloads.start(wish),
    'downloads.command': ({ downloadId, command }) => done(downloads.command(downloadId, command)),
    'downloads.showFolder': ({ downloadId }) => done(showFolder(downloads.pathOf(downloadId))),

    'vocabularies.search': ({ accountId, vocabulary, query }) => vocabularies.search(accountId, vocabulary, query),
    'people.search': ({ accountId, query }) => vocabularies.people(accountId, query),
    'affiliations.search': ({ accountId, query }) => vocabularies.affiliations(accountId, query),

    'app.info': () => ({ version: app.getVersion(), platform: process.platform, electron: process.versions.electron }),
    'app.connections': () => accounts.connections(),
    'app.settings': () => settings.read(),
    'app.saveSettings': (next) => {
      applyTheme(next.theme)
      return settings.save(next)
    },
    'app.open': ({ url }) =>
      done(
        openLink(
          url,
          accounts.list().map(({ origin }) => origin),
        ),
      ),
    'app.copy': ({ text }) => done(clipboard.writeText(text)),
    'app.ready': () => done(onReady()),
  }
}

async function pickPaths(window: BrowserWindow | null, what: 'folder' | 'files'): Promise<string[] | null> {
  const options: OpenDialogOptions =
    what === 'folder'
      ? { title: 'Choose a folder', buttonLabel: 'Choose', properties: ['openDirectory'] }
      : { title: 'Choose files', buttonLabel: 'Choose', properties: ['openFile', 'multiSelections'] }
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options))
  return canceled || filePaths.length === 0 ? null : filePaths
}

async function pickPlace(window: BrowserWindow | null): Promise<string | null> {
  const options: OpenDialogOptions = {
    title: 'Choose a folder to download into',
    buttonLabel: 'Choose',
    defaultPath: app.getPath('downloads'),
    properties: ['openDirectory', 'createDirectory'],
  }
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options))
  return canceled ? null : (filePaths[0] ?? null)
}

/** Selects the folder in the file manager; a file from a server is never opened. Throws download-folder-gone. */
async function showFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (!found?.isDirectory()) throw new DeskError('download-folder-gone', { folder: basename(path) })
  shell.showItemInFolder(path)
}

const KINDS = { json: 'JSON', html: 'Web page' } as const

/** Null when the person cancels. Throws save-failed. */
async function saveText(
  window: BrowserWindow | null,
  name: string,
  text: string,
  format: keyof typeof KINDS,
): Promise<{ name: string } | null> {
  const options: SaveDialogOptions = {
    title: 'Save receipt',
    defaultPath: join(app.getPath('documents'), name),
    filters: [{ name: KINDS[format], extensions: [format] }],
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  }
  const { canceled, filePath } = await (window
    ? dialog.showSaveDialog(window, options)
    : dialog.showSaveDialog(options))
  if (canceled || filePath === '') return null
  try {
    await writeFile(filePath, text)
  } catch (error) {
    throw new DeskError('save-failed', { reason: reasonOf(error) }, { cause: error })
  }
  return { name: basename(filePath) }
}

function reasonOf(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : null) {
    case 'EACCES':
    case 'EPERM':
      return 'you may not write there'
    case 'EROFS':
      return 'it can only be read there'
    case 'ENOSPC':
      return 'the disk is full'
    case 'ENOENT':
      return 'the folder is not there'
    default:
      return 'the system did not say why'
  }
}
