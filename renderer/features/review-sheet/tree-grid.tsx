import { useVirtualizer, defaultRangeExtractor } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, File, Folder } from 'lucide-react'
import { useEffect, useId, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react'
import type { TreeRow } from '../../../core/deposit/tree.ts'
import { cx } from '../../components/cx.ts'
import { formatBytes, formatCount } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { messages } from './messages.ts'
import styles from './tree-grid.module.css'
import { canToggle, parentOf, takenOf } from './tree-rows.ts'

/** Height of a row, in rem: fixed, so that ten thousand need no measuring. */
const ROW = 1.75

/** The tree of a plan. `rows` are those on screen; one of them takes the focus, the arrows move it. */
export function TreeGrid({
  rows,
  closed,
  onOpenClose,
  onToggle,
}: {
  rows: readonly TreeRow[]
  closed: ReadonlySet<string>
  onOpenClose: (path: string) => void
  onToggle: (row: TreeRow) => void
}) {
  const keysId = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const isMoving = useRef(false)
  const [activePath, setActivePath] = useState('')
  const active = Math.max(
    0,
    rows.findIndex(({ path }) => path === activePath),
  )
  const [rowPx] = useState(() => ROW * parseFloat(getComputedStyle(document.documentElement).fontSize || '16'))

  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoises this component; its values stay here
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    // The head stays in sight above the rows, one row high.
    scrollMargin: rowPx,
    scrollPaddingStart: rowPx,
    // The row with the focus stays, however far the list is scrolled: else the focus would fall out of the tree.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), active])].sort((a, b) => a - b),
  })

  // The row that the keys moved to may not exist yet when it is asked for; it takes the focus as soon as it does.
  useEffect(() => {
    if (!isMoving.current) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)
    if (!row) return
    isMoving.current = false
    row.focus({ preventScroll: true })
  })

  function moveTo(index: number) {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (!row) return
    isMoving.current = true
    setActivePath(row.path)
    virtualizer.scrollToIndex(rows.indexOf(row))
  }

  function pressKey(event: KeyboardEvent) {
    const row = rows[active]
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return
    const isOpen = row.kind === 'folder' && !closed.has(row.path)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 1)
    switch (event.key) {
      case 'ArrowDown':
        moveTo(active + 1)
        break
      case 'ArrowUp':
        moveTo(active - 1)
        break
      case 'PageDown':
        moveTo(active + page)
        break
      case 'PageUp':
        moveTo(active - page)
        break
      case 'Home':
        moveTo(0)
        break
      case 'End':
        moveTo(rows.length - 1)
        break
      case 'ArrowRight':
        if (isOpen) moveTo(active + 1)
        else if (row.kind === 'folder') onOpenClose(row.path)
        break
      case 'ArrowLeft':
        if (isOpen) onOpenClose(row.path)
        else if (parentOf(rows, active) >= 0) moveTo(parentOf(rows, active))
        break
      case 'Enter':
        if (row.kind === 'folder') onOpenClose(row.path)
        break
      case ' ':
        if (canToggle(row)) onToggle(row)
        break
      default:
        return
    }
    event.preventDefault()
  }

  return (
    <div
      className={styles.grid}
      role="treegrid"
      aria-label={messages.tree}
      aria-rowcount={rows.length + 1}
      aria-describedby={keysId}
    >
      <div ref={scroller} className={styles.scroller} role="presentation">
        <div className={cx(styles.columns, styles.head)} role="row" aria-rowindex={1}>
          <span role="columnheader">{messages.name}</span>
          <span role="columnheader" className={styles.number}>
            {messages.files}
          </span>
          <span role="columnheader" className={styles.number}>
            {messages.size}
          </span>
          <span role="columnheader">{messages.becomes}</span>
        </div>
        <div
          className={styles.sizer}
          role="presentation"
          style={{ height: virtualizer.getTotalSize() }}
          onKeyDown={pressKey}
        >
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]
            if (!row) return null
            const isOpen = !closed.has(row.path)
            const taken = takenOf(row)
            return (
              <div
                key={row.path}
                data-index={index}
                role="row"
                aria-rowindex={index + 2}
                aria-level={row.depth + 1}
                {...(row.kind === 'folder' ? { 'aria-expanded': isOpen } : {})}
                tabIndex={index === active ? 0 : -1}
                className={cx(
                  styles.columns,
                  styles.row,
                  row.path === '' && styles.root,
                  taken === 'none' && styles.out,
                )}
                style={{ transform: `translateY(${start - rowPx}px)`, '--depth': row.depth } as CSSProperties}
                onFocus={() => setActivePath(row.path)}
              >
                <span role="gridcell" className={styles.name}>
                  <TakeBox row={row} taken={taken} onToggle={() => onToggle(row)} />
                  {row.kind === 'folder' ? (
                    <span className={styles.chevron} aria-hidden onClick={() => onOpenClose(row.path)}>
                      <Icon as={isOpen ? ChevronDown : ChevronRight} />
                    </span>
                  ) : (
                    <span className={styles.chevron} />
                  )}
                  <Icon as={row.kind === 'folder' ? Folder : File} className={cx(styles.kind)} />
                  <span className="cut" title={row.path}>
                    {row.name}
                  </span>
                </span>
                <span role="gridcell" className={styles.number}>
                  {row.kind === 'folder' ? formatCount(row.files) : ''}
                </span>
                <span role="gridcell" className={styles.number}>
                  {formatBytes(row.bytes)}
                </span>
                <Becomes row={row} />
              </div>
            )
          })}
        </div>
      </div>
      <span id={keysId} className="hidden-text">
        {messages.treeKeys}
      </span>
    </div>
  )
}

/** Reached by the mouse; with the keyboard, Space on the row does the same. */
function TakeBox({ row, taken, onToggle }: { row: TreeRow; taken: 'all' | 'some' | 'none'; onToggle: () => void }) {
  return (
    <input
      type="checkbox"
      className={styles.box}
      tabIndex={-1}
      aria-label={messages.take(row.name)}
      checked={taken === 'all'}
      disabled={!canToggle(row)}
      ref={(box) => {
        if (box) box.indeterminate = taken === 'some'
      }}
      onChange={onToggle}
    />
  )
}

function Becomes({ row }: { row: TreeRow }) {
  const { becomes } = row
  const [text, notable] = (() => {
    switch (becomes.kind) {
      case 'as-it-is':
        return [messages.asItIs, false] as const
      case 'renamed':
        return [becomes.key, true] as const
      case 'in-zip':
        return [row.kind === 'folder' && row.depth === 1 ? becomes.key : messages.inZip(becomes.key), false] as const
      case 'left-out':
        return [becomes.reason === 'empty' ? messages.leftOutEmpty : messages.leftOut, true] as const
      case 'files':
        return [messages.manyFiles(becomes.files), false] as const
    }
  })()
  return (
    <span role="gridcell" className={cx('cut', styles.becomes, notable && styles.notable)} title={text}>
      {text}
    </span>
  )
}
