import { CircleX, Info, TriangleAlert, CircleCheck, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { explain, type AppError } from '../../contract/errors.ts'
import styles from './banner.module.css'
import { Button } from './button.tsx'
import { cx } from './cx.ts'
import { Icon } from './icon.tsx'
import { messages } from './messages.ts'

export type Tone = 'info' | 'ok' | 'attn' | 'fail'

const ICONS: Readonly<Record<Tone, LucideIcon>> = { info: Info, ok: CircleCheck, attn: TriangleAlert, fail: CircleX }

/** Trouble or news about the whole screen: a line across its top. */
export function Banner({
  tone,
  title,
  children,
  actions,
}: {
  tone: Tone
  title: ReactNode
  children?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div className={cx(styles.banner, styles[tone])} role={tone === 'info' || tone === 'ok' ? 'status' : 'alert'}>
      <Icon as={ICONS[tone]} className={cx(styles.icon)} />
      <div className={styles.text}>
        <span className={styles.title}>{title}</span> {children}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}

/** Trouble about one thing, beside it: a rule at its left edge. */
export function Note({
  tone,
  title,
  children,
  actions,
}: {
  tone: Tone
  title: ReactNode
  children?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div className={cx(styles.note, styles[tone])} role={tone === 'fail' ? 'alert' : undefined}>
      <div className={styles.title}>{title}</div>
      {children !== undefined && <div className={styles.detail}>{children}</div>}
      {actions && <div className={styles.noteActions}>{actions}</div>}
    </div>
  )
}

export type ErrorProps = {
  readonly error: AppError
  /** What the error's own button does (contract/errors `action`); without it, or where the action is `none`, there is no button. */
  readonly onAction?: (() => void) | undefined
  readonly isPending?: boolean
  /** Further ways out. */
  readonly actions?: ReactNode
  readonly tone?: 'attn' | 'fail'
}

/** The three sentences of an error as a banner. */
export function ErrorBanner({ error, tone = 'attn', ...rest }: ErrorProps) {
  const { happened, next, todo } = explain(error)
  return (
    <Banner tone={tone} title={happened} actions={errorActions({ error, ...rest })}>
      {next} {todo}
    </Banner>
  )
}

/** The three sentences of an error beside what it is about. */
export function ErrorNote({ error, tone = 'attn', ...rest }: ErrorProps) {
  const { happened, next, todo } = explain(error)
  return (
    <Note tone={tone} title={happened} actions={errorActions({ error, ...rest })}>
      {next} {todo}
    </Note>
  )
}

function errorActions({ error, onAction, isPending = false, actions }: ErrorProps): ReactNode {
  const { action } = explain(error)
  const own = onAction && action !== 'none'
  if (!own && !actions) return null
  return (
    <>
      {own && (
        <Button size="s" onPress={onAction} isDisabled={isPending}>
          {messages.actions[action]}
        </Button>
      )}
      {actions}
    </>
  )
}
