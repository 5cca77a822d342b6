import { ApiError, validationError, type FieldProblem } from '../http/api-error.ts'
import { dropEmpty, isObject, objectOf, textOf, type Json, type JsonObject } from '../json.ts'
import type { Access, Edition, Pid, Pids } from '../storage/model.ts'
import type { Vocabularies } from '../vocabularies.ts'
import * as identifiers from './identifiers.ts'
import { ACCESS, CUSTOM_FIELDS, FILES, METADATA, PID } from './record-schema.ts'
import { reduceCustomFields, reduceMetadata } from './references.ts'
import { flatten, loadObject } from './schema.ts'

/** DOIs are minted under DataCite's test prefix: nobody resolves them. */
export const DOI_PREFIX = '10.5072'
const SITE_NAME = 'Practice repository'

export type Draftable = Pick<
  Edition,
  'metadata' | 'customFields' | 'pids' | 'access' | 'filesEnabled' | 'defaultPreview'
>

export const EMPTY_DRAFT: Draftable = {
  metadata: {},
  customFields: {},
  pids: {},
  access: { record: 'public', files: 'public', embargo: { active: false, reason: null } },
  filesEnabled: true,
  defaultPreview: null,
}

/**
 * What a body makes of a draft, and the complaints about it. Metadata and custom fields are replaced, omitted ones emptied;
 * `pids` and `access` are kept when omitted; files are on when nothing is said (behaviour 3.3, live findings C6).
 * @throws ApiError 400 for what is refused outright: unknown vocabulary entries, half of `access`.
 */
export function applyBody(
  current: Draftable,
  body: Json,
  vocabularies: Vocabularies,
): { draft: Draftable; problems: FieldProblem[] } {
  if (body !== null && !isObject(body) && !(Array.isArray(body) && body.length === 0)) {
    throw validationError([{ field: '_schema', messages: ['Invalid input type.'] }])
  }
  const sent = objectOf(body)
  const problems: FieldProblem[] = []

  const metadata = sent['metadata'] === undefined ? null : loadObject(METADATA, sent['metadata'])
  const customFields = sent['custom_fields'] === undefined ? null : loadObject(CUSTOM_FIELDS, sent['custom_fields'])
  const pids = sent['pids'] === undefined ? null : loadPids(sent['pids'])
  const access = sent['access'] === undefined ? null : loadObject(ACCESS, sent['access'])
  const files = loadObject(FILES, sent['files'] ?? {})
  problems.push(
    ...(pids?.problems ?? []),
    ...flatten(metadata?.errors ?? null, 'metadata'),
    ...flatten(customFields?.errors ?? null, 'custom_fields'),
    ...flatten(access?.errors ?? null, 'access'),
    ...flatten(files.errors, 'files'),
  )
  return {
    draft: {
      metadata: reduceMetadata(objectOf(dropEmpty(metadata?.value ?? {})), vocabularies),
      customFields: reduceCustomFields(objectOf(dropEmpty(customFields?.value ?? {})), vocabularies),
      pids: pids?.value ?? current.pids,
      access: access ? nextAccess(current.access, access.value) : current.access,
      filesEnabled: files.value['enabled'] !== false,
      defaultPreview: textOf(files.value['default_preview']),
    },
    problems,
  }
}

/** What is left of `access` after its checks is stored; without one of the two it is refused, in the server's own odd words. */
function nextAccess(current: Access, left: JsonObject): Access {
  if (Object.keys(left).length === 0) return current
  for (const name of ['record', 'files'] as const) {
    if (left[name] === undefined) throw validationError([{ field: 'access', messages: [`'${name}'`] }])
  }
  const embargo = objectOf(left['embargo'])
  const until = textOf(embargo['until'])
  return {
    record: left['record'] === 'restricted' ? 'restricted' : 'public',
    files: left['files'] === 'restricted' ? 'restricted' : 'public',
    embargo: {
      active: embargo['active'] === true,
      ...(until === null ? {} : { until }),
      reason: textOf(embargo['reason']),
    },
  }
}

function loadPids(sent: Json): { value: Pids; problems: FieldProblem[] } {
  if (!isObject(sent)) return { value: {}, problems: [{ field: 'pids', messages: ['Not a valid mapping type.'] }] }
  const problems: FieldProblem[] = []
  const value: Record<string, Pid> = {}
  for (const [scheme, entry] of Object.entries(sent)) {
    if (scheme !== 'doi' && scheme !== 'oai') {
      // The server takes its own message apart, letter by letter (findings: unsupported pid scheme).
      problems.push({ field: `pids.${scheme}.key`, messages: [...'Invalid persistent identifier scheme.'] })
      continue
    }
    const loaded = loadObject(PID, entry)
    problems.push(...flatten(loaded.errors, `pids.${scheme}.value`))
    value[scheme] = {
      identifier: textOf(loaded.value['identifier']) ?? '',
      provider: textOf(loaded.value['provider']) ?? 'datacite',
      ...(textOf(loaded.value['client']) === null ? {} : { client: textOf(loaded.value['client']) ?? '' }),
    }
  }
  return { value, problems }
}

/**
 * Complaints about persistent identifiers, and the identifiers in their normal form. Without a DOI the repository would mint
 * one, for which the publisher is needed. `takenBy` says whose DOI a value already is.
 */
export function checkPids(
  draft: Pick<Draftable, 'metadata' | 'pids'>,
  takenBy: (doi: string) => boolean,
): { pids: Pids; problems: FieldProblem[] } {
  const problems: FieldProblem[] = []
  const doi = draft.pids['doi']
  if (doi && doi.provider !== 'datacite' && doi.provider !== 'external') {
    throw new ApiError(400, `Provider ${doi.provider} is not supported for scheme doi.`)
  }
  let pids = draft.pids
  if (doi && doi.identifier !== '') {
    if (identifiers.invalidLabel(doi.identifier, 'doi') !== null) {
      problems.push({ field: 'pids.doi', messages: ['Invalid DOI'] })
    } else {
      pids = { ...pids, doi: { ...doi, identifier: identifiers.normalise(doi.identifier, 'doi') } }
    }
  }
  const identifier = pids['doi']?.identifier ?? ''
  if (doi && identifier !== '' && takenBy(identifier)) {
    problems.push({ field: 'pids.doi', messages: [`doi:${identifier} already exists.`] })
  } else if (doi?.provider === 'external') {
    if (identifier === '') problems.push({ field: 'pids.doi', messages: ['Missing DOI for required field.'] })
    if (identifier.startsWith(DOI_PREFIX)) {
      const message = `The prefix '${DOI_PREFIX}' is managed by ${SITE_NAME}. Please supply an external DOI or select 'No' to have a DOI generated for you.`
      problems.push({ field: 'pids.doi', messages: [message] })
    }
  } else {
    if (identifier !== '' && !identifier.startsWith(`${DOI_PREFIX}/`) && problems.length === 0) {
      problems.push({ field: 'pids.doi', messages: ['Wrong DOI prefix provided.'] })
    }
    if (!draft.metadata['publisher']) {
      problems.push({
        field: 'metadata.publisher',
        messages: ['Missing publisher field required for DOI registration.'],
      })
    }
  }
  return { pids, problems }
}

/** Everything that publishing would complain about in the metadata: they are checked again, strictly. */
export function checkForPublishing(draft: Draftable): FieldProblem[] {
  return [
    ...flatten(loadObject(METADATA, draft.metadata).errors, 'metadata'),
    ...flatten(loadObject(CUSTOM_FIELDS, draft.customFields).errors, 'custom_fields'),
    ...flatten(loadObject(ACCESS, publishableAccess(draft.access)).errors, 'access'),
  ]
}

const publishableAccess = (access: Access): JsonObject => ({
  record: access.record,
  files: access.files,
  embargo: { active: access.embargo.active, until: access.embargo.until ?? null, reason: access.embargo.reason },
})
