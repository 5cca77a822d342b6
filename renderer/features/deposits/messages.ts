import type { DepositSummary } from '../../../contract/desk/deposit.ts'
import { formatBytes, formatBytesOf, formatLeft, formatRate, formatTime, plural } from '../../components/format.ts'

export const messages = {
  title: 'Deposits',
  list: 'Deposits',
  filter: (count: number) => `Filter ${plural(count, 'deposit')}`,
  filtered: (count: number) => `${plural(count, 'deposit')} found`,
  new: 'New deposit',
  newFiles: 'Choose files',
  hint: (keys: string) => `Drop a folder anywhere in this window, or choose one with ${keys}`,
  groups: {
    'needs-you': 'Needs you',
    'under-way': 'Under way',
    drafts: 'Drafts',
    published: 'Published',
  } satisfies Record<DepositSummary['group'], string>,
  untitled: 'Without a title yet',
  content: (files: number, bytes: number) => `${plural(files, 'file')}, ${formatBytes(bytes)}`,
  folder: (name: string) => `folder ${name}`,
  states: {
    draft: 'Draft, all files verified',
    draftEmpty: 'Draft',
    published: (verified: number, files: number) => `Published, ${verified} of ${files} verified`,
    asked: 'Publishing, answer awaited',
    refused: 'Not published',
  },
  empty: {
    title: 'A folder is enough',
    text: 'Drop a folder anywhere in this window. You see what it would become before anything is sent.',
    choose: 'Choose a folder',
  },
  noMatch: {
    title: 'No deposit matches',
    text: 'The filter looks at titles, folders, servers and DOIs.',
    clear: 'Clear filter',
  },
  inspector: {
    label: 'Selected deposit',
    none: 'Select a deposit to see where it stands.',
    draft: 'Draft, not public',
    noDraft: 'Not on the server yet',
    public: (at: number, now: number) => `Public since ${formatTime(at, now)}`,
    verified: (verified: number, files: number) => `${verified} of ${plural(files, 'file')} verified`,
    bytes: formatBytesOf,
    rate: (bytesPerSecond: number | null, leftMs: number | null) =>
      [bytesPerSecond === null ? null : formatRate(bytesPerSecond), leftMs === null ? null : formatLeft(leftMs)]
        .filter((part) => part !== null)
        .join(', '),
    folder: 'Folder',
    creators: 'Creators',
    noCreators: 'none yet',
    andMore: (name: string, more: number) => `${name} and ${more} more`,
    doi: 'DOI',
    doiReserved: 'reserved, not public yet',
    doiOnPublishing: 'given on publishing',
    fields: 'Fields',
    problems: (count: number) => `${plural(count, 'field')} to correct`,
    conflicts: (count: number) => `${plural(count, 'field')} changed on both sides`,
    saved: 'Saved',
    sync: {
      here: (at: number, now: number) => `${formatTime(at, now)} here, not sent yet`,
      sending: (at: number, now: number) => `${formatTime(at, now)} here, being sent`,
      inStep: (saved: number, sent: number, server: string, now: number) =>
        `${formatTime(saved, now)} here, ${formatTime(sent, now)} on ${server}`,
      waiting: (at: number, now: number) => `${formatTime(at, now)} here, waits to be sent`,
    },
    moreBlocked: (count: number) => `${plural(count, 'more file')} in Transfers`,
    leaveOut: 'Leave it out',
  },
  open: 'Open',
  pause: 'Pause',
  resume: 'Resume',
  actions: 'More',
  openOn: (server: string) => `Open on ${server}`,
  copyDoi: 'Copy DOI',
  downloadCopy: 'Download a copy …',
  downloadFiles: 'Download files …',
  remove: 'Remove …',
  removal: {
    title: 'Remove this deposit?',
    published: (server: string) =>
      `The record on ${server} stays, with its DOI. Its entry and its receipt are removed from this computer.`,
    draft: (server: string) =>
      `Its plan and its metadata are removed from this computer. The draft on ${server} stays unless you delete it too.`,
    local: 'Its plan and its metadata are removed from this computer. Nothing of it is on a server.',
    folder: 'Your folder stays as it is.',
    alsoDraft: (server: string) => `Also delete the draft on ${server}, with the files that were uploaded`,
    confirm: 'Remove',
    done: 'The deposit was removed',
  },
} as const
