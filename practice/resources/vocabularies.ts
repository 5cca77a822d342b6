import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, forbidden, unknownPid } from '../http/api-error.ts'
import { listJson, pageOf, parseList, type ListOptions } from '../http/listing.ts'
import { JSON_TYPE, negotiate, VND_TYPE } from '../http/negotiation.ts'
import { param, rawPath, route } from '../http/routes.ts'
import { compact, listOf, objectOf, textAt, timestamp, type Json, type JsonObject } from '../json.ts'
import type { Practice } from '../practice.ts'
import { parseQuery, wordsOf } from '../search/query.ts'
import { titleOf, type Entry } from '../vocabularies.ts'
import { redirectPage } from './file-paths.ts'

const TYPES = [JSON_TYPE, VND_TYPE] as const

const GENERIC: ListOptions = { sorts: ['bestmatch', 'title', 'newest', 'oldest'], withoutQuery: 'title' }

/** Lists with an address of their own: what they sort by, and which of their values a suggestion looks at. */
const AUTHORITIES = {
  funders: { order: 'name', searched: ['name', 'title', 'acronym', 'aliases', 'identifiers'], hasDisplayForm: true },
  awards: { order: 'newest', searched: ['title', 'number', 'acronym'], hasDisplayForm: true },
  affiliations: {
    order: 'name',
    searched: ['name', 'title', 'acronym', 'aliases', 'identifiers'],
    hasDisplayForm: false,
  },
  subjects: { order: 'subject', searched: ['subject', 'synonyms'], hasDisplayForm: false },
  names: { order: 'name', searched: ['name', 'affiliations', 'identifiers'], hasDisplayForm: false },
} as const
type Authority = keyof typeof AUTHORITIES

/** Vocabularies and authority lists: search, suggest, read (behaviour 10). */
export function registerVocabularies(app: FastifyInstance, practice: Practice): void {
  const { vocabularies } = practice
  /** Nothing is edited here: every entry is as old as the process. */
  const since = timestamp()

  const plain = (address: string, entry: Entry): JsonObject => ({
    created: since,
    updated: since,
    links: {
      self: `${practice.origin}${address}/${encodeURIComponent(entry.id).replaceAll('%2F', '/').replaceAll('%3A', ':')}`,
    },
    revision_id: 1,
    ...entry,
  })

  const display = (entry: Entry, language: string): JsonObject => {
    const { title, description, ...rest } = entry
    const inLanguage = (texts: unknown) => textAt(objectOf(texts)[language]) || titleOf({ title: objectOf(texts) })
    return compact({
      ...rest,
      title_l10n: title === undefined ? undefined : inLanguage(title),
      description_l10n: description === undefined ? undefined : inLanguage(description),
    })
  }

  const sendList = (
    request: FastifyRequest,
    reply: FastifyReply,
    parts: {
      entries: readonly Entry[]
      options: ListOptions
      searched: readonly string[]
      show: (entry: Entry, type: string) => JsonObject
      aggregations?: (found: readonly Entry[], chosen: readonly string[]) => JsonObject
      saysPage: boolean
    },
  ) => {
    const type = negotiate(request, TYPES)
    const list = parseList(request, parts.options)
    const { tags, funders } = list.filters
    const matches = list.suggest === '' ? parseQuery(list.q) : suggestion(list.suggest, parts.searched)
    const found = parts.entries.filter(
      (entry) =>
        (!tags || tags.some((tag) => listOf(entry['tags']).includes(tag))) &&
        (!funders || funders.includes(textAt(objectOf(entry['funder'])['id']))) &&
        matches(entry),
    )
    const sorted = list.suggest === '' ? orderedBy(list.sort, found) : closest(list.suggest, found)
    const isVnd = type === VND_TYPE
    return reply.type(parts.saysPage ? JSON_TYPE : type).send(
      JSON.stringify(
        listJson(practice.origin, request, list, {
          hits: pageOf(sorted, list).map((entry) => parts.show(entry, type)),
          total: found.length,
          isVnd: isVnd && !parts.saysPage,
          ...(parts.aggregations ? { aggregations: parts.aggregations(found, funders ?? []) } : {}),
        }),
      ),
    )
  }

  route(app, '/api/vocabularies', {
    GET: (_request, reply) => redirectPage(reply, `${practice.origin}/api/vocabularies/`),
  })

  route(app, '/api/vocabularies/', {
    GET: (request, reply) => {
      const isVnd = negotiate(request, TYPES) === VND_TYPE
      const hits = vocabularies.names().map((id) => {
        if (isVnd) return { id }
        return {
          id,
          pid_type: id,
          count: vocabularies.list(id)?.length ?? 0,
          is_custom_vocabulary: !vocabularies.isGeneric(id),
          links: {},
        }
      })
      return reply.send({ hits: { hits, total: hits.length }, links: { self: `${practice.origin}/api/vocabularies/` } })
    },
  })

  route(app, '/api/vocabularies/:type', {
    GET: (request, reply) => {
      const name = param(request, 'type')
      const entries = vocabularies.isGeneric(name) ? vocabularies.list(name) : null
      if (!entries) throw new ApiError(404, 'Not found.')
      return sendList(request, reply, {
        entries,
        options: GENERIC,
        searched: ['id', 'title'],
        show: (entry, type) =>
          type === VND_TYPE
            ? display(entry, languageOf(request))
            : { ...plain(`/api/vocabularies/${name}`, entry), type: name },
        saysPage: false,
      })
    },
  })

  route(app, '/api/vocabularies/:type/:id', {
    GET: (request, reply) => {
      const type = negotiate(request, TYPES)
      const name = param(request, 'type')
      const entry = vocabularies.isGeneric(name) ? vocabularies.find(name, param(request, 'id')) : null
      if (!entry) throw unknownPid()
      const json =
        type === VND_TYPE
          ? display(entry, languageOf(request))
          : { ...plain(`/api/vocabularies/${name}`, entry), type: name }
      return reply.type(type).header('etag', '"1"').send(JSON.stringify(json))
    },
  })

  const withAcronym = (affiliation: Json): JsonObject => {
    const acronym = vocabularies.find('affiliations', textAt(objectOf(affiliation)['id']))?.['acronym']
    return compact({ ...objectOf(affiliation), acronym })
  }

  const byFunder = (found: readonly Entry[], chosen: readonly string[]): JsonObject => {
    const ids = found.map((entry) => textAt(objectOf(entry['funder'])['id']))
    const buckets = [...new Set(ids)].map((key) => {
      const funder = vocabularies.find('funders', key)
      return {
        key,
        doc_count: ids.filter((id) => id === key).length,
        label: `${textAt(funder?.['name'])} (${textAt(funder?.['country'])})`,
        is_selected: chosen.includes(key),
      }
    })
    return { funders: { buckets: buckets.toSorted((a, b) => b.doc_count - a.doc_count), label: 'Funders' } }
  }

  for (const name of Object.keys(AUTHORITIES) as Authority[]) {
    const { order, searched, hasDisplayForm } = AUTHORITIES[name]
    const address = `/api/${name}`
    const show = (request: FastifyRequest) => (entry: Entry, type: string) =>
      hasDisplayForm && type === VND_TYPE
        ? display(entry, languageOf(request))
        : name === 'names'
          ? {
              ...plain(address, entry),
              internal_id: null,
              affiliations: listOf(entry['affiliations']).map(withAcronym),
            }
          : plain(address, entry)
    /** People are shown to those who are signed in. */
    const refuseGuests = (request: FastifyRequest) => {
      if (name === 'names' && !request.user) throw forbidden()
    }

    route(app, address, {
      GET: (request, reply) => {
        negotiate(request, TYPES)
        parseList(request, optionsOf(order))
        refuseGuests(request)
        return sendList(request, reply, {
          entries: vocabularies.list(name) ?? [],
          options: optionsOf(order),
          searched,
          show: show(request),
          saysPage: !hasDisplayForm,
          ...(name === 'awards' ? { aggregations: byFunder } : {}),
        })
      },
    })

    route(app, `${address}/*`, {
      GET: (request, reply) => {
        const type = negotiate(request, TYPES)
        const id = decodeURIComponent(rawPath(request).slice(address.length + 1))
        const bySchemeAndValue = name === 'names' ? /^([a-z]+)\/(.+)$/.exec(id) : null
        const entry = bySchemeAndValue
          ? byIdentifier(vocabularies.list(name) ?? [], bySchemeAndValue[1] ?? '', bySchemeAndValue[2] ?? '')
          : vocabularies.find(name, id)
        // Funders and awards are found by a column of their own, which says so in other words.
        if (!entry) throw hasDisplayForm || name === 'affiliations' ? new ApiError(404, 'Not found.') : unknownPid()
        refuseGuests(request)
        return reply
          .type(hasDisplayForm ? type : JSON_TYPE)
          .header('etag', '"1"')
          .send(JSON.stringify(show(request)(entry, type)))
      },
    })
  }
}

function optionsOf(order: string): ListOptions {
  return { sorts: [...new Set(['bestmatch', order, 'newest', 'oldest'])], withoutQuery: order }
}

function byIdentifier(entries: readonly Entry[], scheme: string, value: string): Entry | null {
  return (
    entries.find((entry) =>
      listOf(entry['identifiers']).some(
        (item) => objectOf(item)['scheme'] === scheme && objectOf(item)['identifier'] === value,
      ),
    ) ?? null
  )
}

/**
 * Type-ahead: every word, the last one perhaps unfinished, must begin a word of the entry. Subjects take schemes before a colon:
 * `FOS:sci`, `FOS,DEMO:g`.
 */
function suggestion(text: string, searched: readonly string[]): (entry: Entry) => boolean {
  const scheme = /^([A-Za-z,]+):(.+)$/.exec(text)
  const schemes = searched.includes('subject') && scheme ? (scheme[1] ?? '').toLowerCase().split(',') : null
  const wanted = wordsOf(schemes && scheme ? (scheme[2] ?? '') : text)
  if (wanted.length === 0) return () => false
  return (entry) => {
    if (schemes && !schemes.includes(textAt(entry['scheme']).toLowerCase())) return false
    const words = searched.flatMap((name) => wordsOf(flatText(entry[name])))
    return wanted.every((word) => words.some((other) => other.startsWith(word)))
  }
}

function flatText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(flatText).join(' ')
  return typeof value === 'object' && value !== null ? Object.values(value).map(flatText).join(' ') : ''
}

const nameOf = (entry: Entry) => titleOf(entry) || textAt(entry['name']) || textAt(entry['subject']) || entry.id

function orderedBy(sort: string, entries: readonly Entry[]): Entry[] {
  if (sort === 'newest') return entries.toReversed()
  if (sort === 'oldest' || sort === 'bestmatch') return [...entries]
  const compare = new Intl.Collator('en').compare
  return entries.toSorted((a, b) => compare(nameOf(a), nameOf(b)))
}

/** Exact ids and short names first: of two entries that fit, the shorter one is more likely meant. */
function closest(text: string, entries: readonly Entry[]): Entry[] {
  const wanted = text.trim().toLowerCase()
  const rank = (entry: Entry) => {
    const name = nameOf(entry).toLowerCase()
    const isExact =
      entry.id.toLowerCase() === wanted || name === wanted || textAt(entry['acronym']).toLowerCase() === wanted
    return (isExact ? 0 : name.startsWith(wanted) ? 1 : 2) * 10_000 + name.length
  }
  return entries.toSorted((a, b) => rank(a) - rank(b))
}

/** The first language of Accept-Language. */
function languageOf(request: FastifyRequest): string {
  return /^[a-z]{2}/i.exec(request.headers['accept-language'] ?? '')?.[0]?.toLowerCase() ?? 'en'
}
