import { z } from 'zod'
import type { SourceFile } from './source.ts'

/** Where the bytes of a file come from, as it is stored: with the deposit, and in the journal of transfers. */
export const sourceSchema: z.ZodType<SourceFile['source']> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string(), modifiedAt: z.number() }),
  z.strictObject({
    kind: z.literal('zip'),
    entries: z.array(
      z.strictObject({
        path: z.string(),
        name: z.string(),
        bytes: z.number(),
        modifiedAt: z.number(),
        packedBytes: z.int().exactOptional(),
      }),
    ),
    compress: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('slice'),
    path: z.string(),
    modifiedAt: z.number(),
    from: z.int().nonnegative(),
    fileBytes: z.int(),
  }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
])
