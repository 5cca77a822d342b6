import { listOf, objectOf, textAt, type JsonObject } from '../json.ts'
import { titleOf } from '../vocabularies.ts'

/** The styles that InvenioRDM's own pages offer. Without one the server cites in the manner of Harvard. */
const STYLES = [
  'apa',
  'harvard-cite-them-right',
  'modern-language-association',
  'vancouver',
  'chicago-fullnote-bibliography',
  'ieee',
] as const
type Style = (typeof STYLES)[number]

export function isKnownStyle(style: string | undefined): style is Style | undefined {
  return style === undefined || STYLES.some((known) => known === style)
}

type Person = { readonly family: string; readonly given: string; readonly initials: string }

/** A citation as one line of text: authors, year, title, publisher and DOI in a style's order and signs. */
export function bibliography(record: JsonObject, style: Style = 'harvard-cite-them-right'): string {
  const metadata = objectOf(record['metadata'])
  const people = listOf(metadata['creators']).map(personOf)
  const title = textAt(metadata['title'])
  const publisher = textAt(metadata['publisher'])
  const version = textAt(metadata['version'])
  const kind = titleOf(metadata['resource_type'])
  const year =
    textAt(metadata['publication_date'])
      .replace(/(\d{4})[^/]*/g, '$1')
      .replace('/', '–') || 'n.d.'
  const doi = textAt(objectOf(objectOf(record['pids'])['doi'])['identifier'])
  const link = textAt(objectOf(record['links'])['doi'])
  const sentence = (...parts: string[]) => parts.filter((part) => part !== '').join(' ')
  switch (style) {
    case 'apa':
      return sentence(
        `${joined(people.map(familyFirst), ', & ')} (${year}).`,
        `${title}${version === '' ? '' : ` (Version ${version})`}${kind === '' ? '' : ` [${kind}]`}.`,
        publisher === '' ? '' : `${publisher}.`,
        link,
      )
    case 'ieee':
      return sentence(
        `[1] ${joined(people.map(givenFirst), ', and ')},`,
        `“${title},”`,
        publisher === '' ? '' : `${publisher},`,
        `${year}.`,
        link && `doi: ${doi}.`,
      )
    case 'vancouver':
      return sentence(
        `1. ${people.map((person) => `${person.family} ${person.initials.replace(/[. ]/g, '')}`.trim()).join(', ')}.`,
        `${title}.`,
        publisher === '' ? '' : `${publisher};`,
        `${year}.`,
        link,
      )
    case 'modern-language-association':
      return sentence(
        `${joined(people.map(whole), ', and ')}.`,
        `${title}.`,
        publisher === '' ? '' : `${publisher},`,
        `${year},`,
        link && `${link}.`,
      )
    case 'chicago-fullnote-bibliography':
      return sentence(
        `${joined(people.map(whole), ', and ')}.`,
        `“${title}.”`,
        publisher === '' ? '' : `${publisher},`,
        `${year}.`,
        link && `${link}.`,
      )
    case 'harvard-cite-them-right':
      return sentence(
        `${joined(people.map(familyFirst), ' and ')} (${year})`,
        `“${title}”.`,
        publisher === '' ? '' : `${publisher}.`,
        link && `Available at: ${link}.`,
      )
  }
}

function personOf(creator: unknown): Person {
  const person = objectOf(objectOf(creator)['person_or_org'])
  const family = textAt(person['family_name']) || textAt(person['name'])
  const given = textAt(person['given_name'])
  const initials = given
    .split(/[\s-]+/)
    .filter((name) => name !== '')
    .map((name) => `${[...name][0]}.`)
    .join(' ')
  return { family, given, initials }
}

const familyFirst = ({ family, initials }: Person) => (initials === '' ? family : `${family}, ${initials}`)
const givenFirst = ({ family, initials }: Person) => (initials === '' ? family : `${initials} ${family}`)
const whole = ({ family, given }: Person) => (given === '' ? family : `${family}, ${given}`)

/** Names with commas, the last one after a word. */
function joined(names: readonly string[], last: string): string {
  if (names.length < 2) return names[0] ?? ''
  return `${names.slice(0, -1).join(', ')}${last}${names.at(-1) ?? ''}`
}
