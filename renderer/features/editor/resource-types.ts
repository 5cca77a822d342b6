import type { Output } from '../../../contract/ipc.ts'
import type { VocabularyRef } from '../../../contract/repository/record.ts'
import type { Option } from '../../components/select.tsx'
import { capital } from '../../../core/server-words.ts'
import { labelOf } from './labels.ts'

type VocabularyItem = Output<'vocabularies.search'>[number]

export type OptionGroup = { readonly id: string; readonly label: string | null; readonly options: readonly Option[] }

/** The kinds that most deposits are, in this order; the others follow by their name. */
const FIRST = ['dataset', 'software', 'publication', 'image']

/**
 * Resource types in groups by their general type, as the server’s own form has them (props.type; behaviour, vocabularies). Those
 * that it does not offer for deposits (tag `depositable`) are left out, unless one of them is the value.
 */
export function groupResourceTypes(
  types: readonly VocabularyItem[],
  value: VocabularyRef | undefined,
): readonly OptionGroup[] {
  const anyTagged = types.some((type) => hasTag(type))
  const offered = types.filter((type) => !anyTagged || hasTag(type) || type.id === value?.id)
  const byType = Map.groupBy(offered, (type) => textOf(type.props?.['type']) ?? type.id.split('-', 1)[0] ?? type.id)
  const groups = [...byType].map(([id, items]): OptionGroup => {
    const options = items
      .map((item) => ({ id: item.id, label: labelOf(item) ?? item.id }))
      .sort((a, b) => Number(b.id === id) - Number(a.id === id) || a.label.localeCompare(b.label))
    return {
      id,
      label: options.length > 1 ? (options.find((option) => option.id === id)?.label ?? capital(id)) : null,
      options,
    }
  })
  const rank = ({ id }: OptionGroup) => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length)
  const name = ({ label, options }: OptionGroup) => label ?? options[0]?.label ?? ''
  // Kinds without others beside them need no heading: they stand together at the top.
  const sorted = groups.sort((a, b) => rank(a) - rank(b) || name(a).localeCompare(name(b)))
  const singles = sorted.filter(({ label }) => label === null)
  const known = sorted.filter(({ label }) => label !== null)
  const missing =
    value && !offered.some(({ id }) => id === value.id) ? [{ id: value.id, label: labelOf(value) ?? value.id }] : []
  const general = [...missing, ...singles.flatMap(({ options }) => options)]
  return [...(general.length > 0 ? [{ id: 'general', label: null, options: general }] : []), ...known]
}

function hasTag(type: VocabularyItem): boolean {
  return Array.isArray(type['tags']) && type['tags'].includes('depositable')
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
