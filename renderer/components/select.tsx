import { ChevronDown } from 'lucide-react'
import {
  Button as AriaButton,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Text,
} from 'react-aria-components'
import styles from './field.module.css'
import { cx } from './cx.ts'
import { Icon } from './icon.tsx'
import { messages } from './messages.ts'
import { FieldFoot, FieldLabel, type FieldWords } from './text-field.tsx'

export type Option<Id extends string = string> = { readonly id: Id; readonly label: string; readonly detail?: string }

export type SelectProps<Id extends string> = FieldWords & {
  readonly options: readonly Option<Id>[]
  readonly value: Id | null
  readonly onChange: (value: Id) => void
  /** The label stands elsewhere, or left of the field: it is only read out. */
  readonly hideLabel?: boolean
  readonly isRequired?: boolean
  readonly isDisabled?: boolean
}

/** One of a short list. For long lists and those of a server: ComboBox. */
export function Select<Id extends string>({
  label,
  note,
  description,
  error,
  placeholder,
  options,
  value,
  onChange,
  hideLabel,
  isRequired = false,
  isDisabled = false,
}: SelectProps<Id>) {
  return (
    <AriaSelect
      {...(hideLabel ? { 'aria-label': label } : {})}
      className={cx(styles.field)}
      placeholder={placeholder ?? messages.chooseOne}
      isInvalid={Boolean(error)}
      isRequired={isRequired}
      isDisabled={isDisabled}
      value={value}
      onChange={(key) => {
        const option = options.find(({ id }) => id === key)
        if (option) onChange(option.id)
      }}
    >
      {!hideLabel && <FieldLabel label={label} note={note} required={isRequired} />}
      <AriaButton className={cx(styles.frame, styles.trigger)}>
        <SelectValue className={cx(styles.value)}>
          {({ isPlaceholder, defaultChildren }) =>
            isPlaceholder ? defaultChildren : options.find(({ id }) => id === value)?.label
          }
        </SelectValue>
        <Icon as={ChevronDown} />
      </AriaButton>
      <FieldFoot description={description} error={error} />
      <Popover className={cx(styles.popover)} offset={4}>
        <ListBox className={cx(styles.list)} items={options}>
          {(option) => <OptionRow option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

/** A row of a list of options. */
export function OptionRow({ option }: { option: Option }) {
  return (
    <ListBoxItem id={option.id} textValue={option.label} className={cx(styles.option)}>
      <Text slot="label" className={cx(styles.optionText)}>
        {option.label}
      </Text>
      {option.detail !== undefined && (
        <Text slot="description" className={cx(styles.optionDetail)}>
          {option.detail}
        </Text>
      )}
    </ListBoxItem>
  )
}
