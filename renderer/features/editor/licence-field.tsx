import { X } from 'lucide-react'
import { memo, useState } from 'react'
import type { Output } from '../../../contract/ipc.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { ComboBox } from '../../components/combo-box.tsx'
import { SectionHead } from '../../components/layout.tsx'
import type { Option } from '../../components/select.tsx'
import { useVocabulary } from '../../queries/look-ups.ts'
import { useEditor, useField } from './context.ts'
import { FieldSlot } from './field-slot.tsx'
import styles from './form.module.css'
import { labelOf } from './labels.ts'
import { messages } from './messages.ts'
import { useSettled } from './use-settled.ts'

/** What most data and software are published under, in this order; the server’s recommended ones follow, then all. */
const COMMON = [
  'cc-by-4.0',
  'cc0-1.0',
  'cc-by-sa-4.0',
  'cc-by-nc-4.0',
  'mit',
  'apache-2.0',
  'gpl-3.0-or-later',
  'bsd-3-clause',
]

/** As many as are offered at once; typing narrows them down. */
const OFFERED = 60

/** Licences from the server’s list. Those that are described in words are shown and kept, and can be removed. */
export const LicenceField = memo(function LicenceField() {
  const { account, server } = useEditor()
  const { path, value: rights = [], onChange, error, advice } = useField('rights')
  const [isAdding, setIsAdding] = useState(false)
  const [text, setText] = useState('')
  const query = useSettled(text)
  const licences = useVocabulary(account.id, 'licenses', query)
  const options = sortLicences(licences.data ?? [], text, licences.isPlaceholderData || text !== query)
    .filter(({ id }) => !rights.some((chosen) => chosen.id === id))
    .slice(0, OFFERED)
  const isSearching = rights.length === 0 || isAdding

  return (
    <FieldSlot path={path}>
      <section className={styles.section}>
        <SectionHead title={messages.licence} detail={messages.licenceDetail} />
        {rights.length > 0 && (
          <ul className={styles.box}>
            {rights.map((item, at) => {
              const name = labelOf(item) ?? messages.licenceOwn
              return (
                <li key={item.id ?? at} className={styles.row}>
                  <span className={styles.grow}>{name}</span>
                  <span className="small t3">{item.id ?? messages.licenceOwn}</span>
                  <IconButton
                    icon={X}
                    size="s"
                    label={messages.licenceRemove(name)}
                    onPress={() => onChange(rights.filter((other) => other !== item))}
                  />
                </li>
              )
            })}
          </ul>
        )}
        {isSearching ? (
          <ComboBox
            label={rights.length === 0 ? messages.licence : messages.licenceAdd}
            hideLabel
            placeholder={messages.licenceHint}
            text={text}
            onText={setText}
            options={options}
            onChoose={({ id, label }) => {
              const title = licences.data?.find((licence) => licence.id === id)?.title
              onChange([...rights, { id, title: typeof title === 'object' ? title : { en: label } }])
              setText('')
              setIsAdding(false)
            }}
            isLoading={licences.isPending}
            emptyText={licences.isError ? messages.loadFailed(server) : messages.licenceNone(server)}
            error={error}
            {...(error === null && advice !== null ? { description: advice } : {})}
          />
        ) : (
          <>
            {error !== null && <p className={styles.problem}>{error}</p>}
            <div>
              <Button tone="link" size="s" onPress={() => setIsAdding(true)}>
                {messages.licenceAdd}
              </Button>
            </div>
          </>
        )}
      </section>
    </FieldSlot>
  )
})

/** While the answer is still that of another text, only what fits this one is shown. */
function sortLicences(licences: Output<'vocabularies.search'>, text: string, isOfOtherText: boolean): Option[] {
  const rank = ({ id, tags }: { id: string; tags?: unknown }) => {
    if (COMMON.includes(id)) return COMMON.indexOf(id)
    return COMMON.length + (Array.isArray(tags) && tags.includes('recommended') ? 0 : 1)
  }
  const options = licences
    .map((item) => ({ item, label: labelOf(item) ?? item.id }))
    .filter(({ item, label }) => !isOfOtherText || fits(text, `${label} ${item.id}`))
  // What was asked for keeps the server's order of likeness, save that common ones come first.
  return options
    .sort((a, b) => rank(a.item) - rank(b.item) || (text === '' ? a.label.localeCompare(b.label) : 0))
    .map(({ item, label }) => ({ id: item.id, label, detail: item.id }))
}

function fits(words: string, text: string): boolean {
  const lower = text.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word))
}
