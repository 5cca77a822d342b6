import { expect, test, vi } from 'vitest'
import { EVENTS } from '../../contract/ipc.ts'
import { larger, setMenu, smaller } from './menu.ts'

type Item = {
  label?: string
  accelerator?: string
  role?: string
  submenu?: Item[]
  click?: () => void
  visible?: boolean
}
const built = vi.hoisted(() => ({ template: [] as unknown[] }))
vi.mock('electron', () => ({
  app: { name: 'Deposit Desk', isPackaged: true },
  Menu: {
    buildFromTemplate: (template: unknown[]) => template,
    setApplicationMenu: (template: unknown[]) => {
      built.template = template
    },
  },
}))

function items(): Item[] {
  setMenu({ command: (command) => commands.push(command), zoom: () => 1, setZoom: () => undefined })
  return (built.template as Item[]).flatMap((entry) => entry.submenu ?? [])
}
const commands: string[] = []

test('every command that the window knows is in the menu, once, with a shortcut of its own', () => {
  commands.length = 0
  const own = items().filter((item) => item.click && item.accelerator)
  for (const item of own) item.click?.()
  expect(commands.sort()).toEqual([...EVENTS['app.command'].payload.shape.command.options].sort())
  const shortcuts = own.map((item) => item.accelerator)
  expect(new Set(shortcuts).size).toBe(shortcuts.length)
})

test('a packaged application offers no developer tools', () => {
  expect(items().map((item) => item.role)).not.toContain('toggleDevTools')
})

test('zoom goes from 50 to 200 percent and no further', () => {
  expect([larger(1), larger(1.25), larger(2), larger(3)]).toEqual([1.1, 1.5, 2, 2])
  expect([smaller(1), smaller(0.5), smaller(0.25), smaller(1.1)]).toEqual([0.9, 0.5, 0.5, 1])
})
