import { useVirtualizer, defaultRangeExtractor } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, File, FileArchive, Folder } from 'lucide-react'
import { useEffect, useId, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react'
import { cx } from '../../components/cx.ts'
import { formatBytes, formatCount } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { messages } from './messages.ts'
import styles from './tree-grid.module.css'
import { parentOf, type GridRow } from './tree-rows.ts'

/** Height of a row, in rem: fixed, so that ten thousand need no measuring. */
const ROW = 1.75

const KINDS = { file: File, folder: Folder, zip: FileArchive } as const

export type TreeGridProps<Row extends GridRow> = {
  readonly label: string
  /** How the keys work, for those who hear it. */
  readonly keys: string
  readonly rows: readonly Row[]
  readonly closed: ReadonlySet<string>
  readonly onOpenClose: (path: string) => void
  /** Head and cells of the last column. */
  readonly last: { readonly head: string; readonly cell: (row: Row) => { text: string; isNotable: boolean } }
  /** Where rows can be taken or left out. */
  readonly take?: {
    readonly of: (row: Row) => 'all' | 'some' | 'none'
    readonly can: (row: Row) => boolean
    readonly onToggle: (row: Row) => void
  }
}

/** A tree of files. `rows` are those on screen; one of them takes the focus, the arrows move it. */
export function TreeGrid<Row extends GridRow>({
  label,
  keys,
  rows,
  closed,
  onOpenClose,
  last,
  take,
}: TreeGridProps<Row>) {
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
    const isOpen = row.kind !== 'file' && !closed.has(row.path)
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
        else if (row.kind !== 'file') onOpenClose(row.path)
        break
      case 'ArrowLeft':
        if (isOpen) onOpenClose(row.path)
        else if (parentOf(rows, active) >= 0) moveTo(parentOf(rows, active))
        break
      case 'Enter':
        if (row.kind !== 'file') onOpenClose(row.path)
        break
      case ' ':
        if (take?.can(row)) take.onToggle(row)
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
      aria-label={label}
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
          <span role="columnheader">{last.head}</span>
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
            const taken = take?.of(row) ?? 'all'
            const end = last.cell(row)
            return (
              <div
                key={row.path}
                data-index={index}
                role="row"
                aria-rowindex={index + 2}
                aria-level={row.depth + 1}
                {...(row.kind === 'file' ? {} : { 'aria-expanded': isOpen })}
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
                  {take && (
                    <TakeBox row={row} taken={taken} isDisabled={!take.can(row)} onToggle={() => take.onToggle(row)} />
                  )}
                  {row.kind !== 'file' ? (
                    <span className={styles.chevron} aria-hidden onClick={() => onOpenClose(row.path)}>
                      <Icon as={isOpen ? ChevronDown : ChevronRight} />
                    </span>
                  ) : (
                    <span className={styles.chevron} />
                  )}
                  <Icon as={KINDS[row.kind]} className={cx(styles.kind)} />
                  <span className="cut" title={take ? row.path : row.name}>
                    {row.name}
                  </span>
                </span>
                <span role="gridcell" className={styles.number}>
                  {row.kind === 'file' ? '' : formatCount(row.files)}
                </span>
                <span role="gridcell" className={styles.number}>
                  {formatBytes(row.bytes)}
                </span>
                <span
                  role="gridcell"
                  className={cx('cut', styles.becomes, end.isNotable && styles.notable)}
                  title={end.text}
                >
                  {end.text}
                </span>
              </div>
            )
          })}
        </div>
      </div>
      <span id={keysId} className="hidden-text">
        {keys}
      </span>
    </div>
  )
}

/** Reached by the mouse; with the keyboard, Space on the row does the same. */
function TakeBox({
  row,
  taken,
  isDisabled,
  onToggle,
}: {
  row: GridRow
  taken: 'all' | 'some' | 'none'
  isDisabled: boolean
  onToggle: () => void
}) {
  return (
    <input
      type="checkbox"
      className={styles.box}
      tabIndex={-1}
      aria-label={messages.take(row.name)}
      checked={taken === 'all'}
      disabled={isDisabled}
      ref={(box) => {
        if (box) box.indeterminate = taken === 'some'
      }}
      onChange={onToggle}
    />
  )
}
