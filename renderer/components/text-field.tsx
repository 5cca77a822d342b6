import type { ReactNode, Ref } from 'react'
import {
  Button as AriaButton,
  FieldError,
  Group,
  Input,
  Label,
  SearchField as AriaSearchField,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components'
import { Search, X } from 'lucide-react'
import styles from './field.module.css'
import { cx } from './cx.ts'
import { Icon, type IconShape } from './icon.tsx'
import { messages } from './messages.ts'

export type FieldWords = {
  readonly label: string
  /** Beside the label: where the value came from, or a count. */
  readonly note?: ReactNode
  /** Below the field. */
  readonly description?: ReactNode
  /** What is wrong with the value, in plain words; marks the field. */
  readonly error?: string | null | undefined
  readonly placeholder?: string
}

type Common = Omit<AriaTextFieldProps, 'className' | 'style' | 'children' | 'isInvalid' | 'placeholder'> & FieldWords

export type TextFieldProps = Common & {
  readonly icon?: IconShape
  /** At the right end, inside the frame. */
  readonly end?: ReactNode
  readonly inputRef?: Ref<HTMLInputElement>
}

export function TextField({
  label,
  note,
  description,
  error,
  placeholder,
  icon,
  end,
  inputRef,
  onKeyDown,
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField {...rest} onKeyDown={passOn(onKeyDown)} isInvalid={Boolean(error)} className={cx(styles.field)}>
      <FieldLabel label={label} note={note} required={rest.isRequired} />
      <Group className={cx(styles.frame)} isInvalid={Boolean(error)} isDisabled={rest.isDisabled ?? false}>
        {icon && <Icon as={icon} />}
        <Input ref={inputRef} className={cx(styles.input)} {...(placeholder === undefined ? {} : { placeholder })} />
        {end}
      </Group>
      <FieldFoot description={description} error={error} />
    </AriaTextField>
  )
}

/** React Aria keeps a key to the field that listens for one, so that Esc would not close the dialog around it. */
function passOn(onKeyDown: AriaTextFieldProps['onKeyDown']): NonNullable<AriaTextFieldProps['onKeyDown']> {
  return (event) => {
    onKeyDown?.(event)
    event.continuePropagation()
  }
}

export type TextAreaProps = Common & { readonly rows?: number; readonly inputRef?: Ref<HTMLTextAreaElement> }

export function TextArea({
  label,
  note,
  description,
  error,
  placeholder,
  rows = 4,
  inputRef,
  onKeyDown,
  ...rest
}: TextAreaProps) {
  return (
    <AriaTextField {...rest} onKeyDown={passOn(onKeyDown)} isInvalid={Boolean(error)} className={cx(styles.field)}>
      <FieldLabel label={label} note={note} required={rest.isRequired} />
      <AriaTextArea
        ref={inputRef}
        rows={rows}
        className={cx(styles.frame, styles.area)}
        {...(placeholder === undefined ? {} : { placeholder })}
      />
      <FieldFoot description={description} error={error} />
    </AriaTextField>
  )
}

/** A filter in a page head: no label on screen, Escape empties it. */
export function FilterField({
  label,
  value,
  onChange,
  inputRef,
}: {
  label: string
  value: string
  onChange: (value: string) => void
  inputRef?: Ref<HTMLInputElement>
}) {
  return (
    <AriaSearchField aria-label={label} value={value} onChange={onChange} className={cx(styles.field, styles.filter)}>
      <Group className={cx(styles.frame)}>
        <Icon as={Search} className={cx(styles.lead)} />
        <Input ref={inputRef} className={cx(styles.input)} placeholder={label} />
        <AriaButton className={cx(styles.clear)}>
          <Icon as={X} />
        </AriaButton>
      </Group>
    </AriaSearchField>
  )
}

/** The line above a field. */
export function FieldLabel({
  label,
  note,
  required,
}: {
  label: string
  note?: ReactNode
  required?: boolean | undefined
}) {
  return (
    <span className={styles.head}>
      <Label className={cx(styles.label)}>{label}</Label>
      {required && <span className={styles.note}>{messages.required}</span>}
      {note !== undefined && <span className={styles.note}>{note}</span>}
    </span>
  )
}

/** The lines below a field: what it is for, and what is wrong. */
export function FieldFoot({ description, error }: { description?: ReactNode; error?: string | null | undefined }) {
  return (
    <>
      {description !== undefined && (
        <Text slot="description" className={cx(styles.description)}>
          {description}
        </Text>
      )}
      {error && <FieldError className={cx(styles.error)}>{error}</FieldError>}
    </>
  )
}
