import type { Json, JsonObject } from './json.ts'
import { isObject, objectOf, textOf } from './json.ts'
import affiliations from './vocabularies/affiliations.json' with { type: 'json' }
import awards from './vocabularies/awards.json' with { type: 'json' }
import communityTypes from './vocabularies/community-types.json' with { type: 'json' }
import contributorRoles from './vocabularies/contributor-roles.json' with { type: 'json' }
import creatorRoles from './vocabularies/creator-roles.json' with { type: 'json' }
import dateTypes from './vocabularies/date-types.json' with { type: 'json' }
import descriptionTypes from './vocabularies/description-types.json' with { type: 'json' }
import developmentStatus from './vocabularies/development-status.json' with { type: 'json' }
import funders from './vocabularies/funders.json' with { type: 'json' }
import languages from './vocabularies/languages.json' with { type: 'json' }
import licences from './vocabularies/licences.json' with { type: 'json' }
import names from './vocabularies/names.json' with { type: 'json' }
import programmingLanguages from './vocabularies/programming-languages.json' with { type: 'json' }
import relationTypes from './vocabularies/relation-types.json' with { type: 'json' }
import removalReasons from './vocabularies/removal-reasons.json' with { type: 'json' }
import resourceTypes from './vocabularies/resource-types.json' with { type: 'json' }
import subjects from './vocabularies/subjects.json' with { type: 'json' }
import titleTypes from './vocabularies/title-types.json' with { type: 'json' }

/*
 * The vocabularies of a default InvenioRDM 14 (packaged with invenio-rdm-records, MIT): resource types, licences (SPDX), roles
 * and the other small lists whole, languages whole (ISO 639-3). Affiliations and funders: names from ROR (CC0), a selection.
 * Subjects: the OECD fields of science, and invented ones under example.org. Awards and people are invented; Josiah Carberry
 * is the fictitious person that ORCID itself uses in examples.
 */

/** An entry as plain JSON shows it, without times and links. */
export type Entry = JsonObject & { readonly id: string }

/** Lists under `/vocabularies/{type}`. */
const GENERIC = {
  resourcetypes: resourceTypes,
  licenses: licences,
  languages: languages.map(([id = '', title = '', alpha2 = '', tags = '']) => ({
    id,
    title: { en: title },
    props: { alpha_2: alpha2 },
    tags: tags.split(' ').filter((tag) => tag !== ''),
  })),
  creatorsroles: creatorRoles,
  contributorsroles: contributorRoles,
  titletypes: titleTypes,
  descriptiontypes: descriptionTypes,
  datetypes: dateTypes,
  relationtypes: relationTypes,
  removalreasons: removalReasons,
  communitytypes: communityTypes,
  'code:programmingLanguages': programmingLanguages,
  'code:developmentStatus': developmentStatus,
} as const

/** Lists of their own, with an address each. */
const AUTHORITIES = { affiliations, funders, awards, subjects, names } as const

export type VocabularyName = keyof typeof GENERIC | keyof typeof AUTHORITIES

export class Vocabularies {
  readonly #lists: ReadonlyMap<string, ReadonlyMap<string, Entry>>

  constructor() {
    const all = { ...GENERIC, ...AUTHORITIES } as unknown as Record<VocabularyName, readonly Entry[]>
    this.#lists = new Map(
      Object.entries(all).map(([name, list]) => [name, new Map(list.map((entry) => [entry.id, entry]))]),
    )
  }

  /** Entries in the order of their titles; null when there is no such vocabulary. */
  list(name: string): Entry[] | null {
    const list = this.#lists.get(name)
    return list ? [...list.values()] : null
  }

  find(name: VocabularyName | (string & {}), id: string): Entry | null {
    return this.#lists.get(name)?.get(id) ?? null
  }

  isGeneric(name: string): boolean {
    return Object.hasOwn(GENERIC, name)
  }

  /** All names, sorted: `GET /vocabularies/`. */
  names(): string[] {
    return [...this.#lists.keys()].sort()
  }
}

/** The title of an entry in English, or in whatever language there is. */
export function titleOf(entry: Json | undefined): string {
  if (!isObject(entry)) return ''
  const titles = objectOf(entry['title'])
  return (
    textOf(titles['en']) ?? textOf(Object.values(titles)[0]) ?? textOf(entry['name']) ?? textOf(entry['subject']) ?? ''
  )
}
