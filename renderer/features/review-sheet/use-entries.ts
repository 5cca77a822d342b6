import { useEffect, useRef, useState } from 'react'
import type { FolderEntry } from '../../../contract/desk/folder.ts'
import type { AppError } from '../../../contract/errors.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { readEntries } from '../../queries/deposits.ts'

/** As many as are asked for at first, so that rows show at once, and later. */
const FIRST_PAGE = 200
const PAGE = 2000

/** What a walk has found so far. `found` is how many entries there are by now; they are read page by page while it grows. */
export function useEntries(scanId: string, found: number) {
  const [entries, setEntries] = useState<readonly FolderEntry[]>([])
  const [error, setError] = useState<AppError | null>(null)
  const isReading = useRef(false)

  useEffect(() => {
    if (isReading.current || entries.length >= found) return
    isReading.current = true
    const count = entries.length === 0 ? FIRST_PAGE : PAGE
    call('folders.entries', { scanId, from: entries.length, count })
      .then((page) => {
        isReading.current = false
        setEntries((before) => [...before, ...page])
      })
      .catch((thrown: unknown) => {
        isReading.current = false
        setError(errorOf(thrown))
      })
  }, [scanId, found, entries.length])

  /** Has junk folders listed file by file. Their entries take the place of one each, so all are read again. */
  async function listFolders(paths: readonly string[]): Promise<void> {
    isReading.current = true
    try {
      for (const path of paths) await call('folders.include', { scanId, path })
      const all = await readEntries(scanId, 0)
      isReading.current = false
      setEntries(all)
    } catch (thrown) {
      isReading.current = false
      setError(errorOf(thrown))
    }
  }
  return { entries, error, listFolders }
}
