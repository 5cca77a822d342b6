import type { Account, Connection } from '../../../contract/desk/account.ts'
import type { TransferOverview } from '../../../contract/desk/transfer.ts'
import { Rail } from '../../components/layout.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { Select } from '../../components/select.tsx'
import { StateMark, type StateKind } from '../../components/state-mark.tsx'
import { FILES_AT_A_TIME, idOfSpeed, speedLimits, speedOfId } from '../../components/transfer-choices.ts'
import { useNow } from '../../components/use-now.ts'
import { useAccounts, useConnections } from '../../queries/accounts.ts'
import { useSaveSettings, useSettings } from '../../queries/settings.ts'
import { messages } from './messages.ts'
import styles from './transfers.module.css'

/** What resume means on each server in use, and how many requests it still takes. */
export function Servers({ overview }: { overview: TransferOverview | undefined }) {
  const accounts = useAccounts().data ?? []
  const connections = useConnections().data ?? []
  const settings = useSettings().data
  const { save } = useSaveSettings()
  const servers = (overview?.servers ?? []).flatMap((server) => {
    const account = accounts.find(({ id }) => id === server.accountId)
    return account ? [{ ...server, account }] : []
  })
  return (
    <Rail label={messages.servers.title} pad={false}>
      {servers.length > 0 && <h2 className={styles.serversTitle}>{messages.servers.title}</h2>}
      {servers.map(({ account, resume, partBytes, filesAtATime }) => (
        <Server
          key={account.id}
          account={account}
          resume={resume}
          partBytes={partBytes}
          filesAtATime={filesAtATime}
          connection={connections.find(({ accountId }) => accountId === account.id)}
        />
      ))}
      {settings && (
        <div className={styles.settings}>
          <span aria-hidden>{messages.servers.filesAtATime}</span>
          <Select
            label={messages.servers.filesAtATime}
            hideLabel
            options={FILES_AT_A_TIME}
            value={String(settings.filesAtATime)}
            onChange={(value) => save({ ...settings, filesAtATime: Number(value) })}
          />
          <span aria-hidden>{messages.servers.speedLimit}</span>
          <Select
            label={messages.servers.speedLimit}
            hideLabel
            options={speedLimits(settings.bytesPerSecond)}
            value={idOfSpeed(settings.bytesPerSecond)}
            onChange={(value) => save({ ...settings, bytesPerSecond: speedOfId(value) })}
          />
        </div>
      )}
    </Rail>
  )
}

function Server({
  account,
  resume,
  partBytes,
  filesAtATime,
  connection,
}: {
  account: Account
  resume: 'parts' | 'whole-files'
  partBytes: number | null
  filesAtATime: number | null
  connection: Connection | undefined
}) {
  const now = useNow(5_000)
  const [kind, words] = connectionWords(connection)
  const { multipart } = account.capabilities
  const budget = connection?.budget && connection.budget.resetAt > now ? connection.budget : null
  return (
    <section className={styles.server}>
      <div className={styles.serverHead}>
        <h3 className={styles.serverName}>{account.serverName}</h3>
        <StateMark kind={kind}>{words}</StateMark>
      </div>
      <p className={styles.allows}>
        <span className="medium">
          {resume === 'parts' ? messages.servers.parts(partBytes) : messages.servers.whole}
        </span>{' '}
        {resume === 'parts' ? messages.servers.partsText : messages.servers.wholeText}{' '}
        {multipart === 'unknown' ? messages.servers.notTried : messages.servers.tried(account.checkedAt, now)}
      </p>
      {filesAtATime !== null && (
        <p className={styles.allows}>
          <span className="medium">{messages.servers.reduced(filesAtATime)}</span> {messages.servers.reducedText}
        </p>
      )}
      {budget && (
        <div className={styles.budget}>
          <span className="t2">{messages.servers.budget}</span>
          <span>{messages.servers.budgetOf(budget.remaining, budget.limit)}</span>
          <ProgressBar
            done={budget.remaining}
            all={budget.limit}
            words={`${messages.servers.budget}: ${messages.servers.budgetOf(budget.remaining, budget.limit)}`}
          />
        </div>
      )}
    </section>
  )
}

function connectionWords(connection: Connection | undefined): [StateKind, string] {
  switch (connection?.state) {
    case 'connected':
      return ['verified', messages.servers.connected]
    case 'unreachable':
      return ['offline', messages.servers.unreachable]
    case 'token-missing':
    case 'token-refused':
      return ['needs-you', messages.servers.signIn]
    case 'not-tried':
    case undefined:
      return ['queued', messages.servers.notYet]
  }
}
