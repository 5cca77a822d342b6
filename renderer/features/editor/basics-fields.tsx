import { memo } from 'react'
import { messages as general } from '../../components/messages.ts'
import { TextArea, TextField } from '../../components/text-field.tsx'
import { useVocabulary } from '../../queries/look-ups.ts'
import { useEditor, useField } from './context.ts'
import { FieldSlot } from './field-slot.tsx'
import styles from './form.module.css'
import { GroupedSelect } from './grouped-select.tsx'
import { messages } from './messages.ts'
import { groupResourceTypes } from './resource-types.ts'

/** Title, kind, date, publisher and version. */
export const BasicsFields = memo(function BasicsFields() {
  return (
    <section className={styles.fields}>
      <Title />
      <div className={styles.pair}>
        <ResourceType />
        <Text name="publication_date" label={messages.publicationDate} description={messages.dateHint} isRequired />
      </div>
      <div className={styles.pair}>
        <Text name="publisher" label={messages.publisher} isRequired />
        <Text name="version" label={messages.version} description={messages.versionHint} />
      </div>
    </section>
  )
})

/** Grows with its text: titles of data are long, and a cut one can’t be read over. */
function Title() {
  const { path, value, onChange, error } = useField('title')
  return (
    <FieldSlot path={path}>
      <div className={styles.growing}>
        <TextArea
          label={messages.title}
          isRequired
          rows={1}
          value={value ?? ''}
          // A title is one line, also where it was pasted from several.
          onChange={(text) => onChange(text.replace(/\s*\n\s*/g, ' '))}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.preventDefault()
          }}
          error={error}
        />
      </div>
    </FieldSlot>
  )
}

function Text({
  name,
  ...words
}: {
  name: 'publication_date' | 'publisher' | 'version'
  label: string
  description?: string
  isRequired?: boolean
}) {
  const { path, value, onChange, error } = useField(name)
  return (
    <FieldSlot path={path}>
      <TextField {...words} value={value ?? ''} onChange={onChange} error={error} spellCheck="false" />
    </FieldSlot>
  )
}

function ResourceType() {
  const { account, server } = useEditor()
  const { path, value, onChange, error } = useField('resource_type')
  const types = useVocabulary(account.id, 'resourcetypes', '')
  return (
    <FieldSlot path={path}>
      <GroupedSelect
        label={messages.resourceType}
        groups={groupResourceTypes(types.data ?? [], value)}
        value={value?.id ?? null}
        onChange={(id) => {
          const item = types.data?.find((type) => type.id === id)
          onChange(typeof item?.title === 'object' ? { id, title: item.title } : { id })
        }}
        error={error}
        emptyText={types.isError ? messages.loadFailed(server) : general.loading}
        {...(types.isError ? { description: messages.loadFailed(server) } : {})}
      />
    </FieldSlot>
  )
}
