import type { ReactNode } from 'react'
import styles from './state-mark.module.css'
import { cx } from './cx.ts'

/** What a state means, never where it stands. Each has its own shape, so that none needs its colour to be told apart. */
export type StateKind =
  | 'queued'
  | 'checking'
  | 'sending'
  | 'verifying'
  | 'verified'
  | 'paused'
  | 'waiting'
  | 'needs-you'
  | 'refused'
  | 'cancelled'
  | 'left-out'
  | 'offline'
  | 'draft'

/** Icon and words of a state. `children` are the words; they are never left out. */
export function StateMark({ kind, children, wrap }: { kind: StateKind; children: ReactNode; wrap?: boolean }) {
  return (
    <span className={cx(styles.state, styles[TONES[kind]], wrap && styles.wrap)} data-state={kind}>
      <svg viewBox="0 0 16 16" className={styles.shape} aria-hidden>
        {SHAPES[kind]}
      </svg>
      <span className={styles.words}>{children}</span>
    </span>
  )
}

const TONES: Readonly<Record<StateKind, 'ok' | 'attn' | 'fail' | 'accent' | 'second' | 'third'>> = {
  queued: 'third',
  checking: 'third',
  sending: 'accent',
  verifying: 'accent',
  verified: 'ok',
  paused: 'second',
  waiting: 'attn',
  'needs-you': 'attn',
  refused: 'fail',
  cancelled: 'third',
  'left-out': 'third',
  offline: 'attn',
  draft: 'third',
}

const ring = <circle cx="8" cy="8" r="6.25" />
const dashedRing = <circle cx="8" cy="8" r="6.25" strokeDasharray="2 2.5" />
const halfRing = (
  <>
    {ring}
    <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" stroke="none" />
  </>
)
const crossedRing = (
  <>
    {ring}
    <path d="m5.75 5.75 4.5 4.5m0-4.5-4.5 4.5" />
  </>
)

const SHAPES: Readonly<Record<StateKind, ReactNode>> = {
  queued: dashedRing,
  checking: dashedRing,
  sending: halfRing,
  verifying: halfRing,
  verified: (
    <>
      {ring}
      <path d="m5.25 8.25 2 2 3.5-4" />
    </>
  ),
  paused: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  waiting: (
    <>
      {ring}
      <path d="M8 4.5V8l2.25 1.5" />
    </>
  ),
  'needs-you': <path d="M8 2 1.5 13.5h13zM8 6.5v3.25M8 11.6v.1" />,
  refused: crossedRing,
  cancelled: crossedRing,
  'left-out': (
    <>
      {ring}
      <path d="M5 8h6" />
    </>
  ),
  offline: (
    <path d="m2 2 12 12M5.2 5.1A4 4 0 0 0 4.500 7 3.250 3.250 0 0 0 4.750 13.500h6.500c.5 0 1-.1 1.400-.3M7.300 3.600a4 4 0 0 1 4.600 3.600 3.250 3.250 0 0 1 2.400 4.600" />
  ),
  draft: <path d="M3.75 1.75h5.5l3 3v9.500h-8.500zM9.250 1.750v3h3" />,
}
