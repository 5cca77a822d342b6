import { app, type Session } from 'electron'
import { WINDOW_ORIGIN } from './policy.ts'

/**
 * What no page of this application may do, whatever runs in it: navigate, open windows, embed pages, and in a packaged
 * build be inspected. Holds for every page that is ever made, so it is set before the first.
 */
export function limitPages(): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault())
    contents.on('will-frame-navigate', (event) => event.preventDefault())
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    if (app.isPackaged) contents.on('devtools-opened', () => contents.closeDevTools())
  })
}

/** No permission for anything, no device, and no request that is not for the window's own files. */
export function limitSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  // Chromium would fetch dictionaries from the internet.
  session.setSpellCheckerEnabled(false)
  session.webRequest.onBeforeRequest((request, answer) => {
    const allowed = request.url.startsWith(`${WINDOW_ORIGIN}/`) || /^(data|devtools):/.test(request.url)
    answer({ cancel: !allowed })
  })
}
