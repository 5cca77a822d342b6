import { z } from 'zod'
import { personSchema, vocabularyItemSchema } from '../../contract/repository/vocabulary.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { NetworkError, type RepositoryClient } from '../repository/http/client.ts'
import { HttpError, toAppError } from '../repository/http/errors.ts'
import { searchAffiliations, searchNames, searchVocabulary } from '../repository/vocabularies.ts'
import type { DeskStore } from '../store/store.ts'
import { DeskError } from '../../contract/errors.ts'

export type VocabularyItem = z.output<typeof vocabularyItemSchema>
export type Person = z.output<typeof personSchema>

/** What a server offers to choose from. Its last answers are kept, and used where it can’t be asked. */
export type Vocabularies = {
  search(accountId: string, vocabulary: string, query: string): Promise<VocabularyItem[]>
  people(accountId: string, query: string): Promise<Person[]>
  affiliations(accountId: string, query: string): Promise<VocabularyItem[]>
}

/** Whole vocabularies change with releases of the server: within this time they are not asked for again. */
const FRESH_MS = 24 * 3_600_000

export function createVocabularies(parts: { readonly accounts: Accounts; readonly store: DeskStore }): Vocabularies {
  const { accounts, store } = parts

  const keep = (where: string, name: string, query: string, answer: unknown) => {
    try {
      store.vocabularyCache.write(where, name, query, answer)
    } catch {
      // A full disk keeps nobody from choosing.
    }
  }

  const ask = async <S extends z.ZodType>(
    accountId: string,
    name: string,
    query: string,
    item: S,
    search: (client: RepositoryClient) => Promise<z.output<S>[]>,
  ): Promise<z.output<S>[]> => {
    const { id, server, origin, serverName } = accounts.get(accountId)
    const key = query.trim().toLowerCase()
    // The practice repository has another address after each start.
    const where = server === 'practice' ? `practice ${id}` : origin
    const cached = store.vocabularyCache.read(where, name, key)
    const kept = z.array(item).safeParse(cached?.answer)
    if (kept.success && cached !== null && key === '' && Date.now() - cached.storedAt < FRESH_MS) return kept.data
    try {
      const answer = await search(await accounts.client(accountId))
      keep(where, name, key, answer)
      return answer
    } catch (error) {
      if (kept.success) return kept.data
      // Of a whole vocabulary that is kept, the part that was asked for.
      const whole = z.array(item).safeParse(store.vocabularyCache.read(where, name, '')?.answer)
      if (whole.success) return whole.data.filter((one) => JSON.stringify(one).toLowerCase().includes(key))
      if (error instanceof DeskError) throw error
      if (!(error instanceof HttpError || error instanceof NetworkError)) throw error
      const { code, params } = toAppError(error, serverName)
      throw new DeskError(code, params, { cause: error })
    }
  }

  return {
    search: (accountId, vocabulary, query) =>
      ask(accountId, vocabulary, query, vocabularyItemSchema, (client) => searchVocabulary(client, vocabulary, query)),
    people: (accountId, query) => ask(accountId, 'names', query, personSchema, (client) => searchNames(client, query)),
    affiliations: (accountId, query) =>
      ask(accountId, 'affiliations', query, vocabularyItemSchema, (client) => searchAffiliations(client, query)),
  }
}
