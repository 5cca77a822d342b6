import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepPractice, practiceAsChild, startPractice } from './start.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deposit-desk-practice-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A process that behaves as given; it ends with its parent as the real one does. */
async function script(body: string) {
  const path = join(folder, 'practice.mjs')
  await writeFile(path, `process.stdin.resume().on('end', () => process.exit(0));\n${body}`)
  return practiceAsChild(path)
}

const TOKENS = { admin: 'a', researcher: 'b', curator: 'c', reader: 'd' }

test('gives the address and the tokens of the first line, and ends the process on stop', async () => {
  const spawn = await script(`
    console.log(JSON.stringify({ url: 'http://127.0.0.1:4567/', tokens: ${JSON.stringify(TOKENS)}, data: process.argv[3] }))
    console.log('more output')`)
  const server = await startPractice({ dataFolder: folder, spawn })
  expect(server.url).toBe('http://127.0.0.1:4567')
  expect(server.tokens).toEqual(TOKENS)
  await server.stop()
  await expect(server.ended).resolves.toBeUndefined()
})

test.each([
  [
    'an address that is not on this computer',
    `console.log(JSON.stringify({ url: 'http://example.org', tokens: ${JSON.stringify(TOKENS)} }))`,
    'does not answer as',
  ],
  ['a line that is not JSON', `console.log('Hello')`, 'does not answer as'],
  ['a process that ends', `process.exit(3)`, 'ended at once'],
  [
    'a process that says why it ends',
    `console.error('the port is taken'); process.exitCode = 1; process.stdin.destroy()`,
    'the port is taken',
  ],
])('practice-failed for %s', async (_, body, reason) => {
  const spawn = await script(body)
  await expect(startPractice({ dataFolder: folder, spawn })).rejects.toMatchObject({
    code: 'practice-failed',
    params: { reason: expect.stringContaining(reason) },
  })
})

test('practice-failed where the process can’t be started at all', async () => {
  const spawn = practiceAsChild(join(folder, 'missing.mjs'))
  await expect(startPractice({ dataFolder: folder, spawn })).rejects.toMatchObject({ code: 'practice-failed' })
})

test('starts once for several callers, and again after it died', async () => {
  const spawn = await script(
    `console.log(JSON.stringify({ url: 'http://127.0.0.1:' + (10_000 + process.pid % 50_000), tokens: ${JSON.stringify(TOKENS)} }))`,
  )
  const practice = keepPractice({ dataFolder: folder, spawn })
  const [first, same] = await Promise.all([practice.server(), practice.server()])
  expect(same).toBe(first)
  await first.stop()
  const second = await practice.server()
  expect(second.url).not.toBe(first.url)
  await practice.stop()
})
