import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

/** Two files of this size are kept: the running one and the one before. */
const FILE_LIMIT_BYTES = 1_000_000

export type Log = {
  /** Notes a failure under the number that the person was shown. Never throws. */
  readonly failure: (support: string, what: string, error: unknown) => void
}

/** The application's own notes on its failures: `logs/deposit-desk.log` in its folder, readable by the person alone. */
export function openLog(home: string): Log {
  const folder = join(home, 'logs')
  const file = join(folder, 'deposit-desk.log')
  return {
    failure: (support, what, error) => {
      const detail =
        error === undefined ? '' : ` ${inspect(error, { depth: 3, maxStringLength: 500, breakLength: Infinity })}`
      const line = withoutPlaces(redact(`${new Date().toISOString()} ${support} ${what}${detail}`), home)
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > FILE_LIMIT_BYTES) renameSync(file, `${file}.1`)
        appendFileSync(file, `${line}\n`, { mode: 0o600 })
      } catch {
        // A full disk must not turn one failure into two.
      }
    },
  }
}

/** Where someone’s files are says who they are, and often what they work on. */
function withoutPlaces(text: string, profile: string): string {
  return text.replaceAll(profile, '[profile]').replaceAll(homedir(), '[home]')
}

/**
 * Takes out what could be a token, also one that a server echoed, and the control characters with which a server's text
 * could forge lines or steer a terminal. Tokens of InvenioRDM are 60 letters and digits.
 */
export function redact(text: string): string {
  return text
    .replace(/(bearer|token|authorization|access_token|secret)(["'\s:=]+)(bearer\s+)?[\w.~+/=-]{8,}/gi, '$1$2[removed]')
    .replace(/\b[A-Za-z0-9]{40,}\b/g, '[removed]')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�')
}
