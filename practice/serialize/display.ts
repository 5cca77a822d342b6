import { compact, listOf, objectOf, textAt, textOf, type Json, type JsonObject } from '../json.ts'
import { plainText } from '../metadata/html.ts'
import { titleOf } from '../vocabularies.ts'
import type { RecordView } from './record.ts'

const ACCESS: Readonly<Record<string, { title: string; description: string; icon: string; message: string }>> = {
  open: { title: 'Open', description: 'The record and files are publicly accessible.', icon: 'unlock', message: '' },
  embargoed: {
    title: 'Embargoed',
    description: 'The files will be made publicly available on ',
    icon: 'outline clock',
    message: 'warning',
  },
  restricted: {
    title: 'Restricted',
    description: 'The record is publicly accessible, but files are restricted to users with access.',
    icon: 'ban',
    message: 'negative',
  },
  'metadata-only': {
    title: 'Metadata-only',
    description: 'No files are available for this record.',
    icon: 'tag',
    message: '',
  },
}

/** `ui`: values for display, in English. */
export function displayOf(record: JsonObject, { version, kind }: RecordView): JsonObject {
  const metadata = objectOf(record['metadata'])
  const date = textOf(metadata['publication_date'])
  return compact({
    publication_date_l10n_medium: date === null ? undefined : dateText(date, 'medium'),
    publication_date_l10n_long: date === null ? undefined : dateText(date, 'long'),
    created_date_l10n_long: dateText(textAt(record['created']).slice(0, 10), 'long'),
    updated_date_l10n_long: dateText(textAt(record['updated']).slice(0, 10), 'long'),
    resource_type: metadata['resource_type'] ? named(metadata['resource_type']) : undefined,
    languages: metadata['languages'] ? listOf(metadata['languages']).map(named) : undefined,
    rights: metadata['rights'] ? listOf(metadata['rights']).map(licence) : undefined,
    description_stripped:
      metadata['description'] === undefined ? undefined : plainText(textAt(metadata['description'])),
    custom_fields: objectOf(record['custom_fields']),
    access_status: accessOf(objectOf(record['access'])),
    creators: metadata['creators'] ? people('creators', metadata['creators']) : undefined,
    contributors: metadata['contributors'] ? people('contributors', metadata['contributors']) : undefined,
    version: textOf(metadata['version']) ?? `v${version.index}`,
    is_draft: kind === 'draft',
  })
}

function named(entry: Json): JsonObject {
  return { id: textOf(objectOf(entry)['id']) ?? '', title_l10n: titleOf(entry) }
}

function licence(entry: Json): JsonObject {
  const { id, link, props, icon } = objectOf(entry)
  const description = textOf(Object.values(objectOf(objectOf(entry)['description']))[0])
  return compact({ id, title_l10n: titleOf(entry), description_l10n: description ?? undefined, link, props, icon })
}

function accessOf(access: JsonObject): JsonObject {
  const id = textOf(access['status']) ?? 'open'
  const shown = ACCESS[id]
  const until = textOf(objectOf(access['embargo'])['until'])
  const day = id === 'embargoed' && until !== null ? dateText(until, 'long') : null
  return {
    id,
    title_l10n: shown?.title ?? id,
    description_l10n: (shown?.description ?? '') + (day === null ? '' : `${day}.`),
    icon: shown?.icon ?? '',
    embargo_date_l10n: day,
    message_class: shown?.message ?? '',
  }
}

/** People with their affiliations as numbers into one list. */
function people(name: string, value: Json): JsonObject {
  const affiliations: Json[][] = []
  const numberOf = (affiliation: JsonObject): Json[] => {
    const label = textOf(affiliation['name']) ?? ''
    let found = affiliations.find(([, other]) => other === label)
    if (!found) {
      found = [affiliations.length + 1, label, affiliation['id'] ?? null]
      affiliations.push(found)
    }
    return found.slice(0, 2)
  }
  const shown = listOf(value).map((person) => {
    const { person_or_org, role, affiliations: own } = objectOf(person)
    return compact({
      person_or_org,
      role: role ? { id: objectOf(role)['id'] ?? '', title: titleOf(role) } : undefined,
      affiliations: own ? listOf(own).map((item) => numberOf(objectOf(item))) : undefined,
    })
  })
  return { [name]: shown, affiliations }
}

/** A date or interval in English: “July 2022”, “2019 – 2020”. */
function dateText(date: string, style: 'medium' | 'long'): string {
  return date
    .split('/')
    .map((part) => {
      const [year = '', month, day] = part.split('-')
      if (month === undefined || year === '') return part
      const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)))
      return new Intl.DateTimeFormat('en-US', {
        year: 'numeric',
        month: style === 'medium' ? 'short' : 'long',
        ...(day === undefined ? {} : { day: 'numeric' }),
        timeZone: 'UTC',
      }).format(at)
    })
    .join(' – ')
}
