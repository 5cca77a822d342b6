import { parse } from 'node:path'
import { DeskError } from '../../contract/errors.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** What a failure of SQLite means to a person; any other error as it is. */
export function asStoreError(error: unknown, home: string): unknown {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return error
  switch (error.errcode & 0xff) {
    case BUSY:
      return new DeskError('transfers-busy', {}, { cause: error })
    case CORRUPT:
    case NOT_A_DATABASE:
      return new DeskError('data-damaged', {}, { cause: error })
    default:
      // No space, no right to write, a disk that is gone.
      return new DeskError('disk-full', { volume: parse(home).root }, { cause: error })
  }
}

/** The same function, with failures of SQLite in words. */
export function inWords<A extends unknown[], R>(home: string, act: (...input: A) => R): (...input: A) => R {
  return (...input) => {
    try {
      return act(...input)
    } catch (error) {
      throw asStoreError(error, home)
    }
  }
}
