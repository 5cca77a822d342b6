import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { Payload } from '../../contract/ipc.ts'

type Command = Payload<'app.command'>['command']

const ZOOM_STEPS = [0.5, 0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const

/** What the menu needs of the window. */
export type MenuTarget = {
  command(command: Command): void
  zoom(): number
  setZoom(factor: number): void
}

/** The application's menu: each action of the window with its shortcut, so that every one is found and reached by keyboard. */
export function setMenu(target: MenuTarget): void {
  const item = (label: string, command: Command, accelerator: string): MenuItemConstructorOptions => ({
    id: command,
    label,
    accelerator,
    click: () => target.command(command),
  })
  const zoom = (label: string, accelerator: string, next: (now: number) => number, shown = true) => ({
    label,
    accelerator,
    visible: shown,
    acceleratorWorksWhenHidden: true,
    click: () => target.setZoom(next(target.zoom())),
  })
  const separator = { type: 'separator' } as const
  const settings = item('Settings', 'settings', 'CmdOrCtrl+,')
  const mac = process.platform === 'darwin'

  const template: MenuItemConstructorOptions[] = [
    ...(mac
      ? [
          {
            label: app.name,
            submenu: [
              { role: 'about' },
              separator,
              settings,
              separator,
              { role: 'hide' },
              { role: 'hideOthers' },
              { role: 'unhide' },
              separator,
              { role: 'quit' },
            ],
          } satisfies MenuItemConstructorOptions,
        ]
      : []),
    {
      label: '&File',
      submenu: [
        item('New deposit…', 'new-deposit', 'CmdOrCtrl+O'),
        item('Choose files…', 'choose-files', 'CmdOrCtrl+Shift+O'),
        ...(mac ? [] : [separator, settings, separator, { role: 'quit' } as const]),
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'pasteAndMatchStyle' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        item('Command palette', 'palette', 'CmdOrCtrl+K'),
        separator,
        item('Deposits', 'deposits', 'CmdOrCtrl+1'),
        item('Transfers', 'transfers', 'CmdOrCtrl+2'),
        separator,
        zoom('Larger', 'CmdOrCtrl+Plus', larger),
        // The key without Shift, on keyboards where plus needs it.
        zoom('Larger', 'CmdOrCtrl+=', larger, false),
        zoom('Smaller', 'CmdOrCtrl+-', smaller),
        zoom('Actual size', 'CmdOrCtrl+0', () => 1),
        separator,
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [separator, { role: 'toggleDevTools' } as const]),
      ],
    },
    ...(mac ? [{ role: 'windowMenu' } as const] : []),
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

/** The next step up, at most 200 %. */
export function larger(now: number): number {
  return ZOOM_STEPS.find((step) => step > now + 0.001) ?? ZOOM_STEPS[ZOOM_STEPS.length - 1] ?? 1
}

/** The next step down, at least 50 %. */
export function smaller(now: number): number {
  return ZOOM_STEPS.findLast((step) => step < now - 0.001) ?? ZOOM_STEPS[0]
}
