import type { IpcMainInvokeEvent, WebContents } from 'electron'
import { WINDOW_ORIGIN } from '../security/policy.ts'

/** Whether a call comes from the page of our window itself: not from a frame in it, another page, or one that is gone. */
export function isFromWindow(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  window: WebContents | null,
): boolean {
  const frame = event.senderFrame
  if (!window || !frame || event.sender !== window || frame !== window.mainFrame) return false
  // `origin` is what Chromium enforces; a sandboxed or foreign document in the main frame has another.
  return frame.origin === WINDOW_ORIGIN && frame.url.startsWith(`${WINDOW_ORIGIN}/`)
}
