import type { Affiliation, Creator } from '../../../contract/repository/record.ts'
import type { Output } from '../../../contract/ipc.ts'
import { isOrcid } from '../../../core/deposit/metadata.ts'

/** The list with one creator moved by one place; the same list where there is no such place. */
export function moveCreator(creators: readonly Creator[], from: number, by: 1 | -1): Creator[] {
  const moved = [...creators]
  const [creator] = moved.splice(from, 1)
  const to = from + by
  if (!creator || to < 0 || to > moved.length) return [...creators]
  moved.splice(to, 0, creator)
  return moved
}

/** A person or organisation with another kind; the name goes along, identifiers and affiliations stay. */
export function changeKind(creator: Creator, type: 'personal' | 'organizational'): Creator {
  const { family_name: family, given_name: given, name, ...rest } = creator.person_or_org
  const text = name ?? [given, family].filter(Boolean).join(' ')
  return {
    ...creator,
    person_or_org:
      type === 'personal' ? { ...rest, type, family_name: family ?? name ?? '' } : { ...rest, type, name: text },
  }
}

/** A person under another name. The server composes `name` anew from both parts (behaviour 14.2). */
export function renamePerson(creator: Creator, part: 'family_name' | 'given_name', text: string): Creator {
  const { name: _, ...who } = creator.person_or_org
  return { ...creator, person_or_org: { ...who, [part]: text } }
}

/** With an ORCID iD, or without one; other identifiers stay. What is no iD is kept as it was written. */
export function withOrcid(creator: Creator, typed: string): Creator {
  const { identifiers = [], ...who } = creator.person_or_org
  const orcid = tidyOrcid(typed)
  const place = identifiers.findIndex(({ scheme }) => scheme === 'orcid')
  const others = identifiers.filter(({ scheme }) => scheme !== 'orcid')
  const next =
    orcid === ''
      ? others
      : others.toSpliced(place < 0 ? others.length : place, 0, { scheme: 'orcid', identifier: orcid })
  return { ...creator, person_or_org: next.length === 0 ? who : { ...who, identifiers: next } }
}

/** The bare iD with its hyphens, once it is whole; before that, what was typed. */
export function tidyOrcid(typed: string): string {
  const bare = typed.trim().replace(/^https?:\/\/(www\.)?orcid\.org\//i, '')
  const digits = bare.replaceAll(/[\s-]/g, '').toUpperCase()
  return isOrcid(digits) && /^\d{15}[\dX]$/.test(digits) ? (digits.match(/.{4}/g) ?? []).join('-') : bare
}

/** With one more affiliation; the same one is not named twice, which the server refuses (behaviour 14.2). */
export function addAffiliation(creator: Creator, affiliation: Affiliation): Creator {
  const { affiliations = [] } = creator
  const isThere = affiliations.some(({ id, name }) =>
    affiliation.id === undefined ? name === affiliation.name : id === affiliation.id,
  )
  return isThere ? creator : { ...creator, affiliations: [...affiliations, affiliation] }
}

/** A person as the server’s names have them; affiliations that were entered before stay. */
export function takePerson(creator: Creator, person: Output<'people.search'>[number]): Creator {
  const { name: _, ...who } = creator.person_or_org
  const named: Creator = {
    ...creator,
    person_or_org: {
      ...who,
      type: 'personal',
      family_name: person.family_name ?? person.name ?? '',
      given_name: person.given_name ?? '',
    },
  }
  const orcid = person.identifiers?.find(({ scheme }) => scheme === 'orcid')?.identifier
  const identified = orcid === undefined ? named : withOrcid(named, orcid)
  if ((creator.affiliations ?? []).length > 0) return identified
  return (person.affiliations ?? []).reduce(
    (all, { id, name }) =>
      addAffiliation(all, { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }),
    identified,
  )
}
