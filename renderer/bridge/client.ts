import { useEffect, useEffectEvent } from 'react'
import type {
  CallName,
  DeskBridge,
  DroppedFile,
  Envelope,
  EventName,
  Input,
  Output,
  Payload,
} from '../../contract/ipc.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'

declare global {
  interface Window {
    /** Built by preload. */
    readonly desk: DeskBridge
  }
}

export type WindowCall = Exclude<CallName, 'folders.dropped'>

/** Asks main. What went wrong is thrown as a DeskError. */
export async function call<C extends WindowCall>(name: C, input: Input<C>): Promise<Output<C>> {
  return open(await window.desk.call[name](input))
}

/** Hands real files and folders to main, which walks them. */
export async function drop(files: readonly DroppedFile[]): Promise<Output<'folders.dropped'>> {
  return open(await window.desk.dropped(files))
}

function open<T>(envelope: Envelope<T>): T {
  if (envelope.ok) return envelope.value
  throw new DeskError(envelope.error.code, envelope.error.params)
}

/** What was thrown, as what a person reads. */
export function errorOf(thrown: unknown): AppError {
  return thrown instanceof DeskError ? thrown.toJSON() : { code: 'internal', params: {} }
}

/** Listens while the component is there; the newest listener is called. */
export function useDeskEvent<E extends EventName>(name: E, listener: (payload: Payload<E>) => void): void {
  const heard = useEffectEvent(listener)
  useEffect(() => window.desk.on[name]((payload) => heard(payload)), [name])
}
