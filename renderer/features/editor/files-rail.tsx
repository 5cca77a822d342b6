import { Pause, Play } from 'lucide-react'
import { memo, useMemo, useState } from 'react'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand } from '../../../contract/desk/transfer.ts'
import { explain } from '../../../contract/errors.ts'
import { errorOf } from '../../bridge/client.ts'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { formatBytes, formatLeft, formatRate } from '../../components/format.ts'
import { SectionHead } from '../../components/layout.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { fileStateWords } from '../../components/state-words.ts'
import { useNow } from '../../components/use-now.ts'
import { useCall } from '../../queries/client.ts'
import { groupFiles, type FileGroup } from './file-groups.ts'
import styles from './files-rail.module.css'
import { messages } from './messages.ts'

/** As many files of a group as are listed until more are asked for. */
const LISTED = 5
const MORE = 100

/**
 * The files by what they need: first those that wait for the person, last those that are done. Does not render again with
 * every letter that is typed in the form: there may be ten thousand files.
 */
export const FilesRail = memo(function FilesRail({
  deposit,
  rows,
  failed,
  server,
}: {
  deposit: Deposit
  rows: readonly FileRow[]
  failed: boolean
  server: string
}) {
  const groups = useMemo(() => groupFiles(rows), [rows])
  const { transfer } = deposit
  const command = useCall('transfers.command')
  const all = (what: TransferCommand) =>
    command.mutate({ command: what, target: { kind: 'deposit', depositId: deposit.id } })
  const isGoing = groups.some(({ kind }) => kind === 'active' || kind === 'queued' || kind === 'waiting')
  const isPaused = groups.some(({ kind }) => kind === 'paused')
  const rate = [
    transfer.bytesPerSecond === null ? '' : formatRate(transfer.bytesPerSecond),
    transfer.leftMs === null ? '' : formatLeft(transfer.leftMs),
  ].filter(Boolean)
  return (
    <section className={styles.files} aria-label={messages.files} data-field="files" tabIndex={-1}>
      <SectionHead
        bar
        title={messages.files}
        detail={messages.filesVerified(transfer.verifiedFiles, transfer.files)}
        action={
          isGoing ? (
            <Button size="s" tone="quiet" icon={Pause} onPress={() => all('pause')}>
              {messages.pause}
            </Button>
          ) : isPaused ? (
            <Button size="s" tone="quiet" icon={Play} onPress={() => all('resume')}>
              {messages.resume}
            </Button>
          ) : undefined
        }
      />
      {isGoing && rate.length > 0 && <div className={styles.rate}>{rate.join(', ')}</div>}
      {transfer.error && transfer.blockedFiles === 0 && (
        <div className={styles.note}>
          <ErrorNote error={transfer.error} />
        </div>
      )}
      {command.error && (
        <div className={styles.note}>
          <ErrorNote error={errorOf(command.error)} />
        </div>
      )}
      {failed && <p className={styles.note}>{messages.filesFailed}</p>}
      {!failed && rows.length === 0 && transfer.files === 0 && <p className={styles.note}>{messages.noFiles}</p>}
      {groups.map((group) => (
        <Group
          key={group.kind}
          group={group}
          server={server}
          onCommand={(what, { fileId }) =>
            command.mutate({ command: what, target: { kind: 'file', depositId: deposit.id, fileId } })
          }
        />
      ))}
    </section>
  )
})

type OnCommand = (command: TransferCommand, row: FileRow) => void

function Group({ group, server, onCommand }: { group: FileGroup; server: string; onCommand: OnCommand }) {
  const isFolded = group.kind !== 'needs-you' && group.kind !== 'active' && group.rows.length > 1
  const [asked, setAsked] = useState<number | null>(null)
  const shown = asked ?? (isFolded ? 0 : LISTED)
  const rest = group.rows.length - shown
  if (isFolded && shown === 0) {
    return (
      <ul className={styles.list}>
        <Summary rows={group.rows} server={server} onShow={() => setAsked(MORE)} />
      </ul>
    )
  }
  return (
    <>
      <ul className={styles.list}>
        {group.rows.slice(0, shown).map((row) => (
          <FileItem key={row.fileId} row={row} server={server} onCommand={onCommand} />
        ))}
      </ul>
      {(rest > 0 || isFolded) && (
        <div className={styles.more}>
          {rest > 0 && (
            <Button tone="link" size="s" onPress={() => setAsked(shown + MORE)}>
              {messages.showMore(Math.min(rest, MORE))}
            </Button>
          )}
          {isFolded && (
            <Button tone="link" size="s" onPress={() => setAsked(0)}>
              {messages.showFewer}
            </Button>
          )}
        </div>
      )}
    </>
  )
}

/** Several files in the same state, as one line. */
function Summary({ rows, server, onShow }: { rows: readonly FileRow[]; server: string; onShow: () => void }) {
  const now = useNow(30_000)
  const first = rows[0]
  if (!first) return null
  const state = fileStateWords(first, server, now)
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  return (
    <li className={styles.file}>
      <div className={styles.line}>
        <span className={styles.key}>{messages.andMore(first.key, rows.length - 1)}</span>
        <span className={styles.size}>{formatBytes(bytes)}</span>
      </div>
      <div className={styles.state}>
        <StateMark kind={state.kind}>{state.words}</StateMark>
        <Button tone="link" size="s" onPress={onShow}>
          {messages.showAll(rows.length)}
        </Button>
      </div>
    </li>
  )
}

function FileItem({ row, server, onCommand }: { row: FileRow; server: string; onCommand: OnCommand }) {
  const now = useNow(10_000)
  const { state, key } = row
  const words = fileStateWords(row, server, now)
  return (
    <li className={styles.file}>
      <div className={styles.line}>
        <span className={styles.key} title={key}>
          {key}
        </span>
        <span className={styles.size}>{formatBytes(row.bytes)}</span>
      </div>
      <StateMark kind={words.kind} wrap>
        {words.words}
        {state.kind === 'verified' && <span className={styles.md5}>, {messages.md5(state.md5)}</span>}
      </StateMark>
      {state.kind === 'sending' && (
        <div className={styles.bar}>
          <ProgressBar
            done={state.sentBytes}
            all={row.bytes}
            words={messages.sentOf(key, state.sentBytes, row.bytes)}
          />
        </div>
      )}
      {state.kind === 'waiting' && (
        <div className={styles.detail}>
          {messages.attempt(explain(state.error).happened, state.attempt)}{' '}
          <Button tone="link" size="s" aria-label={messages.retryNamed(key)} onPress={() => onCommand('retry', row)}>
            {messages.retryNow}
          </Button>
        </div>
      )}
      {state.kind === 'blocked' && (
        <Remedies
          row={row}
          action={explain(state.error).action}
          reason={explain(state.error).happened}
          onCommand={onCommand}
        />
      )}
    </li>
  )
}

function Remedies({
  row,
  action,
  reason,
  onCommand,
}: {
  row: FileRow
  action: ReturnType<typeof explain>['action']
  reason: string
  onCommand: OnCommand
}) {
  return (
    <>
      <div className={styles.detail}>{reason}</div>
      <div className={styles.remedies}>
        {action === 'read-again' && (
          <Button
            tone="link"
            size="s"
            aria-label={messages.readAgainNamed(row.key)}
            onPress={() => onCommand('read-again', row)}
          >
            {messages.readAgain}
          </Button>
        )}
        {action === 'retry' && (
          <Button
            tone="link"
            size="s"
            aria-label={messages.retryNamed(row.key)}
            onPress={() => onCommand('retry', row)}
          >
            {messages.retryNow}
          </Button>
        )}
        <Button
          tone="link"
          size="s"
          aria-label={messages.leaveOutNamed(row.key)}
          onPress={() => onCommand('leave-out', row)}
        >
          {messages.leaveOut}
        </Button>
      </div>
    </>
  )
}
