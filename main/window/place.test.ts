import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fitPlace, readPlace, writePlace } from './place.ts'

const screens = [
  { x: 0, y: 0, width: 1920, height: 1050 },
  { x: 1920, y: 0, width: 1280, height: 1000 },
]
const place = { x: 100, y: 50, width: 1400, height: 900, maximized: false }

test('the window comes back where it stood, on any screen', () => {
  expect(fitPlace(place, screens)).toEqual({ x: 100, y: 50, width: 1400, height: 900 })
  expect(fitPlace({ ...place, x: 2000 }, screens)).toMatchObject({ x: 2000, y: 50 })
})

test.each([
  ['a screen that is gone', { ...place, x: 4000 }],
  ['above the screen', { ...place, y: -500 }],
  ['below the screen', { ...place, y: 1049 }],
  ['all but a sliver outside', { ...place, x: -1390 }],
])('a window on %s keeps its size only', (_, lost) => {
  expect(fitPlace(lost, screens)).toEqual({ width: 1400, height: 900 })
})

test('a size is never too small to work in, nor larger than the screen at first', () => {
  expect(fitPlace({ ...place, width: 10, height: 10 }, screens)).toMatchObject({ width: 900, height: 600 })
  expect(fitPlace(null, [{ x: 0, y: 0, width: 1024, height: 700 }])).toEqual({ width: 1024, height: 700 })
})

test('what is written is read again, and a broken file is as none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deposit-desk-place-'))
  try {
    const file = join(folder, 'window.json')
    expect(readPlace(file)).toBeNull()
    writePlace(file, place)
    expect(readPlace(file)).toEqual(place)
    await writeFile(file, '{"x": "left"}')
    expect(readPlace(file)).toBeNull()
  } finally {
    await rm(folder, { recursive: true })
  }
})
