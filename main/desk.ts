import type { Settings } from '../contract/desk/settings.ts'
import { createAccounts, type Accounts } from './accounts/accounts.ts'
import type { Keychain } from './accounts/keychain/keychain.ts'
import { createDeposits, type Deposits } from './deposits/deposits.ts'
import { createDownloads, type Downloads } from './downloads/downloads.ts'
import { createFolders, type Folders } from './deposits/folders.ts'
import { createDeskEvents, type DeskEvents } from './events.ts'
import type { PracticeServer } from './practice/start.ts'
import { openDeskStore, takeOwnership, type QuarantinedRow } from './store/store.ts'
import type { TransferHost } from './transfers/host.ts'
import { createVocabularies, type Vocabularies } from './vocabularies/vocabularies.ts'

/** Everything that the window and the command line share. */
export type Desk = {
  readonly accounts: Accounts
  readonly deposits: Deposits
  /** They go on once `resume` is called: the command line leaves them to the window. */
  readonly downloads: Downloads
  readonly folders: Folders
  readonly transfers: TransferHost
  readonly vocabularies: Vocabularies
  readonly settings: { read(): Settings; save(settings: Settings): Settings }
  readonly events: DeskEvents
  /** Rows of the database that could not be read; they are kept. For the log. */
  readonly quarantined: readonly QuarantinedRow[]
  /** Within four seconds; what is under way goes on at the next start. */
  close(): Promise<void>
}

/**
 * Opens the desk on a profile folder and goes on with what is not finished. Throws DeskError transfers-busy when another
 * window or command line has it open, data-from-newer-version, and what the transfers throw.
 */
export async function createDesk(parts: {
  readonly home: string
  readonly keychain: Keychain
  readonly practice: () => Promise<PracticeServer>
  readonly hostTransfers: (home: string) => Promise<TransferHost>
  /** For this run, in place of what is stored. */
  readonly settings?: Partial<Settings>
}): Promise<Desk> {
  const closers: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    closers.push(takeOwnership(parts.home))
    const store = openDeskStore(parts.home)
    closers.push(() => store.close())
    const events = createDeskEvents()
    const transfers = await parts.hostTransfers(parts.home)
    closers.push(() => transfers.stop())
    const accounts: Accounts = createAccounts({
      store,
      keychain: parts.keychain,
      practice: parts.practice,
      events,
      inUse: (accountId) => deposits.inUse(accountId),
      tellBudget: (origin, budget) => void transfers.command({ kind: 'budget', origin, budget }).catch(() => undefined),
    })
    closers.push(() => accounts.close())
    const folders = createFolders(events)
    const sessions = createSessions(accounts, transfers)
    const deposits = createDeposits({ store, accounts, transfers, folders, events, giveSession: sessions.give })
    closers.push(() => deposits.close())
    const downloads = createDownloads({ store, accounts, deposits, runner: transfers.downloads, events })
    closers.push(() => downloads.close())

    closers.push(
      transfers.onEvent((event) => {
        if (event.kind === 'progress') events.emit('transfers.changed', { overview: event.overview, rows: event.rows })
        if (event.kind !== 'seen') return
        accounts.noteSeen(event.accountId, event)
        // A practice repository that ended has another address once it runs again.
        if (!event.ok && accounts.list().some(({ id, server }) => id === event.accountId && server === 'practice'))
          void sessions.renew()
      }),
      events.on('accounts.changed', () => void sessions.renew()),
    )
    const configure = (stored: Settings) => {
      const { filesAtATime, bytesPerSecond, pauseOnBattery, sendingHours } = { ...stored, ...parts.settings }
      return transfers.command({ kind: 'configure', filesAtATime, bytesPerSecond, pauseOnBattery, sendingHours })
    }
    await configure(store.settings.read())
    await deposits.start()
    return {
      accounts,
      deposits,
      downloads,
      folders,
      transfers,
      vocabularies: createVocabularies({ accounts, store }),
      settings: {
        read: () => store.settings.read(),
        save: (settings) => {
          store.settings.write(settings)
          void configure(settings)
          return settings
        },
      },
      events,
      quarantined: store.quarantined(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Who the transfers may work for: an account gets a session once a deposit of it is under way, and a new one with its token. */
function createSessions(accounts: Accounts, transfers: TransferHost) {
  const given = new Set<string>()

  const send = async (accountId: string): Promise<void> => {
    const { server } = await accounts.client(accountId)
    const { capabilities } = accounts.get(accountId)
    await transfers.command({ kind: 'session', accountId, server, capabilities })
  }

  return {
    give: async (accountId: string): Promise<void> => {
      if (given.has(accountId)) return
      await send(accountId)
      given.add(accountId)
    },
    renew: async (): Promise<void> => {
      for (const accountId of given) {
        const account = accounts.list().find(({ id }) => id === accountId)
        if (account === undefined) given.delete(accountId)
        const told = account === undefined ? transfers.command({ kind: 'end-session', accountId }) : send(accountId)
        // An account without its token goes on when there is one.
        await told.catch(() => undefined)
      }
    },
  }
}
