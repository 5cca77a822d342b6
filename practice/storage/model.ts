import type { JsonObject } from '../json.ts'

/** Times in these documents are the API's own text form. */
export type Protection = 'public' | 'restricted'

export type Access = {
  readonly record: Protection
  readonly files: Protection
  readonly embargo: { readonly active: boolean; readonly until?: string; readonly reason: string | null }
}

export type Pid = { readonly identifier: string; readonly provider: string; readonly client?: string }
export type Pids = Readonly<Record<string, Pid>>

/** What a draft holds, and a record after publishing. Vocabulary entries in `metadata` are reduced to their ids. */
export type Edition = {
  readonly createdAt: string
  readonly updatedAt: string
  readonly revision: number
  readonly metadata: JsonObject
  readonly customFields: JsonObject
  readonly pids: Pids
  readonly access: Access
  readonly filesEnabled: boolean
  readonly defaultPreview: string | null
}

export type Tombstone = {
  readonly note: string
  readonly removed_by: { readonly user: string }
  readonly removal_date: string
  readonly citation_text: string
  readonly is_visible: boolean
  readonly removal_reason?: { readonly id: string }
  readonly deletion_policy?: { readonly id: string }
}

/** One version: its record once published, its draft while there is one. Both share the id. */
export type Version = {
  readonly id: string
  readonly parent: string
  /** From 1, in the order of creation. */
  readonly index: number
  readonly published: Edition | null
  readonly draft: Edition | null
  /** When its first draft was made: drafts of the published record say so too. */
  readonly startedAt: string
  /** A draft made again for the same record goes on counting from here. */
  readonly lastDraftRevision: number
  /** Where the files of the record lie, and those of the draft while it has some of its own. */
  readonly bucket: string
  readonly draftBucket: string
  readonly tombstone: Tombstone | null
  /** Bytes that this version's files may take, and that one may; null: the server's own limit. */
  readonly quota: { readonly bytes: number; readonly fileBytes: number } | null
}

export type AccessLink = {
  readonly id: string
  readonly token: string
  readonly created_at: string
  readonly permission: string
  readonly description: string
  readonly origin: string | null
  readonly expires_at?: string
}

export type Grant = {
  readonly permission: string
  readonly subject: { readonly id: string; readonly type: string }
  readonly origin: string | null
}

/** What all versions of a work share. */
export type Parent = {
  readonly id: string
  readonly owner: number
  readonly pids: Pids
  readonly settings: {
    readonly allow_user_requests: boolean
    readonly allow_guest_requests: boolean
    readonly accept_conditions_text: string | null
    readonly secret_link_expiration: number
  }
  readonly links: readonly AccessLink[]
  readonly grants: readonly Grant[]
}

export type Transfer =
  { readonly type: 'L' } | { readonly type: 'M'; readonly parts: number; readonly part_size: number }

/** Bytes on disk, named by id in the content store. `md5` is null while it is being computed (multipart). */
export type StoredObject = {
  readonly id: string
  readonly bytes: number
  readonly md5: string | null
  readonly versionId: string
  readonly mimetype: string
}

/** An entry of a draft's or a record's file list. */
export type FileEntry = {
  readonly key: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly status: 'pending' | 'completed'
  readonly transfer: Transfer
  readonly metadata: JsonObject | null
  readonly hidden: boolean
  /** As the client declared them at the start. Not checked against the bytes (behaviour 4.2). */
  readonly declaredBytes: number | null
  readonly declaredChecksum: string | null
  /** The content that the entry points at: after a commit, for multipart from the start. */
  readonly object: StoredObject | null
  /** Content that arrived whole and waits for its commit. */
  readonly arrived: StoredObject | null
}

export type User = {
  readonly id: number
  readonly token: string
  readonly username: string
  readonly email: string
  readonly fullName: string
  readonly affiliation: string
  readonly confirmedAt: string
  readonly isAdmin: boolean
  readonly groups: readonly { readonly id: string; readonly name: string; readonly description: string }[]
}
