import { z } from 'zod'

/*
 * InvenioRDM's metadata as its API names it (docs: InvenioRDM reference, metadata; spec: zenodo-rest-api-v12).
 * Schemas are loose: what we do not know is kept and sent back, since a save replaces the whole document.
 */

export const vocabularyRefSchema = z.looseObject({
  id: z.string(),
  /** Localised label, kept for display; only `id` is sent. */
  title: z.record(z.string(), z.string()).optional(),
})
export type VocabularyRef = z.infer<typeof vocabularyRefSchema>

export const affiliationSchema = z.looseObject({ id: z.string().optional(), name: z.string().optional() })
export type Affiliation = z.infer<typeof affiliationSchema>

export const identifierSchema = z.looseObject({ identifier: z.string(), scheme: z.string().optional() })

export const personOrOrgSchema = z.looseObject({
  type: z.enum(['personal', 'organizational']).optional(),
  family_name: z.string().optional(),
  given_name: z.string().optional(),
  name: z.string().optional(),
  identifiers: z.array(identifierSchema).optional(),
})

export const creatorSchema = z.looseObject({
  person_or_org: personOrOrgSchema,
  role: vocabularyRefSchema.optional(),
  affiliations: z.array(affiliationSchema).optional(),
})
export type Creator = z.infer<typeof creatorSchema>

export const rightsSchema = z.looseObject({
  id: z.string().optional(),
  title: z.record(z.string(), z.string()).optional(),
  description: z.record(z.string(), z.string()).optional(),
  link: z.string().optional(),
})

export const subjectSchema = z.looseObject({ id: z.string().optional(), subject: z.string().optional() })

/** `metadata` of a draft. Everything is optional: a draft may be incomplete. */
export const metadataSchema = z.looseObject({
  resource_type: vocabularyRefSchema.optional(),
  title: z.string().optional(),
  /** EDTF level 0 date or interval. */
  publication_date: z.string().optional(),
  creators: z.array(creatorSchema).optional(),
  publisher: z.string().optional(),
  description: z.string().optional(),
  rights: z.array(rightsSchema).optional(),
  /** Keywords are subjects with free text. */
  subjects: z.array(subjectSchema).optional(),
  version: z.string().optional(),
})
export type RecordMetadata = z.infer<typeof metadataSchema>

/** One complaint of the server about a field; the path is dotted, list indexes are numbers: `metadata.creators.0.person_or_org.name`. */
export const fieldErrorSchema = z.looseObject({
  field: z.string(),
  /** An unsupported pid scheme comes with single letters; other servers send a string. */
  messages: z
    .union([z.array(z.unknown()), z.string()])
    .transform((messages) => (typeof messages === 'string' ? [messages] : messages.map(String))),
})
export type FieldError = { readonly field: string; readonly messages: readonly string[] }

const pidSchema = z.looseObject({ identifier: z.string().optional(), provider: z.string().optional() })

/** A draft or a published record, in the vnd form. */
export const recordSchema = z.looseObject({
  id: z.string(),
  created: z.string().optional(),
  updated: z.string().optional(),
  revision_id: z.int().optional(),
  is_draft: z.boolean().optional(),
  is_published: z.boolean().optional(),
  status: z.string().optional(),
  links: z.record(z.string(), z.unknown()).optional(),
  pids: z.record(z.string(), pidSchema).optional(),
  metadata: metadataSchema.optional(),
  custom_fields: z.record(z.string(), z.unknown()).optional(),
  access: z.looseObject({ record: z.string().optional(), files: z.string().optional() }).optional(),
  files: z.looseObject({ enabled: z.boolean().optional() }).optional(),
  versions: z.looseObject({ index: z.int().optional(), is_latest: z.boolean().optional() }).optional(),
  parent: z
    .looseObject({
      id: z.string().optional(),
      pids: z.record(z.string(), pidSchema).optional(),
      access: z
        .looseObject({ owned_by: z.looseObject({ user: z.union([z.string(), z.number()]).optional() }).optional() })
        .optional(),
    })
    .optional(),
  errors: z.array(fieldErrorSchema).optional(),
})
export type RepositoryRecord = z.infer<typeof recordSchema>

/** Body of a draft save. Keys that are left out are kept or emptied by the rules of the server (behaviour 3.3). */
export type DraftBody = {
  readonly metadata: RecordMetadata
  readonly files?: { readonly enabled: boolean; readonly default_preview?: string }
  readonly access?: { readonly record: 'public' | 'restricted'; readonly files: 'public' | 'restricted' }
  readonly pids?: Readonly<Record<string, unknown>>
  readonly custom_fields?: Readonly<Record<string, unknown>>
}
