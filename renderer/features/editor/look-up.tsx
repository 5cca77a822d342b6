import { Search } from 'lucide-react'
import type { Ref } from 'react'
import { ComboBox as AriaComboBox, Group, Input, ListBox, Popover } from 'react-aria-components'
import { cx } from '../../components/cx.ts'
import fieldStyles from '../../components/field.module.css'
import { Icon } from '../../components/icon.tsx'
import { messages as words } from '../../components/messages.ts'
import { OptionRow, type Option } from '../../components/select.tsx'
import { FieldFoot, FieldLabel } from '../../components/text-field.tsx'

/** As many letters as a look-up needs to be of use. */
const LETTERS = 2

/** Whether a text is long enough to be looked up. */
export function isLookedUp(text: string): boolean {
  return text.trim().length >= LETTERS
}

/**
 * A field that looks up what is typed and hands over what is chosen; then it is empty again. Unlike a ComboBox it has no value
 * of its own, and opens only while there is something to look up.
 */
export function LookUp({
  label,
  placeholder,
  error,
  text,
  onText,
  options,
  onChoose,
  isLoading,
  emptyText = words.noMatches,
  inputRef,
  onBlur,
}: {
  label: string
  placeholder: string
  error?: string | null
  text: string
  onText: (text: string) => void
  options: readonly Option[]
  onChoose: (option: Option) => void
  isLoading: boolean
  /** In place of options: why there are none. */
  emptyText?: string
  inputRef?: Ref<HTMLInputElement>
  onBlur?: () => void
}) {
  const isOpenable = isLookedUp(text)
  return (
    <AriaComboBox
      className={cx(fieldStyles.field)}
      inputValue={text}
      onInputChange={onText}
      value={null}
      onChange={(key) => {
        const option = options.find(({ id }) => id === key)
        if (!option) return
        onChoose(option)
        onText('')
      }}
      items={isOpenable ? options : []}
      allowsCustomValue
      allowsEmptyCollection={isOpenable}
      isInvalid={Boolean(error)}
      {...(onBlur ? { onBlur } : {})}
    >
      <FieldLabel label={label} />
      <Group className={cx(fieldStyles.frame)} isInvalid={Boolean(error)}>
        <Icon as={Search} />
        <Input ref={inputRef} className={cx(fieldStyles.input)} placeholder={placeholder} />
      </Group>
      <FieldFoot error={error} />
      <Popover className={cx(fieldStyles.popover)} offset={4}>
        <ListBox<Option>
          className={cx(fieldStyles.list)}
          renderEmptyState={() => <div className={fieldStyles.empty}>{isLoading ? words.loading : emptyText}</div>}
        >
          {(option) => <OptionRow option={option} />}
        </ListBox>
      </Popover>
    </AriaComboBox>
  )
}
