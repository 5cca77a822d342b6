import type { CallName, EventName } from './ipc.ts'

/*
 * The names of the calls and events alone: preload builds `window.desk` from them and must not carry the schemas, which only
 * main needs, into the sandbox. A test keeps them equal to ipc.ts.
 */

export const CALL_NAMES = [
  'accounts.list',
  'accounts.keychain',
  'accounts.check',
  'accounts.add',
  'accounts.renewToken',
  'accounts.probe',
  'accounts.signOut',
  'folders.pick',
  'folders.dropped',
  'folders.scan',
  'folders.entries',
  'folders.include',
  'folders.close',
  'deposits.list',
  'deposits.get',
  'deposits.create',
  'deposits.saveMetadata',
  'deposits.resolve',
  'deposits.reserveDoi',
  'deposits.releaseDoi',
  'deposits.guard',
  'deposits.publish',
  'deposits.saveReceipt',
  'deposits.restart',
  'deposits.remove',
  'transfers.overview',
  'transfers.files',
  'transfers.file',
  'transfers.command',
  'downloads.list',
  'downloads.find',
  'downloads.pickPlace',
  'downloads.start',
  'downloads.command',
  'downloads.showFolder',
  'vocabularies.search',
  'people.search',
  'affiliations.search',
  'app.info',
  'app.connections',
  'app.settings',
  'app.saveSettings',
  'app.open',
  'app.copy',
  'app.ready',
] as const satisfies readonly CallName[]

export const EVENT_NAMES = [
  'accounts.changed',
  'connections.changed',
  'folders.changed',
  'deposits.changed',
  'transfers.changed',
  'downloads.changed',
  'app.command',
] as const satisfies readonly EventName[]
