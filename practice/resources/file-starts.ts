import { ApiError, validationError, type FieldProblem } from '../http/api-error.ts'
import { isObject, objectOf, textAt, textOf, type Json, type JsonObject } from '../json.ts'
import { bool, flatten, integer, loadObject, map, object, rawText, required, type Field } from '../metadata/schema.ts'
import type { Transfer } from '../storage/model.ts'

/** One file of a start call, checked. Sizes in bytes. */
export type FileStart = {
  readonly key: string
  readonly size: number | null
  readonly checksum: string | null
  readonly metadata: JsonObject | null
  readonly hidden: boolean
  readonly transfer: Transfer
}

const MAX_PARTS = 10_000

/** Accepted as they are: the transfer's own rules follow. */
const anything: Field = { required: false, nullable: true, load: (value) => ({ value, errors: null }) }

const START = {
  fields: {
    key: required(rawText((value) => (textAt(value).includes('\0') ? 'Null characters are not allowed.' : null))),
    size: integer(),
    checksum: rawText(),
    metadata: map(),
    access: object({ fields: { hidden: bool() } }),
    storage_class: rawText(),
    transfer: anything,
  },
}

/**
 * The files of a start call. One that is wrong refuses the whole call. An empty key, a negative size, a checksum without a
 * scheme and parts that do not make the size are accepted, useless as they are (findings: start).
 * @throws ApiError 400
 */
export function parseStarts(body: Json): FileStart[] {
  if (body === null || (typeof body === 'object' && Object.keys(body).length === 0)) {
    throw validationError([{ field: '_schema', messages: ['No files to upload.'] }])
  }
  if (!Array.isArray(body)) throw validationError([{ field: '0._schema', messages: ['Invalid input type.'] }])
  const problems: FieldProblem[] = []
  const starts: FileStart[] = []
  for (const [index, item] of body.entries()) {
    const sent = objectOf(item)['transfer']
    if (sent !== undefined && !isObject(sent)) {
      throw validationError([{ field: 'transfer', messages: ['Transfer metadata must be a dictionary.'] }])
    }
    const { value, errors } = loadObject(START, item)
    problems.push(...flatten(errors, String(index)))
    if (errors !== null) continue
    const size = typeof value['size'] === 'number' ? value['size'] : null
    starts.push({
      key: textOf(value['key']) ?? '',
      size,
      checksum: textOf(value['checksum']),
      metadata: value['metadata'] === undefined ? null : objectOf(value['metadata']),
      hidden: objectOf(value['access'])['hidden'] === true,
      transfer: parseTransfer(objectOf(sent), size, `${index}.transfer`),
    })
  }
  if (problems.length > 0) throw validationError(problems)
  return starts
}

function parseTransfer(sent: JsonObject, size: number | null, at: string): Transfer {
  const type = sent['type'] ?? 'L'
  const refuse = (field: string, message: string) => validationError([{ field: `${at}.${field}`, messages: [message] }])
  switch (type) {
    case 'L': {
      const { errors } = loadObject({ fields: { type: rawText() } }, sent)
      if (errors !== null) throw validationError(flatten(errors, at))
      return { type }
    }
    case 'F':
    case 'R':
      if (typeof sent['url'] !== 'string') throw refuse('url', 'Missing data for required field.')
      throw refuse('url', 'Domain not allowed')
    case 'M': {
      const rules = { fields: { type: rawText(), parts: required(integer()), part_size: integer() } }
      const { value, errors } = loadObject(rules, sent)
      if (errors !== null) throw validationError(flatten(errors, at))
      const parts = Number(value['parts'])
      if (parts <= 0) throw new ApiError(400, 'Multipart file transfer requires parts.')
      if (size === null || size <= 0) throw new ApiError(400, 'Multipart file transfer requires file size.')
      if (value['part_size'] === undefined)
        throw new ApiError(400, 'Multipart file transfer to local storage requires part_size.')
      if (parts > MAX_PARTS) throw refuse('parts', `Must be less than or equal to ${MAX_PARTS}.`)
      return { type, parts, part_size: Number(value['part_size']) }
    }
    default:
      throw refuse('type', `Unsupported value: ${typeof type === 'string' ? type : JSON.stringify(type)}`)
  }
}
