import { ChevronDown } from 'lucide-react'
import {
  Button as AriaButton,
  Header,
  ListBox,
  ListBoxSection,
  Popover,
  Select as AriaSelect,
  SelectValue,
} from 'react-aria-components'
import { cx } from '../../components/cx.ts'
import fieldStyles from '../../components/field.module.css'
import { Icon } from '../../components/icon.tsx'
import { messages as words } from '../../components/messages.ts'
import { OptionRow } from '../../components/select.tsx'
import { FieldFoot, FieldLabel } from '../../components/text-field.tsx'
import styles from './grouped-select.module.css'
import type { OptionGroup } from './resource-types.ts'

/** A list in sections; letters jump to an option. */
export function GroupedSelect({
  label,
  description,
  error,
  groups,
  value,
  onChange,
  emptyText,
}: {
  label: string
  description?: string
  error: string | null
  groups: readonly OptionGroup[]
  value: string | null
  onChange: (id: string) => void
  /** In place of options that are not there yet: opened too early, the list fills while it is open. */
  emptyText: string
}) {
  const options = groups.flatMap((group) => group.options)
  return (
    <AriaSelect
      className={cx(fieldStyles.field)}
      placeholder={words.chooseOne}
      isRequired
      allowsEmptyCollection
      isInvalid={error !== null}
      value={value}
      onChange={(key) => {
        if (typeof key === 'string' && key !== value) onChange(key)
      }}
    >
      <FieldLabel label={label} required />
      <AriaButton className={cx(fieldStyles.frame, fieldStyles.trigger)}>
        <SelectValue className={cx(fieldStyles.value)}>
          {({ isPlaceholder, defaultChildren }) =>
            isPlaceholder ? defaultChildren : (options.find(({ id }) => id === value)?.label ?? value)
          }
        </SelectValue>
        <Icon as={ChevronDown} />
      </AriaButton>
      <FieldFoot description={description} error={error} />
      <Popover className={cx(fieldStyles.popover)} offset={4}>
        <ListBox
          className={cx(fieldStyles.list)}
          items={groups}
          renderEmptyState={() => <div className={fieldStyles.empty}>{emptyText}</div>}
        >
          {(group) => (
            <ListBoxSection id={`group ${group.id}`} {...(group.label === null ? { 'aria-label': label } : {})}>
              {group.label !== null && <Header className={cx(styles.header)}>{group.label}</Header>}
              {group.options.map((option) => (
                <OptionRow key={option.id} option={option} />
              ))}
            </ListBoxSection>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}
