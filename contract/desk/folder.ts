import { z } from 'zod'
import { appErrorSchema } from '../errors.ts'

export const scanIdSchema = z.uuid()

/** Why a file is left out unless the person includes it. */
export const leftOutReasonSchema = z.enum([
  'git-history',
  'macos-leftover',
  'windows-leftover',
  'office-lock-file',
  'editor-backup',
  'dependencies',
  'can-be-rebuilt',
  'symbolic-link',
  'not-a-file',
  'unreadable',
])
export type LeftOutReason = z.infer<typeof leftOutReasonSchema>

/**
 * One thing found in what was dropped. A junk folder (`.git`, `node_modules`) is one entry with the count of what is in it
 * and is not walked into by the list.
 */
export const folderEntrySchema = z.object({
  /** Relative, with `/`, as the file system spells it (not normalised). With several things dropped, their names come first. */
  path: z.string(),
  kind: z.enum(['file', 'folder']),
  bytes: z.number(),
  /** 1 for a file; the number of files in a junk folder. */
  files: z.int(),
  modifiedAt: z.number(),
  leftOut: leftOutReasonSchema.nullable(),
})
export type FolderEntry = z.infer<typeof folderEntrySchema>

export const scanSchema = z.object({
  id: scanIdSchema,
  /** Name of the folder, or of the first of several files. */
  name: z.string(),
  state: z.enum(['walking', 'done', 'failed']),
  entries: z.int(),
  /** Of what is taken by default. */
  files: z.int(),
  bytes: z.number(),
  /** Why it failed. */
  error: appErrorSchema.optional(),
})
export type Scan = z.infer<typeof scanSchema>

/** What the person decided about the plan. Paths are those of the entries. */
export const planChoicesSchema = z.strictObject({
  subfolders: z.enum(['keep', 'flatten', 'zip']),
  /** Left out by default, included by the person. Folders include what is below; a junk folder once `folders.include` listed it. */
  include: z.array(z.string().max(4096)).max(10_000),
  /** Taken by default, left out by the person. */
  leaveOut: z.array(z.string().max(4096)).max(100_000),
  /** Path to the name that it gets in the record. */
  rename: z.record(z.string().max(4096), z.string().min(1).max(255)),
  /** Compress what is worth it in zips, instead of storing it. */
  compress: z.boolean().default(false),
  /** Files to be cut into numbered volumes, where the server takes none as large, or can’t go on in the middle of one. */
  split: z.array(z.string().max(4096)).max(1000).default([]),
  /** Ask the server for as much space as it takes, once there is a draft and before anything is sent. */
  moreSpace: z.boolean().default(false),
})
export type PlanChoices = z.infer<typeof planChoicesSchema>

export const DEFAULT_CHOICES: PlanChoices = {
  subfolders: 'keep',
  include: [],
  leaveOut: [],
  rename: {},
  compress: false,
  split: [],
  moreSpace: false,
}
