import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { join } from 'node:path'
import type { EventName, Payload } from '../../contract/ipc.ts'
import type { Settings } from '../../contract/desk/settings.ts'
import { WINDOW_PAGE } from '../security/policy.ts'
import { fitPlace, MINIMUM, readPlace, writePlace, type Place } from './place.ts'

/** Where a first screen does not paint, the window is shown all the same: an error in it is better than nothing. */
const SHOW_AFTER_MS = 2000
/** A page that crashes again this soon is not loaded once more. */
const CRASH_INTERVAL_MS = 10_000

/** `--bg` of the light and the dark theme, so that nothing flashes before the first paint. */
const BACKGROUND = { light: '#ffffff', dark: '#1b1e20' } as const

/** The one window. It can be closed and opened again while the application runs (macOS). */
export class DeskWindow {
  readonly #home: string
  readonly #preload: string
  readonly #mayClose: () => boolean
  #window: BrowserWindow | null = null

  /** @param parts `mayClose` is asked before the window closes; where it answers no, it has taken over. */
  constructor(parts: { home: string; preload: string; mayClose: () => boolean }) {
    this.#home = parts.home
    this.#preload = parts.preload
    this.#mayClose = parts.mayClose
    nativeTheme.on('updated', () => this.#window?.setBackgroundColor(background()))
  }

  get window(): BrowserWindow | null {
    return this.#window
  }

  /** Opens the window, or brings it to the front where it is open. */
  open(): void {
    if (this.#window) {
      if (this.#window.isMinimized()) this.#window.restore()
      this.#window.show()
      this.#window.focus()
      return
    }
    const place = readPlace(this.#placeFile)
    const window = new BrowserWindow({
      ...fitPlace(place, this.#screens()),
      minWidth: MINIMUM.width,
      minHeight: MINIMUM.height,
      show: false,
      title: app.name,
      backgroundColor: background(),
      autoHideMenuBar: true,
      webPreferences: {
        preload: this.#preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        devTools: !app.isPackaged,
      },
    })
    this.#window = window
    if (place?.maximized) window.maximize()
    const timer = setTimeout(() => this.show(), SHOW_AFTER_MS)
    window.on('close', (event) => {
      this.remember()
      if (!this.#mayClose()) event.preventDefault()
    })
    window.on('closed', () => {
      clearTimeout(timer)
      this.#window = null
    })
    this.#reloadAfterCrash(window)
    // Chromium asks nobody before it goes to an about: page; from there the window comes back.
    const comeBack = (_event: unknown, url: string) => {
      if (url !== WINDOW_PAGE) void window.loadURL(WINDOW_PAGE)
    }
    window.webContents.on('did-navigate', comeBack)
    window.webContents.on('did-fail-load', (event, _code, _reason, url, isMainFrame) => {
      if (isMainFrame) comeBack(event, url)
    })
    void window.loadURL(WINDOW_PAGE)
  }

  /** The first screen is painted. */
  show(): void {
    if (this.#window && !this.#window.isVisible()) this.#window.show()
  }

  send<E extends EventName>(name: E, payload: Payload<E>): void {
    if (this.#window && !this.#window.isDestroyed()) this.#window.webContents.send(name, payload)
  }

  #reloadAfterCrash(window: BrowserWindow): void {
    let crashedAt = 0
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit' || Date.now() - crashedAt < CRASH_INTERVAL_MS) return
      crashedAt = Date.now()
      window.webContents.reload()
    })
  }

  /** Keeps the place for the next start. */
  remember(): void {
    if (!this.#window) return
    const place: Place = { ...this.#window.getNormalBounds(), maximized: this.#window.isMaximized() }
    writePlace(this.#placeFile, place)
  }

  get #placeFile(): string {
    return join(this.#home, 'window.json')
  }

  #screens() {
    const primary = screen.getPrimaryDisplay()
    const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id)
    return [primary, ...others].map(({ workArea }) => workArea)
  }
}

/** High contrast is a matter of the page; the system knows light and dark. */
export function applyTheme(theme: Settings['theme']): void {
  switch (theme) {
    case 'system':
      nativeTheme.themeSource = 'system'
      return
    case 'light':
    case 'hc-light':
      nativeTheme.themeSource = 'light'
      return
    case 'dark':
    case 'hc-dark':
      nativeTheme.themeSource = 'dark'
      return
  }
}

function background(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light
}
