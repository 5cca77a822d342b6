import { createContext, useContext } from 'react'
import { useController, type Control } from 'react-hook-form'
import type { Account } from '../../../contract/desk/account.ts'
import type { Conflict } from '../../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { isAbout, type ShownProblem } from './problems.ts'

/** What every field needs to know. */
export type Editor = {
  readonly account: Account
  /** The server in a sentence. */
  readonly server: string
  readonly control: Control<RecordMetadata>
  /** Those that are shown now. */
  readonly problems: readonly ShownProblem[]
  readonly conflicts: readonly Conflict[]
  readonly onResolve: (field: string, keep: 'mine' | 'theirs') => void
}

export const EditorContext = createContext<Editor | null>(null)

export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('A field stands outside of the editor')
  return editor
}

/** Fields that the form knows. The loose schema lets every name through; these have a type. */
export type FieldName =
  | 'title'
  | 'resource_type'
  | 'publication_date'
  | 'publisher'
  | 'version'
  | 'creators'
  | 'description'
  | 'rights'
  | 'subjects'

/** One field of the metadata: value, what is wrong with it, and how it is changed. */
export function useField<Name extends FieldName>(name: Name) {
  const { control, problems } = useEditor()
  const { field } = useController({ control, name })
  const path = `metadata.${name}`
  const about = problems.filter((problem) => isAbout(problem, path))
  return {
    path,
    value: field.value as RecordMetadata[Name],
    onChange: (value: RecordMetadata[Name]) => field.onChange(value),
    problems: about,
    error: about.find(({ kind }) => kind !== 'advice')?.message ?? null,
    advice: about.find(({ kind }) => kind === 'advice')?.message ?? null,
  }
}
