import styles from './progress-bar.module.css'
import { cx } from './cx.ts'
import { percent } from './format.ts'

export type ProgressBarProps = {
  readonly done: number
  readonly all: number
  /** What the bar shows, in words: its number is never only drawn. Stands beside it on screen too. */
  readonly words: string
  readonly tone?: 'accent' | 'ok' | 'attn' | 'off'
}

/** The bar alone; the caller writes the words beside it. */
export function ProgressBar({ done, all, words, tone = 'accent' }: ProgressBarProps) {
  const share = percent(done, all)
  return (
    <div
      className={cx(styles.bar, styles[tone])}
      role="progressbar"
      aria-label={words}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share}
      aria-valuetext={words}
    >
      <div className={styles.fill} style={{ transform: `scaleX(${all > 0 ? Math.min(1, done / all) : 0})` }} />
    </div>
  )
}
