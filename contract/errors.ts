import { z } from 'zod'

/**
 * Every way in which something can go wrong for a person, with the three things they are owed: what happened, what happens
 * next, and what they can do. Nothing else may be shown: no status code alone, no stack, no JSON.
 *
 * `{name}` in a text stands for a parameter of the error. `action` names the button that the screen offers.
 */
export const ERRORS = {
  // Reaching a server
  offline: {
    happened: 'This computer has no connection to {server}.',
    next: 'Your work is kept here and goes on by itself when {server} answers again.',
    todo: 'Check the network if this lasts.',
    action: 'retry',
  },
  'server-unreachable': {
    happened: '{server} does not answer.',
    next: 'Deposit Desk tries again by itself, less and less often.',
    todo: 'Check the address, or wait until the server is back.',
    action: 'retry',
  },
  'server-trouble': {
    happened: '{server} reported trouble of its own.',
    next: 'Deposit Desk tries again by itself. Nothing is lost.',
    todo: 'If it lasts, tell the people who run {server}.',
    action: 'retry',
  },
  'server-busy': {
    happened: '{server} asks for a pause: too many requests in a short time.',
    next: 'Everything for this server goes on by itself at {until}.',
    todo: 'There is nothing you need to do.',
    action: 'none',
  },
  'requests-spent': {
    happened: '{server} takes {rate}, and these are used up.',
    next: 'Everything for this server goes on by itself at {until}.',
    todo: 'There is nothing you need to do.',
    action: 'none',
  },
  'address-invalid': {
    happened: '“{address}” is not a web address.',
    next: 'Nothing was sent.',
    todo: 'Enter an address such as https://repository.example.org.',
    action: 'edit-address',
  },
  'address-insecure': {
    happened: '{server} would be reached without encryption.',
    next: 'Nothing was sent, since your token could be read on the way.',
    todo: 'Use an address that starts with https://.',
    action: 'edit-address',
  },
  'not-a-repository': {
    happened: '{server} answers, but not as an InvenioRDM repository.',
    next: 'Nothing was stored.',
    todo: 'Check the address; it is that of the start page of your repository.',
    action: 'edit-address',
  },
  'captive-portal': {
    happened: 'This network answers in place of {server}, probably with a sign-in page.',
    next: 'Your token was not used any further.',
    todo: 'Sign in to the network in your browser, then try again.',
    action: 'retry',
  },
  'certificate-unknown': {
    happened: 'The identity of {server} could not be checked: {reason}.',
    next: 'The connection was closed before your token was sent.',
    todo: 'If your institution runs its own certificate authority, ask that it be installed on this computer.',
    action: 'retry',
  },
  'proxy-failed': {
    happened: 'The proxy of this network did not let the connection to {server} through.',
    next: 'Your token was not sent. Deposit Desk tries again by itself.',
    todo: 'Check the proxy that is set on this computer (HTTPS_PROXY), or ask who runs the network.',
    action: 'retry',
  },
  'redirected-elsewhere': {
    happened: '{server} pointed to another address, {target}.',
    next: 'It was not followed, and your token was not sent there.',
    todo: 'If the repository has moved, add it under its new address.',
    action: 'edit-address',
  },
  'answer-not-understood': {
    happened: '{server} answered in a form that Deposit Desk does not know.',
    next: 'Nothing was changed here.',
    todo: 'Try again; if it lasts, report it with the number {support}.',
    action: 'retry',
  },

  // Accounts
  'token-missing': {
    happened: 'There is no token for {server} on this computer.',
    next: 'Everything for this account waits.',
    todo: 'Paste a token for {server}.',
    action: 'sign-in',
  },
  'token-refused': {
    happened: '{server} no longer accepts the token.',
    next: 'Everything for this account waits; nothing is lost.',
    todo: 'Create a new token on {server} and paste it here.',
    action: 'sign-in',
  },
  'token-not-accepted': {
    happened: '{server} does not accept this token.',
    next: 'It was not stored.',
    todo: 'Copy it once more, as a whole, or create a new one on {server}.',
    action: 'sign-in',
  },
  'token-other-user': {
    happened: 'This token belongs to another account on {server}.',
    next: 'It was not stored.',
    todo: 'Use a token of {name}, or add the other account beside this one.',
    action: 'sign-in',
  },
  'token-malformed': {
    happened: 'This does not look like a token: it holds spaces or signs that no token has.',
    next: 'Nothing was sent.',
    todo: 'Copy the token again, as a whole.',
    action: 'sign-in',
  },
  'check-expired': {
    happened: 'This check is too old to be used.',
    next: 'Nothing was stored.',
    todo: 'Check the connection once more.',
    action: 'retry',
  },
  'account-unknown': {
    happened: 'This account is no longer here.',
    next: 'Nothing was done.',
    todo: 'Choose another account, or add this one again.',
    action: 'none',
  },
  'account-in-use': {
    happened: 'Deposits of this account are still under way.',
    next: 'The account stays.',
    todo: 'Finish, cancel or remove them first.',
    action: 'none',
  },
  'practice-failed': {
    happened: 'The practice repository did not start: {reason}.',
    next: 'Nothing is lost; its data stay where they are.',
    todo: 'Try again. If it fails again, restart Deposit Desk.',
    action: 'retry',
  },

  // Folders and plans
  'nothing-dropped': {
    happened: 'What was dropped is not a file or folder on this computer.',
    next: 'Nothing was read.',
    todo: 'Save it to a folder first, then drop that folder.',
    action: 'none',
  },
  'folder-unreadable': {
    happened: '“{name}” could not be read: {reason}.',
    next: 'Nothing was sent.',
    todo: 'Check that it still exists and that you may read it.',
    action: 'retry',
  },
  'scan-unknown': {
    happened: 'This review is no longer open.',
    next: 'Nothing was sent.',
    todo: 'Drop the folder again.',
    action: 'none',
  },
  'plan-refused': {
    happened: '{server} would refuse this deposit: {reason}.',
    next: 'Nothing was sent.',
    todo: 'Change the plan as the review suggests.',
    action: 'none',
  },
  'nothing-to-upload': {
    happened: 'No file is left to upload.',
    next: 'Nothing was sent.',
    todo: 'Choose another folder, or include files that were left out.',
    action: 'none',
  },

  // Deposits
  'deposit-unknown': {
    happened: 'This deposit is no longer here.',
    next: 'Nothing was done.',
    todo: 'Go back to the list of deposits.',
    action: 'none',
  },
  'draft-gone': {
    happened: 'The draft no longer exists on {server}.',
    next: 'The upload stopped. Your folder and your metadata are kept here.',
    todo: 'Start a new draft with the same files, or remove this deposit.',
    action: 'new-draft',
  },
  'draft-refused': {
    happened: '{server} did not take the metadata: {reason}.',
    next: 'Your text is kept here.',
    todo: 'Correct the fields that are marked, then it is sent again.',
    action: 'none',
  },
  'not-permitted': {
    happened: '{server} does not allow this for your account.',
    next: 'Nothing was changed.',
    todo: 'Ask the owner of the record, or the people who run {server}.',
    action: 'none',
  },
  conflict: {
    happened: 'The draft was changed elsewhere at the same time.',
    next: 'Both versions are kept; nothing is sent until you choose.',
    todo: 'Choose for each field which version stays.',
    action: 'none',
  },
  'doi-refused': {
    happened: '{server} did not do this with the DOI: {reason}.',
    next: 'The draft is as it was.',
    todo: 'Continue without it; a DOI is given on publishing.',
    action: 'none',
  },
  'not-ready': {
    happened: 'This deposit can’t be published yet: {reason}.',
    next: 'Nothing was published.',
    todo: 'Settle the open checks first.',
    action: 'none',
  },
  'publish-refused': {
    happened: '{server} did not publish: {reason}.',
    next: 'The draft and all files are as they were.',
    todo: 'Correct what is named, then publish again.',
    action: 'none',
  },
  'publish-unclear': {
    happened: 'The answer to publishing was lost on the way.',
    next: 'Deposit Desk reads the record before anything else and never publishes twice.',
    todo: 'Wait a moment; it is settled as soon as {server} answers.',
    action: 'retry',
  },
  'already-published': {
    happened: 'This deposit is published already.',
    next: 'Nothing was changed.',
    todo: 'Change its metadata on {server}, or publish a new version.',
    action: 'none',
  },

  'record-not-found': {
    happened: 'There is no record or draft {record} on {server} that you may read.',
    next: 'Nothing was done.',
    todo: 'Check its number and the server, and that the token is that of its owner.',
    action: 'none',
  },

  'record-name-unclear': {
    happened: '“{text}” names no record.',
    next: 'Nothing was asked.',
    todo: 'Enter a DOI, the address of a record’s page, or its number.',
    action: 'none',
  },

  // Downloads
  'record-not-public': {
    happened: 'This record, or its files, can’t be read on {server} without an account.',
    next: 'Nothing was downloaded.',
    todo: 'Add an account on {server} that may read it, then look it up again.',
    action: 'none',
  },
  'found-expired': {
    happened: 'This list of files is too old to be used.',
    next: 'Nothing was downloaded.',
    todo: 'Look the record up once more.',
    action: 'retry',
  },
  'download-under-way': {
    happened: '{title} is being downloaded into {folder} already.',
    next: 'No second download was started.',
    todo: 'Follow it in Transfers, or choose another folder.',
    action: 'none',
  },
  'download-unknown': {
    happened: 'This download is no longer in the list.',
    next: 'Nothing was done.',
    todo: 'Go back to Transfers.',
    action: 'none',
  },
  'download-stopped': {
    happened: 'The download stopped: {reason}.',
    next: 'What has arrived is kept.',
    todo: 'Put this right, then try again: it goes on where it stopped.',
    action: 'retry',
  },
  'download-folder-gone': {
    happened: 'The folder {folder} is not there any more.',
    next: 'Nothing more is downloaded into it.',
    todo: 'Put it back, or connect its disk, then try again.',
    action: 'retry',
  },
  'download-changed': {
    happened: '{name} changed on {server} after this download began: {reason}.',
    next: 'It is not saved; the other files go on.',
    todo: 'Download the record again to have it as it is now.',
    action: 'none',
  },

  // Files
  'file-changed': {
    happened: '{name} changed on disk: it was {before} and is {now}.',
    next: 'It is not sent like this; the other files go on.',
    todo: 'Read it again, or leave it out.',
    action: 'read-again',
  },
  'volumes-changed': {
    happened: '{name} is part of a file that changed on disk: it was {before} and is {now}.',
    next: 'No more volumes of it are sent: they would not fit together. The other files go on.',
    todo: 'Put the file back as it was and try again; or remove this deposit with its draft and drop the folder anew.',
    action: 'retry',
  },
  'file-missing': {
    happened: '{name} is no longer where it was.',
    next: 'It is not sent; the other files go on.',
    todo: 'Put it back and try again, or leave it out.',
    action: 'retry',
  },
  'file-unreadable': {
    happened: '{name} could not be read: {reason}.',
    next: 'It is not sent; the other files go on.',
    todo: 'Check the file and the disk, then try again, or leave it out.',
    action: 'retry',
  },
  'file-not-regular': {
    happened: '{name} is now a link or a device, not a file.',
    next: 'It is not sent; the other files go on.',
    todo: 'Put the file back and try again, or leave it out.',
    action: 'retry',
  },
  'file-name-refused': {
    happened: '{server} does not take the name {name}: {reason}.',
    next: 'It is not sent; the other files go on.',
    todo: 'Leave it out here, rename it in the folder and drop it again.',
    action: 'leave-out',
  },
  'file-too-large': {
    happened: '{name} has {size}, more than {server} takes: {reason}.',
    next: 'It is not sent; the other files go on.',
    todo: 'Leave it out, or ask {server} for more space.',
    action: 'leave-out',
  },
  'file-empty-refused': {
    happened: '{server} does not take empty files, and {name} is empty.',
    next: 'It is not sent; the other files go on.',
    todo: 'Leave it out.',
    action: 'leave-out',
  },
  'space-refused': {
    happened: '{server} gives this draft no more space: {size} are needed, and {limit} is what a record has.',
    next: 'The draft is there, and nothing was uploaded.',
    todo: 'Ask the people who run {server} for more space and upload then; or remove this deposit and drop fewer files.',
    action: 'upload-anyway',
  },
  'too-many-files': {
    happened: '{server} takes no more files in this record; {limit} is the usual number.',
    next: 'What was sent stays, and no other file is sent.',
    todo: 'Leave files out, or remove this deposit and drop the folder again, packed into zips.',
    action: 'none',
  },
  'checksum-differs': {
    happened: '{name} arrived changed: MD5 {local} here, {remote} on {server}.',
    next: 'The copy on the server was removed and sent once more; it differed again.',
    todo: 'Check the disk and the network, then try again.',
    action: 'retry',
  },
  'storage-refused': {
    happened: 'The storage of {server} did not take {name}, not even with new links from {server}.',
    next: 'What arrived of it stays there; the other files go on.',
    todo: 'Try again later. If it lasts, tell the people who run {server}.',
    action: 'retry',
  },
  'file-refused': {
    happened: '{server} did not take {name}: {reason}.',
    next: 'It is not sent; the other files go on.',
    todo: 'Try again, or leave it out.',
    action: 'retry',
  },
  'file-differs': {
    happened: '{name} is in the folder already, and is not the file on {server}.',
    next: 'It is left as it is; the other files go on.',
    todo: 'Move it away or choose another folder, then download again.',
    action: 'retry',
  },
  'download-differs': {
    happened: '{name} arrived changed twice: MD5 {local} here, {remote} on {server}.',
    next: 'What arrived was thrown away; the other files go on.',
    todo: 'Check the network and try again; if it lasts, tell the people who run {server}.',
    action: 'retry',
  },
  'file-not-fetched': {
    happened: '{name} could not be downloaded from {server}: {reason}.',
    next: 'It is not in the folder; the other files go on.',
    todo: 'Download again later: what is complete is not fetched twice.',
    action: 'retry',
  },
  'transfers-busy': {
    happened: 'Deposit Desk is already running with these deposits.',
    next: 'Nothing was done, so that nothing is sent twice.',
    todo: 'Use the window that is open, or close it first.',
    action: 'none',
  },
  'off-hours': {
    happened: 'Files are sent only between {from} and {to}.',
    next: 'Sending goes on by itself at {from}.',
    todo: 'To send now, turn off “Send only between” in the settings.',
    action: 'none',
  },
  'on-battery': {
    happened: 'This computer runs on battery.',
    next: 'Sending goes on by itself when it is plugged in again.',
    todo: 'To send now, plug it in, or turn off “Pause on battery” in the settings.',
    action: 'none',
  },
  'disk-full': {
    happened: 'The disk that holds the application’s own notes is full.',
    next: 'Uploads pause; nothing is lost.',
    todo: 'Free some space on {volume}, then resume.',
    action: 'retry',
  },

  // The window and this computer
  'link-refused': {
    happened: 'This link can’t be opened: {reason}.',
    next: 'Nothing was opened.',
    todo: 'Copy the address if you trust it.',
    action: 'none',
  },
  'save-failed': {
    happened: 'The file could not be saved: {reason}.',
    next: 'Nothing was written.',
    todo: 'Choose another place.',
    action: 'retry',
  },
  'data-from-newer-version': {
    happened: 'The data on this computer were written by a newer Deposit Desk.',
    next: 'They are left untouched.',
    todo: 'Install the newest version.',
    action: 'none',
  },
  'data-damaged': {
    happened: 'The notes of Deposit Desk on this computer are damaged and can’t be read.',
    next: 'They are left untouched. Drafts and records on the servers are not affected.',
    todo: 'Restore desk.db in the application’s folder from a backup, or move it away to start anew.',
    action: 'none',
  },
  'input-refused': {
    happened: 'The window sent something that can’t be right.',
    next: 'Nothing was done.',
    todo: 'Try again; if it lasts, report it with the number {support}.',
    action: 'none',
  },
  cancelled: {
    happened: 'This was cancelled.',
    next: 'Nothing more happens.',
    todo: 'There is nothing you need to do.',
    action: 'none',
  },
  internal: {
    happened: 'Deposit Desk made a mistake.',
    next: 'Your work is kept.',
    todo: 'Try again; if it lasts, report it with the number {support}.',
    action: 'retry',
  },
} as const satisfies Record<string, ErrorText>

/** What a button beside an error does; screens map it to their own command. */
export type ErrorAction =
  'none' | 'retry' | 'sign-in' | 'edit-address' | 'new-draft' | 'read-again' | 'leave-out' | 'upload-anyway'

type ErrorText = {
  readonly happened: string
  readonly next: string
  readonly todo: string
  readonly action: ErrorAction
}

export type ErrorCode = keyof typeof ERRORS

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

/** An error as data: it crosses processes and is stored with what it concerns. Never holds a token, a path or a body. */
export const appErrorSchema = z.strictObject({
  code: z.enum(codes),
  params: z.record(z.string().max(40), z.string().max(1000)),
})
export type AppError = z.infer<typeof appErrorSchema>

/** The same error while it is thrown inside a process. */
export class DeskError extends Error {
  readonly code: ErrorCode
  readonly params: Readonly<Record<string, string>>

  constructor(code: ErrorCode, params: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(code, options)
    this.name = 'DeskError'
    this.code = code
    this.params = params
  }

  toJSON(): AppError {
    return { code: this.code, params: { ...this.params } }
  }
}

/** The three sentences of an error with its parameters filled in. A parameter that is missing reads as “…”. */
export function explain(error: AppError): { happened: string; next: string; todo: string; action: ErrorAction } {
  const text: ErrorText = ERRORS[error.code]
  const fill = (sentence: string) => sentence.replace(/\{(\w+)\}/g, (_, name: string) => error.params[name] ?? '…')
  return { happened: fill(text.happened), next: fill(text.next), todo: fill(text.todo), action: text.action }
}
