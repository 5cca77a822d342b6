import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import { DeskError, type AppError, type ErrorCode } from '../../contract/errors.ts'
import { plainWords } from '../../core/deposit/server-errors.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { HttpError, toAppError } from '../repository/http/client.ts'
import type { DeskStore, StoredDeposit } from '../store/store.ts'
import type { TransferHost } from '../transfers/host.ts'

/** What the steps of a deposit work with. */
export type DepositContext = {
  readonly accounts: Accounts
  readonly store: DeskStore
  readonly transfers: TransferHost
  /** Throws deposit-unknown. */
  get(depositId: string): StoredDeposit
  /** Reads, changes and stores at once, on disk when it returns, and tells the listeners. Throws deposit-unknown. */
  update(depositId: string, change: (deposit: StoredDeposit) => Partial<StoredDeposit>): StoredDeposit
  /** Ends waiting when the desk closes. */
  readonly closing: AbortSignal
  /** What the transfers last said. */
  transfer(depositId: string): DepositTransfer
}

/** A failure of a call about a draft, as a person reads it. */
export function asDraftError(error: unknown, serverName: string): AppError {
  if (error instanceof HttpError && error.status === 400 && !error.html)
    return { code: 'draft-refused', params: { server: serverName, reason: reasonInWords(error, serverName) } }
  return toAppError(error, serverName)
}

/** What the server said was wrong, as half a sentence. */
export function reasonInWords(error: HttpError, serverName: string): string {
  const messages = error.fieldErrors.flatMap(({ messages: said }) => (said.length > 1 ? [said.join(' ')] : said))
  const words = (messages.length > 0 ? messages : [error.serverMessage]).map((message) =>
    plainWords(message, serverName),
  )
  return [...new Set(words)]
    .join(' ')
    .replace(/[.\s]+$/, '')
    .slice(0, 900)
}

/** The same to throw: what is not a DeskError yet becomes one. */
export function asDeskError(error: unknown, serverName: string): DeskError {
  if (error instanceof DeskError) return error
  const { code, params } = asDraftError(error, serverName)
  return new DeskError(code, params, { cause: error })
}

const BY_ITSELF = new Set<ErrorCode>([
  'offline',
  'server-unreachable',
  'server-trouble',
  'server-busy',
  'proxy-failed',
  'captive-portal',
  'certificate-unknown',
  'redirected-elsewhere',
  'not-a-repository',
  'answer-not-understood',
  'practice-failed',
  'publish-unclear',
  'disk-full',
  'internal',
])

/** Whether trying again later may help; otherwise a person has to act first. */
export function passesByItself(error: AppError): boolean {
  return BY_ITSELF.has(error.code)
}
