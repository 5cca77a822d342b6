import { ArrowUpToLine, CircleMinus, FolderOpen, PanelRight, Play, RotateCw, X } from 'lucide-react'
import type { DepositTransfer } from '../../../contract/desk/deposit.ts'
import type { FileRow, TransferCommand, TransferTarget } from '../../../contract/desk/transfer.ts'
import { explain } from '../../../contract/errors.ts'
import { PauseBars } from '../../components/icon.tsx'
import type { MenuEntry } from '../../components/menu.tsx'
import { messages } from './messages.ts'

type Send = (command: TransferCommand, target: TransferTarget) => void

const words = messages.commands

/** The menu of a row: its details, then what can be done with it. */
export function fileMenu(row: FileRow, send: Send, openDetails: () => void): MenuEntry[] {
  const [first, ...rest] = fileEntries(row, send)
  return [
    { id: 'details', label: messages.details.open, icon: PanelRight, keys: 'Enter', onAction: openDetails },
    ...(first ? [{ ...first, separate: true }, ...rest] : []),
  ]
}

/** What can be done with a file in its state, as the engine takes it (core/transfer/machine). */
export function fileEntries(row: FileRow, send: Send): MenuEntry[] {
  const target = { kind: 'file', depositId: row.depositId, fileId: row.fileId } as const
  const { kind } = row.state
  const open =
    kind === 'packing' ||
    kind === 'queued' ||
    kind === 'checking' ||
    kind === 'sending' ||
    kind === 'verifying' ||
    kind === 'waiting'
  const entries: MenuEntry[] = []
  if (kind === 'blocked') {
    const { action } = explain(row.state.error)
    if (action === 'read-again') {
      entries.push({
        id: 'read-again',
        label: words.readAgain,
        detail: words.readAgainDetail,
        icon: RotateCw,
        onAction: () => send('read-again', target),
      })
    } else entries.push({ id: 'retry', label: words.retry, icon: RotateCw, onAction: () => send('retry', target) })
  }
  if (kind === 'waiting')
    entries.push({ id: 'retry', label: words.retryNow, icon: RotateCw, onAction: () => send('retry', target) })
  if (kind === 'queued') entries.push(sendFirst(() => send('first', target)))
  if (open) entries.push({ id: 'pause', label: words.pause, icon: PauseBars, onAction: () => send('pause', target) })
  if (kind === 'paused')
    entries.push({ id: 'resume', label: words.resume, icon: Play, onAction: () => send('resume', target) })
  if (kind !== 'left-out') {
    entries.push({
      id: 'leave-out',
      label: words.leaveOut,
      detail: words.leaveOutDetail,
      icon: CircleMinus,
      onAction: () => send('leave-out', target),
    })
  }
  if (open || kind === 'paused' || kind === 'blocked') {
    entries.push({
      id: 'cancel',
      label: words.cancel,
      detail: words.cancelDetail,
      icon: X,
      onAction: () => send('cancel', target),
    })
  }
  return entries
}

function sendFirst(onAction: () => void): MenuEntry {
  return { id: 'first', label: words.first, icon: ArrowUpToLine, onAction }
}

/** Whether there is anything that a pause would stop. */
export function canPause(state: DepositTransfer['state']): boolean {
  return (
    state === 'packing' || state === 'queued' || state === 'sending' || state === 'verifying' || state === 'waiting'
  )
}

/** `isBehind`: others are sent before it. */
export function depositEntries(
  transfer: DepositTransfer,
  send: Send,
  open: (depositId: string) => void,
  isBehind: boolean,
): MenuEntry[] {
  const { depositId, state } = transfer
  const target = { kind: 'deposit', depositId } as const
  const finished = state === 'none' || state === 'verified' || state === 'cancelled'
  return [
    { id: 'open', label: words.open, icon: FolderOpen, onAction: () => open(depositId) },
    ...(finished
      ? []
      : [
          ...(isBehind && canPause(state) ? [sendFirst(() => send('first', target))] : []),
          // Beside files that need the person others may be paused.
          ...(state === 'paused' || state === 'needs-you'
            ? [{ id: 'resume', label: words.resume, icon: Play, onAction: () => send('resume', target) }]
            : []),
          ...(canPause(state)
            ? [{ id: 'pause', label: words.pause, icon: PauseBars, onAction: () => send('pause', target) }]
            : []),
          { id: 'retry', label: words.retry, icon: RotateCw, onAction: () => send('retry', target) },
          { id: 'cancel', label: words.cancelDeposit, icon: X, separate: true, onAction: () => send('cancel', target) },
        ]),
  ]
}
