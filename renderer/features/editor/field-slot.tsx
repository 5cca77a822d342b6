import type { ReactNode } from 'react'
import type { Conflict } from '../../../contract/desk/deposit.ts'
import type { Creator } from '../../../contract/repository/record.ts'
import { Button } from '../../components/button.tsx'
import { ServerHtml } from '../../components/server-html.tsx'
import { useEditor } from './context.ts'
import styles from './field-slot.module.css'
import { labelOf, nameOfCreator } from './labels.ts'
import { messages } from './messages.ts'

/** The place of a field: checks lead here, and what was changed on both sides is settled here. */
export function FieldSlot({ path, children }: { path: string; children: ReactNode }) {
  const { conflicts } = useEditor()
  const conflict = conflicts.find(({ field }) => field === path)
  return (
    <div data-field={path} className={styles.slot}>
      {conflict && <ConflictChoice conflict={conflict} />}
      {children}
    </div>
  )
}

/** Both versions of a field, side by side. */
export function ConflictChoice({ conflict, name }: { conflict: Conflict; name?: string }) {
  const { server, onResolve } = useEditor()
  const title = messages.conflictTitle(server)
  return (
    <div
      className={styles.conflict}
      role="group"
      aria-label={name ? `${name}: ${title}` : title}
      tabIndex={-1}
      data-conflict
    >
      <p className={styles.title}>{name ? `${name}: ${title}` : title}</p>
      <div className={styles.sides}>
        {(['mine', 'theirs'] as const).map((side) => (
          <div key={side} className={styles.side}>
            <div className={styles.whose}>{side === 'mine' ? messages.mine : messages.theirs(server)}</div>
            <div className={styles.value}>
              <FieldValue field={conflict.field} value={conflict[side]} />
            </div>
            <Button size="s" onPress={() => onResolve(conflict.field, side)}>
              {side === 'mine' ? messages.keepMine : messages.keepTheirs}
            </Button>
          </div>
        ))}
      </div>
    </div>
  )
}

/** A value of any field as a person reads it. */
function FieldValue({ field, value }: { field: string; value: unknown }): ReactNode {
  if (value === null || value === undefined || value === '')
    return <span className={styles.nothing}>{messages.nothing}</span>
  if (field === 'metadata.description' && typeof value === 'string') return <ServerHtml html={value} />
  if (typeof value === 'string' || typeof value === 'number') return value
  if (!Array.isArray(value)) return wordOf(value)
  return (
    <ul>
      {value.map((item: unknown, at) => (
        <li key={at}>{field === 'metadata.creators' ? nameOfCreator(item as Creator) : wordOf(item)}</li>
      ))}
    </ul>
  )
}

/** The words in a value, however deep they are; of a vocabulary item its label, not its id. */
function wordOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.map(wordOf).join('; ')
  if ('title' in value) return labelOf(value as Parameters<typeof labelOf>[0]) ?? ''
  return Object.values(value).map(wordOf).join(', ')
}
