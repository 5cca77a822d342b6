import type { Check, Conflict, DepositTransfer, FieldProblem } from '../../contract/desk/deposit.ts'
import type { FileRow } from '../../contract/desk/transfer.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import type { RecordMetadata } from '../../contract/repository/record.ts'
import { formatCount } from '../format.ts'
import { capital } from '../server-words.ts'
import { checkMetadata } from './metadata.ts'

/** What is known at this moment of the deposit, its draft on the server and its folder. */
export type PublishFacts = {
  /** The server as a sentence names it (core/server-words). */
  readonly server: string
  readonly metadata: RecordMetadata
  /** Complaints of the server about the last save, in plain words. */
  readonly problems: readonly FieldProblem[]
  readonly conflicts: readonly Conflict[]
  /** The draft as it was just read says the same as what is written here. */
  readonly inStep: boolean
  readonly revision: number
  readonly transfer: DepositTransfer
  readonly files: readonly FileRow[]
  /** The draft’s files as the server lists them now. */
  readonly listed: readonly FileEntry[]
  /** Names of files that are no longer on disk as they were read. */
  readonly changedOnDisk: readonly string[]
}

/** Everything that hinders publishing (`open`) or should be known before (`advice`), and what is in order (`met`). */
export function checkForPublishing(facts: PublishFacts): Check[] {
  return [...checkFiles(facts), ...checkFields(facts), ...checkDraft(facts), ...checkFolder(facts), ...advise(facts)]
}

/** The first check that hinders publishing, as the reason in an error; null when nothing does. */
export function findHindrance(checks: readonly Check[]): string | null {
  const open = checks.find(({ state }) => state === 'open')
  if (open === undefined) return null
  return open.detail === null ? open.text : `${open.text}: ${open.detail}`
}

function checkFiles({ files, listed, server }: PublishFacts): Check[] {
  const wanted = files.filter(({ state }) => state.kind !== 'left-out')
  const verified = wanted.filter(({ state }) => state.kind === 'verified')
  const checks: Check[] = []
  if (wanted.length === 0)
    checks.push(check('files', 'open', 'No file has been uploaded', 'A record needs at least one.', 'files'))
  else if (verified.length === wanted.length)
    checks.push(
      check(
        'files',
        'met',
        `${verified.length.toLocaleString('en')} of ${formatCount(wanted.length, 'file')} verified`,
      ),
    )
  else {
    const left = wanted.length - verified.length
    checks.push(check('files', 'open', `${formatCount(left, 'file')} not verified yet`, null, 'files'))
  }
  const there = new Map(listed.map((entry) => [entry.key, entry]))
  const different = verified.filter((row) => !isThere(row, there.get(row.key)))
  if (different.length > 0)
    checks.push(
      check(
        'listing',
        'open',
        `${formatCount(different.length, 'file')} no longer on ${server} as verified`,
        names(different),
        'files',
      ),
    )
  const expected = new Set(wanted.map(({ key }) => key))
  const strangers = listed.filter(({ key }) => !expected.has(key))
  if (strangers.length > 0)
    checks.push(
      check(
        'strangers',
        'open',
        `${formatCount(strangers.length, 'file')} in the draft that ${strangers.length === 1 ? 'is' : 'are'} not from here`,
        names(strangers),
        'files',
      ),
    )
  return checks
}

function isThere(row: FileRow, entry: FileEntry | undefined): boolean {
  if (entry === undefined || row.state.kind !== 'verified') return false
  return entry.status === 'completed' && entry.size === row.bytes && entry.checksum === `md5:${row.state.md5}`
}

function checkFields({ metadata, problems, server }: PublishFacts): Check[] {
  const own = checkMetadata(metadata).filter(({ kind }) => kind !== 'advice')
  const checks = own.map(({ field, message }) => check(field, 'open', message, null, field))
  const known = new Set(own.map(({ field }) => field))
  for (const { field, messages } of problems)
    if (!known.has(field))
      checks.push(
        check(`server ${field}`, 'open', `${capital(server)} does not accept a field`, messages.join(' '), field),
      )
  return checks.length > 0 ? checks : [check('metadata', 'met', 'Required metadata is complete')]
}

function checkDraft({ conflicts, inStep, revision, server }: PublishFacts): Check[] {
  if (conflicts.length > 0)
    return conflicts.map(({ field }) =>
      check(
        `conflict ${field}`,
        'open',
        'A field was changed here and elsewhere',
        'Choose which version stays.',
        field,
      ),
    )
  if (!inStep)
    return [
      check(
        'draft',
        'open',
        `What is written here is not on ${server} yet`,
        'It is sent as soon as possible.',
        'metadata',
      ),
    ]
  return [check('draft', 'met', `Draft here and on ${server} agree (revision ${revision})`)]
}

/** What was verified is what will be published: a change on disk afterwards is worth knowing, but spoils nothing. */
function checkFolder({ changedOnDisk }: PublishFacts): Check[] {
  if (changedOnDisk.length === 0) return [check('folder', 'met', 'Folder unchanged since it was read')]
  const detail = `${listOf(changedOnDisk)}. Published is what was read and verified.`
  return [
    check('folder', 'advice', `${formatCount(changedOnDisk.length, 'file')} changed on disk since`, detail, 'files'),
  ]
}

function advise({ metadata }: PublishFacts): Check[] {
  const checks = checkMetadata(metadata)
    .filter(({ kind }) => kind === 'advice')
    .map(({ field, message }) => check(field, 'advice', message, null, field))
  const without = (metadata.creators ?? []).filter(
    ({ person_or_org: who }) =>
      who.type === 'personal' && !(who.identifiers ?? []).some(({ scheme }) => scheme === 'orcid'),
  )
  if (without.length > 0) {
    const detail = `${listOf(without.map(({ person_or_org: who }) => who.family_name || who.name || '…'))}. Can be added later.`
    checks.push(
      check(
        'orcid',
        'advice',
        `${formatCount(without.length, 'creator')} without an ORCID iD`,
        detail,
        'metadata.creators',
      ),
    )
  }
  return checks
}

function check(
  id: string,
  state: Check['state'],
  text: string,
  detail: string | null = null,
  where: string | null = null,
): Check {
  return { id, state, text, detail, where }
}

function names(files: readonly { readonly key: string }[]): string {
  return listOf(files.map(({ key }) => key))
}

function listOf(texts: readonly string[]): string {
  const more = texts.length - 3
  return more > 0 ? `${texts.slice(0, 3).join(', ')} and ${more} more` : texts.join(', ')
}
