import { ArrowUpDown } from 'lucide-react'
import type { Account, Connection } from '../../contract/desk/account.ts'
import type { DownloadState } from '../../contract/desk/download.ts'
import type { TransferOverview } from '../../contract/desk/transfer.ts'
import { Icon } from '../components/icon.tsx'
import { StateMark, type StateKind } from '../components/state-mark.tsx'
import { useNow } from '../components/use-now.ts'
import { useAccounts, useConnections, useCurrentAccount } from '../queries/accounts.ts'
import { useDownloads } from '../queries/downloads.ts'
import { useOverview } from '../queries/deposits.ts'
import { messages } from './messages.ts'
import styles from './status-bar.module.css'

const RECEIVING: ReadonlySet<DownloadState['kind']> = new Set(['queued', 'checking', 'downloading'])

/** Connection and age of data, transfers, request budget: on every screen, in this order, only from what main has seen. */
export function StatusBar() {
  const now = useNow()
  const account = useCurrentAccount()
  const accounts = useAccounts().data ?? []
  const connections = useConnections().data ?? []
  const overview = useOverview().data
  const downloading = (useDownloads().data ?? []).filter(({ state }) => RECEIVING.has(state.kind)).length
  const spent = overview?.deposits.find(({ error }) => error?.code === 'requests-spent')
  const own = connections.find(({ accountId }) => accountId === account?.id)
  const others = accounts.filter(
    ({ id }) => id !== account?.id && hasTrouble(connections.find((one) => one.accountId === id)),
  )

  return (
    <footer className={styles.bar} aria-label={messages.status.label}>
      {account ? (
        <ConnectionWords account={account} connection={own} now={now} />
      ) : (
        <span>{messages.status.noAccount}</span>
      )}
      {others.length > 0 && (
        <StateMark kind="needs-you">{messages.status.others(others.map(({ serverName }) => serverName))}</StateMark>
      )}
      {account && overview && (
        <span className={styles.item}>
          <Icon as={ArrowUpDown} />
          {transferWords(overview, downloading)}
        </span>
      )}
      {spent ? (
        <span className={styles.end}>
          {messages.status.spent(spent.error?.params['server'] ?? '', spent.error?.params['rate'] ?? '', spent.at, now)}
        </span>
      ) : own?.budget && own.budget.resetAt > now ? (
        <span className={styles.end}>
          {messages.status.budget(own.budget.remaining, own.budget.limit, own.budget.resetAt, now)}
        </span>
      ) : null}
    </footer>
  )
}

function hasTrouble(connection: Connection | undefined): boolean {
  return connection !== undefined && connection.state !== 'connected' && connection.state !== 'not-tried'
}

function ConnectionWords({
  account,
  connection,
  now,
}: {
  account: Account
  connection: Connection | undefined
  now: number
}) {
  const [kind, words] = connectionWords(account.serverName, connection, now)
  return (
    <span className={styles.connection}>
      <StateMark kind={kind}>{words}</StateMark>
    </span>
  )
}

function connectionWords(server: string, connection: Connection | undefined, now: number): [StateKind, string] {
  switch (connection?.state) {
    case 'connected':
      return ['verified', messages.status.connected(server, connection.readAt, now)]
    case 'unreachable':
      return connection.error?.code === 'offline'
        ? ['offline', messages.status.offline(connection.readAt, now)]
        : ['offline', messages.status.unreachable(server, connection.readAt, now)]
    case 'token-refused':
      return ['needs-you', messages.status.tokenRefused(server)]
    case 'token-missing':
      return ['needs-you', messages.status.tokenMissing(server)]
    case 'not-tried':
    case undefined:
      return ['queued', messages.status.notTried(server)]
  }
}

function transferWords({ deposits, bytesPerSecond, leftMs }: TransferOverview, downloading: number): string {
  const count = (...states: string[]) => deposits.filter(({ state }) => states.includes(state)).length
  const [sending, queued, waiting] = [count('sending', 'verifying'), count('packing', 'queued'), count('waiting')]
  const paused = count('paused')
  const needsYou = deposits.filter(({ state, blockedFiles }) => state === 'needs-you' || blockedFiles > 0).length
  const words = [
    needsYou > 0 && messages.status.needsYou(needsYou),
    sending > 0 && messages.status.sending(sending),
    queued > 0 && messages.status.queued(queued),
    waiting > 0 && messages.status.waiting(waiting),
    paused > 0 && messages.status.paused(paused),
    sending > 0 && bytesPerSecond !== null && messages.status.rate(bytesPerSecond),
    sending > 0 && leftMs !== null && messages.status.left(leftMs),
    downloading > 0 && messages.status.downloading(downloading),
  ].filter((part) => part !== false)
  return words.length === 0 ? messages.status.noTransfers : words.join(', ')
}
