import { parseArgs } from 'node:util'
import type { ServerChoice } from '../contract/desk/account.ts'

export type Pack = 'auto' | 'never' | 'always'

export type Command =
  | {
      readonly kind: 'deposit'
      readonly folder: string
      readonly server: ServerChoice
      readonly metadata: string | null
      readonly title: string | null
      readonly pack: Pack
      readonly compress: boolean
      readonly split: boolean
      readonly publish: boolean
      readonly limitRate: number | null
      readonly json: boolean
    }
  | { readonly kind: 'resume'; readonly limitRate: number | null; readonly json: boolean }
  | { readonly kind: 'status'; readonly json: boolean }
  | {
      readonly kind: 'verify' | 'download'
      readonly record: string
      readonly folder: string
      readonly server: ServerChoice | null
      readonly limitRate: number | null
      readonly json: boolean
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

/** Something is wrong with how `desk` was called; the message says what. */
export class UsageError extends Error {}

export const HELP = `Deposit Desk publishes folders of data to Zenodo and other InvenioRDM repositories.

  desk deposit FOLDER [options]   upload a folder as a draft, verified by checksum
    --server SERVER      zenodo, sandbox, practice, or the address of a repository (default: practice)
    --metadata FILE      metadata as JSON in the form of InvenioRDM: {"metadata": {…}} or the metadata alone
    --title TEXT         title of the record
    --pack WHEN          pack top-level folders into zips: auto (when there are too many files), never, always
    --compress           compress text files in the zips: smaller, but each zip is packed twice
    --split              cut files that are too large to be sent safely as one into numbered volumes, with a note on how
                         to join them
    --publish            publish when every file is verified; on a public server needs a title and creators
  desk resume                     finish everything that was started, including publishing
  desk status                     what there is, and how far
  desk verify RECORD FOLDER [--server SERVER]
                                  compare a record or draft (its id, address or DOI) with a folder by MD5
  desk download RECORD FOLDER [--server SERVER]
                                  fetch all files of a record or draft into a folder, each checked by MD5; what is there
                                  stays, and what was interrupted goes on with the same command
  desk help | version

  --limit-rate SPEED              with deposit, resume and download: no more bytes a second than this, such as 500k or 2M
                                  (k, M and G as for curl, in steps of 1024)
  --json                          one JSON object a line in place of text

The token is taken from DEPOSIT_DESK_TOKEN, else from the keychain of this computer, where the application keeps it. Practice
needs none. Everything is kept in DEPOSIT_DESK_HOME, by default in the folder of the application.

Exit status: 0 done, 1 failed, 2 wrong use, 3 not finished, but “desk resume” goes on, or
the same “desk download”.
`

const OPTIONS = {
  server: { type: 'string' },
  metadata: { type: 'string' },
  title: { type: 'string' },
  pack: { type: 'string' },
  compress: { type: 'boolean' },
  split: { type: 'boolean' },
  community: { type: 'string' },
  publish: { type: 'boolean' },
  'limit-rate': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

type Option = keyof typeof OPTIONS
type Given = { readonly [O in Option]?: (typeof OPTIONS)[O]['type'] extends 'boolean' ? boolean : string }

const ALLOWED: Readonly<Record<string, readonly Option[]>> = {
  deposit: ['server', 'metadata', 'title', 'pack', 'compress', 'split', 'community', 'publish', 'limit-rate', 'json'],
  resume: ['limit-rate', 'json'],
  status: ['json'],
  verify: ['server', 'json'],
  download: ['server', 'limit-rate', 'json'],
  help: [],
  version: [],
}

/** Reads what was typed after `desk`. Throws UsageError. */
export function readArguments(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  const [name = 'help', ...rest] = positionals
  const allowed = ALLOWED[name]
  if (!allowed) throw new UsageError(`There is no command “${name}”.`)
  for (const option of Object.keys(values) as Option[]) {
    if (!allowed.includes(option)) throw new UsageError(`“desk ${name}” has no option --${option}.`)
  }
  const json = values.json ?? false
  const limitRate = values['limit-rate'] === undefined ? null : readRate(values['limit-rate'])
  const expect = (...names: string[]) => {
    if (rest.length !== names.length)
      throw new UsageError(`“desk ${name}” takes ${names.join(' and ') || 'nothing'} after it.`)
    return rest
  }
  switch (name) {
    case 'deposit': {
      const [folder = ''] = expect('FOLDER')
      if (values.community !== undefined)
        throw new UsageError(
          '--community is not possible yet. Submit the draft to a community on the server’s own page.',
        )
      return {
        kind: 'deposit',
        folder,
        server: readServer(values.server ?? 'practice'),
        metadata: values.metadata ?? null,
        title: values.title ?? null,
        pack: readPack(values.pack ?? 'auto'),
        compress: values.compress ?? false,
        split: values.split ?? false,
        publish: values.publish ?? false,
        limitRate,
        json,
      }
    }
    case 'verify':
    case 'download': {
      const [record = '', folder = ''] = expect('RECORD', 'FOLDER')
      return {
        kind: name,
        record,
        folder,
        server: values.server === undefined ? null : readServer(values.server),
        limitRate,
        json,
      }
    }
    case 'resume':
      expect()
      return { kind: name, limitRate, json }
    case 'status':
      expect()
      return { kind: name, json }
    case 'version':
      expect()
      return { kind: 'version' }
    default:
      return { kind: 'help' }
  }
}

function parse(args: readonly string[]): { values: Given; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readServer(text: string): ServerChoice {
  if (text === 'practice' || text === 'zenodo') return { kind: text }
  if (text === 'sandbox') return { kind: 'zenodo-sandbox' }
  return { kind: 'other', address: text }
}

/** Bytes a second, with the suffixes of curl’s --limit-rate. */
function readRate(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?)([kKmMgG]?)$/.exec(text) ?? []
  const rate = Math.floor(Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase()))
  if (number === '' || rate < 1 || !Number.isSafeInteger(rate))
    throw new UsageError(`--limit-rate is a number of bytes a second, such as 500k or 2M, not “${text}”.`)
  return rate
}

function readPack(text: string): Pack {
  if (text === 'auto' || text === 'never' || text === 'always') return text
  throw new UsageError(`--pack is auto, never or always, not “${text}”.`)
}
