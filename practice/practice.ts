import type { Limits } from './limits.ts'
import type { ContentStore } from './storage/content.ts'
import type { Store } from './storage/store.ts'
import type { Vocabularies } from './vocabularies.ts'

/** What the resources work with. */
export type Practice = {
  readonly store: Store
  readonly content: ContentStore
  readonly vocabularies: Vocabularies
  readonly limits: Limits
  /** The proxy in front lets no larger body through to the API, but for that of a bucket; null: any. */
  readonly bodyLimitBytes: number | null
  /** MD5 sums of multipart files that are being computed; awaited before the server closes. */
  readonly digests: Set<Promise<void>>
  /** Aborted when the server closes. */
  readonly closing: AbortSignal
  /** scheme://host:port, known once the server listens. */
  origin: string
}
