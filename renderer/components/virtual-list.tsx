import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
} from 'react'
import styles from './virtual-list.module.css'
import { cx } from './cx.ts'

export type VirtualListProps = {
  readonly label: string
  readonly count: number
  /** Stable over changes of order: keeps focus and measured heights with their rows. */
  readonly getKey: (index: number) => string | number
  /** First guess in px; rows are measured. */
  readonly estimate: (index: number) => number
  /**
   * Content of a row. In a `grid` or `treegrid` its direct children carry `role="gridcell"`. `active` is the row that the keys
   * are on: only its buttons should be reached by Tab (`excludeFromTabOrder={!active}`).
   */
  readonly renderRow: (index: number, row: { readonly active: boolean }) => ReactNode
  readonly role?: 'list' | 'grid' | 'treegrid'
  /** For `treegrid`: from 1, and whether what is below it shows; null where there is nothing below. */
  readonly level?: (index: number) => { readonly level: number; readonly expanded: boolean | null }
  readonly isSelected?: (index: number) => boolean
  /** The row that the keys are on changed. */
  readonly onActive?: (index: number) => void
  /** A click. */
  readonly onPress?: (index: number) => void
  /** Enter, or a double click. */
  readonly onAction?: (index: number) => void
  /** Any other key on a row (arrows left and right, Space, Delete). Return true when it was used. */
  readonly onKey?: (key: string, index: number) => boolean
  /** The secondary button of the mouse, or the menu key. */
  readonly onMenu?: (index: number, anchor: HTMLElement) => void
  readonly className?: string
  readonly rowClassName?: (index: number) => string | undefined
}

/** Where the row is that the keys are on; where it is gone, the one in its place. Rows seldom move far. */
function placeOf(
  { index, key }: { readonly index: number; readonly key: string | number | null },
  count: number,
  getKey: (index: number) => string | number,
): number {
  const near = Math.max(0, Math.min(index, count - 1))
  if (key === null || count === 0) return near
  for (let away = 0; away < count; away += 1) {
    for (const at of away === 0 ? [near] : [near - away, near + away])
      if (at >= 0 && at < count && getKey(at) === key) return at
  }
  return near
}

/** A long list of which only what is in sight exists. Arrows, Home, End and Page keys move; Tab goes into and out of the row. */
export function VirtualList(props: VirtualListProps) {
  const {
    label,
    count,
    getKey,
    estimate,
    renderRow,
    role = 'list',
    level,
    isSelected,
    onActive,
    onPress,
    onAction,
    onKey,
  } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<{ readonly index: number; readonly key: string | number | null }>({
    index: 0,
    key: null,
  })
  const moving = useRef(false)
  const hasFocus = useRef(false)
  const last = Math.max(0, count - 1)
  const current = placeOf(active, count, getKey)
  useEffect(() => {
    if (active.key === null || count === 0) return
    const key = getKey(current)
    if (key !== active.key) setActive({ index: current, key })
  }, [active, current, count, getKey])

  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoises this component; its values stay here
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: estimate,
    getItemKey: getKey,
    overscan: 8,
    // The row that the keys are on stays, however far the list is scrolled: else the focus would fall out of the list.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), current])].sort((a, b) => a - b),
  })
  const items = virtualizer.getVirtualItems()

  // Rows that come and go above what is in sight must not push it away under the eyes of a reader.
  const anchor = useRef<{ readonly index: number; readonly key: string | number } | null>(null)
  useLayoutEffect(() => {
    const top = virtualizer.scrollOffset ?? 0
    const bottom = top + (virtualizer.scrollRect?.height ?? 0)
    const starts = virtualizer.measurementsCache
    const held = anchor.current
    if (held && top > 0 && scroller.current) {
      const index = placeOf(held, count, getKey)
      const moved = (starts[index]?.start ?? 0) - (starts[held.index]?.start ?? 0)
      if (moved !== 0 && held.index < count && getKey(index) === held.key) scroller.current.scrollTop += moved
    }
    const seen = items.filter(({ start, end }) => start >= top && end <= bottom)
    const next = seen.find(({ index }) => index === current) ?? seen[0]
    anchor.current = next && next.index < count ? { index: next.index, key: getKey(next.index) } : null
  })

  // The row that the keys moved to may not exist yet when it is asked for; it takes the focus as soon as it does. So does the
  // one that stands where the focused row has gone from: rows come and go while a person reads.
  useEffect(() => {
    const isLost = hasFocus.current && document.activeElement === document.body
    if (!moving.current && !isLost) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${current}"]`)
    if (!row) return
    moving.current = false
    row.focus({ preventScroll: true })
  })

  function activate(index: number) {
    setActive({ index, key: getKey(index) })
    onActive?.(index)
  }

  function moveTo(index: number) {
    const next = Math.max(0, Math.min(last, index))
    moving.current = true
    activate(next)
    virtualizer.scrollToIndex(next)
  }

  function pressKey(event: KeyboardEvent<HTMLDivElement>) {
    const target = event.target as HTMLElement
    const row = target.closest<HTMLElement>('[data-index]')
    if (!row) return
    const inside = target !== row
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / Math.max(1, estimate(current))) - 1)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: last,
    }
    const to = moves[event.key]
    if (to !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) moveTo(to)
    else if (inside) {
      if (event.key !== 'Escape') return
      row.focus()
    } else if (event.key === 'Enter' && onAction) onAction(current)
    else if (!onKey?.(event.key, current)) return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div ref={scroller} className={cx(styles.scroller, props.className)} data-scroller>
      <div
        role={role}
        aria-label={label}
        {...(role === 'list' ? {} : { 'aria-rowcount': count })}
        className={styles.sizer}
        style={{ height: virtualizer.getTotalSize() }}
        onKeyDown={pressKey}
        onClick={({ target }) => {
          const row = (target as HTMLElement).closest<HTMLElement>('[data-index]')
          if (row !== null && !(target as HTMLElement).closest('button')) onPress?.(Number(row.dataset['index']))
        }}
        onFocus={() => {
          hasFocus.current = true
        }}
        onBlur={(event) => {
          // An element that is taken away loses the focus to nothing, and is not there any more.
          if (event.relatedTarget !== null || event.target.isConnected) hasFocus.current = false
        }}
      >
        {items.map((item) => {
          const tree = level?.(item.index)
          const selected = isSelected?.(item.index)
          return (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              role={role === 'list' ? 'listitem' : 'row'}
              {...(role === 'list'
                ? { 'aria-setsize': count, 'aria-posinset': item.index + 1 }
                : { 'aria-rowindex': item.index + 1, 'aria-selected': selected ?? false })}
              {...(tree ? { 'aria-level': tree.level } : {})}
              {...(tree?.expanded == null ? {} : { 'aria-expanded': tree.expanded })}
              tabIndex={item.index === current ? 0 : -1}
              className={cx(styles.row, selected && styles.selected, props.rowClassName?.(item.index))}
              style={{ transform: `translateY(${item.start}px)` } satisfies CSSProperties}
              onFocus={() => {
                if (item.index !== current || active.key === null) activate(item.index)
              }}
              onContextMenu={(event) => {
                if (!props.onMenu) return
                event.preventDefault()
                props.onMenu(item.index, event.currentTarget)
              }}
              onDoubleClick={(event) => {
                if (!(event.target as HTMLElement).closest('button')) onAction?.(item.index)
              }}
            >
              {renderRow(item.index, { active: item.index === current })}
            </div>
          )
        })}
      </div>
    </div>
  )
}
