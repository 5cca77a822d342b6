import type { FieldProblem } from '../../contract/desk/deposit.ts'
import type { FieldError, RecordMetadata } from '../../contract/repository/record.ts'
import { checkMetadata } from './metadata.ts'

/** What the server writes (in English; other languages fall through) and what is said instead. Texts: live findings C, recordings of v14. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [
    /^Missing data for required field|^Field may not be null|cannot be blank|must be filled/i,
    'This is needed for publishing.',
  ],
  [/^Missing publisher field required/i, 'Name the publisher; the DOI can’t be registered without it.'],
  [/^Shorter than minimum length (\d+)/i, 'Write at least $1 characters.'],
  [/^Longer than maximum length (\d+)/i, 'Write at most $1 characters.'],
  [/^Please provide a valid date or interval/i, 'This is not a date that the server knows.'],
  [/^Invalid (\w+) identifier/i, 'This is not a valid $1 identifier.'],
  [/^No valid scheme recognized/i, 'The server can’t tell what kind of identifier this is.'],
  [/^An existing id or a free text subject must be present/i, 'This keyword is empty.'],
  [/^Only an existing id or free text/i, 'Choose a licence from the list, or describe one of your own, not both.'],
  [/^Not a valid URL/i, 'This is not a web address.'],
  [/^Not a valid \w+|^Invalid input type/i, 'The server can’t read this value.'],
  [/^Invalid DOI/i, 'This is not a DOI.'],
  [/^The prefix '([\d.]+)' is managed by/i, 'DOIs that start with $1 are given by the server itself.'],
  [/^Unknown field/i, 'The server does not know this field and left it out.'],
  [/^Embargo end date must be/i, 'The end of the embargo has to lie in the future.'],
  [/not completed their transfer/i, 'Some files have not arrived yet.'],
  [/^Invalid value (.+?)\.?$/i, 'The server does not know “$1”.'],
]

/**
 * The complaints of a save or a refused publish, by field, in plain words. Where our own check of the same field has something
 * to say, that is said, since it knows what was meant. What is not known is quoted, never shown bare.
 *
 * That files are missing is left out while `filesExpected`: until the first has arrived every save says so (behaviour 3.3).
 */
export function explainServerErrors(
  errors: readonly FieldError[],
  metadata: RecordMetadata,
  options: { readonly serverName: string; readonly filesExpected: boolean },
): FieldProblem[] {
  const own = new Map(checkMetadata(metadata).map(({ field, message }) => [field, message]))
  const problems = new Map<string, Set<string>>()
  for (const { field, messages } of errors) {
    if (options.filesExpected && (field === 'files.enabled' || field === 'files')) continue
    const said = problems.get(field) ?? new Set<string>()
    for (const message of whole(messages)) said.add(own.get(field) ?? plainWords(message, options.serverName))
    problems.set(field, said)
  }
  return [...problems].map(([field, messages]) => ({ field, messages: [...messages] }))
}

/** One message of the server as a sentence. */
export function plainWords(message: string, serverName: string): string {
  for (const [pattern, text] of KNOWN) {
    const match = pattern.exec(message)
    if (match !== null) return text.replace('$1', match[1] ?? '')
  }
  const quoted = message
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, 300)
  return quoted === '' ? `${serverName} does not accept this.` : `${serverName} answers: “${quoted}”`
}

/** Some messages come split into single letters (live findings C3). */
function whole(messages: readonly string[]): readonly string[] {
  return messages.length > 1 && messages.every((message) => [...message].length <= 1) ? [messages.join('')] : messages
}
