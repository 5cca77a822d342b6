import type { Capabilities } from '../../contract/desk/account.ts'

/** How a file's bytes travel: in one request, or in numbered parts that are all of `partBytes` but the last. */
export type TransferPlan =
  { readonly kind: 'whole' } | { readonly kind: 'parts'; readonly parts: number; readonly partBytes: number }

const MIB = 1024 * 1024
/** A cut connection costs at most one of these. */
export const PART_BYTES = 32 * MIB
/** S3 takes no more parts than this, and a server may keep its files there. */
const MOST_PARTS = 10_000
/** Up to here a cut transfer costs less to repeat than the requests of its parts. */
const LARGEST_WHOLE_BYTES = 64 * MIB

/**
 * Parts where the server was seen to take them and the file is large. A zip that is made while sending goes as a whole: its
 * parts could not be read again without making what comes before them.
 */
export function planTransfer(
  bytes: number,
  source: 'file' | 'zip' | 'slice' | 'text',
  multipart: Capabilities['multipart'],
): TransferPlan {
  if (multipart !== 'works' || source === 'zip' || bytes <= LARGEST_WHOLE_BYTES) return { kind: 'whole' }
  const partBytes = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS / MIB) * MIB)
  return { kind: 'parts', parts: Math.ceil(bytes / partBytes), partBytes }
}

/** Bytes of part `part`, from 1. */
export function partLength(plan: TransferPlan & { kind: 'parts' }, part: number, bytes: number): number {
  return part < plan.parts ? plan.partBytes : bytes - (plan.parts - 1) * plan.partBytes
}
