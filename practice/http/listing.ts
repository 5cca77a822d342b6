import type { FastifyRequest } from 'fastify'
import { compact, type Json, type JsonObject } from '../json.ts'
import { ApiError, validationError, type FieldProblem } from './api-error.ts'
import { rawPath } from './routes.ts'

/** Nothing beyond this many hits can be paged to. */
const WINDOW = 10_000
const DEFAULT_SIZE = 25

/** What a list was asked for. `filters`: every other parameter of the query, by name. */
export type ListRequest = {
  readonly q: string
  readonly suggest: string
  readonly sort: string
  readonly page: number
  readonly size: number
  readonly filters: Readonly<Record<string, readonly string[]>>
}

export type ListOptions = {
  readonly sorts: readonly string[]
  readonly withoutQuery: string
}

const OWN_PARAMETERS = ['q', 'suggest', 'sort', 'page', 'size']

/**
 * Reads the parameters of a list (behaviour 1.6). Sorting by best match without a query means the default.
 * @throws ApiError 400 for numbers that are none, an unknown sort, a page past the window, `q` with `suggest`.
 */
export function parseList(request: FastifyRequest, { sorts, withoutQuery }: ListOptions): ListRequest {
  const parameters = new URLSearchParams((request.raw.url ?? '').split('?').slice(1).join('?'))
  const text = (name: string) => parameters.get(name) ?? ''
  const problems: FieldProblem[] = []
  const number = (name: string, fallback: number): number => {
    const value = parameters.get(name)
    if (value === null) return fallback
    if (!/^\s*[+-]?\d+\s*$/.test(value)) problems.push({ field: name, messages: ['Not a valid integer.'] })
    else if (Number(value) < 1) problems.push({ field: name, messages: ['Must be greater than or equal to 1.'] })
    return Number(value)
  }
  const size = number('size', DEFAULT_SIZE)
  const page = number('page', 1)
  if (problems.length > 0) throw validationError(problems)
  if ((page - 1) * size >= WINDOW || (text('q') !== '' && text('suggest') !== '')) {
    throw new ApiError(400, 'Invalid querystring parameters.')
  }
  const hasQuery = text('q') !== '' || text('suggest') !== ''
  const wanted = text('sort')
  if (parameters.has('sort') && !sorts.includes(wanted)) {
    throw validationError([{ field: '_schema', messages: [`Invalid sort option '${wanted}'.`] }])
  }
  const best = sorts.includes('bestmatch') ? 'bestmatch' : withoutQuery
  const sort = hasQuery ? wanted || best : wanted === '' || wanted === 'bestmatch' ? withoutQuery : wanted
  const filters = Object.fromEntries(
    [...new Set(parameters.keys())]
      .filter((name) => !OWN_PARAMETERS.includes(name))
      .map((name) => [name, parameters.getAll(name)] as const),
  )
  return { q: text('q'), suggest: text('suggest'), sort, page, size, filters }
}

/** The items of one page. */
export function pageOf<T>(items: readonly T[], { page, size }: ListRequest): T[] {
  const start = (page - 1) * size
  return items.slice(start, Math.min(start + size, WINDOW))
}

/**
 * A page as JSON. Lists in the vnd form do not say their page (findings: list shape).
 * `kept`: filters that belong into the links.
 */
export function listJson(
  origin: string,
  request: FastifyRequest,
  list: ListRequest,
  parts: {
    readonly hits: readonly Json[]
    readonly total: number
    readonly isVnd: boolean
    readonly aggregations?: JsonObject
    readonly kept?: readonly string[]
  },
): JsonObject {
  const address = (page: number) => {
    const entries: [string, string][] = [
      ...(parts.kept ?? []).flatMap((name) =>
        (list.filters[name] ?? []).map((value): [string, string] => [name, value]),
      ),
      ['page', String(page)],
      ...(list.q === '' ? [] : ([['q', list.q]] as [string, string][])),
      ['size', String(list.size)],
      ['sort', list.sort],
      ...(list.suggest === '' ? [] : ([['suggest', list.suggest]] as [string, string][])),
    ]
    return `${origin}${rawPath(request)}?${new URLSearchParams(entries).toString()}`
  }
  return compact({
    hits: { hits: [...parts.hits], total: parts.total },
    aggregations: parts.aggregations,
    sortBy: list.sort,
    page: parts.isVnd ? undefined : list.page,
    links: compact({
      prev: list.page > 1 ? address(list.page - 1) : undefined,
      self: address(list.page),
      next: list.page * list.size < parts.total ? address(list.page + 1) : undefined,
    }),
  })
}
