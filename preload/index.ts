import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { CALL_NAMES, EVENT_NAMES } from '../contract/ipc-names.ts'
import type { DeskBridge } from '../contract/ipc.ts'

/*
 * `window.desk`: one function a call and one subscription an event, nothing general. A name that is not in the list has no
 * function, so there is no channel that the window could choose.
 */

const calls = Object.fromEntries(
  CALL_NAMES.filter((name) => name !== 'folders.dropped').map((name) => [
    name,
    (input: unknown) => ipcRenderer.invoke(name, input),
  ]),
)

const subscriptions = Object.fromEntries(
  EVENT_NAMES.map((name) => [
    name,
    (listener: (payload: unknown) => void) => {
      // The event object would hand the window its sender.
      const pass = (_event: unknown, payload: unknown) => listener(payload)
      ipcRenderer.on(name, pass)
      return () => void ipcRenderer.off(name, pass)
    },
  ]),
)

/** A File that was made by a page has no path, so the window can name only what a person dropped or picked. */
function dropped(files: readonly File[]): Promise<unknown> {
  const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '')
  return ipcRenderer.invoke('folders.dropped', { paths })
}

const bridge = { call: Object.freeze(calls), on: Object.freeze(subscriptions), dropped } as unknown as DeskBridge
contextBridge.exposeInMainWorld('desk', Object.freeze(bridge))
