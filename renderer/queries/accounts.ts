import { useQuery } from '@tanstack/react-query'
import type { Account, Connection } from '../../contract/desk/account.ts'
import { useView } from '../app/view.ts'
import { call } from '../bridge/client.ts'
import { keys } from './keys.ts'

export function useAccounts() {
  return useQuery({ queryKey: keys.accounts, queryFn: () => call('accounts.list', {}) })
}

export function useKeychain() {
  return useQuery({ queryKey: keys.keychain, queryFn: () => call('accounts.keychain', {}) })
}

export function useConnections() {
  return useQuery({ queryKey: keys.connections, queryFn: () => call('app.connections', {}) })
}

/** The account that new deposits go to, unless the person chooses another; the first one as long as none was chosen. */
export function useCurrentAccount(): Account | null {
  const chosen = useView((view) => view.accountId)
  const accounts = useAccounts().data ?? []
  return accounts.find(({ id }) => id === chosen) ?? accounts[0] ?? null
}

export function useAccount(accountId: string | undefined): Account | null {
  return useAccounts().data?.find(({ id }) => id === accountId) ?? null
}

export function useConnection(accountId: string | undefined): Connection | null {
  return useConnections().data?.find((connection) => connection.accountId === accountId) ?? null
}
