import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, ServerChoice } from '../contract/desk/account.ts'
import { DeskError } from '../contract/errors.ts'
import { createKeychain, noKeychain } from '../main/accounts/keychain/keychain.ts'
import { resolveServer } from '../main/accounts/servers.ts'
import { createDesk, type Desk } from '../main/desk.ts'
import { keepPractice, practiceAsChild } from '../main/practice/start.ts'
import { hostEngineInProcess } from '../main/transfers/host.ts'
import { UsageError } from './arguments.ts'

/** A predecessor that was just killed gives its lock back within moments; one that works keeps it. */
const OWNER_WAIT_MS = 10_000

export type Session = { readonly desk: Desk; readonly token: string | null; close(): Promise<void> }

/** Where everything is kept: that of the application, unless another place is given. */
export function homeFolder(environment: NodeJS.ProcessEnv): string {
  const given = environment['DEPOSIT_DESK_HOME']
  if (given) return given
  // As Electron's userData (its documentation, app.getPath).
  if (process.platform === 'darwin') return join(homedir(), 'Library/Application Support/Deposit Desk')
  if (process.platform === 'win32')
    return join(environment['APPDATA'] ?? join(homedir(), 'AppData/Roaming'), 'Deposit Desk')
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'Deposit Desk')
}

/** Practice repository of the command line: a process of its own, started when it is needed. */
export function practiceOf(home: string): ReturnType<typeof keepPractice> {
  return keepPractice({
    dataFolder: join(home, 'practice'),
    spawn: practiceAsChild(join(import.meta.dirname, 'practice.js')),
  })
}

/** Opens the desk for the work of one command. `limitRate`: bytes a second, null for what the settings say. Throws DeskError transfers-busy, data-from-newer-version. */
export async function openSession(
  home: string,
  environment: NodeJS.ProcessEnv,
  limitRate: number | null,
  signal: AbortSignal,
): Promise<Session> {
  const token = environment['DEPOSIT_DESK_TOKEN']?.trim() || null
  const practice = practiceOf(home)
  const parts = {
    home,
    // A token that was handed in is for this run and is not put into the keychain.
    keychain: token === null ? createKeychain(environment) : noKeychain,
    practice: practice.server,
    hostTransfers: async (folder: string) => hostEngineInProcess({ home: folder }),
    // Who types a command means now.
    settings: { sendingHours: null, ...(limitRate === null ? {} : { bytesPerSecond: limitRate }) },
  }
  const deadline = Date.now() + OWNER_WAIT_MS
  for (;;) {
    try {
      const desk = await createDesk(parts)
      const close = async () => {
        await desk.close()
        await practice.stop()
      }
      return { desk, token, close }
    } catch (error) {
      if (!(error instanceof DeskError && error.code === 'transfers-busy') || Date.now() > deadline) throw error
      await sleep(200, undefined, { signal })
    }
  }
}

/** The account of a server: the one of the given token, else the one that is known here, connected where it needs no token. */
export async function findAccount({ desk, token }: Session, choice: ServerChoice): Promise<Account> {
  const known = accountsOf(desk, choice)
  if (choice.kind === 'practice') return known[0] ?? connect(desk, choice, '')
  if (token === null) {
    const [account] = known
    if (account) return account
    throw new DeskError('token-missing', { server: resolveServer(choice).name })
  }
  for (const account of known) {
    try {
      return await desk.accounts.renewToken(account.id, token)
    } catch (error) {
      if (!(error instanceof DeskError && error.code === 'token-other-user')) throw error
    }
  }
  return connect(desk, choice, token)
}

/** Gives a handed-in token to the accounts of unfinished deposits. It is for one server: with several nobody can tell which. */
export async function giveToken({ desk, token }: Session, accountIds: readonly string[]): Promise<void> {
  const accounts = desk.accounts.list().filter(({ id, server }) => accountIds.includes(id) && server !== 'practice')
  if (token === null || accounts.length === 0) return
  const origins = new Set(accounts.map(({ origin }) => origin))
  if (origins.size > 1) {
    throw new UsageError(
      `DEPOSIT_DESK_TOKEN is the token of one server, and deposits for ${[...origins].join(' and ')} are unfinished. Resume them in the application, or without it from the keychain.`,
    )
  }
  for (const account of accounts) {
    await desk.accounts.renewToken(account.id, token).catch((error: unknown) => {
      if (!(error instanceof DeskError && error.code === 'token-other-user')) throw error
    })
  }
}

function accountsOf(desk: Desk, choice: ServerChoice): Account[] {
  const accounts = desk.accounts.list()
  if (choice.kind === 'practice') return accounts.filter(({ server }) => server === 'practice')
  const { origin } = resolveServer(choice)
  return accounts.filter((account) => account.origin === origin && account.server !== 'practice')
}

async function connect(desk: Desk, choice: ServerChoice, token: string): Promise<Account> {
  const check = await desk.accounts.check(choice, token)
  if (check.error) throw new DeskError(check.error.code, check.error.params)
  return desk.accounts.add(check.checkId ?? '')
}
