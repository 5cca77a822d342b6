import type { FieldProblem } from '../http/api-error.ts'
import { isObject, textAt, type Json, type JsonObject } from '../json.ts'
import { cleanText } from './text.ts'

/*
 * Loading as InvenioRDM does it (marshmallow 3). What matters to a client: an invalid draft is stored all the same, but only
 * with what the load leaves over. A single value that fails its own check is dropped; an object that breaks a rule about
 * itself stays as it was sent and is only reported (behaviour 3.3, live findings C1). Every field therefore answers with the
 * value that is left and the complaints; the two are independent.
 */

/** Complaints, shaped like the value they are about. */
export type Complaints = readonly string[] | { readonly [key: string]: Complaints }

/** `value` undefined: nothing is left. */
export type Loaded = { readonly value: Json | undefined; readonly errors: Complaints | null }

export type Field = {
  readonly required: boolean
  readonly nullable: boolean
  /** Sent back by clients that return what they read: ignored or an unknown field, as the schema says. */
  readonly load: (value: Json) => Loaded
}

type Check = (value: Json) => string | null

const REQUIRED = 'Missing data for required field.'

const ok = (value: Json): Loaded => ({ value, errors: null })
const refused = (...messages: string[]): Loaded => ({ value: undefined, errors: messages })

function field(load: (value: Json) => Loaded, checks: readonly Check[] = []): Field {
  return {
    required: false,
    nullable: false,
    load: (value) => {
      const loaded = load(value)
      if (loaded.errors !== null || loaded.value === undefined) return loaded
      const left = loaded.value
      const messages = checks.map((check) => check(left)).filter((message) => message !== null)
      return messages.length > 0 ? refused(...messages) : loaded
    },
  }
}

export const required = (inner: Field): Field => ({ ...inner, required: true })
export const nullable = (inner: Field): Field => ({ ...inner, nullable: true })

/** Text, trimmed and freed of what no XML may hold. */
export function text(...checks: Check[]): Field {
  return field((value) => (typeof value === 'string' ? ok(cleanText(value)) : refused('Not a valid string.')), checks)
}

/** Text that passes through `clean` before its checks. */
export function textThrough(clean: (value: string) => string, ...checks: Check[]): Field {
  return field((value) => (typeof value === 'string' ? ok(clean(value)) : refused('Not a valid string.')), checks)
}

/** Text as it is. */
export function rawText(...checks: Check[]): Field {
  return field((value) => (typeof value === 'string' ? ok(value) : refused('Not a valid string.')), checks)
}

const TRUE = new Set<unknown>([
  true,
  1,
  '1',
  'true',
  'True',
  'TRUE',
  't',
  'T',
  'yes',
  'Yes',
  'YES',
  'y',
  'Y',
  'on',
  'On',
  'ON',
])
const FALSE = new Set<unknown>([
  false,
  0,
  '0',
  'false',
  'False',
  'FALSE',
  'f',
  'F',
  'no',
  'No',
  'NO',
  'n',
  'N',
  'off',
  'Off',
  'OFF',
])

export function bool(): Field {
  return field((value) => (TRUE.has(value) ? ok(true) : FALSE.has(value) ? ok(false) : refused('Not a valid boolean.')))
}

export function integer(...checks: Check[]): Field {
  return field((value) => {
    if (typeof value === 'number' && Number.isFinite(value)) return ok(Math.trunc(value))
    if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return ok(Number(value))
    return refused('Not a valid integer.')
  }, checks)
}

export function decimal(): Field {
  return field((value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof number === 'number' && Number.isFinite(number) ? ok(number) : refused('Not a valid number.')
  })
}

/** A calendar day, `YYYY-MM-DD`. */
export function day(): Field {
  return field((value) =>
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00Z`))
      ? ok(value)
      : refused('Not a valid date.'),
  )
}

export function map(): Field {
  return field((value) => (isObject(value) ? ok(value) : refused('Not a valid mapping type.')))
}

/** A list; an item that leaves nothing over vanishes, so the following ones move up. `check` sees the whole list. */
export function list(inner: Field, check?: Check): Field {
  return {
    required: false,
    nullable: false,
    load: (value) => {
      if (!Array.isArray(value)) return refused('Not a valid list.')
      const left: Json[] = []
      const errors: Record<string, Complaints> = {}
      for (const [index, item] of value.entries()) {
        const loaded = item === null && !inner.nullable ? refused('Field may not be null.') : inner.load(item)
        if (loaded.errors) errors[index] = loaded.errors
        if (loaded.value !== undefined) left.push(loaded.value)
      }
      if (Object.keys(errors).length > 0) return { value: left, errors }
      const message = check?.(left) ?? null
      return message === null ? ok(left) : refused(message)
    },
  }
}

export type ObjectRules = {
  readonly fields: Readonly<Record<string, Field>>
  /** Before anything else; may rename or drop keys of its own copy. */
  readonly before?: (value: JsonObject) => JsonObject
  /** Complaints about single fields beyond the field's own: the value is dropped. */
  readonly checks?: Readonly<Record<string, (value: Json) => Complaints | null>>
  /** Rules about the whole object; asked only when every field is in order. The object stays. */
  readonly rule?: (value: JsonObject) => Readonly<Record<string, Complaints>> | null
  /** Only when there is nothing to complain about. */
  readonly after?: (value: JsonObject) => JsonObject
  readonly unknown?: 'refuse' | 'ignore'
}

export function object(rules: ObjectRules): Field {
  return { required: false, nullable: false, load: (value) => loadObject(rules, value) }
}

/** Loads an object; what is left is always an object. */
export function loadObject(rules: ObjectRules, sent: Json): { value: JsonObject; errors: Complaints | null } {
  if (!isObject(sent)) return { value: {}, errors: { _schema: ['Invalid input type.'] } }
  const value = rules.before?.({ ...sent }) ?? sent
  const left: JsonObject = {}
  const errors: Record<string, Complaints> = {}
  for (const [name, inner] of Object.entries(rules.fields)) {
    const given = value[name]
    if (given === undefined) {
      if (inner.required) errors[name] = [REQUIRED]
    } else if (given === null) {
      if (inner.nullable) left[name] = null
      else errors[name] = ['Field may not be null.']
    } else {
      const loaded = inner.load(given)
      if (loaded.errors) errors[name] = loaded.errors
      // What a failing object or list leaves over counts only if it is something.
      if (loaded.value !== undefined && !(loaded.errors && isEmpty(loaded.value))) left[name] = loaded.value
    }
  }
  if (rules.unknown !== 'ignore') {
    for (const name of Object.keys(value)) if (!(name in rules.fields)) errors[name] = ['Unknown field.']
  }
  for (const [name, check] of Object.entries(rules.checks ?? {})) {
    const given = left[name]
    if (given === undefined) continue
    const complaint = check(given)
    if (complaint === null) continue
    errors[name] = complaint
    delete left[name]
  }
  if (Object.keys(errors).length === 0) Object.assign(errors, rules.rule?.(left) ?? {})
  if (Object.keys(errors).length > 0) return { value: left, errors }
  return { value: rules.after?.(left) ?? left, errors: null }
}

const isEmpty = (value: Json) =>
  Array.isArray(value) ? value.length === 0 : isObject(value) ? Object.keys(value).length === 0 : value === ''

/** Complaints as a list with dotted paths. */
export function flatten(errors: Complaints | null, prefix = ''): FieldProblem[] {
  if (errors === null) return []
  if (Array.isArray(errors)) return [{ field: prefix, messages: errors as readonly string[] }]
  return Object.entries(errors as Record<string, Complaints>).flatMap(([key, inner]) =>
    flatten(inner, prefix === '' ? key : `${prefix}.${key}`),
  )
}

// Checks. Lengths count characters (code points), as Python does.

export const minLength =
  (least: number, message = `Shorter than minimum length ${least}.`): Check =>
  (value) =>
    lengthOf(value) < least ? message : null

export const maxLength =
  (most: number): Check =>
  (value) =>
    lengthOf(value) > most ? `Longer than maximum length ${most}.` : null

export const oneOf =
  (choices: readonly string[], message = `Must be one of: ${choices.join(', ')}.`): Check =>
  (value) =>
    choices.includes(textAt(value)) ? null : message

const lengthOf = (value: Json) =>
  typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length : 0

/** An address as marshmallow takes it: http, https, ftp or ftps with a host that has a dot, is localhost or an IP. */
export const webAddress: Check = (value) =>
  typeof value === 'string' &&
  /^(https?|ftps?):\/\/([^\s/?#@]+@)?(([\p{L}\p{N}]([\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}\.?|localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])(:\d{2,5})?([/?#]\S*)?$/iu.test(
    value,
  )
    ? null
    : 'Not a valid URL.'
