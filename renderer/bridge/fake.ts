import type { Account } from '../../contract/desk/account.ts'
import {
  CALLS,
  EVENTS,
  type CallName,
  type DeskBridge,
  type EventName,
  type Input,
  type Output,
  type Payload,
} from '../../contract/ipc.ts'
import { DeskError } from '../../contract/errors.ts'

export type FakeAnswers = { [C in CallName]?: (input: Input<C>) => Output<C> | Promise<Output<C>> }

export type FakeDesk = {
  /** Calls so far, oldest first. For `folders.dropped` the paths are the names of the files. */
  readonly calls: readonly { readonly name: CallName; readonly input: unknown }[]
  /** Adds or replaces answers. */
  answer(answers: FakeAnswers): void
  emit<E extends EventName>(name: E, payload: Payload<E>): void
}

/**
 * The bridge for component tests. An answer may throw a DeskError, as main would answer with one. Input and output pass
 * through the contract, so that a test can't agree on something that main would refuse.
 */
export function installFakeDesk(answers: FakeAnswers = {}): FakeDesk {
  const calls: { name: CallName; input: unknown }[] = []
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const known: FakeAnswers = { ...answers }

  const ask = async (name: CallName, input: unknown) => {
    calls.push({ name, input })
    const answer = known[name] as ((input: unknown) => unknown) | undefined
    try {
      if (!answer) throw new Error(`The fake desk has no answer for ${name}`)
      return { ok: true, value: CALLS[name].output.parse(await answer(CALLS[name].input.parse(input))) }
    } catch (thrown) {
      if (thrown instanceof DeskError) return { ok: false, error: thrown.toJSON() }
      throw thrown
    }
  }

  const bridge = {
    call: Object.fromEntries(
      (Object.keys(CALLS) as CallName[]).map((name) => [name, (input: unknown) => ask(name, input)]),
    ),
    dropped: (files: readonly { name: string }[]) => ask('folders.dropped', { paths: files.map(({ name }) => name) }),
    on: Object.fromEntries(
      (Object.keys(EVENTS) as EventName[]).map((name) => [
        name,
        (listener: (payload: never) => void) => {
          const set = listeners.get(name) ?? new Set()
          listeners.set(name, set.add(listener))
          return () => set.delete(listener)
        },
      ]),
    ),
  } as unknown as DeskBridge
  Object.defineProperty(window, 'desk', { value: bridge, configurable: true })

  return {
    calls,
    answer: (more) => Object.assign(known, more),
    emit: (name, payload) => {
      for (const listener of listeners.get(name) ?? []) listener(payload as never)
    },
  }
}

/** An account at Zenodo, with the limits that are documented for it. */
export const ZENODO_ACCOUNT: Account = {
  id: '7f1b4a3e-52a5-4f5e-9c44-6b0a3ef2a111',
  server: 'zenodo',
  origin: 'https://zenodo.org',
  serverName: 'Zenodo',
  user: { id: '1', name: 'Annika Keller', email: null },
  token: 'keychain',
  capabilities: {
    recordShape: 'rdm',
    multipart: 'refused',
    emptyFiles: 'refused',
    maxFiles: 100,
    quotaBytes: 50e9,
    maxFileBytes: null,
    limitsSource: 'documented',
    requestsPerMinute: null,
  },
  addedAt: 0,
  checkedAt: 0,
}
