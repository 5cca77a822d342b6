import { ChevronDown, ChevronRight, Ellipsis } from 'lucide-react'
import { memo, useEffect, useId, useRef, useState } from 'react'
import type { Creator } from '../../../contract/repository/record.ts'
import { announce } from '../../components/announce.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { cx } from '../../components/cx.ts'
import { Icon } from '../../components/icon.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { Menu } from '../../components/menu.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useField } from './context.ts'
import { CreatorPanel } from './creator-panel.tsx'
import { moveCreator } from './creators.ts'
import styles from './creators-field.module.css'
import { FieldSlot } from './field-slot.tsx'
import formStyles from './form.module.css'
import { nameOfCreator, orcidOf } from './labels.ts'
import { messages } from './messages.ts'
import { isAbout } from './problems.ts'

/** The creators in their order; one at a time is open for editing. */
export const CreatorsField = memo(function CreatorsField({
  open,
  onOpen,
}: {
  open: number | null
  onOpen: (at: number | null) => void
}) {
  const { path, value: creators = [], onChange, problems } = useField('creators')
  const list = useRef<HTMLOListElement>(null)
  /** The row that takes the focus after the list has changed. */
  const [focusOn, setFocusOn] = useState<{ readonly at: number } | null>(null)
  const [isNew, setIsNew] = useState(false)
  const missing = problems.find(({ field }) => field === path)

  useEffect(() => {
    if (focusOn) list.current?.querySelector<HTMLElement>(`[data-row="${focusOn.at}"]`)?.focus()
  }, [focusOn])

  function add(type: 'personal' | 'organizational') {
    onChange([...creators, { person_or_org: type === 'personal' ? { type, family_name: '' } : { type, name: '' } }])
    setIsNew(true)
    onOpen(creators.length)
  }

  function move(at: number, by: 1 | -1) {
    const creator = creators[at]
    if (!creator || at + by < 0 || at + by >= creators.length) return
    onChange(moveCreator(creators, at, by))
    if (open === at) onOpen(at + by)
    else if (open === at + by) onOpen(at)
    setFocusOn({ at: at + by })
    announce(messages.moved(nameOfCreator(creator), at + by + 1, creators.length))
  }

  function remove(at: number) {
    const creator = creators[at]
    if (!creator) return
    onChange(creators.filter((_, other) => other !== at))
    onOpen(null)
    setFocusOn({ at: Math.max(0, Math.min(at, creators.length - 2)) })
    announce(messages.removed(nameOfCreator(creator)))
  }

  return (
    <FieldSlot path={path}>
      <section className={formStyles.section}>
        <SectionHead
          title={messages.sections.creators}
          detail={creators.length > 1 ? messages.creatorsDetail : undefined}
          action={
            <span className={formStyles.links}>
              <Button tone="link" size="s" onPress={() => add('personal')}>
                {messages.addPerson}
              </Button>
              <Button tone="link" size="s" onPress={() => add('organizational')}>
                {messages.addOrganisation}
              </Button>
            </span>
          }
        />
        {creators.length === 0 ? (
          <p className={cx(formStyles.advice, styles.none)}>{messages.noCreators}</p>
        ) : (
          <ol ref={list} className={formStyles.box}>
            {creators.map((creator, at) => (
              <li key={at} className={styles.item}>
                <CreatorRow
                  creator={creator}
                  at={at}
                  count={creators.length}
                  isOpen={open === at}
                  hasProblem={problems.some((problem) => problem.kind === 'wrong' && isAbout(problem, `${path}.${at}`))}
                  onOpenClose={() => {
                    setIsNew(false)
                    onOpen(open === at ? null : at)
                  }}
                  onMove={(by) => move(at, by)}
                  onRemove={() => remove(at)}
                >
                  {open === at && (
                    <CreatorPanel
                      creator={creator}
                      path={`${path}.${at}`}
                      takesFocus={isNew}
                      onChange={(changed) => onChange(creators.map((other, place) => (place === at ? changed : other)))}
                      onDone={() => {
                        onOpen(null)
                        setFocusOn({ at })
                      }}
                      onRemove={() => remove(at)}
                    />
                  )}
                </CreatorRow>
              </li>
            ))}
          </ol>
        )}
        {missing && (
          <p className={missing.kind === 'advice' ? formStyles.advice : formStyles.problem}>{missing.message}</p>
        )}
      </section>
    </FieldSlot>
  )
})

function CreatorRow({
  creator,
  at,
  count,
  isOpen,
  hasProblem,
  onOpenClose,
  onMove,
  onRemove,
  children,
}: {
  creator: Creator
  at: number
  count: number
  isOpen: boolean
  hasProblem: boolean
  onOpenClose: () => void
  onMove: (by: 1 | -1) => void
  onRemove: () => void
  children: React.ReactNode
}) {
  const panelId = useId()
  const name = nameOfCreator(creator)
  const isPerson = creator.person_or_org.type !== 'organizational'
  const orcid = orcidOf(creator)
  const affiliations = (creator.affiliations ?? [])
    .map((affiliation) => affiliation.name ?? affiliation.id ?? '')
    .join('; ')
  return (
    <>
      <div className={cx(styles.row, isOpen && styles.open)}>
        <button
          type="button"
          data-row={at}
          className={styles.main}
          aria-expanded={isOpen}
          aria-controls={panelId}
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
          onClick={onOpenClose}
          onKeyDown={(event) => {
            if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
            event.preventDefault()
            onMove(event.key === 'ArrowUp' ? -1 : 1)
          }}
        >
          <Icon as={isOpen ? ChevronDown : ChevronRight} className={cx(styles.chevron)} />
          <span className={cx('cut', 'medium')}>{name}</span>
          <span className={cx('cut', styles.second)}>
            {hasProblem ? (
              <StateMark kind="needs-you">{messages.hasProblem}</StateMark>
            ) : isPerson ? (
              orcid || messages.noOrcid
            ) : (
              messages.organisation
            )}
          </span>
          <span className={cx('cut', styles.second)} title={affiliations}>
            {affiliations}
          </span>
        </button>
        <Menu
          label={messages.creatorMenu(name)}
          trigger={<IconButton icon={Ellipsis} size="s" label={messages.creatorMenu(name)} />}
          entries={[
            { id: 'up', label: messages.moveUp, keys: 'alt+↑', isDisabled: at === 0, onAction: () => onMove(-1) },
            {
              id: 'down',
              label: messages.moveDown,
              keys: 'alt+↓',
              isDisabled: at === count - 1,
              onAction: () => onMove(1),
            },
            { id: 'remove', label: messages.remove, separate: true, tone: 'danger', onAction: onRemove },
          ]}
        />
      </div>
      <div id={panelId}>{children}</div>
    </>
  )
}
