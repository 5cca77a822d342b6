import { memo } from 'react'
import type { Check } from '../../../contract/desk/deposit.ts'
import { Button } from '../../components/button.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import styles from './checks-rail.module.css'
import { messages } from './messages.ts'

const MARKS = { met: 'verified', open: 'refused', advice: 'needs-you' } as const

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
      <ul className={styles.list}>
        {checks.map(({ id, state, text, detail, where }) => (
          <li key={id} className={styles.check}>
            <div className={styles.words}>
              <StateMark kind={MARKS[state]} wrap>
                <span className="hidden-text">{messages.checkStates[state]}: </span>
                <span className={styles.text}>{text}</span>
              </StateMark>
              {detail !== null && <div className={styles.detail}>{detail}</div>}
            </div>
            {where !== null && state !== 'met' && where !== 'metadata' && (
              <Button tone="link" size="s" aria-label={messages.showCheck(text)} onPress={() => onShow(where)}>
                {messages.show}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
})
