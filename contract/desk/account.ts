import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'

export const accountIdSchema = z.uuid()

/** Which server: one of the presets, or any InvenioRDM by its address. */
export const serverChoiceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('practice') }),
  z.strictObject({ kind: z.literal('zenodo') }),
  z.strictObject({ kind: z.literal('zenodo-sandbox') }),
  z.strictObject({ kind: z.literal('other'), address: z.string().max(2000) }),
])
export type ServerChoice = z.infer<typeof serverChoiceSchema>

/** What a probe learnt about a server, for one account. `unknown` is said as such, never guessed. */
export const capabilitiesSchema = z.object({
  /** `legacy`: plain JSON of records is Zenodo's old shape, so the vnd type must be asked for. */
  recordShape: z.enum(['rdm', 'legacy']),
  /** Multipart transfer (M): tried with a throw-away draft, since links alone prove nothing. */
  multipart: z.enum(['works', 'refused', 'unknown']),
  emptyFiles: z.enum(['accepted', 'refused', 'unknown']),
  /** Files in a record; the server has no field for it: known from documentation, or null. */
  maxFiles: z.int().positive().nullable(),
  /** Bytes in a record and in one file; null where nothing is known. */
  quotaBytes: z.int().positive().nullable(),
  maxFileBytes: z.int().positive().nullable(),
  /** The server has a way to ask for more space in a draft; whether it agrees is another matter (behaviour 4.10). */
  quotaIncrease: z.boolean().exactOptional(),
  /** `probed`: tried on the server; `documented`: taken from the server's documentation. */
  limitsSource: z.enum(['documented', 'default', 'probed']),
  /** From X-RateLimit-Limit; null where the server sends none. */
  requestsPerMinute: z.int().positive().nullable(),
})
export type Capabilities = z.infer<typeof capabilitiesSchema>

export const accountSchema = z.object({
  id: accountIdSchema,
  server: z.enum(['practice', 'zenodo', 'zenodo-sandbox', 'other']),
  /** scheme://host[:port]; for practice that of the running process. */
  origin: z.string(),
  /** Name of the server as shown in badges and sentences: “Zenodo”, “Zenodo Sandbox”, “Practice”, or the host. */
  serverName: z.string(),
  user: z.object({ id: z.string(), name: z.string(), email: z.string().nullable() }),
  /** `keychain`, for this run only, or nowhere (then the person is asked for it). Practice needs none. */
  token: z.enum(['keychain', 'session', 'missing', 'not-needed']),
  capabilities: capabilitiesSchema,
  addedAt: z.number(),
  checkedAt: z.number(),
})
export type Account = z.infer<typeof accountSchema>

/** Outcome of trying a server and a token before anything is stored. */
export const accountCheckSchema = z.object({
  /** Names the check for `accounts.add`; main keeps the token that belongs to it for ten minutes. Null when it failed. */
  checkId: z.uuid().nullable(),
  server: z.enum(['practice', 'zenodo', 'zenodo-sandbox', 'other']),
  origin: z.string().nullable(),
  serverName: z.string(),
  reachedInMs: z.number().nullable(),
  user: z.object({ id: z.string(), name: z.string(), email: z.string().nullable() }).nullable(),
  capabilities: capabilitiesSchema.nullable(),
  /** How many requests the check took. */
  requests: z.int(),
  checkedAt: z.number(),
  error: appErrorSchema.nullable(),
})
export type AccountCheck = z.infer<typeof accountCheckSchema>

/** The state of the connection to one account's server, as the status bar shows it. */
export const connectionSchema = z.object({
  accountId: accountIdSchema,
  state: z.enum(['connected', 'unreachable', 'token-refused', 'token-missing', 'not-tried']),
  /** Time of the last answer from the server; null before the first. */
  readAt: z.number().nullable(),
  error: appErrorSchema.nullable(),
  /** Requests left in the window that the server counts; null where it sends no such headers. */
  budget: z.object({ limit: z.int(), remaining: z.int(), resetAt: z.number() }).nullable(),
})
export type Connection = z.infer<typeof connectionSchema>

/** Where tokens are kept on this computer. */
export const keychainStateSchema = z.object({
  available: z.boolean(),
  /** Name of the system's store: “Keychain”, “Credential Manager”, “Secret Service”. */
  name: z.string(),
})
export type KeychainState = z.infer<typeof keychainStateSchema>
