import type { Happening, LogEntry } from '../../contract/desk/transfer.ts'
import { explain, type AppError } from '../../contract/errors.ts'
import { formatBytes, formatElapsed } from '../format.ts'

export type LogNames = {
  readonly server: string
  /** Name of the file. */
  readonly key: string
  /** A moment as the reader writes it: `14:05`. */
  readonly time: (at: number) => string
  /** The file waits just now, for what the last entry tells. */
  readonly waits: boolean
}

/** An entry of a file’s log in words. `isLast`: nothing has happened since. */
export function logSentence(entry: LogEntry, isLast: boolean, names: LogNames): string {
  const { what, lastAt, times } = entry
  const { server, time } = names
  switch (what.kind) {
    case 'began':
      return `Started sending to ${server}.`
    case 'verified': {
      const md5 = what.md5 === '' ? '' : ` (${what.md5.slice(0, 6)}…)`
      const checked = `Checked: size and MD5 are equal here and on ${server}${md5}.`
      return what.tookMs === null
        ? checked
        : `${checked} ${formatBytes(what.bytes)} took ${formatElapsed(what.tookMs)}.`
    }
    case 'found':
      return what.sent
        ? `${server} already had all of it: MD5 equal, nothing was sent again.`
        : `The draft already held this very file: MD5 equal, nothing was sent.`
    case 'went-on':
      return what.parts === null ? 'Sent again from the beginning.' : `Went on: ${arrived(what.parts)}.`
    case 'failed':
      return `${failure(what, times, names)} ${again(what, lastAt, times, isLast && names.waits, time)}`
    case 'stopped':
      return stopped(what, names)
    case 'blocked':
      return said(what.error, names)
    case 'differed':
      return `It arrived changed: the MD5 on ${server} was another one. Removed there, to be sent once more.`
    case 'rerouted':
      return `${server} takes no single request as large there. Sent by its older address for large files.`
    case 'paused':
      return what.until === null ? 'Paused by you.' : `Paused by you until ${time(what.until)}.`
    case 'retried':
      return 'Tried again, as you asked.'
    case 'read-again':
      return `Read again from disk, as you asked: ${formatBytes(what.bytes)} now.`
    case 'cancelled':
      return 'Cancelled by you.'
    case 'left-out':
      return 'Left out by you.'
    case 'dropped':
      return `${times} entries up to ${time(lastAt)} are no longer kept.`
  }
}

function failure(
  { error, sentBytes, delayMs }: Happening & { kind: 'failed' },
  times: number,
  names: LogNames,
): string {
  const { server } = names
  switch (error.code) {
    case 'server-busy':
      return times === 1
        ? `${server} asked for a pause of ${formatElapsed(delayMs)}: too many requests in a short time.`
        : `${server} asked for pauses: too many requests in a short time.`
    case 'server-unreachable':
    case 'offline':
      if (sentBytes === null || sentBytes === 0) return said(error, names)
      return times === 1
        ? `The connection was lost after ${formatBytes(sentBytes)}.`
        : `The connection was lost again and again, at last after ${formatBytes(sentBytes)}.`
    default:
      return said(error, names)
  }
}

/** That it is tried again, and when. */
function again(
  { delayMs, parts }: Happening & { kind: 'failed' },
  lastAt: number,
  times: number,
  waits: boolean,
  time: LogNames['time'],
): string {
  if (times > 1) return `Tried ${times} times up to ${time(lastAt)}${waits ? ', and goes on by itself' : ''}.`
  if (waits) return `Tries again at ${time(lastAt + delayMs)}.`
  const later = delayMs < 950 ? 'at once' : `${formatElapsed(delayMs)} later`
  return parts === null ? `Tried again ${later}.` : `Went on ${later}: ${arrived(parts)}.`
}

function stopped({ why, error, sentBytes }: Happening & { kind: 'stopped' }, names: LogNames): string {
  const so = sentBytes === null || sentBytes === 0 ? 'while it was sent' : `after ${formatBytes(sentBytes)} of it`
  switch (why) {
    case 'closed':
      return `Deposit Desk was closed ${so}.`
    case 'killed':
      return 'Deposit Desk ended while this file was sent, without having been closed.'
    case 'asleep':
      return `The computer went to sleep ${so}.`
    case 'on-battery':
      return `Stopped ${so}, since the computer ran on battery.`
    case 'off-hours':
      return `Stopped ${so}, since the hours for sending were over.`
    case 'signed-out':
      return `The account was signed out ${so}.`
    case 'held':
      return error === null ? `Stopped ${so}.` : `Stopped ${so}. ${said(error, names)}`
  }
}

function said(error: AppError, { server, key }: LogNames): string {
  return explain({ code: error.code, params: { name: key, server, ...error.params } }).happened
}

function arrived({ sent, all }: { readonly sent: number; readonly all: number }): string {
  return `${sent} of ${all} parts had arrived`
}
