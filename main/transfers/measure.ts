import { isWorthCompressing } from '../../core/deposit/compressible.ts'
import { deflated } from './deflate.ts'
import { openEntry, type SourceFile, type ZipEntry } from './source.ts'

/**
 * A zip with the compressed length of each entry that becomes smaller by it; the others are stored. `onRead` is told of bytes
 * as they are done with. Throws what reading a file throws.
 */
export async function measureZip(
  source: SourceFile['source'] & { kind: 'zip' },
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): Promise<SourceFile['source'] & { kind: 'zip' }> {
  const entries: ZipEntry[] = []
  for (const { path, name, bytes, modifiedAt } of source.entries) {
    signal.throwIfAborted()
    const entry = { path, name, bytes, modifiedAt }
    if (!isWorthCompressing(entry)) {
      onRead(bytes)
      entries.push(entry)
      continue
    }
    const file = await openEntry(entry)
    try {
      let packedBytes = 0
      for await (const chunk of deflated(file, bytes, (read) => onRead(read.length))) {
        signal.throwIfAborted()
        packedBytes += chunk.length
      }
      await file.check()
      entries.push(packedBytes < bytes ? { ...entry, packedBytes } : entry)
    } finally {
      await file.close()
    }
  }
  return { ...source, entries }
}
