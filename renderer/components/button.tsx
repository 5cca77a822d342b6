import type { ReactNode } from 'react'
import {
  Button as AriaButton,
  Tooltip,
  TooltipTrigger,
  type ButtonProps as AriaButtonProps,
} from 'react-aria-components'
import styles from './button.module.css'
import { cx } from './cx.ts'
import { Icon, type IconShape } from './icon.tsx'
import { KeyHint } from './key-hint.tsx'

type Common = Omit<AriaButtonProps, 'className' | 'style' | 'children'>

export type ButtonProps = Common & {
  /** One `primary` a screen. `danger` is for what can't be undone; `link` stands in a line of text or at the end of a row. */
  readonly tone?: 'plain' | 'primary' | 'quiet' | 'link' | 'danger'
  readonly size?: 'm' | 's'
  readonly icon?: IconShape
  /** Takes the width that is left. */
  readonly grow?: boolean
  readonly children: ReactNode
}

export function Button({ tone = 'plain', size = 'm', icon, grow, children, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      className={cx(styles.button, styles[tone], size === 's' && styles.small, grow && styles.grow)}
    >
      {icon && <Icon as={icon} />}
      {children}
    </AriaButton>
  )
}

export type IconButtonProps = Common & {
  readonly icon: IconShape
  /** What it does, in words: its name and its tooltip. */
  readonly label: string
  /** Shown in the tooltip, as in `mod+K`. */
  readonly keys?: string
  readonly tone?: 'plain' | 'quiet'
  readonly size?: 'm' | 's'
}

export function IconButton({ icon, label, keys, tone = 'quiet', size = 'm', ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={600} closeDelay={0}>
      <AriaButton
        {...rest}
        aria-label={label}
        className={cx(styles.button, styles.square, styles[tone], size === 's' && styles.small)}
      >
        <Icon as={icon} />
      </AriaButton>
      <Tooltip className={styles.tooltip ?? ''} offset={4}>
        {label}
        {keys && <KeyHint keys={keys} />}
      </Tooltip>
    </TooltipTrigger>
  )
}
