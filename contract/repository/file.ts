import { z } from 'zod'

/** Link to one part of a multipart transfer. May be pre-signed for another origin: then it is used without the token. */
export const partLinkSchema = z.looseObject({ part: z.int(), url: z.string(), expiration: z.string().optional() })

/** An entry of `/draft/files` or `/files`. `size` and `checksum` of a pending entry are only what the client declared. */
export const fileEntrySchema = z.looseObject({
  key: z.string(),
  /** `pending`, `completed` or `failed`; others are treated as pending. */
  status: z.string().optional(),
  size: z.number().nullish(),
  /** `md5:<hex>`; null or `multipart:…` while the server still computes it. */
  checksum: z.string().nullish(),
  /** Where the files of its draft lie; before there is content, only Zenodo tells. */
  bucket_id: z.guid().nullish().catch(null),
  transfer: z.looseObject({ type: z.string() }).optional(),
  links: z.looseObject({ parts: z.array(partLinkSchema).optional(), content: z.string().optional() }).optional(),
  /** A 200 on a content PUT with this key is a failure (live findings A3). A string in v14, a list later. */
  errors: z.unknown().optional(),
})
export type FileEntry = z.infer<typeof fileEntrySchema>

export const fileListSchema = z.looseObject({
  enabled: z.boolean().optional(),
  entries: z.array(fileEntrySchema).optional(),
})

/** Body of one item of a start call. No checksum is ever announced: the server would keep it unchecked (findings D24). */
export type FileStart = {
  readonly key: string
  readonly size?: number
  readonly transfer?: { readonly type: 'M'; readonly parts: number; readonly part_size: number }
}
