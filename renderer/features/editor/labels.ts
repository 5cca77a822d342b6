import type { Creator } from '../../../contract/repository/record.ts'
import { messages } from './messages.ts'

type Labelled = {
  readonly id?: string | undefined
  readonly title?: Readonly<Record<string, string>> | string | undefined
}

/** The label of an item of a vocabulary: English, since the window is, else any; its id where the server gave none. */
export function labelOf({ id, title }: Labelled): string | undefined {
  if (typeof title === 'string') return title
  return title?.['en'] ?? Object.values(title ?? {})[0] ?? id
}

/** `Keller, Annika`, or the name of an organisation. */
export function nameOfCreator({ person_or_org: who }: Creator): string {
  const personal = [who.family_name, who.given_name].filter((part) => part?.trim()).join(', ')
  return (who.type === 'organizational' ? who.name : personal || who.name) || messages.unnamed
}

export function orcidOf({ person_or_org: who }: Creator): string {
  return who.identifiers?.find(({ scheme }) => scheme === 'orcid')?.identifier ?? ''
}
