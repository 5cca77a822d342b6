import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator, type Placement } from 'react-aria-components'
import { Fragment, useMemo, type ReactNode } from 'react'
import styles from './menu.module.css'
import { cx } from './cx.ts'
import { Icon, type IconShape } from './icon.tsx'
import { KeyHint } from './key-hint.tsx'

export type MenuEntry = {
  readonly id: string
  readonly label: string
  readonly detail?: string
  readonly icon?: IconShape
  readonly keys?: string
  readonly tone?: 'danger'
  readonly isDisabled?: boolean
  /** Draws a line above. */
  readonly separate?: boolean
  readonly onAction: () => void
}

/** `trigger` is a Button or IconButton; the menu opens below it. */
export function Menu({
  label,
  trigger,
  entries,
  placement = 'bottom end',
}: {
  label: string
  trigger: ReactNode
  entries: readonly MenuEntry[]
  placement?: Placement
}) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={cx(styles.popover)} placement={placement} offset={4}>
        <Entries label={label} entries={entries} />
      </Popover>
    </MenuTrigger>
  )
}

/** A menu that many rows share: it opens at `anchor` and closes when that is null. */
export function SharedMenu({
  label,
  anchor,
  entries,
  onClose,
}: {
  label: string
  anchor: HTMLElement | null
  entries: readonly MenuEntry[]
  onClose: () => void
}) {
  const ref = useMemo(() => ({ current: anchor }), [anchor])
  return (
    <Popover
      className={cx(styles.popover)}
      triggerRef={ref}
      isOpen={anchor !== null}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      placement="bottom end"
      offset={4}
      aria-label={label}
    >
      <Entries label={label} entries={entries} onDone={onClose} />
    </Popover>
  )
}

function Entries({ label, entries, onDone }: { label: string; entries: readonly MenuEntry[]; onDone?: () => void }) {
  return (
    <AriaMenu
      aria-label={label}
      className={cx(styles.menu)}
      autoFocus="first"
      onAction={(key) => {
        onDone?.()
        entries.find(({ id }) => id === key)?.onAction()
      }}
    >
      {entries.map((entry) => (
        <Fragment key={entry.id}>
          {entry.separate && <Separator className={cx(styles.line)} />}
          <MenuItem
            id={entry.id}
            textValue={entry.label}
            isDisabled={entry.isDisabled ?? false}
            className={cx(styles.item, entry.tone === 'danger' && styles.danger)}
          >
            {entry.icon && <Icon as={entry.icon} />}
            <span className={styles.text}>
              {entry.label}
              {entry.detail !== undefined && <span className={styles.detail}>{entry.detail}</span>}
            </span>
            {entry.keys && <KeyHint keys={entry.keys} />}
          </MenuItem>
        </Fragment>
      ))}
    </AriaMenu>
  )
}
