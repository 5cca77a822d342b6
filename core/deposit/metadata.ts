import type { Creator, RecordMetadata } from '../../contract/repository/record.ts'

export type MetadataProblem = {
  /** As the server names it: `metadata.creators.0.person_or_org.family_name`. */
  readonly field: string
  /** `required` and `wrong` hinder publishing, `advice` does not. */
  readonly kind: 'required' | 'wrong' | 'advice'
  readonly message: string
}

/** Shortest title and description that the server keeps (behaviour 14.1); of a description it counts the tags too. */
const MIN_TEXT = 3
const MAX_VERSION = 191

/** What a new deposit starts with. `today` is a date, `2026-11-24`; the publisher is that of the server, as its own form has it. */
export function emptyMetadata(today: string, serverName: string): RecordMetadata {
  return { title: '', publication_date: today, publisher: serverName, creators: [] }
}

/**
 * What is missing or wrong for publishing, in the order of the form. Follows the server's own rules (behaviour 14), so that
 * nothing is called wrong which it accepts.
 */
export function checkMetadata(metadata: RecordMetadata): MetadataProblem[] {
  return [
    ...checkTitle(metadata),
    ...checkCreators(metadata.creators ?? []),
    ...checkResourceType(metadata),
    ...checkDate(metadata),
    ...checkLicence(metadata),
    ...checkDescription(metadata),
    ...checkPublisher(metadata),
    ...checkKeywords(metadata),
    ...checkVersion(metadata),
  ]
}

/**
 * Whether a text is an EDTF level 0 date or interval without times, as `publication_date` has to be: `2020`, `2020-06`,
 * `2020-06-01`, `2018/2020-05`. An interval has to be chronological. Source: Library of Congress, EDTF, level 0; agrees
 * with the server's parser (python-edtf), except that the server fails with a 500 on `2020-21` and `2020/..`.
 */
export function isPublicationDate(text: string): boolean {
  const spans = text.trim().split('/').map(spanOf)
  const [first, last = first] = spans
  return spans.length <= 2 && first != null && last != null && first.from <= last.to
}

/** Whether an ORCID iD has its form and its check digit is right (ISO 7064, MOD 11-2). Takes the bare iD or its address. */
export function isOrcid(text: string): boolean {
  const digits = /^(?:https?:\/\/orcid\.org\/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])$/
    .exec(text.trim())
    ?.slice(1)
    .join('')
  if (digits === undefined) return false
  const total = [...digits.slice(0, 15)].reduce((sum, digit) => (sum + Number(digit)) * 2, 0)
  const check = (12 - (total % 11)) % 11
  return digits.charAt(15).toUpperCase() === (check === 10 ? 'X' : String(check))
}

function checkTitle({ title = '' }: RecordMetadata): MetadataProblem[] {
  const field = 'metadata.title'
  if (title.trim() === '') return [{ field, kind: 'required', message: 'Give it a title.' }]
  if (title.trim().length < MIN_TEXT) return [{ field, kind: 'wrong', message: 'A title has at least 3 characters.' }]
  return []
}

function checkCreators(creators: readonly Creator[]): MetadataProblem[] {
  if (creators.length === 0)
    return [
      { field: 'metadata.creators', kind: 'required', message: 'Name at least one person or organisation as creator.' },
    ]
  return creators.flatMap((creator, at) => checkCreator(creator, `metadata.creators.${at}`))
}

function checkCreator({ person_or_org: who, affiliations = [] }: Creator, at: string): MetadataProblem[] {
  const problems: MetadataProblem[] = []
  const field = `${at}.person_or_org`
  if (who.type === undefined)
    problems.push({
      field: `${field}.type`,
      kind: 'required',
      message: 'Say whether this is a person or an organisation.',
    })
  else if (who.type === 'personal' && isBlank(who.family_name))
    problems.push({ field: `${field}.family_name`, kind: 'required', message: 'Enter the family name.' })
  else if (who.type === 'organizational' && isBlank(who.name))
    problems.push({ field: `${field}.name`, kind: 'required', message: 'Enter the name of the organisation.' })
  const schemes = new Set<string>()
  for (const [index, { identifier, scheme }] of (who.identifiers ?? []).entries()) {
    if (scheme === 'orcid' && !isOrcid(identifier))
      problems.push({
        field: `${field}.identifiers.${index}.identifier`,
        kind: 'wrong',
        message: 'This is not an ORCID iD: one of its digits is wrong or missing.',
      })
    if (scheme !== undefined && schemes.has(scheme))
      problems.push({
        field: `${field}.identifiers.${index}.scheme`,
        kind: 'wrong',
        message: 'Only one identifier of each kind.',
      })
    if (scheme !== undefined) schemes.add(scheme)
  }
  // The same organisation twice is an error to the server (behaviour 14.2); an id wins over a name.
  const known = affiliations.map(({ id, name }) => id ?? name ?? '')
  if (new Set(known).size < known.length)
    problems.push({ field: `${at}.affiliations`, kind: 'wrong', message: 'The same affiliation is named twice.' })
  return problems
}

function checkResourceType({ resource_type: type }: RecordMetadata): MetadataProblem[] {
  if (type !== undefined && !isBlank(type.id)) return []
  return [{ field: 'metadata.resource_type', kind: 'required', message: 'Choose what kind of resource it is.' }]
}

function checkDate({ publication_date: date = '' }: RecordMetadata): MetadataProblem[] {
  const field = 'metadata.publication_date'
  if (date.trim() === '') return [{ field, kind: 'required', message: 'Enter the publication date.' }]
  if (isPublicationDate(date)) return []
  return [
    {
      field,
      kind: 'wrong',
      message: 'Write it as 2026, 2026-11 or 2026-11-24, or two of these as 2024/2026, the earlier first.',
    },
  ]
}

function checkLicence({ rights = [] }: RecordMetadata): MetadataProblem[] {
  if (rights.length > 0) return []
  return [{ field: 'metadata.rights', kind: 'advice', message: 'Without a licence nobody knows how it may be used.' }]
}

function checkDescription({ description = '' }: RecordMetadata): MetadataProblem[] {
  const field = 'metadata.description'
  const text = description.replace(/<[^<>]*>/g, '').trim()
  if (text === '') return [{ field, kind: 'advice', message: 'A description helps others to find and to judge it.' }]
  if (text.length < MIN_TEXT) return [{ field, kind: 'wrong', message: 'A description has at least 3 characters.' }]
  return []
}

function checkPublisher({ publisher }: RecordMetadata): MetadataProblem[] {
  if (!isBlank(publisher)) return []
  return [
    {
      field: 'metadata.publisher',
      kind: 'required',
      message: 'Name the publisher; the DOI can’t be registered without it.',
    },
  ]
}

function checkKeywords({ subjects = [] }: RecordMetadata): MetadataProblem[] {
  return subjects.flatMap(({ id, subject }, at) =>
    isBlank(id) && isBlank(subject)
      ? [{ field: `metadata.subjects.${at}.subject`, kind: 'wrong', message: 'This keyword is empty.' } as const]
      : [],
  )
}

function checkVersion({ version = '' }: RecordMetadata): MetadataProblem[] {
  if (version.length <= MAX_VERSION) return []
  return [{ field: 'metadata.version', kind: 'wrong', message: `A version has at most ${MAX_VERSION} characters.` }]
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === ''
}

/** First and last day of a level 0 date, as `20200601`; null when it is none. */
function spanOf(text: string): { from: number; to: number } | null {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text.trim()) ?? []
  if (year === undefined) return null
  const from = { month: Number(month ?? 1), day: Number(day ?? 1) }
  if (from.month < 1 || from.month > 12) return null
  const to = { month: Number(month ?? 12), day: 0 }
  const lastDay = daysOf(Number(year), to.month)
  to.day = day === undefined ? lastDay : from.day
  if (from.day < 1 || from.day > lastDay) return null
  return {
    from: Number(year) * 10_000 + from.month * 100 + from.day,
    to: Number(year) * 10_000 + to.month * 100 + to.day,
  }
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
