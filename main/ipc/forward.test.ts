import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EventName, Payload } from '../../contract/ipc.ts'
import { forwardEvents } from './forward.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function setUp() {
  const listeners = new Map<string, (payload: never) => void>()
  const sent: [EventName, unknown][] = []
  const end = forwardEvents(
    {
      on: (name, listener) => {
        listeners.set(name, listener)
        return () => listeners.delete(name)
      },
    },
    (name, payload) => sent.push([name, payload]),
  )
  const emit = <E extends EventName>(name: E, payload: Payload<E>) => listeners.get(name)?.(payload as never)
  return { sent, emit, end, listeners }
}

const overview = { deposits: [], bytes: 0, sentBytes: 0, bytesPerSecond: null, leftMs: null, sending: 0, servers: [] }
const row = (fileId: number, readBytes: number) => ({
  depositId: '7b0c7f0e-2f43-4d3e-9d0c-4f54f6b8a0b1',
  fileId,
  key: `${fileId}.csv`,
  bytes: 10,
  sources: 1,
  state: { kind: 'checking' as const, readBytes },
})

test('a thousand changes in a second make at most eleven messages, and the last state of each row arrives', () => {
  const { sent, emit } = setUp()
  for (let at = 0; at < 1000; at++) {
    emit('transfers.changed', { overview: { ...overview, sentBytes: at }, rows: [row(at % 7, at)] })
    vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(1000)
  expect(sent.length).toBeLessThanOrEqual(11)
  const last = new Map<number, number>()
  for (const [, payload] of sent as [string, Payload<'transfers.changed'>][]) {
    for (const { fileId, state } of payload.rows) if (state.kind === 'checking') last.set(fileId, state.readBytes)
  }
  expect([...last].sort()).toEqual([0, 1, 2, 3, 4, 5, 6].map((id) => [id, 999 - ((999 - id) % 7)]))
})

test('deposits that change in a burst are all named, each once', () => {
  const { sent, emit } = setUp()
  emit('deposits.changed', { depositIds: ['a'] })
  emit('deposits.changed', { depositIds: ['b', 'c'] })
  emit('deposits.changed', { depositIds: ['c', 'd'] })
  vi.advanceTimersByTime(100)
  expect(sent).toEqual([
    ['deposits.changed', { depositIds: ['a'] }],
    ['deposits.changed', { depositIds: ['b', 'c', 'd'] }],
  ])
})

test('of downloads that change in a burst the last state arrives, and all that are gone', () => {
  const { sent, emit } = setUp()
  const download = (id: string, receivedBytes: number) =>
    ({ id, receivedBytes }) as Payload<'downloads.changed'>['changed'][number]
  emit('downloads.changed', { changed: [], gone: [] })
  emit('downloads.changed', { changed: [download('a', 1), download('b', 1)], gone: ['c'] })
  emit('downloads.changed', { changed: [download('a', 2)], gone: ['d'] })
  vi.advanceTimersByTime(100)
  expect(sent[1]).toEqual(['downloads.changed', { changed: [download('a', 2), download('b', 1)], gone: ['c', 'd'] }])
})

test('sends nothing after its end', () => {
  const { sent, emit, end, listeners } = setUp()
  emit('accounts.changed', {})
  emit('accounts.changed', {})
  end()
  vi.advanceTimersByTime(1000)
  expect(sent).toHaveLength(1)
  expect(listeners.size).toBe(0)
})
