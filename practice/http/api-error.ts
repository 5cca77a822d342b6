import type { JsonObject } from '../json.ts'

/** One complaint about a field: a dotted path and its messages, as InvenioRDM writes them. */
export type FieldProblem = { readonly field: string; readonly messages: readonly string[] }

/** An answer other than success: `{status, message, errors?}` (behaviour 1.4). Thrown by handlers. */
export class ApiError extends Error {
  readonly status: number
  readonly body: JsonObject

  constructor(status: number, message: string, extra: JsonObject = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.body = { status, message, ...extra }
  }
}

export function validationError(problems: readonly FieldProblem[]): ApiError {
  const errors = problems.map(({ field, messages }) => ({ field, messages: [...messages] }))
  return new ApiError(400, 'A validation error occurred.', { errors })
}

export function fieldError(field: string, message: string): ApiError {
  return validationError([{ field, messages: [message] }])
}

/** Also for guests and dead tokens: the API knows no 401 beside /api/me (live findings A7). */
export const forbidden = (message = 'Permission denied.') => new ApiError(403, message)

export const unknownPid = () => new ApiError(404, 'The persistent identifier does not exist.')
export const unregisteredPid = () => new ApiError(404, 'The persistent identifier is not registered.')

/** A draft that is not there although its id is: published, discarded or never a version. */
export const noDraft = () => new ApiError(404, 'Not found.')

export const noRoute = () =>
  new ApiError(
    404,
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  )

export const serverFault = () =>
  new ApiError(
    500,
    'The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.',
  )
