import { memo, useState } from 'react'
import { announce } from '../../components/announce.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useField } from './context.ts'
import { FieldSlot } from './field-slot.tsx'
import { messages } from './messages.ts'
import styles from './form.module.css'
import { Tags } from './tags.tsx'

/** Keywords are subjects with a free text. Subjects of a vocabulary are shown among them and keep their id. */
export const KeywordsField = memo(function KeywordsField() {
  const { path, value: subjects = [], onChange, error } = useField('subjects')
  const [text, setText] = useState('')
  const last = subjects.at(-1)

  function add(typed: string) {
    const known = new Set(subjects.map(({ subject }) => subject?.toLowerCase()))
    const words = typed
      .split(/[,;\n\t]/)
      .map((word) => word.trim())
      .filter(Boolean)
    const fresh = words.filter((word, at) => !known.has(word.toLowerCase()) && words.indexOf(word) === at)
    setText('')
    for (const word of words) announce(fresh.includes(word) ? messages.keywordAdded(word) : messages.keywordTwice(word))
    if (fresh.length > 0) onChange([...subjects, ...fresh.map((subject) => ({ subject }))])
  }

  return (
    <FieldSlot path={path}>
      <section className={styles.section}>
        <SectionHead title={messages.keywords} />
        <Tags
          label={messages.keywords}
          items={subjects.map((item, at) => ({
            id: `${at} ${item.id ?? item.subject ?? ''}`,
            label: item.subject ?? item.id ?? '',
          }))}
          onRemove={(id) => onChange(subjects.filter((item, at) => `${at} ${item.id ?? item.subject ?? ''}` !== id))}
        />
        <TextField
          label={messages.keywordsAdd}
          description={messages.keywordsHint}
          error={error}
          value={text}
          onChange={(next) => (/[,;\n\t]/.test(next) ? add(next) : setText(next))}
          onBlur={() => add(text)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && text.trim() !== '') add(text)
            else if (event.key === 'Backspace' && text === '' && last && last.id === undefined) {
              // The last one comes back to be corrected; one of a vocabulary is removed as a whole.
              event.preventDefault()
              setText(last.subject ?? '')
              onChange(subjects.slice(0, -1))
            }
          }}
        />
      </section>
    </FieldSlot>
  )
})
