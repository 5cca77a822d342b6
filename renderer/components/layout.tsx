import { ChevronLeft } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import styles from './layout.module.css'
import { IconButton } from './button.tsx'
import { cx } from './cx.ts'
import { takeHeadingFocus } from './heading-focus.ts'
import { messages } from './messages.ts'

export type PageHeadProps = {
  /** Name of the screen, or of the record that it is about. Also the title of the window. */
  readonly title: string
  /** `l` where the title is that of a record, with `sub` below it; such a screen may have a question of its own in `xl`. */
  readonly size?: 'xl' | 'l'
  /** Second line: badge, state of the draft, times. */
  readonly sub?: ReactNode
  /** First line, above a short title: where this belongs. */
  readonly above?: ReactNode
  readonly onBack?: () => void
  readonly border?: boolean
  /** Fields and buttons at the end; the primary one last. */
  readonly children?: ReactNode
}

/** Head of a screen. Takes the focus when the screen opens. */
export function PageHead({ title, size = 'xl', sub, above, onBack, border = true, children }: PageHeadProps) {
  return (
    <header className={cx(styles.head, border && styles.border)}>
      {onBack && <IconButton icon={ChevronLeft} label={messages.back} keys="alt+←" onPress={onBack} />}
      <div className={styles.titles}>
        {above !== undefined && <div className={styles.sub}>{above}</div>}
        <PageTitle className={cx(styles.title, size === 'l' && styles.record)}>{title}</PageTitle>
        {sub !== undefined && <div className={styles.sub}>{sub}</div>}
      </div>
      {children !== undefined && <div className={styles.headEnd}>{children}</div>}
    </header>
  )
}

/** The heading of a screen that has no PageHead: gives the window its title and takes the focus when the screen opens. */
export function PageTitle({ children, className }: { children: string; className?: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (takeHeadingFocus()) heading.current?.focus()
  }, [])
  useEffect(() => {
    document.title = children
  }, [children])
  return (
    <h1 ref={heading} tabIndex={-1} className={cx(className)} title={children}>
      {children}
    </h1>
  )
}

/** A screen: head, banners and what scrolls below, stacked. */
export function Screen({ children }: { children: ReactNode }) {
  return <div className={styles.screen}>{children}</div>
}

/** Panes side by side; the rail moves below where there is no room. `rail` is its width in px. */
export function Split({ children, rail = 328 }: { children: ReactNode; rail?: number }) {
  return (
    <div className={styles.split} style={{ '--rail': `${rail / 16}rem` } as React.CSSProperties}>
      {children}
    </div>
  )
}

/** What scrolls: list, form or text. */
export function Pane({ children, pad, label }: { children: ReactNode; pad?: boolean; label?: string }) {
  return (
    <div
      className={cx(styles.pane, pad && styles.pad)}
      {...(label === undefined ? {} : { role: 'region', 'aria-label': label })}
    >
      {children}
    </div>
  )
}

/** The pane at the right: details of what is selected. */
export function Rail({ label, children, pad = true }: { label: string; children: ReactNode; pad?: boolean }) {
  return (
    <aside className={cx(styles.rail, pad && styles.railPad)} aria-label={label}>
      {children}
    </aside>
  )
}

/** The bar at the foot of a screen: what happens next, then the buttons. */
export function FootBar({ children, actions }: { children: ReactNode; actions: ReactNode }) {
  return (
    <footer className={styles.foot}>
      <div className={styles.footText}>{children}</div>
      <div className={styles.footActions}>{actions}</div>
    </footer>
  )
}

/** Head of a section: its name, a detail in grey, and an action at the end. `bar` draws it as a line across a list. */
export function SectionHead({
  title,
  detail,
  action,
  bar,
}: {
  title: string
  detail?: ReactNode
  action?: ReactNode
  bar?: boolean
}) {
  return (
    <div className={cx(styles.section, bar && styles.sectionBar)}>
      <h2 className={styles.sectionTitle}>{title}</h2>
      {detail !== undefined && <span className={styles.sectionDetail}>{detail}</span>}
      {action !== undefined && <span className={styles.sectionAction}>{action}</span>}
    </div>
  )
}

/** Names and values in two columns. */
export function Facts({
  items,
  wide,
}: {
  items: readonly { term: string; value: ReactNode; detail?: ReactNode }[]
  wide?: boolean
}) {
  return (
    <dl className={cx(styles.facts, wide && styles.factsWide)}>
      {items.map(({ term, value, detail }) => (
        <div key={term} className={styles.fact}>
          <dt>{term}</dt>
          <dd>
            {value}
            {detail !== undefined && <div className={styles.factDetail}>{detail}</div>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** A line between sections of a rail or pane. */
export function Divider() {
  return <hr className={styles.divider} />
}
