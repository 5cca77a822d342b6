import type { DepositSummary } from '../../../contract/desk/deposit.ts'

const ORDER = ['needs-you', 'under-way', 'drafts', 'published'] as const satisfies readonly DepositSummary['group'][]

export type DepositGroup = { readonly group: DepositSummary['group']; readonly deposits: readonly DepositSummary[] }

/**
 * The list by what is asked of the person: needs you, under way, drafts, published; within a group as main sorted it. Groups
 * without deposits are left out. `filter` looks for each of its words in title, folder, DOI and the name of the server.
 */
export function groupDeposits(
  deposits: readonly DepositSummary[],
  filter: string,
  serverOf: (deposit: DepositSummary) => string,
): DepositGroup[] {
  const words = filter.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const found = deposits.filter((deposit) => {
    const text = [deposit.title, deposit.sourceName, deposit.doi ?? '', serverOf(deposit)]
      .join('\n')
      .toLocaleLowerCase()
    return words.every((word) => text.includes(word))
  })
  return ORDER.map((group) => ({ group, deposits: found.filter((deposit) => deposit.group === group) })).filter(
    (entry) => entry.deposits.length > 0,
  )
}
