import { randomUUID } from 'node:crypto'
import type { Account, AccountCheck, Connection, KeychainState, ServerChoice } from '../../contract/desk/account.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { EventName, Payload } from '../../contract/ipc.ts'
import type { PracticeServer } from '../practice/start.ts'
import {
  createClient,
  NetworkError,
  toAppError,
  type RepositoryClient,
  type RequestBudget,
} from '../repository/http/client.ts'
import type { Keychain } from './keychain/keychain.ts'
import { identify, probe } from './probe.ts'
import { PRACTICE_NAME, readToken, resolveServer, type KnownServer } from './servers.ts'

export type Accounts = {
  /** In the order they were added. */
  list(): Account[]
  /** Throws account-unknown. */
  get(accountId: string): Account
  keychain(): Promise<KeychainState>
  /** Tries a server and a token and stores nothing. Never throws: what went wrong is in the answer. */
  check(choice: ServerChoice, token: string): Promise<AccountCheck>
  /** Stores the account of a check of the last ten minutes; the same user of the same server is renewed. Throws check-expired. */
  add(checkId: string): Promise<Account>
  /** Throws account-unknown, token-malformed, token-not-accepted, token-other-user, and what identifying throws. */
  renewToken(accountId: string, token: string): Promise<Account>
  probe(accountId: string): Promise<Account>
  /** Throws account-unknown, account-in-use. */
  signOut(accountId: string): Promise<void>
  /** The account's client, one for all; not to be closed. Throws account-unknown, token-missing, practice-failed. */
  client(accountId: string): Promise<RepositoryClient>
  connections(): Connection[]
  /** What another process of ours saw of the account's server. */
  noteSeen(accountId: string, seen: SeenServer): void
  close(): Promise<void>
}

type Parts = {
  readonly store: {
    readonly accounts: { list(): Account[]; save(account: Account): void; remove(accountId: string): void }
  }
  readonly keychain: Keychain
  readonly practice: () => Promise<PracticeServer>
  readonly events: { emit<E extends EventName>(name: E, payload: Payload<E>): void }
  readonly inUse: (accountId: string) => boolean
  /** To the transfers: requests are counted by address, whoever of us sends them (behaviour 2.6). */
  readonly tellBudget?: (origin: string, budget: RequestBudget) => void
}

type SeenServer = {
  readonly ok: boolean
  readonly at: number
  readonly error: AppError | null
  readonly budget?: RequestBudget | null
}
type Checked = { readonly server: KnownServer; readonly token: string; readonly check: AccountCheck }
type Seen = Pick<Connection, 'state' | 'readAt' | 'error' | 'budget'>

const CHECK_LIFE_MS = 600_000
const CONNECTIONS_PAUSE_MS = 500

/** Accounts with their tokens and clients. Tokens are in the keychain, else in memory for this run, and nowhere else. */
export function createAccounts(parts: Parts): Accounts {
  return new AccountBook(parts)
}

class AccountBook implements Accounts {
  readonly #parts: Parts
  readonly #checks = new Map<string, Checked>()
  /** Tokens of this run, by account. */
  readonly #tokens = new Map<string, string>()
  readonly #clients = new Map<string, Promise<RepositoryClient>>()
  readonly #seen = new Map<string, Seen>()
  #told: NodeJS.Timeout | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    for (const account of this.list()) {
      // The token of a run without a keychain went with that run; but an earlier one may be kept.
      if (account.token === 'session') parts.store.accounts.save({ ...account, token: 'missing' })
      if (account.token === 'session' || account.token === 'missing') void this.#token(account).catch(() => undefined)
    }
  }

  list(): Account[] {
    return this.#parts.store.accounts.list()
  }

  get(accountId: string): Account {
    const account = this.list().find(({ id }) => id === accountId)
    if (!account) throw new DeskError('account-unknown')
    return account
  }

  keychain(): Promise<KeychainState> {
    return this.#parts.keychain.state()
  }

  async check(choice: ServerChoice, text: string): Promise<AccountCheck> {
    const startedAt = Date.now()
    const check: AccountCheck = {
      checkId: null,
      server: choice.kind,
      origin: null,
      serverName:
        choice.kind === 'practice' ? PRACTICE_NAME : choice.kind === 'other' ? choice.address.trim().slice(0, 200) : '',
      reachedInMs: null,
      user: null,
      capabilities: null,
      requests: 0,
      checkedAt: startedAt,
      error: null,
    }
    let client: RepositoryClient | null = null
    try {
      const { server, token } = await this.#resolve(choice, text)
      Object.assign(check, { server: server.kind, origin: server.origin, serverName: server.name })
      client = createClient({ origin: server.origin, name: server.name, token })
      client.onAnswer(({ status, at }) => {
        check.requests++
        if (status !== null) check.reachedInMs ??= at - startedAt
      })
      check.user = await identify(client)
      check.capabilities = await probe(client, server.kind)
      check.checkId = randomUUID()
      this.#keepCheck(check.checkId, { server, token, check })
    } catch (error) {
      check.error = isOrdinaryPage(error, choice)
        ? { code: 'not-a-repository', params: { server: check.serverName } }
        : aboutNewToken(toAppError(error, check.serverName))
    } finally {
      await client?.close()
    }
    return { ...check, checkedAt: Date.now() }
  }

  async add(checkId: string): Promise<Account> {
    const checked = this.#checks.get(checkId)
    this.#checks.delete(checkId)
    const { user, capabilities, checkedAt } = checked?.check ?? {}
    if (!checked || !user || !capabilities || checkedAt === undefined || Date.now() - checkedAt > CHECK_LIFE_MS) {
      throw new DeskError('check-expired')
    }
    const { server, token } = checked
    const known = this.list().find(
      (account) =>
        account.server === server.kind &&
        account.user.id === user.id &&
        (server.kind === 'practice' || account.origin === server.origin),
    )
    const account: Account = {
      id: known?.id ?? randomUUID(),
      server: server.kind,
      origin: server.origin,
      serverName: server.name,
      user,
      token: 'missing',
      capabilities,
      addedAt: known?.addedAt ?? Date.now(),
      checkedAt,
    }
    return this.#keepToken(account, token)
  }

  async renewToken(accountId: string, text: string): Promise<Account> {
    const account = this.get(accountId)
    const token = readToken(text)
    const client = createClient({ origin: account.origin, name: account.serverName, token })
    try {
      const user = await identify(client)
      if (user.id !== account.user.id)
        throw new DeskError('token-other-user', { server: account.serverName, name: account.user.name })
      return await this.#keepToken({ ...this.get(accountId), user, checkedAt: Date.now() }, token)
    } catch (error) {
      const { code, params } = aboutNewToken(asDeskError(error, account.serverName).toJSON())
      throw new DeskError(code, params, { cause: error })
    } finally {
      await client.close()
    }
  }

  async probe(accountId: string): Promise<Account> {
    const { server, serverName } = this.get(accountId)
    const client = await this.client(accountId)
    try {
      const capabilities = await probe(client, server)
      const account = { ...this.get(accountId), capabilities, checkedAt: Date.now() }
      this.#save(account)
      return account
    } catch (error) {
      throw asDeskError(error, serverName)
    }
  }

  async signOut(accountId: string): Promise<void> {
    const account = this.get(accountId)
    if (this.#parts.inUse(accountId)) throw new DeskError('account-in-use')
    this.#parts.store.accounts.remove(accountId)
    this.#tokens.delete(accountId)
    this.#seen.delete(accountId)
    await this.#dropClient(accountId)
    await this.#parts.keychain.remove(account.origin, account.user.id)
    this.#parts.events.emit('accounts.changed', {})
    this.#tellConnections()
  }

  client(accountId: string): Promise<RepositoryClient> {
    const known = this.#clients.get(accountId)
    // The practice server has another port after each start, so its client is looked at anew.
    if (known && this.get(accountId).server !== 'practice') return known
    const made = this.#makeClient(accountId, known ?? null)
    this.#clients.set(accountId, made)
    made.catch(() => {
      if (this.#clients.get(accountId) === made) this.#clients.delete(accountId)
    })
    return made
  }

  connections(): Connection[] {
    return this.list().map((account) => {
      const seen = this.#seen.get(account.id)
      if (account.token === 'missing') {
        const error = new DeskError('token-missing', { server: account.serverName }).toJSON()
        return { accountId: account.id, state: 'token-missing', readAt: seen?.readAt ?? null, error, budget: null }
      }
      return { accountId: account.id, ...(seen ?? { state: 'not-tried', readAt: null, error: null, budget: null }) }
    })
  }

  noteSeen(accountId: string, seen: SeenServer): void {
    if (seen.budget) void this.#hearBudget(accountId, seen.budget)
    this.#noteSeen(accountId, seen)
  }

  #noteSeen(accountId: string, seen: SeenServer): void {
    const before = this.#seen.get(accountId)
    const refused = seen.error?.code === 'token-refused'
    this.#seen.set(accountId, {
      state: refused ? 'token-refused' : seen.ok ? 'connected' : 'unreachable',
      readAt: seen.ok ? seen.at : (before?.readAt ?? null),
      error: seen.error,
      budget: seen.budget ?? before?.budget ?? null,
    })
    this.#tellConnections()
  }

  async close(): Promise<void> {
    if (this.#told) clearTimeout(this.#told)
    this.#tokens.clear()
    this.#checks.clear()
    await Promise.all([...this.#clients.keys()].map((accountId) => this.#dropClient(accountId)))
  }

  async #resolve(choice: ServerChoice, text: string): Promise<{ server: KnownServer; token: string }> {
    if (choice.kind !== 'practice') return { server: resolveServer(choice), token: readToken(text) }
    const { url, tokens } = await this.#parts.practice()
    return { server: { kind: 'practice', origin: url, name: PRACTICE_NAME }, token: tokens.researcher }
  }

  #keepCheck(checkId: string, checked: Checked): void {
    for (const [id, { check }] of this.#checks) {
      if (Date.now() - check.checkedAt > CHECK_LIFE_MS) this.#checks.delete(id)
    }
    this.#checks.set(checkId, checked)
  }

  async #keepToken(account: Account, token: string): Promise<Account> {
    if (account.server === 'practice') return this.#replace({ ...account, token: 'not-needed' })
    const kept = await this.#parts.keychain.write(account.origin, account.user.id, token)
    this.#tokens.set(account.id, token)
    return this.#replace({ ...account, token: kept ? 'keychain' : 'session' })
  }

  async #replace(account: Account): Promise<Account> {
    this.#save(account)
    await this.#dropClient(account.id)
    const at = Date.now()
    this.#noteSeen(account.id, { ok: true, at, error: null })
    return account
  }

  #save(account: Account): void {
    this.#parts.store.accounts.save(account)
    this.#parts.events.emit('accounts.changed', {})
  }

  async #dropClient(accountId: string): Promise<void> {
    const client = this.#clients.get(accountId)
    this.#clients.delete(accountId)
    await client?.then((made) => made.close()).catch(() => undefined)
  }

  async #makeClient(accountId: string, before: Promise<RepositoryClient> | null): Promise<RepositoryClient> {
    const account = this.get(accountId)
    if (account.server === 'practice') {
      const { url, tokens } = await this.#parts.practice()
      const old = await before?.catch(() => null)
      if (old?.server.origin === url && old.server.token === tokens.researcher) return old
      await old?.close()
      if (account.origin !== url) this.#save({ ...this.get(accountId), origin: url })
      return this.#watch(accountId, createClient({ origin: url, name: account.serverName, token: tokens.researcher }))
    }
    const token = await this.#token(account)
    return this.#watch(accountId, createClient({ origin: account.origin, name: account.serverName, token }))
  }

  async #token(account: Account): Promise<string> {
    const known = this.#tokens.get(account.id)
    if (known !== undefined) return known
    const kept = await this.#parts.keychain.read(account.origin, account.user.id)
    const now = this.get(account.id)
    // Given while the keychain was read.
    const token = this.#tokens.get(account.id) ?? kept
    const state = token === null ? 'missing' : token === kept ? 'keychain' : now.token
    if (now.token !== state) {
      this.#save({ ...now, token: state })
      this.#tellConnections()
    }
    if (token !== null) {
      this.#tokens.set(account.id, token)
      return token
    }
    throw new DeskError('token-missing', { server: account.serverName })
  }

  #watch(accountId: string, client: RepositoryClient): RepositoryClient {
    client.onAnswer(({ ok, at, error }) => {
      const budget = client.budget()
      if (budget !== null) this.#parts.tellBudget?.(client.server.origin, budget)
      this.#noteSeen(accountId, { ok, at, error, budget })
    })
    return client
  }

  async #hearBudget(accountId: string, budget: RequestBudget): Promise<void> {
    const client = await this.#clients.get(accountId)?.catch(() => null)
    client?.hearBudget(budget)
  }

  /** At most twice a second, and the last state always. */
  #tellConnections(): void {
    if (this.#told) return
    this.#told = setTimeout(() => {
      this.#told = null
      this.#parts.events.emit('connections.changed', this.connections())
    }, CONNECTIONS_PAUSE_MS)
    this.#told.unref()
  }
}

/** It is the token being tried that was refused: nothing waits for it. */
function aboutNewToken(error: AppError): AppError {
  return error.code === 'token-refused' ? { ...error, code: 'token-not-accepted' } : error
}

/** Behind an address that was typed, a page without a sign-in form is some other site rather than a network's sign-in page. */
function isOrdinaryPage(error: unknown, choice: ServerChoice): boolean {
  if (choice.kind !== 'other' || !(error instanceof NetworkError) || error.appError.code !== 'captive-portal')
    return false
  const page = error.cause instanceof Error ? error.cause.message : ''
  return !/<form|type=.?password|http-equiv=.?refresh|location\.(href|replace|assign)|captive|hotspot/i.test(page)
}

function asDeskError(error: unknown, serverName: string): DeskError {
  if (error instanceof DeskError) return error
  const { code, params } = toAppError(error, serverName)
  return new DeskError(code, params, { cause: error })
}
