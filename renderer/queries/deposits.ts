import { useQueries, useQuery } from '@tanstack/react-query'
import type { FolderEntry } from '../../contract/desk/folder.ts'
import { call } from '../bridge/client.ts'
import { readFiles, type FileRows } from './files.ts'
import { keys } from './keys.ts'

/** The largest page that the contract allows. */
const PAGE = 2000

export function useDeposits() {
  return useQuery({ queryKey: keys.deposits, queryFn: () => call('deposits.list', {}) })
}

export function useDeposit(depositId: string) {
  return useQuery({ queryKey: keys.deposit(depositId), queryFn: () => call('deposits.get', { depositId }) })
}

/** Read anew each time that the guard opens: it is only worth what the server said just now. */
export function useGuard(depositId: string) {
  return useQuery({
    queryKey: keys.guard(depositId),
    queryFn: () => call('deposits.guard', { depositId }),
    staleTime: 0,
    gcTime: 0,
  })
}

export function useOverview() {
  return useQuery({ queryKey: keys.overview, queryFn: () => call('transfers.overview', {}) })
}

/** All files of a deposit, in its order. Later changes come as events and are merged. */
export function useFiles(depositId: string, enabled = true) {
  return useQuery({ queryKey: keys.files(depositId), queryFn: () => readFiles(depositId), enabled })
}

/**
 * One file with its log. `state`: of its row without what only moves; with another one it is read anew, and until then the
 * last answer stands.
 */
export function useFile(depositId: string, fileId: number, state: unknown) {
  return useQuery({
    queryKey: keys.file(depositId, fileId, state),
    queryFn: () => call('transfers.file', { depositId, fileId }),
    placeholderData: (last) => (last?.row.depositId === depositId && last.row.fileId === fileId ? last : undefined),
    staleTime: 0,
    gcTime: 0,
  })
}

/** All files of several deposits; null while a list is being read. */
export function useFilesOf(depositIds: readonly string[]): ReadonlyMap<string, FileRows | null> {
  return useQueries({
    queries: depositIds.map((depositId) => ({ queryKey: keys.files(depositId), queryFn: () => readFiles(depositId) })),
    combine: (results) => new Map(depositIds.map((depositId, index) => [depositId, results[index]?.data ?? null])),
  })
}

/** State of a walk; kept up to date by events. */
export function useScan(scanId: string) {
  return useQuery({ queryKey: keys.scan(scanId), queryFn: () => call('folders.scan', { scanId }) })
}

/** Reads the entries of a walk from `from` on, as far as it got. */
export async function readEntries(scanId: string, from: number): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = []
  for (;;) {
    const page = await call('folders.entries', { scanId, from: from + entries.length, count: PAGE })
    entries.push(...page)
    if (page.length < PAGE) return entries
  }
}
