import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { depositTransferSchema, type DepositTransfer } from '../../contract/desk/deposit.ts'
import { Leave } from './leave.ts'

const electron = vi.hoisted(() => ({
  listeners: new Map<string, (event: { preventDefault: () => void }) => void>(),
  answer: 0,
  asked: [] as string[],
  exits: [] as number[],
}))
vi.mock('electron', () => ({
  app: {
    on: (name: string, listener: () => void) => electron.listeners.set(name, listener),
    exit: (code: number) => electron.exits.push(code),
  },
  dialog: {
    showMessageBox: async ({ message }: { message: string }) => {
      electron.asked.push(message)
      return { response: electron.answer }
    },
  },
}))

const QUIT = 0
const STAY = 1
const before = process.listeners('SIGTERM')
beforeEach(() => {
  electron.asked = []
  electron.exits = []
})
afterEach(() => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener)
  }
})

function transfer(state: DepositTransfer['state']): DepositTransfer {
  const none = { at: null, bytesPerSecond: null, leftMs: null, error: null }
  const counts = { files: 1, verifiedFiles: 0, bytes: 1, sentBytes: 0, blockedFiles: 0 }
  return depositTransferSchema.parse({ depositId: crypto.randomUUID(), state, ...none, ...counts })
}

function setUp(states: DepositTransfer['state'][], { ask = true, downloads = 0 } = {}) {
  const close = vi.fn(async () => undefined)
  const leave = new Leave({
    window: () => null,
    transfers: async () => states.map(transfer),
    downloads: async () => Array.from({ length: downloads }, () => ({ state: { kind: 'downloading' as const } })),
    close,
    ask,
  })
  return { leave, close }
}

test('nothing is asked where nothing is being sent', async () => {
  const { leave, close } = setUp(['verified', 'paused', 'needs-you'])
  expect(leave.begin()).toBe(false)
  await vi.waitFor(() => expect(electron.exits).toEqual([0]))
  expect(electron.asked).toEqual([])
  expect(close).toHaveBeenCalledTimes(1)
})

test('downloads that are under way are asked about too', async () => {
  const { leave, close } = setUp(['sending'], { downloads: 2 })
  electron.answer = STAY
  leave.begin()
  await vi.waitFor(() => expect(electron.asked).toEqual(['A deposit is still being sent. 2 records are still being downloaded.'])) // prettier-ignore
  expect(close).not.toHaveBeenCalled()
})

test('a person who is asked may stay, and is asked again the next time', async () => {
  const { leave, close } = setUp(['sending', 'queued', 'verified'])
  electron.answer = STAY
  leave.begin()
  leave.begin()
  await vi.waitFor(() => expect(electron.asked).toEqual(['2 deposits are still being sent.']))
  expect(close).not.toHaveBeenCalled()
  electron.answer = QUIT
  await vi.waitFor(() => {
    leave.begin()
    expect(electron.exits).toEqual([0])
  })
  expect(electron.asked).toHaveLength(2)
})

test('when the system ends, nobody is asked', async () => {
  const { close } = setUp(['sending'])
  const own = process.listeners('SIGTERM').filter((listener) => !before.includes(listener))
  own[0]?.('SIGTERM')
  await vi.waitFor(() => expect(electron.exits).toEqual([0]))
  expect(electron.asked).toEqual([])
  expect(close).toHaveBeenCalledTimes(1)
})

test('quitting from the menu waits until everything has ended', async () => {
  setUp([])
  const preventDefault = vi.fn()
  electron.listeners.get('before-quit')?.({ preventDefault })
  expect(preventDefault).toHaveBeenCalledTimes(1)
  await vi.waitFor(() => expect(electron.exits).toEqual([0]))
  electron.listeners.get('before-quit')?.({ preventDefault })
  expect(preventDefault).toHaveBeenCalledTimes(1)
})
