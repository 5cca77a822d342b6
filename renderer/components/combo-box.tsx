import { ChevronDown } from 'lucide-react'
import { Button as AriaButton, ComboBox as AriaComboBox, Group, Input, ListBox, Popover } from 'react-aria-components'
import type { Ref } from 'react'
import styles from './field.module.css'
import { cx } from './cx.ts'
import { Icon } from './icon.tsx'
import { messages } from './messages.ts'
import { OptionRow, type Option } from './select.tsx'
import { FieldFoot, FieldLabel, type FieldWords } from './text-field.tsx'

export type ComboBoxProps = FieldWords & {
  /** What stands in the field. */
  readonly text: string
  readonly onText: (text: string) => void
  /** What fits the text, from the server or from a list at hand; not filtered again here. */
  readonly options: readonly Option[]
  readonly onChoose: (option: Option) => void
  /** The option that was chosen before, if any. */
  readonly chosen?: string | null
  readonly isLoading?: boolean
  /** In place of options: why there are none. */
  readonly emptyText?: string
  /** The text itself may be the value; else it goes back to the last choice when the field is left. */
  readonly allowsText?: boolean
  readonly hideLabel?: boolean
  readonly isRequired?: boolean
  readonly isDisabled?: boolean
  readonly inputRef?: Ref<HTMLInputElement>
  readonly onBlur?: () => void
}

/** A field with suggestions. The caller looks up what fits `text` and passes it as `options`. */
export function ComboBox({
  label,
  note,
  description,
  error,
  placeholder,
  text,
  onText,
  options,
  onChoose,
  chosen = null,
  isLoading = false,
  emptyText = messages.noMatches,
  allowsText = false,
  hideLabel = false,
  isRequired = false,
  isDisabled = false,
  inputRef,
  onBlur,
}: ComboBoxProps) {
  return (
    <AriaComboBox
      {...(hideLabel ? { 'aria-label': label } : {})}
      {...(onBlur ? { onBlur } : {})}
      className={cx(styles.field)}
      inputValue={text}
      onInputChange={onText}
      value={chosen}
      onChange={(key) => {
        const option = options.find(({ id }) => id === key)
        if (option) onChoose(option)
      }}
      items={options}
      allowsCustomValue={allowsText}
      allowsEmptyCollection
      menuTrigger="focus"
      isInvalid={Boolean(error)}
      isRequired={isRequired}
      isDisabled={isDisabled}
    >
      {!hideLabel && <FieldLabel label={label} note={note} required={isRequired} />}
      <Group className={cx(styles.frame)} isInvalid={Boolean(error)} isDisabled={isDisabled}>
        <Input ref={inputRef} className={cx(styles.input)} {...(placeholder === undefined ? {} : { placeholder })} />
        <AriaButton className={cx(styles.drop)} aria-label={messages.showOptions}>
          <Icon as={ChevronDown} />
        </AriaButton>
      </Group>
      <FieldFoot description={description} error={error} />
      <Popover className={cx(styles.popover)} offset={4}>
        <ListBox<Option>
          className={cx(styles.list)}
          renderEmptyState={() => <div className={styles.empty}>{isLoading ? messages.loading : emptyText}</div>}
        >
          {(option) => <OptionRow option={option} />}
        </ListBox>
      </Popover>
    </AriaComboBox>
  )
}
