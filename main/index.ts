import { app, session } from 'electron'
import { join } from 'node:path'
import { registerCalls } from './ipc/register.ts'
import { isFromWindow } from './ipc/sender.ts'
import { openLog } from './log.ts'
import { setMenu } from './menu/menu.ts'
import { limitPages, limitSession } from './security/limits.ts'
import { declareScheme, serveWindow } from './security/scheme.ts'
import { DeskWindow } from './window/window.ts'

const dist = join(import.meta.dirname, '..')
const home = process.env['DEPOSIT_DESK_HOME'] ?? app.getPath('userData')

// Chromium refuses its sandbox to root; who starts it so (a container, a test) says so with --no-sandbox.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
app.setPath('userData', home)
app.setPath('sessionData', join(home, 'window'))
declareScheme()
limitPages()

if (app.requestSingleInstanceLock()) {
  const desk = new DeskWindow({ home, preload: join(dist, 'preload/index.cjs'), mayClose: () => true })
  app.on('second-instance', () => desk.open())
  registerCalls(new Promise(() => undefined), {
    isOurs: (event) => isFromWindow(event, desk.window?.webContents ?? null),
    log: openLog(home).failure,
  })
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
} else {
  app.quit()
}
