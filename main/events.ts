import type { EventName, Payload } from '../contract/ipc.ts'

/** What happens in main, for the window and the command line alike; named and typed by EVENTS of contract/ipc.ts. */
export type DeskEvents = {
  emit<E extends EventName>(name: E, payload: Payload<E>): void
  /** Returns the function that ends the subscription. */
  on<E extends EventName>(name: E, listener: (payload: Payload<E>) => void): () => void
}

export function createDeskEvents(): DeskEvents {
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  return {
    emit: (name, payload) => {
      // A copy: a listener may end its own subscription, or another's, while it is called.
      for (const listener of [...(listeners.get(name) ?? [])]) (listener as (payload: unknown) => void)(payload)
    },
    on: (name, listener) => {
      const those = listeners.get(name) ?? new Set()
      listeners.set(name, those.add(listener))
      return () => those.delete(listener)
    },
  }
}
