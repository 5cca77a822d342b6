import { expect, test } from 'vitest'
import { CALL_NAMES, EVENT_NAMES } from './ipc-names.ts'
import { CALLS, EVENTS } from './ipc.ts'

test('the names that preload uses are those of the calls and events', () => {
  expect(CALL_NAMES).toEqual(Object.keys(CALLS))
  expect(EVENT_NAMES).toEqual(Object.keys(EVENTS))
})
