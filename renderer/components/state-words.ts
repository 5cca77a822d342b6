import type { DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileRow } from '../../contract/desk/transfer.ts'
import { explain, type AppError, type ErrorCode } from '../../contract/errors.ts'
import { formatTime, percent, plural } from './format.ts'
import type { StateKind } from './state-mark.tsx'

export type StateWords = { readonly kind: StateKind; readonly words: string }

/** State of one file in words. `serverName` is that of its account; `now` decides between a time and a date. */
export function fileStateWords(row: FileRow, serverName: string, now: number): StateWords {
  const { state } = row
  switch (state.kind) {
    case 'packing':
      return { kind: 'checking', words: `Packing, ${Math.min(99, percent(state.readBytes, row.bytes))} %` }
    case 'queued':
      return { kind: 'queued', words: row.sources > 1 ? 'Queued, zipped while sent' : 'Queued' }
    case 'checking':
      return {
        kind: 'checking',
        words: row.bytes > 0 ? `Checking, ${percent(state.readBytes, row.bytes)} %` : 'Checking',
      }
    case 'sending':
      return {
        kind: 'sending',
        words: state.parts
          ? `Sending, part ${Math.min(state.parts.sent + 1, state.parts.all)} of ${state.parts.all}`
          : `Sending, ${Math.min(99, percent(state.sentBytes, row.bytes))} %`,
      }
    case 'verifying':
      return { kind: 'verifying', words: `Verifying on ${serverName}` }
    case 'verified':
      return { kind: 'verified', words: 'Verified' }
    case 'paused':
      return { kind: 'paused', words: `Paused by you at ${formatTime(state.pausedAt, now)}` }
    case 'waiting':
      return { kind: 'waiting', words: waitingWords(state.until, now, 'retry') }
    case 'blocked':
      return { kind: 'needs-you', words: `Needs you: ${shortReason(state.error)}` }
    case 'cancelled':
      return { kind: 'cancelled', words: 'Cancelled' }
    case 'left-out':
      return { kind: 'left-out', words: 'Left out by you' }
  }
}

/** State of a deposit's files in words. */
export function transferWords(transfer: DepositTransfer, serverName: string, now: number): StateWords {
  if (transfer.blockedFiles > 0)
    return { kind: 'needs-you', words: `Needs you: ${plural(transfer.blockedFiles, 'file')}` }
  switch (transfer.state) {
    case 'none':
      return { kind: 'draft', words: 'Draft, nothing to send' }
    case 'packing':
      return { kind: 'checking', words: 'Packing' }
    case 'queued':
      return { kind: 'queued', words: 'Queued' }
    case 'sending':
      return { kind: 'sending', words: `Sending, ${Math.min(99, percent(transfer.sentBytes, transfer.bytes))} %` }
    case 'verifying':
      return { kind: 'verifying', words: `Verifying on ${serverName}` }
    case 'paused':
      return {
        kind: 'paused',
        words: transfer.at === null ? 'Paused by you' : `Paused by you at ${formatTime(transfer.at, now)}`,
      }
    case 'waiting':
      return {
        kind: 'waiting',
        words:
          transfer.at !== null
            ? waitingWords(transfer.at, now, 'go on')
            : transfer.error?.code === 'on-battery'
              ? 'Waiting to be plugged in'
              : 'Waiting, goes on by itself',
      }
    case 'needs-you':
      return { kind: 'needs-you', words: `Needs you: ${transfer.error ? shortReason(transfer.error) : '…'}` }
    case 'verified':
      return { kind: 'verified', words: `${plural(transfer.verifiedFiles, 'file')} verified` }
    case 'cancelled':
      return { kind: 'cancelled', words: 'Cancelled by you' }
  }
}

/** A wait whose time has come says so instead of naming a time that is over. */
function waitingWords(until: number, now: number, what: 'retry' | 'go on'): string {
  return until <= now
    ? what === 'retry'
      ? 'Trying again'
      : 'Going on'
    : `Waiting to ${what} at ${formatTime(until, now)}`
}

/** `1 file changed on disk`, `3 files need you`. */
export function blockedWords({ blockedFiles, error }: DepositTransfer): string {
  const reason = blockedFiles === 1 && error ? SHORT[error.code] : undefined
  if (reason !== undefined) return `1 file ${reason}`
  return blockedFiles === 1 ? '1 file needs you' : `${plural(blockedFiles, 'file')} need you`
}

/** Errors in two or three words that can follow “Needs you:” and “1 file”. */
const SHORT: Partial<Record<ErrorCode, string>> = {
  'file-changed': 'changed on disk',
  'file-missing': 'gone from disk',
  'file-unreadable': 'not readable',
  'file-not-regular': 'replaced by a link',
  'file-name-refused': 'name refused',
  'file-too-large': 'too large',
  'file-empty-refused': 'empty, refused',
  'file-refused': 'refused',
  'checksum-differs': 'arrived changed',
  'too-many-files': 'too many files',
  'token-missing': 'no token',
  'token-refused': 'token refused',
  'draft-gone': 'draft is gone',
  'draft-refused': 'metadata refused',
  'publish-refused': 'not published',
  'not-permitted': 'not permitted',
  conflict: 'changed elsewhere',
  'disk-full': 'disk is full',
}

/** An error in two or three words, for a row; the whole sentences stand where there is room. */
export function shortReason(error: AppError): string {
  return SHORT[error.code] ?? explain(error).happened.replace(/\.$/, '')
}
