import type { Capabilities } from '../../contract/desk/account.ts'
import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type {
  FileDetails,
  FileRow,
  TransferCommand,
  TransferOverview,
  TransferTarget,
} from '../../contract/desk/transfer.ts'
import type { SendingHours } from '../../contract/desk/settings.ts'
import type { AppError } from '../../contract/errors.ts'
import type { ReceiptFile } from '../../core/deposit/receipt.ts'
import type { Patience, RequestBudget, Server } from '../repository/http/client.ts'
import type { Pace } from './pace.ts'
import type { SourceFile } from './source.ts'

export type EngineCommand =
  /** Gives or renews a token, and lets go on what waited for it. */
  | {
      readonly kind: 'session'
      readonly accountId: string
      readonly server: Server
      readonly capabilities: Capabilities
    }
  | { readonly kind: 'end-session'; readonly accountId: string }
  /** A deposit that is known already, for the same draft, stays as it is. */
  | {
      readonly kind: 'add'
      readonly depositId: string
      readonly accountId: string
      readonly draftId: string
      readonly files: readonly SourceFile[]
    }
  | { readonly kind: 'command'; readonly command: TransferCommand; readonly target: TransferTarget }
  /** Forgets a deposit; nothing is changed on the server. */
  | { readonly kind: 'remove'; readonly depositId: string }
  /** What is not given stays as it is. */
  | {
      readonly kind: 'configure'
      readonly filesAtATime: number
      readonly bytesPerSecond?: number | null
      readonly pauseOnBattery?: boolean
      readonly sendingHours?: SendingHours | null
    }
  /** What main was told of the requests that a server still takes: they are counted by address (behaviour 2.6). */
  | { readonly kind: 'budget'; readonly origin: string; readonly budget: RequestBudget }
  /** What the system tells. Nothing is sent while it sleeps, nor on battery or outside its hours where that is so configured. */
  | { readonly kind: 'power'; readonly asleep: boolean; readonly onBattery: boolean }

export type EngineEvent =
  /** At most ten a second, changed rows only. */
  | { readonly kind: 'progress'; readonly overview: TransferOverview; readonly rows: FileRow[] }
  /** The state of a deposit changed. */
  | { readonly kind: 'deposit'; readonly transfer: DepositTransfer }
  /** A server answered or did not; at most one a second for an account, unless it changes. */
  | {
      readonly kind: 'seen'
      readonly accountId: string
      readonly ok: boolean
      readonly at: number
      readonly budget: RequestBudget | null
      readonly error: AppError | null
    }

export type TransferEngine = {
  /** Throws DeskError `deposit-unknown`, `disk-full`. */
  command(command: EngineCommand): void
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: EngineEvent) => void): () => void
  files(depositId: string, from: number, count: number): { total: number; rows: FileRow[] }
  /** Throws DeskError `deposit-unknown`. */
  file(depositId: string, fileId: number): FileDetails
  /** State `none` for a deposit that was never added. */
  transfer(depositId: string): DepositTransfer
  overview(): TransferOverview
  report(depositId: string): ReceiptFile[]
  /** Continues what the journal holds, as sessions come. */
  start(): void
  /** Within two seconds. */
  stop(): Promise<void>
}

export type EngineParts = {
  readonly home: string
  readonly now?: () => number
  readonly random?: () => number
  /** Told before and after each write to the journal: `after began`. For tests that end the process there. */
  readonly onPersist?: (point: string) => void
  /** Where others of this process keep to the same speed limit; the engine sets it. */
  readonly pace?: Pace
  /** For tests that do not want to wait as long as a person would. */
  readonly patience?: Patience
}
