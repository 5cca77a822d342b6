import { ArrowUpDown, Download, Ellipsis, Play, RotateCw, Shield, X } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand, TransferOverview, TransferTarget } from '../../../contract/desk/transfer.ts'
import { newDeposit, openDeposit } from '../../app/commands.ts'
import { askDownload } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { ErrorBanner } from '../../components/banner.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Icon, PauseBars } from '../../components/icon.tsx'
import { PageHead, Screen, Split } from '../../components/layout.tsx'
import { Menu, SharedMenu } from '../../components/menu.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { useNow } from '../../components/use-now.ts'
import { VirtualList } from '../../components/virtual-list.tsx'
import { useAccounts } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useDownloads } from '../../queries/downloads.ts'
import { useDeposits, useFilesOf, useOverview } from '../../queries/deposits.ts'
import { CancelDialog } from './cancel-dialog.tsx'
import { canPause, depositEntries, fileMenu } from './entries.ts'
import { FileDetails } from './file-details.tsx'
import { keyOfFile, keyOfRow, listRows, type ListRow } from './list-rows.ts'
import { messages } from './messages.ts'
import { DepositLine, FileLine, FoldLine, ReadingLine } from './rows.tsx'
import { Servers } from './servers.tsx'
import styles from './transfers.module.css'

const FINISHED: ReadonlySet<DepositTransfer['state']> = new Set(['verified', 'cancelled', 'none'])
/** Open when the screen opens: where something happens or is asked. */
const OPEN: ReadonlySet<DepositTransfer['state']> = new Set([
  'packing',
  'sending',
  'verifying',
  'waiting',
  'needs-you',
  'queued',
])

type FileId = Pick<FileRow, 'depositId' | 'fileId'>

/** What is being sent, per deposit and file, and what each server allows; below it what is downloaded. */
export function Transfers({ downloads }: { downloads?: ReactNode }) {
  const overview = useOverview()
  const summaries = useDeposits().data
  const accounts = useAccounts().data
  const hasDownloads = (useDownloads().data ?? []).length > 0
  const command = useCall('transfers.command')
  const run = command.mutate
  const [showFinished, setShowFinished] = useState(false)
  const [cancelling, setCancelling] = useState<TransferTarget | null>(null)
  const [selected, setSelected] = useState<FileId | null>(null)
  const column = useRef<HTMLDivElement>(null)
  const rail = useRef<HTMLDivElement>(null)
  /** Where the focus goes once the details are there, or gone. */
  const focusNext = useRef<'details' | 'list' | null>(null)
  const all = overview.data?.deposits ?? []
  const finished = all.filter(({ state }) => FINISHED.has(state))
  const unfinished = all.filter(({ state }) => !FINISHED.has(state))
  const shown = showFinished
    ? [...unfinished, ...finished]
    : all.filter(({ state, depositId }) => !FINISHED.has(state) || depositId === selected?.depositId)
  const running = unfinished.filter(({ state }) => canPause(state))
  const paused = unfinished.filter(({ state }) => state === 'paused')
  const send = useCallback(
    (name: TransferCommand, target: TransferTarget) => {
      if (name === 'cancel' && target.kind !== 'file') setCancelling(target)
      else run({ command: name, target })
    },
    [run],
  )
  const open = useCallback(
    (depositId: string) => {
      const summary = summaries?.find(({ id }) => id === depositId)
      openDeposit({ id: depositId, publication: summary?.publication ?? 'not-asked' })
    },
    [summaries],
  )
  const select = useCallback((file: FileId | null, focus: boolean) => {
    // Always another object, so that the focus moves also to details that are open.
    setSelected(file && { depositId: file.depositId, fileId: file.fileId })
    if (focus) focusNext.current = file ? 'details' : 'list'
  }, [])
  useEffect(() => {
    const place = focusNext.current
    focusNext.current = null
    if (place === 'details') rail.current?.querySelector<HTMLElement>('h2')?.focus()
    else if (place === 'list') column.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus()
  }, [selected])
  const selectedSummary = summaries?.find(({ id }) => id === selected?.depositId)

  return (
    <Screen>
      <PageHead title={messages.title} border={running.length === 0}>
        <Button tone="quiet" icon={Download} onPress={() => askDownload({ kind: 'named', name: '' })}>
          {messages.download}
        </Button>
        {finished.length > 0 && (
          <Button tone="quiet" onPress={() => setShowFinished(!showFinished)}>
            {showFinished ? messages.hideFinished : messages.showFinished(finished.length)}
          </Button>
        )}
        {running.length > 0 && (
          <Button icon={PauseBars} onPress={() => send('pause', { kind: 'all' })}>
            {messages.pauseAll}
          </Button>
        )}
        {running.length === 0 && paused.length > 0 && (
          <Button icon={Play} onPress={() => send('resume', { kind: 'all' })}>
            {messages.resumeAll}
          </Button>
        )}
        {unfinished.length > 0 && (
          <Menu
            label={messages.more}
            trigger={<IconButton icon={Ellipsis} label={messages.more} tone="plain" />}
            entries={[
              ...(running.length > 0 || paused.length === 0
                ? [
                    {
                      id: 'resume',
                      label: messages.resumeAll,
                      icon: Play,
                      onAction: () => send('resume', { kind: 'all' }),
                    },
                  ]
                : []),
              { id: 'retry', label: messages.retryAll, icon: RotateCw, onAction: () => send('retry', { kind: 'all' }) },
              {
                id: 'cancel',
                label: messages.cancelAll,
                icon: X,
                separate: true,
                onAction: () => send('cancel', { kind: 'all' }),
              },
            ]}
          />
        )}
      </PageHead>
      {overview.error && (
        <ErrorBanner error={errorOf(overview.error)} tone="fail" onAction={() => void overview.refetch()} />
      )}
      {command.error && <ErrorBanner error={errorOf(command.error)} />}
      {overview.data && running.length > 0 && <Total overview={overview.data} unfinished={unfinished} />}
      {overview.data && shown.length === 0 && !hasDownloads ? (
        <EmptyState
          icon={ArrowUpDown}
          title={messages.empty.title}
          action={<Button onPress={() => void newDeposit()}>{messages.empty.action}</Button>}
        >
          {messages.empty.text}
        </EmptyState>
      ) : (
        <Split rail={304}>
          <div ref={column} className={styles.column}>
            {(shown.length > 0 || !hasDownloads) && (
              <List transfers={shown} selected={selected} onSelect={select} onCommand={send} onOpen={open} />
            )}
            {downloads}
            <p className={styles.safe}>
              <Icon as={Shield} />
              {messages.safe}
            </p>
          </div>
          {selected ? (
            <FileDetails
              ref={rail}
              key={keyOfFile(selected)}
              depositId={selected.depositId}
              fileId={selected.fileId}
              summary={selectedSummary}
              account={accounts?.find(({ id }) => id === selectedSummary?.accountId)}
              onCommand={send}
              onClose={() => select(null, true)}
            />
          ) : (
            <Servers overview={overview.data} />
          )}
        </Split>
      )}
      <CancelDialog
        target={cancelling}
        onClose={() => setCancelling(null)}
        onConfirm={(target) => {
          setCancelling(null)
          run({ command: 'cancel', target })
        }}
      />
    </Screen>
  )
}

function Total({ overview, unfinished }: { overview: TransferOverview; unfinished: readonly DepositTransfer[] }) {
  const paused = unfinished.filter(({ state }) => state === 'paused').length
  const words = messages.total(overview.sentBytes, overview.bytes)
  const pace = [
    overview.sending === 0 || overview.bytesPerSecond === null ? null : messages.rate(overview.bytesPerSecond),
    overview.sending === 0 || overview.leftMs === null ? null : messages.left(overview.leftMs),
    paused > 0 && paused < unfinished.length ? messages.paused(paused) : null,
  ].filter((part) => part !== null)
  return (
    <div className={styles.total}>
      <span>
        <span className="medium">{words}</span>{' '}
        <span className="t2">{messages.inDeposits(unfinished.length - paused)}</span>
      </span>
      <span className="t2">{pace.join(', ')}</span>
      <div className={styles.totalBar}>
        <ProgressBar done={overview.sentBytes} all={overview.bytes} words={words} />
      </div>
    </div>
  )
}

/** One list over all deposits, so that ten thousand files cost no more than those in sight. */
function List({
  transfers,
  selected,
  onSelect,
  onCommand,
  onOpen,
}: {
  transfers: readonly DepositTransfer[]
  selected: FileId | null
  /** With `focus` the details take it; else they only follow. */
  onSelect: (file: FileId | null, focus: boolean) => void
  onCommand: (command: TransferCommand, target: TransferTarget) => void
  onOpen: (depositId: string) => void
}) {
  const now = useNow(10_000)
  const accounts = useAccounts().data ?? []
  const summaries = useDeposits().data ?? []
  /** What the person opened or closed; others are as their state asks when they first show. */
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [openFolds, setOpenFolds] = useState<ReadonlySet<string>>(new Set())
  const [menu, setMenu] = useState<{ readonly key: string; readonly anchor: HTMLElement } | null>(null)
  const isOpen = ({ depositId, state }: DepositTransfer) =>
    toggled.get(depositId) ?? (OPEN.has(state) || depositId === selected?.depositId)
  const open = transfers.filter(isOpen).map(({ depositId }) => depositId)
  const files = useFilesOf(open)
  const selectedKey = selected && keyOfFile(selected)
  const rows = listRows(transfers, files, (depositId) => open.includes(depositId), openFolds, selectedKey)
  const summaryOf = (depositId: string) => summaries.find(({ id }) => id === depositId)
  const serverOf = (depositId: string) => accounts.find(({ id }) => id === summaryOf(depositId)?.accountId)

  function toggle(row: ListRow | undefined, to?: boolean): boolean {
    if (row?.kind === 'deposit') setToggled(new Map(toggled).set(row.transfer.depositId, to ?? !row.open))
    else if (row?.kind === 'fold') {
      const folds = new Set(openFolds)
      if (to ?? !row.open) folds.add(row.id)
      else folds.delete(row.id)
      setOpenFolds(folds)
    } else return false
    return true
  }

  const menuRow = rows.find((row) => keyOfRow(row) === menu?.key)
  const entries = useMemo(() => {
    if (menuRow?.kind === 'deposit') {
      const next = transfers.find(({ state }) => canPause(state))
      return depositEntries(menuRow.transfer, onCommand, onOpen, next?.depositId !== menuRow.transfer.depositId)
    }
    return menuRow?.kind === 'file' ? fileMenu(menuRow.row, onCommand, () => onSelect(menuRow.row, true)) : []
  }, [menuRow, transfers, onCommand, onOpen, onSelect])

  const openMenu = useCallback((key: string, anchor: HTMLElement) => setMenu({ key, anchor }), [])

  return (
    <>
      <VirtualList
        label={messages.list}
        role="treegrid"
        count={rows.length}
        getKey={(index) => {
          const row = rows[index]
          return row ? keyOfRow(row) : index
        }}
        estimate={(index) => (rows[index]?.kind === 'deposit' ? 56 : 32)}
        level={(index) => {
          const row = rows[index]
          if (row?.kind === 'deposit') return { level: 1, expanded: row.open }
          if (row?.kind === 'fold') return { level: 2, expanded: row.open }
          return { level: row?.kind === 'file' ? row.level : 2, expanded: null }
        }}
        isSelected={(index) => {
          const row = rows[index]
          return row?.kind === 'file' && keyOfFile(row.row) === selectedKey
        }}
        onActive={(index) => {
          const row = rows[index]
          if (selected && row?.kind === 'file') onSelect(row.row, false)
        }}
        onPress={(index) => {
          const row = rows[index]
          if (row?.kind === 'file') onSelect(row.row, false)
        }}
        onAction={(index) => {
          const row = rows[index]
          if (row?.kind === 'deposit') onOpen(row.transfer.depositId)
          else if (row?.kind === 'file') onSelect(row.row, true)
          else toggle(row)
        }}
        onKey={(key, index) => {
          const row = rows[index]
          if (key === 'ArrowRight') return toggle(row, true)
          if (key === 'ArrowLeft') return toggle(row, false)
          if (key === 'Escape' && selected) {
            onSelect(null, true)
            return true
          }
          if (key !== ' ') return false
          if (row?.kind === 'file') onSelect(row.row, false)
          else toggle(row)
          return true
        }}
        onMenu={(index, anchor) => {
          const row = rows[index]
          if (row?.kind === 'deposit' || row?.kind === 'file') openMenu(keyOfRow(row), anchor)
        }}
        renderRow={(index, { active }) => {
          const row = rows[index]
          if (!row) return null
          const actions = { active, now, onCommand, onMenu: openMenu }
          switch (row.kind) {
            case 'deposit':
              return (
                <DepositLine
                  transfer={row.transfer}
                  open={row.open}
                  summary={summaryOf(row.transfer.depositId)}
                  account={serverOf(row.transfer.depositId)}
                  onToggle={() => toggle(row)}
                  {...actions}
                />
              )
            case 'reading':
              return <ReadingLine />
            case 'file':
              return (
                <FileLine
                  row={row.row}
                  level={row.level}
                  serverName={serverOf(row.row.depositId)?.serverName ?? ''}
                  {...actions}
                />
              )
            case 'fold':
              return (
                <FoldLine
                  fold={row}
                  serverName={serverOf(row.depositId)?.serverName ?? ''}
                  now={now}
                  active={active}
                  onToggle={() => toggle(row)}
                />
              )
          }
        }}
      />
      <SharedMenu label={messages.more} anchor={menu?.anchor ?? null} entries={entries} onClose={() => setMenu(null)} />
    </>
  )
}
