import type { LeftOutReason } from '../../../contract/desk/folder.ts'
import type { NameFault } from '../../../core/deposit/plan.ts'
import { formatBytes, formatCount, plural } from '../../components/format.ts'
import { capital } from '../../../core/server-words.ts'

export const messages = {
  above: 'Deposits / New deposit',
  title: (name: string) => `Review ${name}`,
  everything: 'All that was dropped',
  depositTo: 'Deposit to',
  account: (server: string, user: string) => `${server}, ${user}`,

  tree: 'Files and folders',
  name: 'Name',
  files: 'Files',
  size: 'Size',
  becomes: 'Becomes',
  take: (name: string) => `Take ${name}`,
  view: 'What the list shows',
  views: { folder: 'In the folder', record: 'In the record' },
  recordTree: 'Files of the record',
  recordTreeKeys: 'Arrow keys open and close zips and folders.',
  shareHead: (limit: string) => `Of ${limit}`,
  share: (part: number, atMost: boolean) => {
    const text = part > 1 ? 'too large' : part < 0.01 ? 'below 1 %' : `${Math.floor(part * 100)} %`
    return atMost && part <= 1 && part >= 0.01 ? `at most ${text}` : text
  },
  within: (files: string, bytes: string) => `${files}, ${bytes}`,
  ofFiles: (files: number, limit: number | null) =>
    limit === null ? plural(files, 'file') : `${formatCount(files)} of ${plural(limit, 'file')}`,
  inVolumes: (volumes: number) => plural(volumes, 'volume'),
  treeKeys: 'Arrow keys open and close folders. Space takes a row or leaves it out.',
  asItIs: 'as it is',
  inZip: (key: string) => `in ${key}`,
  leftOut: 'left out',
  leftOutEmpty: 'left out, empty',
  manyFiles: (files: number) => plural(files, 'file'),
  walking: (files: number) => `Reading the folder: ${plural(files, 'file')} so far.`,
  emptyFolder: 'There is no file in this folder.',
  readFailed: 'The folder was not read to its end.',
  readFailedDetail: 'What was found is shown, but it may not be all. Nothing was sent. Drop the folder again.',

  leftOutTitle: 'Left out',
  leftOutDetail: (files: number, bytes: number) =>
    `${plural(files, 'file')}, ${formatBytes(bytes)} ${files === 1 ? 'stays' : 'stay'} on this computer`,
  include: 'Include',
  includeNamed: (name: string) => `Include ${name}`,
  reasons: {
    'git-history': 'Git history',
    'macos-leftover': 'macOS leftovers',
    'windows-leftover': 'Windows leftovers',
    'office-lock-file': 'Office lock file',
    'editor-backup': 'editor backup',
    dependencies: 'dependencies',
    'can-be-rebuilt': 'can be rebuilt',
    'symbolic-link': 'link, never sent',
    'not-a-file': 'not a file',
    unreadable: 'can’t be read',
  } satisfies Record<LeftOutReason, string>,
  /** For a line that stands for many names. */
  reasonPlural: {
    'git-history': 'Git histories',
    'macos-leftover': 'macOS leftovers',
    'windows-leftover': 'Windows leftovers',
    'office-lock-file': 'Office lock files',
    'editor-backup': 'Editor backups',
    dependencies: 'Dependencies',
    'can-be-rebuilt': 'What can be rebuilt',
    'symbolic-link': 'Symbolic links',
    'not-a-file': 'Devices and pipes',
    unreadable: 'Unreadable files',
  } satisfies Record<LeftOutReason, string>,

  before: 'Before upload',
  nothingInTheWay: (server: string) => `Nothing that ${server} is known to refuse.`,
  limitsUnknown: (server: string) =>
    `What ${server} takes in files and bytes is not known; it says so when a file is refused.`,
  beforeDetail: (refused: number, changed: number, server: string) =>
    [
      refused > 0 ? `${plural(refused, 'thing')} ${server} would refuse` : '',
      changed > 0 ? `${plural(changed, 'thing')} to know` : '',
    ]
      .filter(Boolean)
      .join(', '),
  tooMany: (found: number, limit: number, server: string) =>
    `${plural(found, 'file')}, and ${server} takes ${formatCount(limit)} in a record`,
  usually: 'InvenioRDM usually',
  assumedDetail: (server: string) =>
    `${capital(server)} does not tell its own limits, which may be higher. If it refuses, nothing is lost, and you decide then.`,
  tooManyPacked: (files: number) =>
    `${plural(files, 'file')} ${files === 1 ? 'remains' : 'remain'}. Zipped while sending, with their paths; no copy on this disk.`,
  seePacks: 'See what the zips hold',
  tooManyCanPack: (files: number) =>
    `Packed into zips, ${plural(files, 'file')} ${files === 1 ? 'remains' : 'remain'}.`,
  tooManyMustLeave: (count: number) => `Leave out ${plural(count, 'file')} in the list at the left.`,
  pack: (hasFolders: boolean) => (hasFolders ? 'Pack folders into zips' : 'Pack the files into a zip'),
  changePlan: 'Change plan',
  folder: (name: string, files: number) => (name === '' ? plural(files, 'file') : `${name}/, ${plural(files, 'file')}`),
  zip: (key: string, bytes: number) => `${key}, ${formatBytes(bytes)}`,
  andMore: (count: number) => `and ${formatCount(count)} more`,
  showMore: (count: number) => `Show ${formatCount(count)} more`,
  overQuota: (found: number, limit: number, server: string) =>
    `${formatBytes(found)}, and ${server} takes ${formatBytes(limit)} in a record`,
  overQuotaDetail: (over: number) => `Leave out ${formatBytes(over)} or more. The largest files:`,
  askFor: (gigabytes: number) => `Ask for ${formatCount(gigabytes)} GB`,
  dontAsk: 'Don’t ask',
  askedDetail: (gigabytes: number, server: string) =>
    `Once there is a draft, ${server} is asked for ${formatCount(gigabytes)} GB. If it refuses, nothing is uploaded before you decide.`,
  tooLarge: (count: number, limit: number, server: string) =>
    `${plural(count, 'file')} larger than the ${formatBytes(limit)} that ${server} takes`,
  tooLargeDetail: (found: number) => formatBytes(found),
  empty: (paths: readonly string[]) =>
    paths.length === 1 ? `${paths[0] ?? ''} is empty` : `${plural(paths.length, 'file')} are empty`,
  emptyDetail: (server: string) =>
    `${capital(server)} refuses files of 0 bytes. Left out; inside a zip they would be taken.`,
  nameTooLong: (count: number, limit: number) =>
    count === 1
      ? `A name is longer than ${formatCount(limit)} characters`
      : `${formatCount(count)} names are longer than ${formatCount(limit)} characters`,
  nameTooLongDetail: (found: number) => `${formatCount(found)} characters`,
  nameNotPossible: (count: number, server: string) =>
    count === 1
      ? `${capital(server)} would refuse a name`
      : `${capital(server)} would refuse ${formatCount(count)} names`,
  nameUnwise: (count: number) =>
    count === 1 ? 'A name can’t be looked up later' : `${formatCount(count)} names can’t be looked up later`,
  faults: {
    empty: 'The name is empty.',
    'leading-slash': 'It begins with a slash.',
    'dot-segment': 'It has a part that is only dots.',
    'control-character': 'It holds a sign that can’t be printed.',
    'not-unicode': 'It holds bytes that are no letters.',
    'reserved-ending': 'It ends like an address of the server: it can be downloaded, but some programs won’t find it.',
  } satisfies Record<NameFault, string>,
  twins: (count: number) =>
    count === 1
      ? 'Two files have a name that reads the same'
      : `${formatCount(count)} files have a name that another one has too`,
  twinsDetail: 'Written with two kinds of the same letter.',
  sameName: (count: number) =>
    count === 1 ? 'A name comes from several folders' : `${formatCount(count)} names come from several folders`,
  becomesKey: (path: string, key: string) => `${path} becomes ${key}.`,
  sameNameDetail: (name: string, count: number) =>
    `${plural(count, 'file')} called ${name}: each gets the name of its folder before it.`,
  oneZip: (zips: number) => (zips === 1 ? 'All folders go into one zip' : `The folders share ${plural(zips, 'zip')}`),
  oneZipDetail: (limit: number, server: string) =>
    `One for each folder would still be more than the ${plural(limit, 'file')} that ${server} takes.`,
  divided: (folder: string, zips: number) => `${folder}/ becomes ${plural(zips, 'zip')}`,
  dividedDetail: (bytes: number, limit: number, server: string) =>
    `One zip of all would have ${formatBytes(bytes)}, and ${server} takes ${formatBytes(limit)} in a file.`,
  filesPacked: (files: number) => `${plural(files, 'file')} beside the folders go into a zip`,
  filesPackedDetail: (limit: number, server: string) =>
    `They alone are more than fit into the ${plural(limit, 'file')} that ${server} takes. What tells of the rest, such as a README, stays a file.`,
  slowFile: (count: number) =>
    count === 1 ? 'A large file may have to start again' : `${formatCount(count)} large files may have to start again`,
  slowFileDetail: (server: string) =>
    `${capital(server)} can’t go on in the middle of a file: if the connection breaks, all of it is sent again. In volumes, one of them is.`,
  split: (pieces: number, bytes: number) => `Split into ${plural(pieces, 'volume')} of ${formatBytes(bytes)}`,
  splitNamed: (name: string, pieces: number, bytes: number) =>
    `Split into ${plural(pieces, 'volume')} of ${formatBytes(bytes)}: ${name}`,
  isSplit: (name: string, pieces: number) => `${name} goes as ${plural(pieces, 'volume')}`,
  isSplitDetail: (key: string, bytes: number) =>
    `${key}.001 and so on, ${formatBytes(bytes)} each, with a note that says how to join them. Readers can’t use it before they have joined them.`,
  keepWhole: 'Keep whole',
  keepWholeNamed: (name: string) => `Keep whole: ${name}`,
  overQuotaAtMost: (found: number, limit: number, server: string) =>
    `At most ${formatBytes(found)}, and ${server} takes ${formatBytes(limit)} in a record`,
  overQuotaAtMostDetail: 'Compressed it may fit. That is known once the zips are packed, before they are sent.',
  leaveOut: 'Leave out',
  leaveOutNamed: (name: string) => `Leave out ${name}`,
  rename: 'Rename',
  renameNamed: (name: string) => `Rename ${name}`,
  newName: 'Name in the record',
  newNameDetail: 'The file on this computer keeps its name.',
  useName: 'Use this name',
  cancel: 'Cancel',

  subfolders: 'Subfolders',
  subfoldersLabel: 'What becomes of subfolders',
  keep: 'Keep paths',
  keepDetail: (example: string) => `Names in the record keep their folders: ${example}.`,
  flatten: 'File names only',
  flattenDetail: 'Folders are dropped. Where two names are alike, the folder is put before them.',
  packing: 'Packing',
  keepFiles: 'Keep files',
  keepFilesDetail: 'Each file is a file of the record.',
  atMost: (size: string) => `at most ${size}`,
  inZips: 'Inside the zips',
  store: 'Store',
  storeDetail: 'Fast, and the zips are as large as what is in them.',
  compress: 'Compress text files',
  compressDetail:
    'Smaller, but takes longer: everything is packed once to learn the size, and once more while sending.',
  zipEach: 'Pack into zips',
  packDetail: (example: string) =>
    example === ''
      ? 'The files go into files.zip, made while sending.'
      : `${example}/ becomes ${example}.zip, made while sending, with all paths inside.`,
  count: (files: number) => plural(files, 'file'),
  refusedCount: (files: number, limit: number) => `${plural(files, 'file')}, limit ${formatCount(limit)}`,

  footSize: (files: number, bytes: number, atMost: boolean) =>
    `${plural(files, 'file')}, ${atMost ? 'at most ' : ''}${formatBytes(bytes)}`,
  footGo: (files: number, server: string) => `${files === 1 ? 'goes' : 'go'} to ${server} as a draft.`,
  footNotYet: (server: string) => `can’t go to ${server} like this.`,
  footNothing: 'Nothing has been sent yet. Publishing is a separate step.',
  create: 'Create draft and upload',
  creating: 'Creating the draft …',
  whyNot: {
    walking: 'The folder is still being read.',
    failed: 'The folder was not read to its end.',
    nothing: 'No file is left to upload.',
    account: 'Connect to a repository first.',
  },
} as const
