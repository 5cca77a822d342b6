import { NO_TRANSFER, type DepositTransfer } from '../contract/desk/deposit.ts'
import { explain, DeskError } from '../contract/errors.ts'
import { sortSummaries, toSummary } from '../main/deposits/view.ts'
import { openDeskStore, takeOwnership } from '../main/store/store.ts'
import { openEngine } from '../main/transfers/engine.ts'
import { openOrders } from './orders.ts'
import type { Output } from './output.ts'

/** Lists what there is and starts nothing, also while another process works on it. */
export function showStatus(home: string, output: Output): void {
  const store = openDeskStore(home)
  try {
    const accounts = store.accounts.list()
    const deposits = store.deposits.list()
    const transfers = readTransfers(
      home,
      deposits.map(({ id }) => id),
    )
    const summaries = sortSummaries(
      deposits.map((stored) => {
        const account = accounts.find(({ id }) => id === stored.accountId) ?? null
        return toSummary(stored, {
          account,
          transfer: transfers?.get(stored.id) ?? { ...NO_TRANSFER, depositId: stored.id },
          sending: false,
        })
      }),
    )
    for (const { id, accountId, title, files, bytes, doi, group, error, transfer, publication } of summaries) {
      const state =
        publication === 'published' ? 'published' : transfers === null ? 'in work' : stateInWords(group, transfer)
      output.show({
        event: 'deposit',
        id,
        title,
        server: accounts.find((account) => account.id === accountId)?.serverName ?? '',
        state,
        files,
        verifiedFiles: transfer.verifiedFiles,
        bytes,
        draft: deposits.find((stored) => stored.id === id)?.draft?.id ?? null,
        doi,
        problem: error === null ? null : explain(error).happened,
      })
    }
    const orders = openOrders(home)
      .list()
      .filter(({ depositId }) => depositId === null)
    for (const { folderName: title } of orders) {
      const nothing = { files: 0, verifiedFiles: 0, bytes: 0, draft: null, doi: null, problem: null }
      output.show({ event: 'deposit', id: null, title, server: '', state: 'not started', ...nothing })
    }
    if (summaries.length + orders.length === 0) output.show({ event: 'note', text: 'There are no deposits yet.' })
    if (transfers === null)
      output.show({ event: 'note', text: 'Deposit Desk is running with these deposits; it shows how far they are.' })
  } finally {
    store.close()
  }
}

/** What the journal says, or null while another process writes it. */
function readTransfers(home: string, depositIds: readonly string[]): Map<string, DepositTransfer> | null {
  let release: () => void
  try {
    release = takeOwnership(home)
  } catch (error) {
    if (error instanceof DeskError && error.code === 'transfers-busy') return null
    throw error
  }
  const engine = openEngine({ home })
  try {
    return new Map(depositIds.map((depositId) => [depositId, engine.transfer(depositId)]))
  } finally {
    void engine.stop().finally(release)
  }
}

function stateInWords(group: string, { state, files, verifiedFiles }: DepositTransfer): string {
  if (state === 'verified') return 'draft'
  if (group === 'needs-you') return 'needs you'
  return files > 0 ? `${verifiedFiles} of ${files}` : 'not started'
}
