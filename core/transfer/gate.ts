import type { AppError } from '../../contract/errors.ts'
import { askedMs, backoffMs, LONGEST_WAIT_MS, type Random } from './retry.ts'

/**
 * Whether a server may be asked for anything now. All files of a server wait at one gate, so that 10,000 of them make one
 * attempt at a server that is down, not 10,000. Times are of a clock that never jumps.
 */
export type Gate = {
  readonly closedUntil: number
  /** Failures in a row, over all files. */
  readonly failures: number
  /** The connection itself failed: one light request goes first. */
  readonly probe: boolean
  /** Why it is closed, or was when it was last tried. */
  readonly error: AppError | null
}

export const OPEN_GATE: Gate = { closedUntil: 0, failures: 0, probe: false, error: null }

export type GateFailure = {
  /** `file`: may be a matter of one file, so the gate only closes when it happens again; the others concern the server. */
  readonly scope: 'file' | 'connection' | 'server'
  readonly error: AppError
  readonly retryAfterMs: number | null
}

export function closeGate(gate: Gate, failure: GateFailure, now: number, random: Random): Gate {
  const failures = gate.failures + 1
  const closes = failure.scope !== 'file' || failures > 1
  const delay = failure.retryAfterMs === null ? gateDelayMs(failures, random) : askedMs(failure.retryAfterMs)
  return {
    closedUntil: closes ? Math.max(gate.closedUntil, now + delay) : gate.closedUntil,
    failures,
    probe: failure.scope === 'connection',
    error: failure.error,
  }
}

/** May one more request start while `running` others of this server are under way? */
export function passesGate(gate: Gate, running: number, width: number, now: number): boolean {
  if (now < gate.closedUntil) return false
  return running < (gate.failures > 1 || gate.probe ? 1 : width)
}

/** As for a file, but a server that stays away is asked once a minute, not twice (fault U42). */
function gateDelayMs(failures: number, random: Random): number {
  return 1000 * 2 ** (failures - 1) >= LONGEST_WAIT_MS
    ? Math.round(LONGEST_WAIT_MS * (1 + random() / 10))
    : backoffMs(failures, random)
}
