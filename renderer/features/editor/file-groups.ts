import type { FileRow } from '../../../contract/desk/transfer.ts'

export type FileGroup = {
  readonly kind: 'needs-you' | 'active' | 'waiting' | 'paused' | 'queued' | 'cancelled' | 'left-out' | 'verified'
  readonly rows: readonly FileRow[]
}

const ORDER: readonly FileGroup['kind'][] = [
  'needs-you',
  'active',
  'waiting',
  'paused',
  'queued',
  'cancelled',
  'left-out',
  'verified',
]

/** Files by what they need of the person, in the order in which that matters; the newest verified one first. */
export function groupFiles(rows: readonly FileRow[]): readonly FileGroup[] {
  const byKind = Map.groupBy(rows, kindOf)
  return ORDER.flatMap((kind) => {
    const group = byKind.get(kind)
    if (!group) return []
    return [{ kind, rows: kind === 'verified' ? group.toSorted((a, b) => verifiedAt(b) - verifiedAt(a)) : group }]
  })
}

function kindOf({ state }: FileRow): FileGroup['kind'] {
  switch (state.kind) {
    case 'blocked':
      return 'needs-you'
    case 'packing':
    case 'checking':
    case 'sending':
    case 'verifying':
      return 'active'
    case 'queued':
    case 'waiting':
    case 'paused':
    case 'cancelled':
    case 'left-out':
    case 'verified':
      return state.kind
  }
}

function verifiedAt({ state }: FileRow): number {
  return state.kind === 'verified' ? state.verifiedAt : 0
}
