import { useEffect, useRef, useState } from 'react'
import type { Creator } from '../../../contract/repository/record.ts'
import { Button } from '../../components/button.tsx'
import type { Option } from '../../components/select.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useAffiliations, usePeople } from '../../queries/look-ups.ts'
import { useEditor } from './context.ts'
import { addAffiliation, changeKind, renamePerson, takePerson, tidyOrcid, withOrcid } from './creators.ts'
import styles from './creators-field.module.css'
import formStyles from './form.module.css'
import { orcidOf } from './labels.ts'
import { isLookedUp, LookUp } from './look-up.tsx'
import { messages } from './messages.ts'
import { isAbout } from './problems.ts'
import { Tags } from './tags.tsx'
import { useSettled } from './use-settled.ts'

export type CreatorPanelProps = {
  readonly creator: Creator
  /** `metadata.creators.0` */
  readonly path: string
  /** A new row: the first field takes the focus. */
  readonly takesFocus: boolean
  readonly onChange: (creator: Creator) => void
  readonly onDone: () => void
  readonly onRemove: () => void
}

/** The fields of one person or organisation. */
export function CreatorPanel({ creator, path, takesFocus, onChange, onDone, onRemove }: CreatorPanelProps) {
  const { problems } = useEditor()
  const who = creator.person_or_org
  const isPerson = who.type !== 'organizational'
  const orcidAt = (who.identifiers ?? []).findIndex(({ scheme }) => scheme === 'orcid')
  const first = useRef<HTMLInputElement>(null)
  const here = problems.filter((problem) => isAbout(problem, path))
  const fields = {
    family: `${path}.person_or_org.family_name`,
    given: `${path}.person_or_org.given_name`,
    name: `${path}.person_or_org.name`,
    orcid: `${path}.person_or_org.identifiers.${Math.max(0, orcidAt)}`,
    affiliations: `${path}.affiliations`,
  }
  const errorOf = (field: string) =>
    here.find((problem) => problem.kind !== 'advice' && isAbout(problem, field))?.message ?? null
  const others = here.filter((problem) => !Object.values(fields).some((field) => isAbout(problem, field)))

  useEffect(() => {
    if (takesFocus) first.current?.focus()
  }, [takesFocus])

  return (
    <div className={styles.panel}>
      {others.map(({ field, message }) => (
        <p key={field} className={formStyles.problem}>
          {message}
        </p>
      ))}
      {isPerson && <PersonLookUp inputRef={first} onTake={(person) => onChange(takePerson(creator, person))} />}
      {isPerson ? (
        <div className={formStyles.pair}>
          <div data-field={fields.family}>
            <TextField
              label={messages.familyName}
              isRequired
              value={who.family_name ?? who.name ?? ''}
              onChange={(text) => onChange(renamePerson(creator, 'family_name', text))}
              error={errorOf(fields.family) ?? errorOf(fields.name)}
              spellCheck="false"
            />
          </div>
          <div data-field={fields.given}>
            <TextField
              label={messages.givenName}
              value={who.given_name ?? ''}
              onChange={(text) => onChange(renamePerson(creator, 'given_name', text))}
              error={errorOf(fields.given)}
              spellCheck="false"
            />
          </div>
        </div>
      ) : (
        <div data-field={fields.name}>
          <TextField
            label={messages.name}
            isRequired
            inputRef={first}
            value={who.name ?? ''}
            onChange={(name) => onChange({ ...creator, person_or_org: { ...who, name } })}
            error={errorOf(fields.name)}
            spellCheck="false"
          />
        </div>
      )}
      {isPerson && (
        <div className={styles.orcid} data-field={fields.orcid}>
          <TextField
            label={messages.orcid}
            placeholder={messages.orcidHint}
            value={orcidOf(creator)}
            onChange={(text) => onChange(withOrcid(creator, text))}
            onBlur={() => {
              const orcid = orcidOf(creator)
              if (tidyOrcid(orcid) !== orcid) onChange(withOrcid(creator, orcid))
            }}
            error={errorOf(fields.orcid)}
            spellCheck="false"
          />
        </div>
      )}
      <div data-field={fields.affiliations}>
        <Affiliations creator={creator} onChange={onChange} error={errorOf(fields.affiliations)} />
      </div>
      <div className={styles.panelEnd}>
        <Button size="s" onPress={onDone}>
          {messages.done}
        </Button>
        <Button size="s" tone="quiet" onPress={onRemove}>
          {messages.remove}
        </Button>
        {who.type !== 'organizational' && (
          <Button size="s" tone="quiet" onPress={() => onChange(changeKind(creator, 'organizational'))}>
            {messages.makeOrganisation}
          </Button>
        )}
        {who.type !== 'personal' && (
          <Button size="s" tone="quiet" onPress={() => onChange(changeKind(creator, 'personal'))}>
            {messages.makePerson}
          </Button>
        )}
      </div>
    </div>
  )
}

/** Names as the server knows them, with ORCID iD and affiliation; one of them fills the fields below. */
function PersonLookUp({
  inputRef,
  onTake,
}: {
  inputRef: React.Ref<HTMLInputElement>
  onTake: (person: NonNullable<ReturnType<typeof usePeople>['data']>[number]) => void
}) {
  const { account, server } = useEditor()
  const [text, setText] = useState('')
  const query = useSettled(text.trim())
  const people = usePeople(account.id, query, isLookedUp(query))
  const found = isLookedUp(query) ? (people.data ?? []) : []
  return (
    <LookUp
      label={messages.lookUp(server)}
      placeholder={messages.lookUpHint}
      inputRef={inputRef}
      text={text}
      onText={setText}
      options={found.map((person): Option => {
        const orcid = person.identifiers?.find(({ scheme }) => scheme === 'orcid')?.identifier
        return {
          id: person.id,
          label: person.name ?? [person.family_name, person.given_name].filter(Boolean).join(', '),
          detail: [orcid, person.affiliations?.[0]?.name].filter(Boolean).join(' · '),
        }
      })}
      onChoose={({ id }) => {
        const person = found.find((other) => other.id === id)
        if (person) onTake(person)
      }}
      isLoading={people.isPending}
      emptyText={people.isError ? messages.lookUpFailed(server) : messages.lookUpNone(server)}
    />
  )
}

const AS_WRITTEN = 'as written'

/** Organisations from the server’s list, or as they are written. */
function Affiliations({
  creator,
  onChange,
  error,
}: {
  creator: Creator
  onChange: (creator: Creator) => void
  error: string | null
}) {
  const { account } = useEditor()
  const [text, setText] = useState('')
  const query = useSettled(text.trim())
  const found = useAffiliations(account.id, query, isLookedUp(query))
  const matches = isLookedUp(query) ? (found.data ?? []) : []
  const affiliations = creator.affiliations ?? []
  const words = text.trim()
  const idAt = (at: number) => `${at} ${affiliations[at]?.id ?? affiliations[at]?.name ?? ''}`

  function add(name: string) {
    setText('')
    if (name !== '') onChange(addAffiliation(creator, { name }))
  }

  return (
    <div
      className={styles.affiliations}
      onKeyDownCapture={(event) => {
        // Enter takes the option that the arrows are on; where they are on none, the text as it is written.
        const input = event.target as HTMLElement
        if (event.key !== 'Enter' || words === '' || input.getAttribute('aria-activedescendant')) return
        event.preventDefault()
        event.stopPropagation()
        add(words)
      }}
    >
      <Tags
        label={messages.affiliations}
        items={affiliations.map(({ id, name }, at) => ({
          id: idAt(at),
          label: name ?? id ?? '',
          ...(id === undefined ? {} : { detail: `ROR ${id}` }),
        }))}
        onRemove={(id) => onChange({ ...creator, affiliations: affiliations.filter((_, at) => idAt(at) !== id) })}
      />
      <LookUp
        label={messages.affiliations}
        placeholder={messages.affiliationHint}
        text={text}
        onText={setText}
        options={[
          ...matches.map((item): Option => ({
            id: item.id,
            label: item.name ?? item.id,
            detail: [item['acronym'], item['country_name']].filter((part) => typeof part === 'string').join(' · '),
          })),
          ...(words === '' ? [] : [{ id: AS_WRITTEN, label: words, detail: messages.asWritten }]),
        ]}
        onChoose={({ id, label }) => {
          onChange(addAffiliation(creator, id === AS_WRITTEN ? { name: label } : { id, name: label }))
        }}
        onBlur={() => add(words)}
        isLoading={found.isPending}
        error={error}
      />
    </div>
  )
}
