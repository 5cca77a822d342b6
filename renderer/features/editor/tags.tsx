import { X } from 'lucide-react'
import { Button as AriaButton, Tag, TagGroup, TagList } from 'react-aria-components'
import { cx } from '../../components/cx.ts'
import { Icon } from '../../components/icon.tsx'
import { messages } from './messages.ts'
import styles from './tags.module.css'

export type TagItem = { readonly id: string; readonly label: string; readonly detail?: string }

/** Short values of which there are several. One stop of the Tab key; arrows move, Delete removes. */
export function Tags({
  label,
  items,
  onRemove,
}: {
  label: string
  items: readonly TagItem[]
  onRemove: (id: string) => void
}) {
  if (items.length === 0) return null
  return (
    <TagGroup aria-label={label} onRemove={(ids) => [...ids].forEach((id) => onRemove(String(id)))}>
      <TagList className={cx(styles.tags)} items={items}>
        {({ id, label: text, detail }) => (
          <Tag id={id} textValue={text} className={cx(styles.tag)}>
            <span className={styles.text}>{text}</span>
            {detail !== undefined && <span className={styles.detail}>{detail}</span>}
            <AriaButton slot="remove" aria-label={messages.remove} className={cx(styles.remove)}>
              <Icon as={X} />
            </AriaButton>
          </Tag>
        )}
      </TagList>
    </TagGroup>
  )
}
