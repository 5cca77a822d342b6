import { memo } from 'react'
import type { Check } from '../../../contract/desk/deposit.ts'
import { CheckList } from '../../components/check-list.tsx'
import { SectionHead } from '../../components/layout.tsx'
import styles from './checks-rail.module.css'
import { messages } from './messages.ts'

/** What stands in the way of publishing as far as is known here; the guard asks the server. */
export const ChecksRail = memo(function ChecksRail({
  checks,
  onShow,
}: {
  checks: readonly Check[]
  onShow: (where: string) => void
}) {
  return (
    <section className={styles.checks} aria-label={messages.checks}>
      <SectionHead bar title={messages.checks} />
      <div className={styles.pad}>
        <CheckList checks={checks} onShow={onShow} />
      </div>
    </section>
  )
})
