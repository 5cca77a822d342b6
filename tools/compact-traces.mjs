// `node tools/compact-traces.mjs OUT_FOLDER TRACE.jsonl …`: makes the conformance test's form of recorded traces.
//
// A trace holds one exchange with a real InvenioRDM a line. Kept of each: the request as it was, and of the answer the status,
// the fields of its errors, its shape (keys and JSON types; of a list the first item), the revision in its ETag, and those ids
// that a later request uses. Equal shapes are stored once. File contents become their length, unless a later request needs
// their checksum.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What a server gives out and a client sends back: uuids, record ids, tokens of access links. */
const GIVEN = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-z]{5}-[0-9a-z]{5}\b|LINK-TOKEN-[0-9a-f]{8}/g
/** Maps whose keys are data: only whether they are there is compared. */
const OPEN_MAPS = new Set([
  'entries',
  'aggregations',
  'ui',
  'custom_fields',
  'expanded',
  '_internal_notes',
  'links',
  'stats',
])

const [folder, ...traces] = process.argv.slice(2)
if (!folder || traces.length === 0) {
  console.error('Usage: node tools/compact-traces.mjs OUT_FOLDER TRACE.jsonl …')
  process.exit(2)
}
for (const trace of traces) {
  const lines = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const target = join(folder, `${basename(trace, '.jsonl')}.json`)
  const text = compact(lines)
  writeFileSync(target, text)
  console.log(`${target}: ${lines.length} exchanges, ${Buffer.byteLength(text)} bytes`)
}

/** @param {any[]} lines */
function compact(lines) {
  /** @type {Map<string, number>} */
  const shapes = new Map()
  const used = usedLater(lines)
  /** @type {Set<string>} */
  const learnt = new Set()
  const exchanges = lines.map((line, index) => {
    const shape = JSON.stringify(shapeOf(line.answer))
    if (!shapes.has(shape)) shapes.set(shape, shapes.size)
    const ids = idsIn(line, (id) => (used.get(id) ?? -1) > index && !learnt.has(id))
    for (const id of Object.values(ids)) learnt.add(id)
    const fields = errorFields(line.answer)
    const revision = /^"(\d+)"$/.exec(line.etag ?? '')?.[1]
    return JSON.stringify({
      ...(line.operation ? { operation: line.operation, case: line.case } : {}),
      as: line.as,
      method: line.method,
      path: line.path,
      ...(Object.keys(line.query).length > 0 ? { query: line.query } : {}),
      headers: line.headers,
      ...(line.body === null ? {} : { body: bodyOf(line, lines) }),
      status: line.status,
      ...(fields ? { errors: fields } : {}),
      ...(revision ? { revision: Number(revision) } : {}),
      ...(Object.keys(ids).length > 0 ? { ids } : {}),
      shape: shapes.get(shape),
    })
  })
  return `{"shapes":[\n${[...shapes.keys()].join(',\n')}\n],"exchanges":[\n${exchanges.join(',\n')}\n]}\n`
}

/** The last request that sends an id. @param {any[]} lines */
function usedLater(lines) {
  /** @type {Map<string, number>} */
  const used = new Map()
  for (const [index, line] of lines.entries()) {
    const sent =
      decodeURIComponent(line.path.replace(/%(?![0-9A-Fa-f]{2})/g, '%25')) + JSON.stringify([line.query, line.body])
    for (const [id] of sent.matchAll(GIVEN)) used.set(id, index)
  }
  return used
}

/**
 * Where in an answer the wanted ids stand: a path of keys, and `@` with the number of the match when a text holds several.
 * @param {any} line @param {(id: string) => boolean} wanted
 */
function idsIn(line, wanted) {
  /** @type {Record<string, string>} */
  const found = {}
  /** @param {any} value @param {string} at */
  const walk = (value, at) => {
    if (typeof value === 'string') {
      for (const [number, [id]] of [...value.matchAll(GIVEN)].entries()) {
        if (wanted(id) && !Object.values(found).includes(id)) found[`${at}@${number}`] = id
      }
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => walk(item, `${at}/${index}`))
    } else if (value && typeof value === 'object') {
      // Links last: a plain id tells more.
      const entries = Object.entries(value).sort(([a], [b]) => Number(a === 'links') - Number(b === 'links'))
      for (const [key, item] of entries) walk(item, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    }
  }
  walk(line.answer, '')
  return found
}

/** @param {any} value @returns {any} */
function shapeOf(value) {
  if (value === null) return null
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : []
  if (typeof value === 'object') {
    // The answer was bytes, of which only length and checksum were kept.
    if ('bytes' in value && 'md5' in value) return 'bytes'
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, OPEN_MAPS.has(key) && !isEmpty(item) ? 'any' : shapeOf(item)]),
    )
  }
  return typeof value
}

/** @param {any} value */
function isEmpty(value) {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** @param {any} answer */
function errorFields(answer) {
  if (!answer || typeof answer !== 'object' || !Array.isArray(answer.errors)) return null
  return [...new Set(answer.errors.map((/** @type {any} */ error) => error.field ?? null))].sort()
}

/** @param {any} line @param {any[]} lines */
function bodyOf(line, lines) {
  if (typeof line.body?.base64 !== 'string' || !/octet-stream/.test(line.headers['Content-Type'] ?? ''))
    return line.body
  const content = Buffer.from(line.body.base64, 'base64')
  const md5 = createHash('md5').update(content).digest('hex')
  const needed = lines.some((other) => JSON.stringify(other.headers).includes(md5))
  return needed ? line.body : { bytes: content.length }
}
