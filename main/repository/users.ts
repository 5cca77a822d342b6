import { z } from 'zod'
import type { RepositoryClient } from './http/client.ts'

const meSchema = z.looseObject({ id: z.union([z.int(), z.string()]), email: z.string().nullish() })
const userSchema = z.looseObject({
  username: z.string().nullish(),
  profile: z.looseObject({ full_name: z.string().nullish() }).nullish(),
})

/** Whom the token belongs to. HttpError 401 for a dead one, 404 where the server has no such address (behaviour 2.3). */
export async function readMe(
  client: RepositoryClient,
  signal?: AbortSignal,
): Promise<{ id: string; email: string | null }> {
  const { value } = await client.json({ method: 'GET', path: ['me'], signal }, meSchema)
  // A number here, text everywhere else.
  return { id: String(value.id), email: value.email ?? null }
}

/** Name for display of a user, or null where the server does not give one. */
export async function readUserName(client: RepositoryClient, userId: string): Promise<string | null> {
  const { value } = await client.json({ method: 'GET', path: ['users', userId] }, userSchema)
  return value.profile?.full_name || value.username || null
}
