import { z } from 'zod'
import {
  accountCheckSchema,
  accountIdSchema,
  accountSchema,
  connectionSchema,
  keychainStateSchema,
  serverChoiceSchema,
} from './desk/account.ts'
import { depositIdSchema, depositSchema, depositSummarySchema, publishGuardSchema } from './desk/deposit.ts'
import { folderEntrySchema, planChoicesSchema, scanIdSchema, scanSchema } from './desk/folder.ts'
import {
  downloadCommandSchema,
  downloadIdSchema,
  downloadPlaceSchema,
  downloadSchema,
  foundIdSchema,
  foundRecordSchema,
  placeIdSchema,
} from './desk/download.ts'
import { settingsSchema } from './desk/settings.ts'
import {
  fileDetailsSchema,
  fileRowSchema,
  transferCommandSchema,
  transferOverviewSchema,
  transferTargetSchema,
} from './desk/transfer.ts'
import { appErrorSchema, type AppError, type ErrorCode } from './errors.ts'
import { metadataSchema } from './repository/record.ts'
import { personSchema, vocabularyItemSchema } from './repository/vocabulary.ts'

/*
 * The single list of everything that crosses between the window and main. Main has a handler for each call, or it does not
 * compile; preload builds `window.desk` from the names. Main parses every input with the schema given here.
 */

type Call<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> = {
  readonly kind: 'call'
  readonly input: I
  readonly output: O
  /** Error codes that the call is known for; `internal`, `input-refused` and those of reaching a server may come from any. */
  readonly errors: readonly ErrorCode[]
  readonly doc: string
}

type Event<O extends z.ZodType = z.ZodType> = { readonly kind: 'event'; readonly payload: O; readonly doc: string }

function call<I extends z.ZodType, O extends z.ZodType>(
  doc: string,
  input: I,
  output: O,
  errors: readonly ErrorCode[] = [],
): Call<I, O> {
  return { kind: 'call', input, output, errors, doc }
}

function event<O extends z.ZodType>(doc: string, payload: O): Event<O> {
  return { kind: 'event', payload, doc }
}

const nothing = z.strictObject({})
const done = z.null()
const account = z.strictObject({ accountId: accountIdSchema })
const deposit = z.strictObject({ depositId: depositIdSchema })
const page = { from: z.int().nonnegative(), count: z.int().min(1).max(2000) }
const query = z.string().max(200)

/** The largest input of a call, as JSON, in UTF-16 units. Larger ones are refused before they are parsed. */
export const INPUT_LIMIT = 4_000_000

export const CALLS = {
  // Accounts
  'accounts.list': call('All accounts, in the order they were added.', nothing, z.array(accountSchema)),
  'accounts.keychain': call('Whether tokens can be kept on this computer, and where.', nothing, keychainStateSchema),
  'accounts.check': call(
    'Tries a server and a token, stores nothing. Failures are in the answer, so that the screen can show what was reached.',
    z.strictObject({ server: serverChoiceSchema, token: z.string().max(4000) }),
    accountCheckSchema,
  ),
  'accounts.add': call(
    'Stores the account of a successful check, and its token in the keychain. The same user of the same server is renewed.',
    z.strictObject({ checkId: z.uuid() }),
    accountSchema,
    ['check-expired'],
  ),
  'accounts.renewToken': call(
    'Replaces the token of an account after trying it.',
    z.strictObject({ accountId: accountIdSchema, token: z.string().max(4000) }),
    accountSchema,
    ['token-not-accepted', 'token-other-user', 'token-malformed', 'account-unknown'],
  ),
  'accounts.probe': call('Learns again what the server can do.', account, accountSchema, ['account-unknown']),
  'accounts.signOut': call('Removes the account here and its token from the keychain.', account, done, [
    'account-unknown',
    'account-in-use',
  ]),

  // Folders
  'folders.pick': call(
    'Opens the system dialog; null when the person cancels.',
    z.strictObject({ what: z.enum(['folder', 'files']) }),
    scanSchema.nullable(),
    ['folder-unreadable'],
  ),
  'folders.dropped': call(
    'Walks what was dropped. Preload fills in the paths of real File objects; the window never sees or sends one.',
    z.strictObject({ paths: z.array(z.string().min(1).max(4096)).max(10_000) }),
    scanSchema,
    ['nothing-dropped', 'folder-unreadable'],
  ),
  'folders.scan': call('How far a walk is.', z.strictObject({ scanId: scanIdSchema }), scanSchema, ['scan-unknown']),
  'folders.entries': call(
    'What was found, in the order of the walk.',
    z.strictObject({ scanId: scanIdSchema, ...page }),
    z.array(folderEntrySchema),
    ['scan-unknown'],
  ),
  'folders.include': call(
    'Lists a junk folder in place of its one entry, so that its files can be planned. For a folder in `include` of the choices.',
    z.strictObject({ scanId: scanIdSchema, path: z.string().min(1).max(4096) }),
    scanSchema,
    ['scan-unknown', 'folder-unreadable'],
  ),
  'folders.close': call('Forgets a walk that is not needed any more.', z.strictObject({ scanId: scanIdSchema }), done),

  // Deposits
  'deposits.list': call('Summaries, what needs the person first.', nothing, z.array(depositSummarySchema)),
  'deposits.get': call('One deposit.', deposit, depositSchema, ['deposit-unknown']),
  'deposits.create': call(
    'Makes a deposit of a finished walk, stores it, then creates the draft and starts the upload.',
    z.strictObject({ scanId: scanIdSchema, accountId: accountIdSchema, choices: planChoicesSchema }),
    depositSchema,
    ['scan-unknown', 'account-unknown', 'plan-refused', 'nothing-to-upload'],
  ),
  'deposits.saveMetadata': call(
    'Stores the metadata as written, at once; sending follows by itself. `edit`: that of the deposit which the form shows, so that what was merged since is not taken back.',
    z.strictObject({ depositId: depositIdSchema, metadata: metadataSchema, edit: z.int().optional() }),
    depositSchema,
    ['deposit-unknown', 'already-published'],
  ),
  'deposits.resolve': call(
    'Settles one conflict.',
    z.strictObject({ depositId: depositIdSchema, field: z.string().max(200), keep: z.enum(['mine', 'theirs']) }),
    depositSchema,
    ['deposit-unknown'],
  ),
  'deposits.reserveDoi': call('Asks the server for the DOI before publishing.', deposit, depositSchema, [
    'deposit-unknown',
    'doi-refused',
    'draft-gone',
  ]),
  'deposits.releaseDoi': call('Gives a reserved DOI back.', deposit, depositSchema, ['deposit-unknown', 'doi-refused']),
  'deposits.guard': call(
    'Reads draft, files and folder, and says what stands in the way.',
    deposit,
    publishGuardSchema,
    ['deposit-unknown', 'draft-gone'],
  ),
  'deposits.publish': call(
    'Publishes once what the guard showed. A lost answer is followed by reading.',
    z.strictObject({ depositId: depositIdSchema, revision: z.int() }),
    depositSchema,
    ['deposit-unknown', 'not-ready', 'publish-refused', 'publish-unclear', 'conflict', 'draft-gone'],
  ),
  'deposits.saveReceipt': call(
    'Asks where to save and writes the receipt: files, sizes, MD5, SHA-256, times. Null when the person cancels.',
    z.strictObject({ depositId: depositIdSchema, format: z.enum(['json', 'html']) }),
    z.object({ name: z.string() }).nullable(),
    ['deposit-unknown', 'save-failed'],
  ),
  'deposits.restart': call(
    'New draft with the same folder and metadata, after the draft was deleted elsewhere.',
    deposit,
    depositSchema,
    ['deposit-unknown'],
  ),
  'deposits.uploadAnyway': call(
    'Uploads what fits, after the server gave a draft no more space.',
    deposit,
    depositSchema,
    ['deposit-unknown'],
  ),
  'deposits.remove': call(
    'Removes the deposit here; with `draft` also the draft on the server. Published records stay.',
    z.strictObject({ depositId: depositIdSchema, draft: z.boolean() }),
    done,
    ['deposit-unknown'],
  ),

  // Transfers
  'transfers.overview': call('Progress of all deposits.', nothing, transferOverviewSchema),
  'transfers.files': call(
    'Files of one deposit, in its order.',
    z.strictObject({ depositId: depositIdSchema, ...page }),
    z.object({ total: z.int(), rows: z.array(fileRowSchema) }),
    ['deposit-unknown'],
  ),
  'transfers.file': call(
    'One file with its checksums and the log of what happened to it.',
    z.strictObject({ depositId: depositIdSchema, fileId: z.int().nonnegative() }),
    fileDetailsSchema,
    ['deposit-unknown'],
  ),
  'transfers.command': call(
    'Pause, resume, cancel, retry, send first, and the remedies of single files.',
    z.strictObject({ command: transferCommandSchema, target: transferTargetSchema }),
    done,
    ['deposit-unknown'],
  ),

  // Downloads
  'downloads.list': call('All downloads, newest first.', nothing, z.array(downloadSchema)),
  'downloads.find': call(
    'Looks a record or draft up with its files: by DOI, address or id, on the server that it names, else on that of the account; or that of a deposit.',
    z.union([
      z.strictObject({ name: z.string().min(1).max(2000), accountId: accountIdSchema }),
      z.strictObject({ depositId: depositIdSchema }),
    ]),
    foundRecordSchema,
    [
      'record-name-unclear',
      'record-not-found',
      'not-permitted',
      'account-unknown',
      'deposit-unknown',
      'address-insecure',
    ],
  ),
  'downloads.pickPlace': call(
    'Opens the system dialog for the folder to download into; null when the person cancels. No path leaves main.',
    nothing,
    downloadPlaceSchema.nullable(),
    ['save-failed'],
  ),
  'downloads.start': call(
    'Stores the download and starts it, in a folder of its own inside the chosen one. `files`: numbers in the list that was found.',
    z.strictObject({
      foundId: foundIdSchema,
      placeId: placeIdSchema,
      files: z.array(z.int().nonnegative()).min(1).max(100_000),
    }),
    downloadSchema,
    ['found-expired', 'download-under-way'],
  ),
  'downloads.command': call(
    'Pause, resume, try again, cancel, or forget a finished one.',
    z.strictObject({ downloadId: downloadIdSchema, command: downloadCommandSchema }),
    done,
    ['download-unknown'],
  ),
  'downloads.showFolder': call(
    'Shows the folder in the file manager. Nothing that was downloaded is ever opened.',
    z.strictObject({ downloadId: downloadIdSchema }),
    done,
    ['download-unknown', 'download-folder-gone'],
  ),

  // Vocabularies, from the server of the account; the last answers are kept for use without a network.
  'vocabularies.search': call(
    'Items of a vocabulary; all of a small one with an empty query.',
    z.strictObject({
      accountId: accountIdSchema,
      vocabulary: z.enum(['resourcetypes', 'licenses', 'languages', 'creatorsroles']),
      query,
    }),
    z.array(vocabularyItemSchema),
    ['account-unknown'],
  ),
  'people.search': call(
    'Names with ORCID as the server knows them.',
    z.strictObject({ accountId: accountIdSchema, query }),
    z.array(personSchema),
    ['account-unknown'],
  ),
  'affiliations.search': call(
    'Organisations with ROR.',
    z.strictObject({ accountId: accountIdSchema, query }),
    z.array(vocabularyItemSchema),
    ['account-unknown'],
  ),

  // The application
  'app.info': call(
    'Version, platform and runtime.',
    nothing,
    z.object({ version: z.string(), platform: z.string(), electron: z.string() }),
  ),
  'app.connections': call('State of the connection to each server in use.', nothing, z.array(connectionSchema)),
  'app.settings': call('Settings.', nothing, settingsSchema),
  'app.saveSettings': call('Stores settings.', settingsSchema, settingsSchema),
  'app.open': call(
    'Opens an https address in the browser; loopback only for an account’s own server.',
    z.strictObject({ url: z.string().max(4000) }),
    done,
    ['link-refused'],
  ),
  'app.copy': call('Puts text on the clipboard.', z.strictObject({ text: z.string().max(1_000_000) }), done),
  'app.ready': call('The first screen is painted; main may show the window.', nothing, done),
} as const satisfies Record<string, Call>

export const EVENTS = {
  'accounts.changed': event('Accounts were added, renewed or removed.', nothing),
  'connections.changed': event('Connections changed; at most twice a second.', z.array(connectionSchema)),
  'folders.changed': event('A walk went on; at most ten times a second.', scanSchema),
  'deposits.changed': event(
    'These deposits changed, other than by progress.',
    z.object({ depositIds: z.array(depositIdSchema) }),
  ),
  'transfers.changed': event(
    'Changed rows only, at most ten times a second.',
    z.object({ overview: transferOverviewSchema, rows: z.array(fileRowSchema) }),
  ),
  'downloads.changed': event(
    'These downloads changed, at most ten times a second; `gone` left the list.',
    z.object({ changed: z.array(downloadSchema), gone: z.array(downloadIdSchema) }),
  ),
  'app.command': event(
    'A command from the menu.',
    z.object({ command: z.enum(['new-deposit', 'choose-files', 'palette', 'settings', 'deposits', 'transfers']) }),
  ),
} as const satisfies Record<string, Event>

export type CallName = keyof typeof CALLS
export type EventName = keyof typeof EVENTS
export type Input<C extends CallName> = z.infer<(typeof CALLS)[C]['input']>
export type Output<C extends CallName> = z.infer<(typeof CALLS)[C]['output']>
export type Payload<E extends EventName> = z.infer<(typeof EVENTS)[E]['payload']>

/** What main answers: Electron drops custom fields of thrown errors, so errors travel as data. */
export type Envelope<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AppError }

export const envelopeErrorSchema = z.object({ ok: z.literal(false), error: appErrorSchema })

/** Handlers of main, complete over the list. */
export type Handlers = { readonly [C in CallName]: (input: Input<C>) => Promise<Output<C>> | Output<C> }

/** `window.desk`: one function a call, except that dropped files go in as File objects; and one subscription an event. */
export type DeskBridge = {
  readonly call: {
    readonly [C in Exclude<CallName, 'folders.dropped'>]: (input: Input<C>) => Promise<Envelope<Output<C>>>
  }
  /** Walks real dropped or picked files; objects without a path on this computer are refused. */
  readonly dropped: (files: readonly DroppedFile[]) => Promise<Envelope<Output<'folders.dropped'>>>
  /** Returns the function that ends the subscription. */
  readonly on: { readonly [E in EventName]: (listener: (payload: Payload<E>) => void) => () => void }
}

/** A DOM File; this folder knows no DOM. */
export interface DroppedFile {
  readonly name: string
}
