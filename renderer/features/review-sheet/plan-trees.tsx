import { useMemo, useState } from 'react'
import { Radio, RadioGroup } from 'react-aria-components'
import type { FolderEntry } from '../../../contract/desk/folder.ts'
import type { Limits, Plan } from '../../../core/deposit/plan.ts'
import { buildRecordTree, type RecordRow } from '../../../core/deposit/record-tree.ts'
import { openRows, type TreeRow } from '../../../core/deposit/tree.ts'
import { cx } from '../../components/cx.ts'
import { formatBytes } from '../../components/format.ts'
import { messages } from './messages.ts'
import styles from './plan-trees.module.css'
import { TreeGrid } from './tree-grid.tsx'
import { canToggle, closedFolders, rowsOfPlan, takenOf } from './tree-rows.ts'

export type View = 'folder' | 'record'

/** The two sides of a plan: what is in the folder, and what the record will hold. */
export function ViewSwitch({ value, onChange }: { value: View; onChange: (view: View) => void }) {
  return (
    <RadioGroup
      className={cx(styles.switch)}
      orientation="horizontal"
      aria-label={messages.view}
      value={value}
      onChange={(next) => onChange(next === 'record' ? 'record' : 'folder')}
    >
      {(['folder', 'record'] as const).map((view) => (
        <Radio key={view} value={view} className={cx(styles.side)}>
          {messages.views[view]}
        </Radio>
      ))}
    </RadioGroup>
  )
}

/** What was found, and what becomes of each of it; taken or left out here. */
export function FolderTree({
  name,
  entries,
  found,
  plan,
  onToggle,
}: {
  name: string
  entries: readonly FolderEntry[]
  /** How many entries there are by now. */
  found: number
  plan: Plan
  onToggle: (row: TreeRow) => void
}) {
  const { turned, turn } = useTurned()
  const all = useMemo(() => rowsOfPlan(name, entries, plan), [name, entries, plan])
  const closed = useMemo(() => closedFolders(all, found, turned), [all, found, turned])
  const rows = useMemo(() => openRows(all, closed), [all, closed])
  return (
    <TreeGrid
      label={messages.tree}
      keys={messages.treeKeys}
      rows={rows}
      closed={closed}
      onOpenClose={turn}
      last={{ head: messages.becomes, cell: becomesInWords }}
      take={{ of: takenOf, can: canToggle, onToggle }}
    />
  )
}

/** What the record will hold: each zip with what is in it, and how near it comes to what the server takes. */
export function RecordTree({ plan, limits }: { plan: Plan; limits: Limits }) {
  const { turned, turn } = useTurned()
  const all = useMemo(() => buildRecordTree(plan), [plan])
  const closed = useMemo(() => closedFolders(all, all.length, turned), [all, turned])
  const rows = useMemo(() => openRows(all, closed), [all, closed])
  const limit = limits.maxFileBytes ?? limits.quotaBytes
  const share = ({ depth, bytes, atMost }: RecordRow) => {
    if (depth > 0 || limit === null) return { text: '', isNotable: false }
    return { text: messages.share(bytes / limit, atMost), isNotable: bytes > limit }
  }
  return (
    <TreeGrid
      label={messages.recordTree}
      keys={messages.recordTreeKeys}
      rows={rows}
      closed={closed}
      onOpenClose={turn}
      last={{ head: limit === null ? '' : messages.shareHead(formatBytes(limit)), cell: share }}
    />
  )
}

/** Folders that are the other way than they are at first. */
function useTurned() {
  const [turned, setTurned] = useState<ReadonlySet<string>>(() => new Set())
  const turn = (path: string) =>
    setTurned((before) => {
      const next = new Set(before)
      if (!next.delete(path)) next.add(path)
      return next
    })
  return { turned, turn }
}

function becomesInWords({ becomes, kind, depth }: TreeRow): { text: string; isNotable: boolean } {
  switch (becomes.kind) {
    case 'as-it-is':
      return { text: messages.asItIs, isNotable: false }
    case 'renamed':
      return { text: becomes.key, isNotable: true }
    case 'in-zip':
      return {
        text: kind === 'folder' && depth === 1 ? becomes.key : messages.inZip(becomes.key),
        isNotable: false,
      }
    case 'volumes':
      return { text: messages.inVolumes(becomes.volumes), isNotable: true }
    case 'left-out':
      return { text: becomes.reason === 'empty' ? messages.leftOutEmpty : messages.leftOut, isNotable: true }
    case 'files':
      return { text: messages.manyFiles(becomes.files), isNotable: false }
  }
}
