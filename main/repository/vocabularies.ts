import type { z } from 'zod'
import { listSchema, personSchema, vocabularyItemSchema } from '../../contract/repository/vocabulary.ts'
import type { RepositoryClient } from './http/client.ts'

type Item = z.output<typeof vocabularyItemSchema>
type Person = z.output<typeof personSchema>

const SUGGESTIONS = 20
/** More than any of the small vocabularies holds. */
const ALL = 1000

/** Items whose title starts like the query; with an empty query all of a small vocabulary. */
export async function searchVocabulary(client: RepositoryClient, vocabulary: string, query: string): Promise<Item[]> {
  return search(client, ['vocabularies', vocabulary], query, vocabularyItemSchema)
}

/** People as the server knows them; empty for a query that is empty. Guests are refused (live findings F10). */
export async function searchNames(client: RepositoryClient, query: string): Promise<Person[]> {
  return query.trim() === '' ? [] : search(client, ['names'], query, personSchema)
}

/** Organisations with their ROR; empty for a query that is empty. */
export async function searchAffiliations(client: RepositoryClient, query: string): Promise<Item[]> {
  return query.trim() === '' ? [] : search(client, ['affiliations'], query, vocabularyItemSchema)
}

async function search<T extends z.ZodType>(
  client: RepositoryClient,
  path: readonly string[],
  query: string,
  item: T,
): Promise<z.output<T>[]> {
  const text = query.trim()
  // `suggest` matches beginnings; together with `q` it is refused (behaviour 1.6).
  const parameters = text === '' ? { size: ALL } : { size: SUGGESTIONS, suggest: text }
  const { value } = await client.json({ method: 'GET', path, query: parameters }, listSchema(item))
  return value.hits.hits
}
