import { useCallback, useEffect, useState, type RefObject } from 'react'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { takeFieldFocus } from '../../components/field-focus.ts'
import { messages } from './messages.ts'
import { isAbout, type ShownProblem } from './problems.ts'

export type SectionId = keyof typeof messages.sections
export const SECTION_IDS = Object.keys(messages.sections) as readonly SectionId[]

/** The fields of each part of the form, by the names that the server has for them. */
export const SECTION_FIELDS = {
  basics: [
    'metadata.title',
    'metadata.resource_type',
    'metadata.publication_date',
    'metadata.publisher',
    'metadata.version',
  ],
  creators: ['metadata.creators'],
  description: ['metadata.description'],
  licence: ['metadata.rights'],
  keywords: ['metadata.subjects'],
  doi: ['pids.doi'],
} as const satisfies Record<SectionId, readonly string[]>

export type SectionState = 'complete' | 'problem' | 'open'

export function sectionStates(
  metadata: RecordMetadata,
  deposit: Deposit,
  problems: readonly ShownProblem[],
): Readonly<Record<SectionId, SectionState>> {
  const stateOf = (id: SectionId, isFilled: boolean): SectionState => {
    const isHere = ({ field }: { readonly field: string }) =>
      SECTION_FIELDS[id].some((path) => isAbout({ field }, path))
    const here = problems.filter(isHere)
    if (here.some(({ kind }) => kind === 'wrong') || deposit.conflicts.some(isHere)) return 'problem'
    return isFilled && here.length === 0 ? 'complete' : 'open'
  }
  return {
    basics: stateOf('basics', true),
    creators: stateOf('creators', true),
    description: stateOf('description', true),
    licence: stateOf('licence', true),
    keywords: stateOf('keywords', (metadata.subjects ?? []).length > 0),
    doi: stateOf('doi', deposit.draft?.doi != null),
  }
}

const FOCUSABLE = 'input:not([disabled]), textarea:not([disabled]), button:not([disabled]), [contenteditable="true"]'

/** Leads to the field that a check or problem names: opens what holds it, scrolls there and puts the focus into it. */
export function useGoTo(onGo: (field: string) => void): (field: string) => void {
  const [target, setTarget] = useState<{ readonly field: string } | null>(null)
  const goTo = useCallback(
    (field: string) => {
      onGo(field)
      setTarget({ field })
    },
    [onGo],
  )

  useEffect(() => {
    // After the heading of the screen has taken the focus, as it does on every screen that opens.
    const frame = requestAnimationFrame(() => {
      const field = takeFieldFocus()
      if (field !== null) goTo(field)
    })
    return () => cancelAnimationFrame(frame)
  }, [goTo])

  useEffect(() => {
    if (!target) return
    const places = [...document.querySelectorAll<HTMLElement>('[data-field]')]
    const [place] = places
      .filter(({ dataset }) => isAbout(target, dataset.field ?? ''))
      .sort((a, b) => (b.dataset.field ?? '').length - (a.dataset.field ?? '').length)
    if (!place) return
    place.scrollIntoView({ block: 'nearest' })
    const focusable =
      place.tabIndex === -1 && place.hasAttribute('tabindex') ? place : place.querySelector<HTMLElement>(FOCUSABLE)
    focusable?.focus()
  }, [target])
  return goTo
}

/** The part of the form that is at the top of what is seen, or that has the focus. */
export function useCurrentSection(form: RefObject<HTMLElement | null>): SectionId {
  const [current, setCurrent] = useState<SectionId>('basics')
  useEffect(() => {
    const pane = form.current
    if (!pane) return
    const choose = (id: string | undefined) => {
      const found = SECTION_IDS.find((other) => other === id)
      if (found) setCurrent(found)
    }
    const scroll = () => {
      const { top: edge, bottom } = pane.getBoundingClientRect()
      const focused = pane.contains(document.activeElement) ? document.activeElement : null
      const at = focused?.getBoundingClientRect()
      // What is being written in is the current part as long as it is in sight.
      if (focused && at && at.bottom > edge && at.top < bottom)
        return choose(focused.closest<HTMLElement>('[data-section]')?.dataset.section)
      const top = edge + 48
      const above = [...pane.querySelectorAll<HTMLElement>('[data-section]')].filter(
        (part) => part.getBoundingClientRect().top <= top,
      )
      choose(above.at(-1)?.dataset.section)
    }
    const focus = (event: FocusEvent) => {
      if (event.target instanceof Element) choose(event.target.closest<HTMLElement>('[data-section]')?.dataset.section)
    }
    pane.addEventListener('scroll', scroll, { passive: true })
    pane.addEventListener('focusin', focus)
    return () => {
      pane.removeEventListener('scroll', scroll)
      pane.removeEventListener('focusin', focus)
    }
  }, [form])
  return current
}
