import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Input } from '../../contract/ipc.ts'
import { call } from '../bridge/client.ts'
import { keys } from './keys.ts'

export type Vocabulary = Input<'vocabularies.search'>['vocabulary']

const lookUp = { staleTime: 10 * 60_000, placeholderData: keepPreviousData }

/** Items that fit `query`; the answers of the last query stay until the next are in. */
export function useVocabulary(accountId: string, vocabulary: Vocabulary, query: string, enabled = true) {
  return useQuery({
    ...lookUp,
    queryKey: keys.lookUp(vocabulary, accountId, query),
    queryFn: () => call('vocabularies.search', { accountId, vocabulary, query }),
    enabled,
  })
}

export function usePeople(accountId: string, query: string, enabled = true) {
  return useQuery({
    ...lookUp,
    queryKey: keys.lookUp('people', accountId, query),
    queryFn: () => call('people.search', { accountId, query }),
    enabled,
  })
}

export function useAffiliations(accountId: string, query: string, enabled = true) {
  return useQuery({
    ...lookUp,
    queryKey: keys.lookUp('affiliations', accountId, query),
    queryFn: () => call('affiliations.search', { accountId, query }),
    enabled,
  })
}
