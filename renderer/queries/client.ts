import { QueryClient, useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import type { Deposit, DepositSummary, DepositTransfer } from '../../contract/desk/deposit.ts'
import type { Download } from '../../contract/desk/download.ts'
import type { DeskError } from '../../contract/errors.ts'
import type { Input, Output } from '../../contract/ipc.ts'
import { call, useDeskEvent, type WindowCall } from '../bridge/client.ts'
import { mergeDownloads } from './downloads.ts'
import { mergeRows, type FileRows } from './files.ts'
import { keys } from './keys.ts'

/** Main owns retry, cache and connection: the window asks once, keeps the answer, and asks again when an event says so. */
export function createQueryClient(): QueryClient {
  const standing = { retry: false, networkMode: 'always' } as const
  return new QueryClient({
    defaultOptions: {
      queries: {
        ...standing,
        staleTime: Infinity,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      mutations: standing,
    },
  })
}

/** A call that changes something. Events bring what it changed; `onSuccess` is for what the screen does next. */
export function useCall<C extends WindowCall>(
  name: C,
  options: { onSuccess?: (value: Output<C>, input: Input<C>) => void } = {},
): UseMutationResult<Output<C>, DeskError, Input<C>> {
  return useMutation<Output<C>, DeskError, Input<C>>({
    mutationFn: (input) => call(name, input),
    ...(options.onSuccess ? { onSuccess: options.onSuccess } : {}),
  })
}

/** Brings what main says into the cache. Used once, by the shell. */
export function useDeskEvents(): void {
  const client = useQueryClient()

  useDeskEvent('accounts.changed', () => {
    renew(client, keys.accounts)
    renew(client, keys.connections)
    renew(client, keys.lookUps)
  })
  useDeskEvent('connections.changed', (connections) => client.setQueryData(keys.connections, connections))
  useDeskEvent('folders.changed', (scan) => client.setQueryData(keys.scan(scan.id), scan))
  useDeskEvent('deposits.changed', ({ depositIds }) => {
    renew(client, keys.deposits)
    renew(client, keys.overview)
    for (const depositId of depositIds) {
      renew(client, keys.deposit(depositId))
      renew(client, keys.guard(depositId))
    }
  })
  useDeskEvent('downloads.changed', (news) =>
    client.setQueryData<readonly Download[]>(keys.downloads, (known) => known && mergeDownloads(known, news)),
  )
  useDeskEvent('transfers.changed', ({ overview, rows }) => {
    client.setQueryData(keys.overview, overview)
    const transfers = new Map(overview.deposits.map((transfer) => [transfer.depositId, transfer]))
    client.setQueryData<readonly DepositSummary[]>(keys.deposits, (list) =>
      list?.map((item) => withTransfer(item, transfers)),
    )
    for (const [depositId, transfer] of transfers) {
      client.setQueryData<Deposit>(keys.deposit(depositId), (deposit) => deposit && { ...deposit, transfer })
    }
    for (const [depositId, changed] of Map.groupBy(rows, (row) => row.depositId)) {
      client.setQueryData<FileRows>(keys.files(depositId), (known) => known && mergeRows(known, changed))
    }
  })
}

function withTransfer(item: DepositSummary, transfers: ReadonlyMap<string, DepositTransfer>): DepositSummary {
  const transfer = transfers.get(item.id)
  return transfer ? { ...item, transfer } : item
}

/**
 * What changed is asked for again. An answer that is under way may be older than the change: on screen it is replaced, and
 * what nobody looks at is forgotten with it, since such an answer would count as new when it comes.
 */
function renew(client: QueryClient, queryKey: readonly unknown[]): void {
  client.removeQueries({ queryKey, type: 'inactive' })
  void client.invalidateQueries({ queryKey })
}
