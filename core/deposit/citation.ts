import type { Creator, RecordMetadata } from '../../contract/repository/record.ts'

/** As many names as APA 7 gives: from 21 on, the first 19 and the last. */
const MOST_NAMES = 20

/** What APA calls these kinds; others by the server's own name of them. */
const KINDS: Readonly<Record<string, string>> = { dataset: 'Data set', software: 'Computer software' }

/**
 * A citation in the style of DataCite (APA 7), for where the server can’t be asked for one. Plain text.
 * `address` is the DOI as an address, or that of the record where there is no DOI that resolves.
 */
export function citeRecord(metadata: RecordMetadata, address: string): string {
  const names = joinNames((metadata.creators ?? []).map(shortName).filter((name) => name !== ''))
  const year = /^\d{4}/.exec(metadata.publication_date ?? '')?.[0] ?? 'n.d.'
  const version = metadata.version === undefined || metadata.version === '' ? '' : ` (${metadata.version})`
  const kind = kindOf(metadata)
  const title = `${metadata.title ?? 'Untitled'}${version}${kind === '' ? '' : ` [${kind}]`}.`
  const publisher =
    metadata.publisher === undefined || metadata.publisher === '' ? '' : ` ${withStop(metadata.publisher)}`
  return `${names === '' ? '' : `${withStop(names)} `}(${year}). ${title}${publisher} ${address}`
}

/** Markdown of the badge that InvenioRDM draws at `/badge/DOI/`; it leads to `address`. */
export function doiBadge(doi: string, origin: string, address: string): string {
  const image = `${origin}/badge/DOI/${encodeURI(doi).replace(/[()]/g, (sign) => (sign === '(' ? '%28' : '%29'))}.svg`
  return `[![DOI](${image})](${address})`
}

/** `Keller, A.-M.`; an organisation as it is written. */
function shortName({ person_or_org: who }: Creator): string {
  const family = who.family_name?.trim() ?? ''
  if (who.type === 'organizational' || family === '') return who.name?.trim() ?? ''
  const initials = (who.given_name ?? '')
    .split(/\s+/)
    .filter((given) => given !== '')
    .map((given) =>
      given
        .split('-')
        .filter(Boolean)
        .map((part) => `${[...part][0] ?? ''}.`)
        .join('-'),
    )
  return [family, initials.join(' ')].filter((part) => part !== '').join(', ')
}

function joinNames(names: readonly string[]): string {
  if (names.length > MOST_NAMES) return `${names.slice(0, MOST_NAMES - 1).join(', ')}, … ${names.at(-1) ?? ''}`
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')}, & ${names.at(-1) ?? ''}`
}

function kindOf({ resource_type: type }: RecordMetadata): string {
  if (type === undefined) return ''
  return KINDS[type.id] ?? type.title?.['en'] ?? ''
}

function withStop(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
