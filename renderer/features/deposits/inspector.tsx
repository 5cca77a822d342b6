import { Copy, Download, Ellipsis, ExternalLink, Play, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { Deposit, DepositSummary } from '../../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand, TransferTarget } from '../../../contract/desk/transfer.ts'
import { explain, type AppError } from '../../../contract/errors.ts'
import { openDeposit, openInBrowser } from '../../app/commands.ts'
import { askDownload, navigate } from '../../app/view.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { Badge, ServerBadge } from '../../components/badge.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { PauseBars } from '../../components/icon.tsx'
import { Divider, Facts, Rail } from '../../components/layout.tsx'
import { Menu } from '../../components/menu.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { serverInWords } from '../../../core/server-words.ts'
import { useNow } from '../../components/use-now.ts'
import { useCall } from '../../queries/client.ts'
import { useDeposit, useFiles } from '../../queries/deposits.ts'
import styles from './inspector.module.css'
import { messages } from './messages.ts'
import { RemoveDialog } from './remove-dialog.tsx'

/** Blocked files that stand here with their remedies; the others are in Transfers. */
const BLOCKED_SHOWN = 3

/** Where the selected deposit stands, what it needs, and the way into it. */
export function Inspector({ deposit, account }: { deposit: DepositSummary | null; account: Account | null }) {
  return (
    <Rail label={messages.inspector.label}>
      {deposit && account ? (
        <Selected key={deposit.id} summary={deposit} account={account} />
      ) : (
        <p className="t3">{messages.inspector.none}</p>
      )}
    </Rail>
  )
}

function Selected({ summary, account }: { summary: DepositSummary; account: Account }) {
  const now = useNow(30_000)
  const full = useDeposit(summary.id)
  const deposit = full.data
  const [removing, setRemoving] = useState(false)
  const command = useCall('transfers.command')
  const { transfer } = summary
  const published = deposit?.publication.kind === 'published' ? deposit.publication : null
  const pausable =
    transfer.state === 'packing' ||
    transfer.state === 'sending' ||
    transfer.state === 'queued' ||
    transfer.state === 'verifying' ||
    transfer.state === 'waiting'
  const send = (name: TransferCommand, target: TransferTarget) => command.mutate({ command: name, target })
  const whole = { kind: 'deposit', depositId: summary.id } as const
  const url = published?.url ?? deposit?.draft?.url ?? null
  const doi = published?.doi ?? summary.doi

  return (
    <>
      <div>
        <div className={styles.top}>
          <ServerBadge account={account} />
          {published && <Badge tone="ok">{messages.groups.published}</Badge>}
          <span className="small t3">
            {published
              ? messages.inspector.public(published.publishedAt, now)
              : deposit && (deposit.draft ? messages.inspector.draft : messages.inspector.noDraft)}
          </span>
        </div>
        <h2 className="selectable">{summary.title || messages.untitled}</h2>
      </div>
      {full.error && <ErrorNote error={errorOf(full.error)} onAction={() => void full.refetch()} />}
      <Trouble summary={summary} account={account} onCommand={send} />
      {command.error && <ErrorNote error={errorOf(command.error)} />}
      {transfer.files > 0 && !published && (
        <div className={styles.progress}>
          <div className={styles.progressWords}>
            <span>{messages.inspector.verified(transfer.verifiedFiles, transfer.files)}</span>
            <span className="t3">{messages.inspector.bytes(transfer.sentBytes, transfer.bytes)}</span>
          </div>
          <ProgressBar
            done={transfer.sentBytes}
            all={transfer.bytes}
            words={messages.inspector.bytes(transfer.sentBytes, transfer.bytes)}
            tone={transfer.state === 'paused' ? 'off' : transfer.state === 'verified' ? 'ok' : 'accent'}
          />
          {transfer.bytesPerSecond !== null && (
            <div className="small t3">{messages.inspector.rate(transfer.bytesPerSecond, transfer.leftMs)}</div>
          )}
        </div>
      )}
      <Divider />
      {deposit && <Facts items={facts(deposit, account, doi, now)} />}
      <div className={styles.actions}>
        <Button grow onPress={() => openDeposit({ id: summary.id, publication: summary.publication })}>
          {messages.open}
        </Button>
        {pausable && (
          <Button icon={PauseBars} onPress={() => send('pause', whole)}>
            {messages.pause}
          </Button>
        )}
        {transfer.state === 'paused' && (
          <Button icon={Play} onPress={() => send('resume', whole)}>
            {messages.resume}
          </Button>
        )}
        <Menu
          label={messages.actions}
          placement="top end"
          trigger={<IconButton icon={Ellipsis} label={messages.actions} tone="plain" />}
          entries={[
            ...(url === null
              ? []
              : [
                  {
                    id: 'browser',
                    label: messages.openOn(serverInWords(account)),
                    icon: ExternalLink,
                    onAction: () => openInBrowser(url),
                  },
                ]),
            ...(doi === null
              ? []
              : [
                  {
                    id: 'doi',
                    label: messages.copyDoi,
                    icon: Copy,
                    onAction: () => void call('app.copy', { text: doi }).catch(() => undefined),
                  },
                ]),
            ...(deposit && (published || deposit.draft) && transfer.files > 0
              ? [
                  {
                    id: 'download',
                    label: published ? messages.downloadCopy : messages.downloadFiles,
                    icon: Download,
                    onAction: () => askDownload({ kind: 'deposit', depositId: summary.id }),
                  },
                ]
              : []),
            // Beside files that need the person others may be paused.
            ...(transfer.state === 'needs-you'
              ? [{ id: 'resume', label: messages.resume, icon: Play, onAction: () => send('resume', whole) }]
              : []),
            {
              id: 'remove',
              label: messages.remove,
              icon: Trash2,
              separate: url !== null || doi !== null,
              onAction: () => setRemoving(true),
            },
          ]}
        />
      </div>
      {deposit && (
        <RemoveDialog
          deposit={deposit}
          serverName={serverInWords(account)}
          isOpen={removing}
          onClose={() => setRemoving(false)}
          onRemoved={() => {
            setRemoving(false)
            announce(messages.removal.done)
          }}
        />
      )}
    </>
  )
}

/** What hinders the deposit, with its remedy: first the files that wait for a decision, else the deposit itself. */
function Trouble({
  summary,
  account,
  onCommand,
}: {
  summary: DepositSummary
  account: Account
  onCommand: (command: TransferCommand, target: TransferTarget) => void
}) {
  const { transfer, error } = summary
  const files = useFiles(summary.id, transfer.blockedFiles > 0)
  const restart = useCall('deposits.restart')
  const anyway = useCall('deposits.uploadAnyway')
  const blocked = files.data?.rows.filter(isBlocked) ?? []
  if (transfer.blockedFiles > 0 && blocked.length > 0) {
    return (
      <>
        {blocked.slice(0, BLOCKED_SHOWN).map((row) => (
          <BlockedFile key={row.fileId} row={row} onCommand={onCommand} />
        ))}
        {blocked.length > BLOCKED_SHOWN && (
          <Button tone="link" size="s" onPress={() => navigate({ kind: 'transfers' })}>
            {messages.inspector.moreBlocked(blocked.length - BLOCKED_SHOWN)}
          </Button>
        )}
      </>
    )
  }
  const shown = error ?? transfer.error
  if (!shown) return null
  const act = () => {
    const { action } = explain(shown)
    if (action === 'sign-in') navigate({ kind: 'settings', renewToken: account.id })
    else if (action === 'new-draft') restart.mutate({ depositId: summary.id })
    else if (action === 'upload-anyway') anyway.mutate({ depositId: summary.id })
    else if (action === 'retry') onCommand('retry', { kind: 'deposit', depositId: summary.id })
  }
  return (
    <>
      <ErrorNote error={shown} onAction={act} isPending={restart.isPending || anyway.isPending} />
      {restart.error && <ErrorNote error={errorOf(restart.error)} tone="fail" />}
    </>
  )
}

type BlockedRow = FileRow & { readonly state: { readonly kind: 'blocked'; readonly error: AppError } }

function isBlocked(row: FileRow): row is BlockedRow {
  return row.state.kind === 'blocked'
}

function BlockedFile({
  row,
  onCommand,
}: {
  row: BlockedRow
  onCommand: (command: TransferCommand, target: TransferTarget) => void
}) {
  const { action } = explain(row.state.error)
  const target = { kind: 'file', depositId: row.depositId, fileId: row.fileId } as const
  const own = action === 'retry' || action === 'read-again' || action === 'leave-out' ? action : null
  return (
    <ErrorNote
      error={row.state.error}
      {...(own === null ? {} : { onAction: () => onCommand(own, target) })}
      actions={
        own === 'leave-out' ? null : (
          <Button tone="quiet" size="s" onPress={() => onCommand('leave-out', target)}>
            {messages.inspector.leaveOut}
          </Button>
        )
      }
    />
  )
}

function facts(deposit: Deposit, account: Account, doi: string | null, now: number) {
  const words = messages.inspector
  const [first, ...more] = (deposit.metadata.creators ?? []).map(
    ({ person_or_org: person }) => person.family_name ?? person.name ?? '',
  )
  const open = [
    deposit.conflicts.length > 0 ? words.conflicts(deposit.conflicts.length) : null,
    deposit.problems.length > 0 ? words.problems(deposit.problems.length) : null,
  ].filter((part) => part !== null)
  const published = deposit.publication.kind === 'published'
  return [
    {
      term: words.folder,
      value: deposit.source.name,
      detail: messages.content(deposit.source.files, deposit.source.bytes),
    },
    {
      term: words.creators,
      value:
        first === undefined
          ? words.noCreators
          : more.length === 0
            ? first
            : more.length === 1
              ? `${first}, ${more[0]}`
              : words.andMore(first, more.length),
    },
    {
      term: words.doi,
      value: doi === null ? words.doiOnPublishing : <span className="selectable">{doi}</span>,
      ...(doi !== null && !published ? { detail: words.doiReserved } : {}),
    },
    ...(open.length > 0 ? [{ term: words.fields, value: open.join(', ') }] : []),
    ...(published ? [] : [{ term: words.saved, value: savedWords(deposit.sync, account.serverName, now) }]),
  ]
}

function savedWords(sync: Deposit['sync'], server: string, now: number): string {
  const words = messages.inspector.sync
  switch (sync.kind) {
    case 'saved-here':
      return words.here(sync.savedAt, now)
    case 'sending':
      return words.sending(sync.savedAt, now)
    case 'in-step':
      return words.inStep(sync.savedAt, sync.sentAt, server, now)
    case 'waiting':
      return words.waiting(sync.savedAt, now)
  }
}
