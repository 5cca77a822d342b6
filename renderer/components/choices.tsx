import { Check, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import {
  Checkbox as AriaCheckbox,
  Radio,
  RadioGroup as AriaRadioGroup,
  type CheckboxProps as AriaCheckboxProps,
} from 'react-aria-components'
import styles from './field.module.css'
import { cx } from './cx.ts'
import { FieldFoot, FieldLabel } from './text-field.tsx'

export type CheckboxProps = Omit<AriaCheckboxProps, 'className' | 'style' | 'children'> & {
  readonly children?: ReactNode
}

/** Without children it needs an `aria-label`. */
export function Checkbox({ children, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox {...rest} className={cx(styles.choice)}>
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className={styles.box} aria-hidden>
            {isIndeterminate ? <Minus /> : isSelected ? <Check /> : null}
          </span>
          {children !== undefined && <span>{children}</span>}
        </>
      )}
    </AriaCheckbox>
  )
}

export type Choice<Id extends string> = {
  readonly id: Id
  readonly label: ReactNode
  readonly detail?: ReactNode
  readonly isDisabled?: boolean
}

export function RadioGroup<Id extends string>({
  label,
  hideLabel,
  description,
  choices,
  value,
  onChange,
}: {
  label: string
  hideLabel?: boolean
  description?: ReactNode
  choices: readonly Choice<Id>[]
  value: Id | null
  onChange: (value: Id) => void
}) {
  return (
    <AriaRadioGroup
      {...(hideLabel ? { 'aria-label': label } : {})}
      className={cx(styles.field)}
      value={value}
      onChange={(next) => {
        const choice = choices.find(({ id }) => id === next)
        if (choice) onChange(choice.id)
      }}
    >
      {!hideLabel && <FieldLabel label={label} />}
      <div className={styles.choices}>
        {choices.map((choice) => (
          <Radio
            key={choice.id}
            value={choice.id}
            isDisabled={choice.isDisabled ?? false}
            className={cx(styles.choice)}
          >
            <span className={styles.dot} aria-hidden />
            <span>
              {choice.label}
              {choice.detail !== undefined && <span className={styles.choiceDetail}>{choice.detail}</span>}
            </span>
          </Radio>
        ))}
      </div>
      <FieldFoot description={description} />
    </AriaRadioGroup>
  )
}
