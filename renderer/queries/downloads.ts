import { useQuery } from '@tanstack/react-query'
import type { Download, DownloadState } from '../../contract/desk/download.ts'
import type { Payload } from '../../contract/ipc.ts'
import type { DownloadWish } from '../app/view.ts'
import { call } from '../bridge/client.ts'
import { keys } from './keys.ts'

/** Newest first; kept up to date by events. */
export function useDownloads() {
  return useQuery({ queryKey: keys.downloads, queryFn: () => call('downloads.list', {}) })
}

/** Looked up anew each time: it is only worth what the server said just now. */
export function useFound(wish: DownloadWish | null, accountId: string | null) {
  return useQuery({
    queryKey: keys.found(wish, accountId),
    queryFn: () => {
      if (wish?.kind === 'deposit') return call('downloads.find', { depositId: wish.depositId })
      return call('downloads.find', { name: wish?.name ?? '', accountId: accountId ?? '' })
    },
    enabled: wish !== null && accountId !== null,
    staleTime: 0,
    gcTime: 0,
  })
}

export function mergeDownloads(
  known: readonly Download[],
  { changed, gone }: Payload<'downloads.changed'>,
): readonly Download[] {
  const all = new Map([...known, ...changed].map((download) => [download.id, download]))
  for (const id of gone) all.delete(id)
  return [...all.values()].sort((a, b) => b.createdAt - a.createdAt)
}

/** Whether nothing more happens, unless the person wants it to. */
export function isFinished({ kind }: DownloadState): boolean {
  return kind === 'complete' || kind === 'incomplete' || kind === 'cancelled'
}
