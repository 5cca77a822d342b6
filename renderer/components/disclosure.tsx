import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton, Disclosure as AriaDisclosure, DisclosurePanel } from 'react-aria-components'
import { cx } from './cx.ts'
import styles from './disclosure.module.css'
import { Icon } from './icon.tsx'

/** Details behind their name. */
export function Disclosure({ title, children }: { title: string; children: ReactNode }) {
  return (
    <AriaDisclosure className={cx(styles.disclosure)}>
      <AriaButton slot="trigger" className={cx(styles.trigger)}>
        <Icon as={ChevronRight} />
        {title}
      </AriaButton>
      <DisclosurePanel className={cx(styles.panel)}>{children}</DisclosurePanel>
    </AriaDisclosure>
  )
}
