import type { ReactNode } from 'react'
import styles from './empty-state.module.css'
import { cx } from './cx.ts'
import { Icon, type IconShape } from './icon.tsx'

/** A screen without content: what would be here, and the next action. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon: IconShape
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={styles.empty}>
      <Icon as={icon} size="l" className={cx(styles.icon)} />
      <h2>{title}</h2>
      <div className={styles.text}>{children}</div>
      {action && <div className={styles.action}>{action}</div>}
    </div>
  )
}
