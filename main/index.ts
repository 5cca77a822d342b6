import { app, dialog, session, utilityProcess } from 'electron'
import { join } from 'node:path'
import { DeskError, explain } from '../contract/errors.ts'
import { createKeychain } from './accounts/keychain/keychain.ts'
import { createDesk, type Desk } from './desk.ts'
import { forwardEvents } from './ipc/forward.ts'
import { createHandlers } from './ipc/handlers.ts'
import { registerCalls } from './ipc/register.ts'
import { isFromWindow } from './ipc/sender.ts'
import { openLog } from './log.ts'
import { setMenu } from './menu/menu.ts'
import { electronPower } from './power/electron.ts'
import { Power } from './power/power.ts'
import { keepPractice } from './practice/start.ts'
import { practiceAsUtility } from './practice/utility.ts'
import { limitPages, limitSession } from './security/limits.ts'
import { declareScheme, serveWindow } from './security/scheme.ts'
import { hostEngine } from './transfers/host.ts'
import { Leave } from './window/leave.ts'
import { applyTheme, DeskWindow } from './window/window.ts'

// Start order only: what each part does is in its own folder.

const dist = join(import.meta.dirname, '..')
const home = process.env['DEPOSIT_DESK_HOME'] ?? app.getPath('userData')
/** Nobody is there to answer a dialog. */
const isTest = process.env['DEPOSIT_DESK_TEST'] === '1'
const log = openLog(home)

app.setPath('userData', home)
app.setPath('sessionData', join(home, 'window'))
// Chromium refuses its sandbox to root; who starts it so (a container, a test) says so with --no-sandbox.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
declareScheme()
limitPages()
process.on('uncaughtException', (error) => log.failure('-', 'uncaught', error))

// A debugger could read everything that the window shows; in a release nobody needs one.
const isDebugged = ['remote-debugging-port', 'remote-debugging-pipe'].some((name) => app.commandLine.hasSwitch(name))
if (app.isPackaged && isDebugged) app.exit(1)
else if (app.requestSingleInstanceLock()) start()
else app.quit()

function start(): void {
  const practice = keepPractice({
    dataFolder: join(home, 'practice'),
    spawn: practiceAsUtility(join(dist, 'node/practice.js')),
  })
  const opened = app.whenReady().then(() =>
    createDesk({
      home,
      keychain: createKeychain(),
      practice: practice.server,
      hostTransfers: () =>
        hostEngine({
          home,
          // Left to itself, V8 makes room for 32 MiB of what each of ten thousand files leaves behind for a moment.
          fork: () =>
            utilityProcess.fork(join(dist, 'node/transfers.js'), [], {
              serviceName: 'Transfers',
              execArgv: ['--js-flags=--max-semi-space-size=2'],
            }),
        }),
    }),
  )
  const leave: Leave = new Leave({
    window: () => desk.window,
    transfers: async () => (await (await opened).transfers.overview()).deposits,
    downloads: async () => (await opened).downloads.list(),
    ask: !isTest,
    close: async () => {
      desk.remember()
      await (await opened).close()
      await practice.stop()
    },
  })
  const desk: DeskWindow = new DeskWindow({
    home,
    preload: join(dist, 'preload/index.cjs'),
    // On macOS an application goes on without a window.
    mayClose: () => process.platform === 'darwin' || leave.begin(),
  })
  const handlers = opened.then((ready) =>
    createHandlers({ desk: ready, window: () => desk.window, onReady: () => desk.show() }),
  )
  registerCalls(handlers, {
    isOurs: (event) => isFromWindow(event, desk.window?.webContents ?? null),
    log: log.failure,
  })
  const open = () => void app.whenReady().then(() => desk.open())
  app.on('second-instance', open)
  app.on('activate', open)
  void app.whenReady().then(() => {
    limitSession(session.defaultSession)
    serveWindow(join(dist, 'renderer'))
    setMenu({
      command: (command) => desk.send('app.command', { command }),
      zoom: () => desk.window?.webContents.getZoomFactor() ?? 1,
      setZoom: (factor) => desk.window?.webContents.setZoomFactor(factor),
    })
    desk.open()
  })
  opened.then((ready) => follow(ready, desk)).catch(giveUp)
}

function follow(desk: Desk, window: DeskWindow): void {
  applyTheme(desk.settings.read().theme)
  forwardEvents(desk.events, (name, payload) => window.send(name, payload))
  // A transfer process that is about to be started again is told then.
  const power = new Power({
    port: electronPower(),
    tell: (state) => void desk.transfers.command({ kind: 'power', ...state }).catch(() => undefined),
  })
  const moving = { uploads: 0, downloads: 0 }
  const see = (part: Partial<typeof moving>) => {
    Object.assign(moving, part)
    power.see({ sending: moving.uploads + moving.downloads })
  }
  desk.events.on('transfers.changed', ({ overview }) => see({ uploads: overview.sending }))
  desk.events.on('downloads.changed', () =>
    see({ downloads: desk.downloads.list().filter(({ state }) => state.kind === 'downloading').length }),
  )
  desk.downloads.resume()
  for (const row of desk.quarantined) log.failure('-', 'a row that can’t be read was put aside', row)
}

/** Without its data there is nothing to show: says why, and ends. */
function giveUp(error: unknown): void {
  log.failure('-', 'start', error)
  const { happened, next, todo } = explain(
    error instanceof DeskError ? error.toJSON() : { code: 'internal', params: {} },
  )
  if (isTest) process.stderr.write(`${happened}\n`)
  else dialog.showErrorBox(happened, `${next}\n${todo}`)
  app.exit(1)
}
