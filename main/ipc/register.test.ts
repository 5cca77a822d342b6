import { expect, test, vi } from 'vitest'
import type { IpcMainInvokeEvent, WebContents } from 'electron'
import { CALLS, INPUT_LIMIT, type CallName, type Envelope, type Handlers } from '../../contract/ipc.ts'
import { DeskError } from '../../contract/errors.ts'
import { registerCalls } from './register.ts'
import { isFromWindow } from './sender.ts'

type Listener = (event: IpcMainInvokeEvent, input: unknown) => Promise<Envelope<unknown>>
const registered = vi.hoisted(() => new Map<string, Listener>())
vi.mock('electron', () => ({
  ipcMain: { handle: (name: string, listener: Listener) => registered.set(name, listener) },
}))

const NAMES = Object.keys(CALLS) as CallName[]
const GARBAGE: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'x'],
  ['a number', 7],
  ['a list', [{}]],
  ['an unknown field', { surprise: true }],
  [
    'a cycle',
    (() => {
      const a: Record<string, unknown> = {}
      a['a'] = a
      return a
    })(),
  ],
  ['a big integer', { accountId: 1n }],
  ['a prototype', JSON.parse('{"__proto__":{"accountId":"x"}}')],
  [
    'ids that are paths',
    { accountId: '../../etc', depositId: '../../etc', scanId: '..', checkId: '..', url: 7, text: null },
  ],
  ['too much', { text: 'x'.repeat(INPUT_LIMIT) }],
]

const page = { origin: 'app://desk', url: 'app://desk/index.html' }
function setUp() {
  registered.clear()
  const reached: string[] = []
  const log = vi.fn()
  const handlers = new Proxy(
    {},
    {
      get: (_target, name) =>
        name === 'then'
          ? undefined
          : () => {
              reached.push(String(name))
              return null
            },
    },
  ) as Handlers
  const window = { mainFrame: page } as unknown as WebContents
  registerCalls(Promise.resolve(handlers), { isOurs: (event) => isFromWindow(event, window), log })
  const event = { sender: window, senderFrame: page } as unknown as IpcMainInvokeEvent
  const call = (name: string, input: unknown, from: object = event) => {
    const listener = registered.get(name)
    if (!listener) throw new Error(`no handler for ${name}`)
    return listener(from as IpcMainInvokeEvent, input)
  }
  return { call, event, window, reached, log, handlers }
}

test('every call of the contract has a handler, and there is no other', () => {
  setUp()
  expect([...registered.keys()].sort()).toEqual([...NAMES].sort())
})

test.each(NAMES)('%s refuses garbage without reaching its handler', async (name) => {
  const { call, reached } = setUp()
  for (const [, garbage] of GARBAGE) {
    expect(await call(name, garbage)).toEqual({
      ok: false,
      error: { code: 'input-refused', params: { support: expect.stringMatching(/^[0-9a-f]{8}$/) } },
    })
  }
  expect(reached).toEqual([])
})

test.each(NAMES)('%s is not answered to anyone but the page of the window', async (name) => {
  const { call, event, window, reached } = setUp()
  const others = [
    // another page
    { ...event, sender: {} },
    // a frame in the page
    { ...event, senderFrame: { ...page } },
    // a frame that is gone
    { ...event, senderFrame: null },
  ]
  for (const from of others)
    expect(await call(name, {}, from)).toMatchObject({ ok: false, error: { code: 'input-refused' } })
  for (const foreign of [
    { origin: 'https://desk', url: 'https://desk/index.html' },
    { origin: 'null', url: 'app://desk/index.html' },
    { origin: 'app://desk.evil', url: 'app://desk.evil/' },
    { origin: 'app://desk', url: 'about:blank' },
  ]) {
    const main = { sender: { mainFrame: foreign }, senderFrame: foreign }
    expect(isFromWindow(main as never, main.sender as never)).toBe(false)
    expect(isFromWindow({ sender: window, senderFrame: foreign } as never, window)).toBe(false)
  }
  expect(isFromWindow(event, null)).toBe(false)
  expect(reached).toEqual([])
})

test('an input that parses reaches its handler, and the answer travels in an envelope', async () => {
  const { call, reached } = setUp()
  expect(await call('app.copy', { text: '10.5281/zenodo.1' })).toEqual({ ok: true, value: null })
  expect(reached).toEqual(['app.copy'])
})

test('an error of the contract travels as data; any other is named by number only', async () => {
  registered.clear()
  const log = vi.fn()
  const secret = new Error('Bearer abc at /home/someone/data')
  const handlers = {
    'app.open': () => {
      throw new DeskError('link-refused', { reason: 'it is not an https address' })
    },
    'app.copy': () => {
      throw secret
    },
    // An answer with more than the contract names, and one that breaks it.
    'app.info': () => ({ version: '1', platform: 'linux', electron: '42', token: 'abc' }),
    'app.settings': () => ({ theme: 'pink', filesAtATime: 4 }),
  } as unknown as Handlers
  registerCalls(Promise.resolve(handlers), { isOurs: () => true, log })
  const call = (name: string, input: unknown) => registered.get(name)?.({} as IpcMainInvokeEvent, input)

  expect(await call('app.open', { url: 'file:///x' })).toEqual({
    ok: false,
    error: { code: 'link-refused', params: { reason: 'it is not an https address' } },
  })
  const failed = await call('app.copy', { text: '' })
  expect(failed).toEqual({ ok: false, error: { code: 'internal', params: { support: expect.any(String) } } })
  expect(JSON.stringify(failed)).not.toContain('someone')
  expect(log).toHaveBeenCalledWith(expect.stringMatching(/^[0-9a-f]{8}$/), 'app.copy', secret)
  expect(await call('app.info', {})).toEqual({ ok: true, value: { version: '1', platform: 'linux', electron: '42' } })
  expect(await call('app.settings', {})).toMatchObject({ ok: false, error: { code: 'internal' } })
})
