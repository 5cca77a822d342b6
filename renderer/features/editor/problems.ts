import type { FieldProblem } from '../../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { checkMetadata } from '../../../core/deposit/metadata.ts'
import { isSame } from './form-sync.ts'

/** One complaint beside a field. `missing` waits until the person has been there: an empty form is no list of faults. */
export type ShownProblem = {
  readonly field: string
  readonly kind: 'missing' | 'wrong' | 'advice'
  readonly message: string
}

/** The server’s complaints, and the metadata that they are about: a field that was changed since is not blamed for them. */
export type ServerView = { readonly problems: readonly FieldProblem[]; readonly about: RecordMetadata }

/** Our own complaints and the server’s about what the form holds, ours first; of one field each sentence once. */
export function gatherProblems(form: RecordMetadata, server: ServerView): readonly ShownProblem[] {
  const own = checkMetadata(form).map(({ field, kind, message }): ShownProblem => ({
    field,
    kind: kind === 'required' ? 'missing' : kind,
    message,
  }))
  const said = new Set(own.map(({ field }) => field))
  const theirs = server.problems
    .filter(({ field }) => !said.has(field) && isUnchanged(field, form, server.about))
    .flatMap(({ field, messages }) => messages.map((message): ShownProblem => ({ field, kind: 'wrong', message })))
  return [...own, ...theirs]
}

function isUnchanged(field: string, form: RecordMetadata, about: RecordMetadata): boolean {
  const [root, key] = field.split('.')
  return root !== 'metadata' || key === undefined || isSame(form[key] ?? '', about[key] ?? '')
}

/** Whether a complaint is about a field or something in it: `metadata.rights` has those of `metadata.rights.0.id`. */
export function isAbout(problem: { readonly field: string }, field: string): boolean {
  return problem.field === field || problem.field.startsWith(`${field}.`)
}
