import { Check, Copy, X } from 'lucide-react'
import type { RefObject } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { DepositSummary } from '../../../contract/desk/deposit.ts'
import type { FileRow, FileState, LogEntry, TransferCommand, TransferTarget } from '../../../contract/desk/transfer.ts'
import { explain } from '../../../contract/errors.ts'
import { logSentence } from '../../../core/transfer/log-words.ts'
import { errorOf } from '../../bridge/client.ts'
import { ServerBadge } from '../../components/badge.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { formatTime } from '../../components/format.ts'
import { Divider, Facts, Rail } from '../../components/layout.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { fileStateWords } from '../../components/state-words.ts'
import { useCopy } from '../../components/use-copy.ts'
import { useNow } from '../../components/use-now.ts'
import { useFile, useFiles } from '../../queries/deposits.ts'
import { fileEntries } from './entries.ts'
import styles from './file-details.module.css'
import { messages } from './messages.ts'

const words = messages.details

export type FileDetailsProps = {
  readonly ref: RefObject<HTMLDivElement | null>
  readonly depositId: string
  readonly fileId: number
  readonly summary: DepositSummary | undefined
  readonly account: Account | undefined
  readonly onCommand: (command: TransferCommand, target: TransferTarget) => void
  readonly onClose: () => void
}

/** One file: where it stands, its checksums, what happened to it, and what can be done. Reads for itself, so that the list stays as it is. */
export function FileDetails({ ref, depositId, fileId, summary, account, onCommand, onClose }: FileDetailsProps) {
  const now = useNow(10_000)
  // The list holds every row already; what changes comes to both by the same events.
  const listed = useFiles(depositId).data?.rows
  const known = listed?.[fileId]
  const current = known?.fileId === fileId ? known : listed?.find((row) => row.fileId === fileId)
  const details = useFile(depositId, fileId, current && resting(current.state))
  const row = current ?? details.data?.row
  const server = account?.serverName ?? ''
  return (
    <Rail label={words.label}>
      <div
        className={styles.details}
        ref={ref}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          onClose()
        }}
      >
        <div className={styles.head}>
          <h2 tabIndex={-1} className="selectable">
            {row?.key ?? '…'}
          </h2>
          <IconButton icon={X} label={words.close} keys="Esc" onPress={onClose} />
        </div>
        {details.error && <ErrorNote error={errorOf(details.error)} onAction={() => void details.refetch()} />}
        {row && (
          <>
            <State row={row} server={server} now={now} onCommand={onCommand} />
            <Facts items={facts(row, summary, account, details.data?.md5 === null)} />
            {details.data?.md5 != null && (
              <div>
                <Sum name={words.md5} value={details.data.md5} />
                {details.data.sha256 !== null && <Sum name={words.sha256} value={details.data.sha256} />}
              </div>
            )}
            <Divider />
            <div>
              <h3 className={styles.logTitle}>{words.log}</h3>
              <Log
                log={details.data?.log ?? []}
                names={{ server, key: row.key, time: (at) => formatTime(at, now), waits: row.state.kind === 'waiting' }}
                now={now}
              />
            </div>
            <Actions row={row} onCommand={onCommand} />
          </>
        )}
      </div>
    </Rail>
  )
}

/** Without what only moves: bytes that were sent say nothing new of the past. */
function resting(state: FileState): unknown {
  return state.kind === 'sending' || state.kind === 'checking' ? state.kind : state
}

function State({
  row,
  server,
  now,
  onCommand,
}: {
  row: FileRow
  server: string
  now: number
  onCommand: FileDetailsProps['onCommand']
}) {
  const { state } = row
  const target = { kind: 'file', depositId: row.depositId, fileId: row.fileId } as const
  const { kind, words: said } = fileStateWords(row, server, now)
  const own = remedyOf(state)
  return (
    <div className={styles.state}>
      {state.kind !== 'blocked' && (
        <StateMark kind={kind} wrap>
          {said}
        </StateMark>
      )}
      {state.kind === 'sending' && (
        <>
          <ProgressBar done={state.sentBytes} all={row.bytes} words={messages.sentOf(state.sentBytes, row.bytes)} />
          <span className="small t2">{messages.sentOf(state.sentBytes, row.bytes)}</span>
        </>
      )}
      {state.kind === 'verified' && <p className="small t2">{words.verified(server)}</p>}
      {state.kind === 'verifying' && <p className="small t2">{words.verifying(server)}</p>}
      {(state.kind === 'blocked' || state.kind === 'waiting') && (
        <ErrorNote error={state.error} {...(own === null ? {} : { onAction: () => onCommand(own, target) })} />
      )}
    </div>
  )
}

/** What the button beside an error does. */
function remedyOf(state: FileState): 'retry' | 'read-again' | 'leave-out' | null {
  if (state.kind !== 'blocked' && state.kind !== 'waiting') return null
  const { action } = explain(state.error)
  return action === 'retry' || action === 'read-again' || action === 'leave-out' ? action : null
}

function facts(row: FileRow, summary: DepositSummary | undefined, account: Account | undefined, isUnread: boolean) {
  return [
    {
      term: words.size,
      value: messages.bytes(row.bytes),
      ...(row.sources > 1 ? { detail: messages.zip(row.sources) } : {}),
    },
    ...(summary
      ? [
          { term: words.folder, value: summary.sourceName },
          ...(summary.title === summary.sourceName
            ? []
            : [{ term: words.deposit, value: summary.title || messages.untitled }]),
        ]
      : []),
    ...(account ? [{ term: words.server, value: <ServerBadge account={account} /> }] : []),
    ...(isUnread ? [{ term: words.checksums, value: <span className="t3">{words.notYet}</span> }] : []),
  ]
}

function Sum({ name, value }: { name: string; value: string }) {
  const { isCopied, copy } = useCopy(value, words.copied(name))
  return (
    <div className={styles.sum}>
      <span className="small t3">{name}</span>
      <IconButton
        icon={isCopied ? Check : Copy}
        size="s"
        label={isCopied ? words.copied(name) : words.copy(name)}
        onPress={copy}
      />
      <code className={styles.hex}>{value}</code>
    </div>
  )
}

function Log({ log, names, now }: { log: readonly LogEntry[]; names: Parameters<typeof logSentence>[2]; now: number }) {
  if (log.length === 0) return <p className="small t3">{words.nothingYet}</p>
  return (
    <ol className={styles.log}>
      {log.map((entry, at) => (
        <li key={`${entry.at} ${entry.what.kind}`} data-happening={entry.what.kind}>
          <time dateTime={new Date(entry.at).toISOString()}>{formatTime(entry.at, now)}</time>
          <span className="selectable">{logSentence(entry, at === log.length - 1, names)}</span>
        </li>
      ))}
    </ol>
  )
}

/** What the menu of the row offers, without what the state above offers already. */
function Actions({ row, onCommand }: { row: FileRow; onCommand: FileDetailsProps['onCommand'] }) {
  const own = remedyOf(row.state)
  const entries = fileEntries(row, onCommand).filter(({ id }) => id !== own)
  if (entries.length === 0) return null
  return (
    <div className={styles.actions}>
      {entries.map(({ id, label, icon, onAction }) => (
        <Button key={id} size="s" onPress={onAction} {...(icon ? { icon } : {})}>
          {label}
        </Button>
      ))}
    </div>
  )
}
