import { createLucideIcon, type LucideIcon } from 'lucide-react'
import styles from './icon.module.css'
import { cx } from './cx.ts'

export type IconShape = LucideIcon

/** Two bars, as in the word for the state; the library draws boxes. */
export const PauseBars: IconShape = createLucideIcon('pause-bars', [
  ['path', { d: 'M8.25 5.25v13.5', key: 'left' }],
  ['path', { d: 'M15.75 5.25v13.5', key: 'right' }],
])

/** A 16 px icon beside its word; where it stands alone, `name` says what it means. */
export function Icon({
  as: Shape,
  name,
  size = 'm',
  className,
}: {
  as: IconShape
  name?: string
  /** `l` is 32 px, for empty screens. */
  size?: 'm' | 'l'
  className?: string
}) {
  return (
    <Shape
      size={size === 'm' ? 16 : 32}
      strokeWidth={1.5}
      absoluteStrokeWidth
      className={cx(styles.icon, size === 'l' && styles.large, className)}
      {...(name === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
    />
  )
}
