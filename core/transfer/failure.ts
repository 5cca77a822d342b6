import type { Capabilities } from '../../contract/desk/account.ts'
import type { AppError } from '../../contract/errors.ts'
import { formatBytes } from '../format.ts'
import { MOST_ATTEMPTS } from './retry.ts'

/** The calls of a transfer. */
export type Operation = 'declare' | 'send' | 'send-to-bucket' | 'commit' | 'look' | 'list' | 'remove'

/** What went wrong, without the classes of the client. */
export type Trouble =
  /** A refusal, or a 200 whose body speaks of errors (live findings A3). */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly message: string
      readonly retryAfterMs: number | null
      /** The client knows the token to be dead; the server itself says 403 at most (live findings A7). */
      readonly tokenRefused: boolean
      /** Of a storage behind a link of the server, which knows neither tokens nor drafts. */
      readonly fromStorage: boolean
      /** As the client would put it for a person. */
      readonly error: AppError
    }
  | {
      readonly kind: 'network'
      readonly phase: 'connect' | 'tls' | 'send' | 'receive' | 'stall' | 'redirect' | 'format'
      readonly error: AppError
    }
  /** The file here. */
  | { readonly kind: 'source'; readonly error: AppError }

export type Verdict =
  /** Try again after a pause. `scope` says whom it concerns (core/transfer/gate). */
  | {
      readonly kind: 'again'
      readonly scope: 'file' | 'connection' | 'server'
      readonly error: AppError
      readonly retryAfterMs: number | null
    }
  | { readonly kind: 'block-file'; readonly error: AppError }
  | { readonly kind: 'block-deposit'; readonly error: AppError }
  /** The token is dead: nothing of this account can go on. */
  | { readonly kind: 'block-account'; readonly error: AppError }
  /** What does the draft hold, and is it still there? */
  | { readonly kind: 'ask-draft' }
  /** The draft itself was not found. */
  | { readonly kind: 'draft-gone' }
  /** The commit found no content. */
  | { readonly kind: 'nothing-there' }
  | { readonly kind: 'removed' }

export type Circumstances = {
  readonly operation: Operation
  /**
   * Refusals of this file, or of a call that declares several, before this one; those of a file are counted only where the
   * server answered well in between: what fails for all is not the fault of one file, and is tried for ever.
   */
  readonly strikes: number
  /** The commit only asks whether the content is there. */
  readonly inDoubt: boolean
  readonly server: string
  /** Of the server, where they are known. */
  readonly limits: Pick<Capabilities, 'maxFiles' | 'maxFileBytes' | 'quotaBytes'>
  /** Of the file; null for a call that is about a whole draft. */
  readonly bytes: number | null
}

/**
 * What a failure means for a transfer. Statuses and texts: behaviour 4.6, 4.7, 4.9; live findings C8, D; what is not listed
 * there and is a 4xx is final (408, 409, 423, 425 and 429 are not).
 */
export function judge(trouble: Trouble, circumstances: Circumstances): Verdict {
  switch (trouble.kind) {
    case 'source':
      return { kind: 'block-file', error: trouble.error }
    case 'network':
      return judgeNetwork(trouble)
    case 'answer':
      return judgeAnswer(trouble, circumstances)
  }
}

function judgeNetwork({ phase, error }: Trouble & { kind: 'network' }): Verdict {
  switch (phase) {
    case 'send':
    case 'receive':
    case 'stall':
      return { kind: 'again', scope: 'file', error, retryAfterMs: null }
    case 'connect':
    case 'tls':
    // A page in place of an answer, or a way to another address: a portal or a proxy has stepped in.
    case 'redirect':
    case 'format':
      return { kind: 'again', scope: 'connection', error, retryAfterMs: null }
  }
}

const TOO_LARGE_FOR_ONE = 'no single request may be as large'

function judgeAnswer(trouble: Trouble & { kind: 'answer' }, circumstances: Circumstances): Verdict {
  const { status, message, retryAfterMs, error } = trouble
  const { operation, strikes, inDoubt, server, limits, bytes } = circumstances
  const reason = message.slice(0, 200)
  const again = (scope: 'file' | 'server'): Verdict => ({ kind: 'again', scope, error, retryAfterMs: null })
  const tooLarge = (why: string, limit: number | null): Verdict => {
    const params = {
      server,
      size: formatBytes(bytes ?? 0),
      reason: limit === null ? why : `${why} (${formatBytes(limit)})`,
    }
    return { kind: 'block-file', error: { code: 'file-too-large', params } }
  }
  const refused: Verdict =
    operation === 'list'
      ? { kind: 'block-deposit', error }
      : { kind: 'block-file', error: { code: 'file-refused', params: { server, reason } } }

  if (trouble.fromStorage) {
    // Links were renewed before it came to this: what is still refused is refused for good.
    const passing = status >= 500 || status === 408 || status === 429
    return passing && strikes + 1 < MOST_ATTEMPTS ? again('file') : { kind: 'block-file', error }
  }
  // Sent on ordinary successes and failures too; only here it means something (behaviour 2.6).
  if (status === 429 || (status === 503 && retryAfterMs !== null))
    return { kind: 'again', scope: 'server', error, retryAfterMs }
  if (trouble.tokenRefused || status === 401) return { kind: 'block-account', error }
  if (status === 403) return { kind: 'block-deposit', error }
  // It has no such way, at least not to a file of this name (behaviour 4.9); or the draft is gone, which is looked for first.
  if (operation === 'send-to-bucket' && (status === 405 || (status === 404 && strikes > 0)))
    return tooLarge(TOO_LARGE_FOR_ONE, null)
  if (status === 404) {
    if (operation === 'remove') return { kind: 'removed' }
    return { kind: operation === 'declare' || operation === 'list' ? 'draft-gone' : 'ask-draft' }
  }
  if (inDoubt && operation === 'commit' && (status === 400 || status === 500)) return { kind: 'nothing-there' }
  // Of a proxy in front of the server, whose limit is not that of the server (fault U18).
  if (status === 413) return tooLarge(TOO_LARGE_FOR_ONE, null)
  if (status === 400) {
    if (/quota exceeded/i.test(message)) return tooLarge('the space of this draft is used up', limits.quotaBytes)
    if (/maximum file size/i.test(message)) return tooLarge('there is a limit for one file', limits.maxFileBytes)
    if (/filename is too long/i.test(message))
      return { kind: 'block-file', error: { code: 'file-name-refused', params: { server, reason } } }
    if (/empty files/i.test(message))
      return { kind: 'block-file', error: { code: 'file-empty-refused', params: { server } } }
    if (/(smaller|bigger) than expected/i.test(message)) return again('file')
    // The server counts what the call of a killed process is just making: a look at the draft tells whether it is ours.
    if (operation === 'declare' && strikes > 0 && /max(imum)? (amount|number)/i.test(message))
      return {
        kind: 'block-deposit',
        error: { code: 'too-many-files', params: { server, limit: String(limits.maxFiles ?? 100) } },
      }
    // A name that exists, or one that is not taken, refuses all: the list of the draft tells which (findings, Files).
    if (operation === 'declare' && strikes < 2) return { kind: 'ask-draft' }
    // Two writes to one draft at once: one of them is refused as if a value were wrong (live findings C8).
    if (strikes === 0 && /invalid value|not a valid value/i.test(message)) return again('file')
    return refused
  }
  // 200: the body speaks of errors. The entry may be gone (behaviour 4.6), which the next look shows.
  if (status < 300 || status >= 500 || [408, 409, 423, 425].includes(status))
    return strikes + 1 < MOST_ATTEMPTS ? again('file') : refused
  return refused
}
