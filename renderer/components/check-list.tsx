import type { Check } from '../../contract/desk/deposit.ts'
import { Button } from './button.tsx'
import { StateMark } from './state-mark.tsx'
import styles from './check-list.module.css'
import { messages } from './messages.ts'

const MARKS = { met: 'verified', open: 'refused', advice: 'needs-you' } as const

/** Checks with the way to what settles them: first what hinders, then what is advised, then what is in order. */
export function CheckList({ checks, onShow }: { checks: readonly Check[]; onShow: (where: string) => void }) {
  const ordered = (['open', 'advice', 'met'] as const).flatMap((state) =>
    checks.filter((check) => check.state === state),
  )
  return (
    <ul className={styles.list}>
      {ordered.map(({ id, state, text, detail, where }) => (
        <li key={id} className={styles.check}>
          <div className={styles.words}>
            <StateMark kind={MARKS[state]} wrap>
              <span className="hidden-text">{messages.checkStates[state]}: </span>
              <span className={styles.text}>{text}</span>
            </StateMark>
            {detail !== null && <div className={styles.detail}>{detail}</div>}
          </div>
          {where !== null && where !== 'metadata' && state !== 'met' && (
            <Button tone="link" size="s" aria-label={messages.showCheck(text)} onPress={() => onShow(where)}>
              {messages.show}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
