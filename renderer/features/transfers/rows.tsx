import { ChevronDown, ChevronRight, Ellipsis, File, FileArchive, Files, Play } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { DepositSummary, DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand, TransferTarget } from '../../../contract/desk/transfer.ts'
import { explain } from '../../../contract/errors.ts'
import { ServerName } from '../../components/badge.tsx'
import { cx } from '../../components/cx.ts'
import { FileName } from '../../components/file-name.tsx'
import { formatBytesOf } from '../../components/format.ts'
import { Icon, PauseBars, type IconShape } from '../../components/icon.tsx'
import { messages as shared } from '../../components/messages.ts'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { fileStateWords, transferWords } from '../../components/state-words.ts'
import { canPause } from './entries.ts'
import { keyOfFile, type ListRow } from './list-rows.ts'
import { messages } from './messages.ts'
import styles from './rows.module.css'

/*
 * The lines of the list. Their buttons are plain elements: thirty of them appear and vanish with each scroll.
 */

type Actions = {
  readonly active: boolean
  readonly now: number
  readonly onCommand: (command: TransferCommand, target: TransferTarget) => void
  /** Opens the menu of the row with this key at the button. */
  readonly onMenu: (key: string, anchor: HTMLElement) => void
}

export function DepositLine({
  transfer,
  open,
  summary,
  account,
  onToggle,
  active,
  now,
  onCommand,
  onMenu,
}: Actions & {
  transfer: DepositTransfer
  open: boolean
  summary: DepositSummary | undefined
  account: Account | undefined
  onToggle: () => void
}) {
  const { kind, words } = transferWords(transfer, account?.serverName ?? '', now)
  const title = summary?.title || messages.untitled
  const target = { kind: 'deposit', depositId: transfer.depositId } as const
  const paused = transfer.state === 'paused'
  const finished = transfer.state === 'verified' || transfer.state === 'cancelled' || transfer.state === 'none'
  const sent = formatBytesOf(transfer.sentBytes, transfer.bytes)
  return (
    <div className={styles.deposit} role="presentation">
      <span role="gridcell" className={styles.toggle}>
        <RowButton
          icon={open ? ChevronDown : ChevronRight}
          label={open ? messages.collapse : messages.expand}
          active={active}
          onPress={onToggle}
        />
      </span>
      <span role="gridcell" className={styles.name}>
        <span className={cx('cut', 'medium', styles.block)} title={title}>
          {title}
        </span>
        <span className={styles.second}>
          {account && <ServerName account={account} />}
          <span className="cut">{messages.verifiedOf(transfer.verifiedFiles, transfer.files)}</span>
        </span>
      </span>
      <span role="gridcell" className={styles.state}>
        <StateMark kind={kind}>{words}</StateMark>
        {!finished && (
          <ProgressBar done={transfer.sentBytes} all={transfer.bytes} words={sent} tone={paused ? 'off' : 'accent'} />
        )}
      </span>
      <span role="gridcell" className={styles.numbers}>
        <span>{finished ? messages.bytes(transfer.bytes) : sent}</span>
        {transfer.leftMs !== null && <span>{messages.left(transfer.leftMs)}</span>}
      </span>
      <span role="gridcell" className={styles.menu}>
        {(paused || canPause(transfer.state)) && (
          <RowButton
            icon={paused ? Play : PauseBars}
            label={paused ? messages.commands.resume : messages.commands.pause}
            active={active}
            onPress={() => onCommand(paused ? 'resume' : 'pause', target)}
          />
        )}
        <RowButton
          icon={Ellipsis}
          label={messages.actionsFor(title)}
          active={active}
          hasMenu
          onPress={(anchor) => onMenu(transfer.depositId, anchor)}
        />
      </span>
    </div>
  )
}

/** While the list scrolls only what comes into sight is drawn. */
export const FileLine = memo(function FileLine({
  row,
  level,
  serverName,
  active,
  now,
  onCommand,
  onMenu,
}: Actions & { row: FileRow; level: 2 | 3; serverName: string }) {
  const { kind, words } = fileStateWords(row, serverName, now)
  const whole = row.state.kind === 'blocked' || row.state.kind === 'waiting' ? sentences(row.state.error) : undefined
  return (
    <Line
      icon={row.sources > 1 ? FileArchive : File}
      name={<FileName name={row.key} />}
      {...(row.sources > 1 ? { detail: messages.zip(row.sources) } : {})}
      level={level}
      size={messages.bytes(row.bytes)}
      state={
        <span title={whole}>
          <StateMark kind={kind}>{words}</StateMark>
        </span>
      }
      note={<FileNote row={row} active={active} onCommand={onCommand} />}
      end={
        <RowButton
          icon={Ellipsis}
          label={messages.actionsFor(row.key)}
          active={active}
          hasMenu
          onPress={(anchor) => onMenu(keyOfFile(row), anchor)}
        />
      }
    />
  )
})

/** What stands beside the state: how far it is, or the remedy. */
function FileNote({ row, active, onCommand }: { row: FileRow; active: boolean; onCommand: Actions['onCommand'] }) {
  const { state } = row
  const target = { kind: 'file', depositId: row.depositId, fileId: row.fileId } as const
  switch (state.kind) {
    case 'sending':
      return <>{messages.sentOf(state.sentBytes, row.bytes)}</>
    case 'verified':
      return <>{messages.md5Agree}</>
    case 'waiting':
      return (
        <LinkButton active={active} onPress={() => onCommand('retry', target)}>
          {messages.commands.retryNow}
        </LinkButton>
      )
    case 'blocked': {
      const { action } = explain(state.error)
      if (action !== 'retry' && action !== 'read-again' && action !== 'leave-out') return null
      return (
        <LinkButton active={active} onPress={() => onCommand(action, target)}>
          {shared.actions[action]}
        </LinkButton>
      )
    }
    case 'packing':
    case 'queued':
    case 'checking':
    case 'verifying':
    case 'paused':
    case 'cancelled':
    case 'left-out':
      return null
  }
}

export function FoldLine({
  fold,
  serverName,
  now,
  active,
  onToggle,
}: {
  fold: Extract<ListRow, { kind: 'fold' }>
  serverName: string
  now: number
  active: boolean
  onToggle: () => void
}) {
  const { kind, words } = fileStateWords({ ...fold.first, sources: 1 }, serverName, now)
  return (
    <Line
      icon={Files}
      name={<span className="cut">{messages.moreFiles(fold.count, fold.rest)}</span>}
      level={2}
      size={messages.bytes(fold.bytes)}
      state={<StateMark kind={kind}>{words}</StateMark>}
      note={fold.first.state.kind === 'verified' ? messages.md5Agree : null}
      end={
        <RowButton
          icon={fold.open ? ChevronDown : ChevronRight}
          label={fold.open ? messages.collapse : messages.expand}
          active={active}
          onPress={onToggle}
        />
      }
    />
  )
}

export function ReadingLine() {
  return (
    <Line
      icon={File}
      name={<span className="cut">{messages.reading}</span>}
      level={2}
      size=""
      state={null}
      note={null}
      end={null}
    />
  )
}

function Line({
  icon,
  name,
  detail,
  level,
  size,
  state,
  note,
  end,
}: {
  icon: IconShape
  name: ReactNode
  detail?: string
  level: 2 | 3
  size: string
  state: ReactNode
  note: ReactNode
  end: ReactNode
}) {
  return (
    <div className={cx(styles.file, level === 3 && styles.deeper)} role="presentation">
      <span role="gridcell" className={styles.fileName}>
        <Icon as={icon} />
        {name}
        {detail !== undefined && <span className={styles.detail}>{detail}</span>}
      </span>
      <span role="gridcell" className={styles.size}>
        {size}
      </span>
      <span role="gridcell" className={styles.fileState}>
        {state}
      </span>
      <span role="gridcell" className={styles.note}>
        {note}
      </span>
      <span role="gridcell" className={styles.menu}>
        {end}
      </span>
    </div>
  )
}

function RowButton({
  icon,
  label,
  active,
  hasMenu = false,
  onPress,
}: {
  icon: IconShape
  label: string
  active: boolean
  hasMenu?: boolean
  onPress: (anchor: HTMLElement) => void
}) {
  return (
    <button
      type="button"
      className={styles.button}
      aria-label={label}
      title={label}
      aria-haspopup={hasMenu ? 'menu' : undefined}
      tabIndex={active ? 0 : -1}
      onClick={(event) => onPress(event.currentTarget)}
    >
      <Icon as={icon} />
    </button>
  )
}

function LinkButton({ active, onPress, children }: { active: boolean; onPress: () => void; children: string }) {
  return (
    <button type="button" className={styles.link} tabIndex={active ? 0 : -1} onClick={onPress}>
      {children}
    </button>
  )
}

function sentences(error: Parameters<typeof explain>[0]): string {
  const { happened, next, todo } = explain(error)
  return `${happened} ${next} ${todo}`
}
