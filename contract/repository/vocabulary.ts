import { z } from 'zod'

/** An item of a vocabulary, of names, affiliations, funders, awards or subjects. */
export const vocabularyItemSchema = z.looseObject({
  id: z.string(),
  title: z.union([z.record(z.string(), z.string()), z.string()]).optional(),
  name: z.string().optional(),
  props: z.record(z.string(), z.unknown()).optional(),
})

export const personSchema = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  family_name: z.string().optional(),
  given_name: z.string().optional(),
  identifiers: z.array(z.looseObject({ identifier: z.string(), scheme: z.string().optional() })).optional(),
  affiliations: z.array(z.looseObject({ id: z.string().optional(), name: z.string().optional() })).optional(),
})

/** A list answer. `total` may exceed what can be paged to (10,000). */
export function listSchema<T extends z.ZodType>(item: T) {
  return z.looseObject({ hits: z.looseObject({ hits: z.array(item), total: z.int().optional() }) })
}
