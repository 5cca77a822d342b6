import { isObject, listOf, objectOf, textAt, textOf, type Json, type JsonObject } from '../json.ts'
import { isDateOrInterval, isDateTimeOrInterval } from './edtf.ts'
import { cleanHtml } from './html.ts'
import * as identifiers from './identifiers.ts'
import {
  bool,
  day,
  decimal,
  list,
  map,
  maxLength,
  minLength,
  nullable,
  object,
  oneOf,
  rawText,
  required,
  text,
  textThrough,
  webAddress,
  type Complaints,
  type Field,
  type ObjectRules,
} from './schema.ts'

/*
 * What a draft may hold: the schemas of InvenioRDM (invenio-rdm-records `services/schemas`, behaviour 14), field by field and
 * with the same messages. Custom fields are those of the contributed models (journal, imprint, thesis, meeting, code).
 */

const LOCALES = ['en', 'de', 'es', 'sv', 'cs', 'ar', 'fr', 'it', 'et', 'hu', 'pl', 'pt', 'tr', 'zh']

const isoDate = (check: (value: string) => boolean) =>
  rawText((value) => (check(textAt(value)) ? null : 'Please provide a valid date or interval.'))

/** `{id}` of a vocabulary; what it was read with is ignored. */
const vocabularyEntry = (): Field =>
  object({ fields: { id: required(text()) }, before: (value) => without(value, 'title') })

type IdentifierOptions = {
  readonly schemes: readonly string[]
  readonly optional?: boolean
  readonly fields?: Record<string, Field>
}

/** An identifier whose scheme is recognised when none is given (behaviour 14.3). */
function identifierRules({ schemes, optional = false, fields = {} }: IdentifierOptions): ObjectRules {
  return {
    fields: { identifier: text(), scheme: text(), ...fields },
    before: (value) => {
      const identifier = textOf(value['identifier'])
      if (identifier === null || identifier === '' || value['scheme']) return value
      const scheme = identifiers.detectScheme(identifier.trim(), schemes)
      return scheme === null ? value : { ...value, scheme }
    },
    rule: (value) => {
      const identifier = textOf(value['identifier']) ?? ''
      const scheme = textOf(value['scheme']) ?? ''
      if (optional && identifier === '' && scheme === '') return null
      const errors: Record<string, Complaints> = {}
      if (scheme === '')
        errors['scheme'] = [identifier === '' ? REQUIRED : 'No valid scheme recognized for identifier.']
      else if (!schemes.includes(scheme)) errors['scheme'] = ['Invalid scheme.']
      if (identifier === '') errors['identifier'] = [REQUIRED]
      else if (schemes.includes(scheme)) {
        const label = identifiers.invalidLabel(identifier, scheme)
        if (label !== null) errors['identifier'] = [`Invalid ${label} identifier.`]
      }
      return Object.keys(errors).length > 0 ? errors : null
    },
    after: (value) => {
      const identifier = textOf(value['identifier']) ?? ''
      if (identifier === '') return value
      return { ...value, identifier: identifiers.normalise(identifier, textOf(value['scheme']) ?? '') }
    },
  }
}

const REQUIRED = 'Missing data for required field.'

/** One identifier a scheme. */
const identifierSet = (options: IdentifierOptions) =>
  list(object(identifierRules(options)), (value) =>
    distinct(value, (item) => textAt(objectOf(item)['scheme'])) ? null : 'Only one identifier per scheme is allowed.',
  )

/** An entry of an authority list by `id`, or as free text in `name`. */
function entryOrText(
  name: string,
  parent: string,
  fields: Record<string, Field>,
  unknown: 'refuse' | 'ignore' = 'refuse',
): Field {
  return object({
    fields: { id: text(), ...fields },
    unknown,
    rule: (value) =>
      value['id'] || value[name] ? null : { [parent]: [`An existing id or a free text ${name} must be present.`] },
  })
}

const personOrOrganisation = object({
  fields: {
    type: required(
      text(oneOf(['organizational', 'personal'], "Invalid value. Choose one of ['organizational', 'personal'].")),
    ),
    name: text(),
    given_name: text(),
    family_name: text(),
    identifiers: identifierSet({ schemes: identifiers.PERSON_SCHEMES }),
  },
  rule: (value) => {
    if (value['type'] === 'personal' && !value['family_name']) return { family_name: ['Family name cannot be blank.'] }
    if (value['type'] === 'organizational' && !value['name']) return { name: ['Name cannot be blank.'] }
    return null
  },
  after: (value) => {
    if (value['type'] === 'organizational') return without(value, 'given_name', 'family_name')
    const names = [textOf(value['family_name']), textOf(value['given_name'])]
    return { ...value, name: names.filter((name) => name !== null && name !== '').join(', ') }
  },
})

const affiliations = list(entryOrText('name', 'affiliations', { name: text() }))

function distinctAffiliations(value: JsonObject): Readonly<Record<string, Complaints>> | null {
  const names = listOf(value['affiliations']).map(
    (item) => textOf(objectOf(item)['name']) ?? textOf(objectOf(item)['id']) ?? '',
  )
  const seen = new Set(names)
  if (seen.size === names.length) return null
  return { affiliations: [`Duplicated affiliations: ${[...seen].filter((name) => name !== '').join(', ')}`] }
}

const creator = (role: Field): Field =>
  object({ fields: { person_or_org: required(personOrOrganisation), role, affiliations }, rule: distinctAffiliations })

/** A text in exactly one language. */
function oneLocale(value: Json): Complaints | null {
  const locales = Object.keys(objectOf(value))
  if (locales.length > 1) return ['Only one value is accepted.']
  if (locales.length === 1 && !LOCALES.includes(locales[0] ?? '')) return ['Not a valid locale.']
  return null
}

const rights = object({
  fields: {
    id: text(),
    title: map(),
    description: map(),
    props: object({ fields: { url: text(webAddress), scheme: text() } }),
    link: text(webAddress),
  },
  checks: { title: oneLocale, description: oneLocale },
  rule: (value) => {
    if (!value['id'] && (!value['title'] || Object.keys(objectOf(value['title'])).length === 0)) {
      return { rights: ['An existing id or a free text title must be present'] }
    }
    if (value['id'] && Object.keys(value).length > 1) {
      return {
        rights: [
          'Only an existing id or free text title/description/link is accepted, but not both cases at the same time',
        ],
      }
    }
    return null
  },
})

const titles = map()

const award = object({
  fields: {
    id: text(),
    number: text(),
    title: titles,
    identifiers: identifierSet({ schemes: identifiers.AWARD_SCHEMES, optional: true }),
    acronym: text(),
    program: text(),
  },
  rule: (value) =>
    value['id'] || value['number'] || value['title']
      ? null
      : { award: ['An existing id or either number or title must be present.'] },
})

const coordinates = { Point: list(decimal()), MultiPoint: list(list(decimal())), Polygon: list(list(list(decimal()))) }

/** GeoJSON. Whether a place on earth is meant is not checked (live findings C1). */
const geometry: Field = {
  required: false,
  nullable: false,
  load: (value) => {
    const kind = isObject(value) ? textOf(value['type']) : null
    if (kind === null || !Object.hasOwn(coordinates, kind)) {
      return { value: undefined, errors: { type: ['Unknown GeoJSON object type.'] } }
    }
    return object({
      fields: { type: rawText(), coordinates: required(coordinates[kind as keyof typeof coordinates]) },
    }).load(value)
  },
}

const location = object({
  fields: {
    geometry,
    place: text(),
    identifiers: list(object(identifierRules({ schemes: identifiers.LOCATION_SCHEMES }))),
    description: text(),
  },
  rule: (value) =>
    value['geometry'] || value['place'] || listOf(value['identifiers']).length > 0 || value['description']
      ? null
      : { locations: ["At least one of ['geometry', 'place', identifiers', 'description'] must be present."] },
})

export const METADATA: ObjectRules = {
  fields: {
    resource_type: required(vocabularyEntry()),
    creators: required(list(creator(vocabularyEntry()), minLength(1, REQUIRED))),
    title: required(text(minLength(3))),
    additional_titles: list(
      object({
        fields: { title: required(text(minLength(3))), type: required(vocabularyEntry()), lang: vocabularyEntry() },
      }),
    ),
    publisher: text(),
    publication_date: required(isoDate(isDateOrInterval)),
    subjects: list(
      entryOrText(
        'subject',
        'subjects',
        { subject: text(), identifiers: identifierSet({ schemes: identifiers.SUBJECT_SCHEMES, optional: true }) },
        'ignore',
      ),
    ),
    contributors: list(creator(required(vocabularyEntry()))),
    dates: list(
      object({
        fields: {
          date: required(isoDate(isDateTimeOrInterval)),
          type: required(vocabularyEntry()),
          description: text(),
        },
      }),
    ),
    languages: list(vocabularyEntry()),
    identifiers: list(object(identifierRules({ schemes: identifiers.WORK_SCHEMES })), (value) =>
      distinct(value, (item) => JSON.stringify([objectOf(item)['scheme'], objectOf(item)['identifier']]))
        ? null
        : 'Duplicated identifier entry is not allowed.',
    ),
    related_identifiers: list(relatedIdentifier()),
    sizes: list(text(minLength(1, 'Size cannot be a blank string.'))),
    formats: list(text(minLength(1, 'Format cannot be a blank string.'))),
    version: text(maxLength(191)),
    rights: list(rights),
    copyright: textThrough(cleanHtml, minLength(1)),
    description: textThrough(cleanHtml, minLength(3)),
    additional_descriptions: list(
      object({
        fields: {
          description: required(textThrough(cleanHtml, minLength(3))),
          type: required(vocabularyEntry()),
          lang: vocabularyEntry(),
        },
      }),
    ),
    locations: object({ fields: { features: list(location) } }),
    funding: list(
      object({
        fields: {
          funder: required(entryOrText('name', 'funder', { name: text(minLength(1, 'Name cannot be blank.')) })),
          award,
        },
      }),
    ),
    references: list(
      object(
        identifierRules({ schemes: identifiers.WORK_SCHEMES, optional: true, fields: { reference: required(text()) } }),
      ),
    ),
  },
}

function relatedIdentifier(): Field {
  const rules = identifierRules({
    schemes: identifiers.WORK_SCHEMES,
    fields: { relation_type: vocabularyEntry(), resource_type: vocabularyEntry() },
  })
  return object({
    ...rules,
    rule: (value) => {
      const errors = { ...rules.rule?.(value), ...(value['relation_type'] ? {} : { relation_type: [REQUIRED] }) }
      return Object.keys(errors).length > 0 ? errors : null
    },
  })
}

const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, text()]))

const edtfDate = isoDate(isDateOrInterval)

export const CUSTOM_FIELDS: ObjectRules = {
  fields: {
    'journal:journal': object({ fields: texts('title', 'issue', 'volume', 'pages', 'issn') }),
    'imprint:imprint': object({ fields: texts('title', 'isbn', 'pages', 'place', 'edition') }),
    'thesis:thesis': object({
      fields: { ...texts('university', 'department', 'type'), date_submitted: edtfDate, date_defended: edtfDate },
    }),
    'meeting:meeting': object({
      fields: {
        ...texts('acronym', 'dates', 'place', 'session_part', 'session', 'title'),
        url: text(webAddress),
        identifiers: list(object(identifierRules({ schemes: identifiers.WORK_SCHEMES }))),
      },
    }),
    'code:codeRepository': text(webAddress),
    'code:programmingLanguage': list(vocabularyEntry()),
    'code:developmentStatus': vocabularyEntry(),
  },
}

const protection = () =>
  text((value) =>
    value === 'public' || value === 'restricted' ? null : "'record' must be either 'public' or 'restricted'",
  )

export const ACCESS: ObjectRules = {
  fields: {
    record: required(protection()),
    files: required(protection()),
    embargo: object({
      fields: { active: nullable(bool()), until: nullable(day()), reason: nullable(text()) },
      rule: (value) => {
        const until = textOf(value['until'])
        const isFuture = until !== null && Date.parse(`${until}T00:00:00Z`) > Date.now()
        if (value['active'] === true && !isFuture) return { until: ['Embargo end date must be set to a future date.'] }
        if (value['active'] === false && isFuture) return { until: ['Embargo end date must be unset or in the past.'] }
        return null
      },
    }),
    status: text(),
  },
}

export const FILES: ObjectRules = {
  fields: { enabled: bool(), default_preview: nullable(text()), order: list(text()) },
  before: (value) => without(value, 'count', 'total_bytes', 'entries'),
}

export const PID: ObjectRules = { fields: { identifier: required(text()), provider: required(text()), client: text() } }

function without(value: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function distinct(value: Json, nameOf: (item: Json) => string): boolean {
  const names = listOf(value).map(nameOf)
  return new Set(names).size === names.length
}
