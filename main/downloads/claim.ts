import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DeskError } from '../../contract/errors.ts'
import { takeOwnership } from '../store/store.ts'

/**
 * Makes this process the only one that downloads into a folder: two that write the same part would spoil it for each other.
 * Returns the function that ends it. Throws DeskError save-failed.
 */
export function claimFolder(home: string, root: string): () => void {
  const id = createHash('sha256').update(root).digest('hex').slice(0, 16)
  try {
    return takeOwnership(join(home, 'downloads', id))
  } catch (error) {
    if (!(error instanceof DeskError && error.code === 'transfers-busy')) throw error
    throw new DeskError('save-failed', { reason: 'another download into this folder is under way' }, { cause: error })
  }
}
