import type { LucideIcon } from 'lucide-react'
import styles from './icon.module.css'
import { cx } from './cx.ts'

export type IconShape = LucideIcon

/** A 16 px icon beside its word; where it stands alone, `name` says what it means. */
export function Icon({ as: Shape, name, className }: { as: IconShape; name?: string; className?: string }) {
  return (
    <Shape
      size={16}
      strokeWidth={1.5}
      absoluteStrokeWidth
      className={cx(styles.icon, className)}
      {...(name === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
    />
  )
}
