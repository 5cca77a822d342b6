/** What a repository allows: sizes in bytes. */
export type Limits = {
  readonly quotaBytes: number
  readonly maxFileBytes: number
  readonly maxFiles: number
  /**
   * Bytes above the quota that a user may spread over drafts by asking; null: the policy is off, as on a plain InvenioRDM
   * (behaviour 4.10).
   */
  readonly extraQuotaBytes: number | null
  readonly emptyFiles: boolean
  /** Whether parts of multipart files may be sent; where not, a start still answers 201 (behaviour 4.3). */
  readonly multipart: boolean
  /** Zenodo’s older way to files, by bucket, which every entry of a draft names there, also before it has content (behaviour 4.11). */
  readonly buckets: boolean
  /** Requests a minute; null: as good as none, as on a test instance. */
  readonly requestsPerMinute: { readonly guest: number; readonly user: number } | null
}

/** An InvenioRDM as it is delivered, without limits on requests. */
const none: Limits = {
  quotaBytes: 10e9,
  maxFileBytes: 10e9,
  maxFiles: 100,
  extraQuotaBytes: null,
  emptyFiles: true,
  multipart: true,
  buckets: false,
  requestsPerMinute: null,
}

/** Zenodo's documented limits (behaviour 2.6, 4.3, 4.9, 4.10). */
const zenodo: Limits = {
  quotaBytes: 50e9,
  maxFileBytes: 50e9,
  maxFiles: 100,
  extraQuotaBytes: 150e9,
  emptyFiles: false,
  multipart: false,
  buckets: true,
  requestsPerMinute: { guest: 60, user: 100 },
}

/** An institution that takes records of many files. */
const manyFiles: Limits = { ...none, maxFiles: 100_000 }

export const LIMITS = { none, zenodo, 'many-files': manyFiles } as const
export type LimitsName = keyof typeof LIMITS
