import { Check, TriangleAlert } from 'lucide-react'
import { cx } from '../../components/cx.ts'
import { Icon } from '../../components/icon.tsx'
import { messages } from './messages.ts'
import styles from './outline.module.css'
import { SECTION_IDS, type SectionId, type SectionState } from './sections.ts'

/** The parts of the form, and which of them are complete. */
export function Outline({
  current,
  states,
  onShow,
}: {
  current: SectionId
  states: Readonly<Record<SectionId, SectionState>>
  onShow: (id: SectionId) => void
}) {
  return (
    <nav className={styles.outline} aria-label={messages.outline}>
      <ul>
        {SECTION_IDS.map((id) => (
          <li key={id}>
            <button
              type="button"
              className={cx(styles.item, id === current && styles.current)}
              aria-current={id === current ? 'true' : undefined}
              onClick={() => onShow(id)}
            >
              <span>{messages.sections[id]}</span>
              {states[id] === 'complete' && (
                <Icon as={Check} name={messages.complete} className={cx(styles.complete)} />
              )}
              {states[id] === 'problem' && (
                <Icon as={TriangleAlert} name={messages.hasProblem} className={cx(styles.problem)} />
              )}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
