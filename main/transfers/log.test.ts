import { DatabaseSync } from 'node:sqlite'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logSentence } from '../../core/transfer/log-words.ts'
import { openEngine } from './engine.ts'
import { MIGRATIONS } from './journal/migrations.ts'
import { turnBack } from './test-support/old-journal.ts'
import type { Scene } from './test-support/scene.ts'
import { usePractice, useScenes } from './test-support/scenes.ts'

const CONTENT = /\/content(\/\d+)?$/
const MIB = 1024 * 1024
/** More than sockets on the way hold, so that the sender is really in the middle of it. */
const LARGE = Buffer.alloc(24 * MIB, 'x')

const practice = usePractice()
const newScene = useScenes(practice)

/** The log of a file in words, with times left out. */
function logOf(scene: Scene, fileId = 0): string[] {
  const { engine, depositId } = scene
  const details = engine?.file(depositId, fileId)
  const names = { server: 'Practice', key: details?.row.key ?? '', time: () => '–', waits: false }
  return (details?.log ?? []).map((entry, at, log) => logSentence(entry, at === log.length - 1, names))
}

/** Starts to send a large file; resolves in the middle of it, with what has the rest taken and thrown away. */
async function inTheMiddle(scene: Scene): Promise<() => void> {
  scene.write('data.bin', LARGE)
  scene.open()
  const reached = new Promise<() => void>((resolve) =>
    scene.server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: MIB, act: (_, drop) => resolve(drop) }),
  )
  scene.session()
  scene.add(scene.sources('data.bin'))
  return reached
}

function rowsOfLog(scene: Scene): number {
  const database = new DatabaseSync(join(scene.home, 'transfers.db'), { readOnly: true })
  try {
    return Number(database.prepare('SELECT count(*) AS rows FROM log').get()?.['rows'])
  } finally {
    database.close()
  }
}

test('files that simply go through write nothing but their states, and still say when and how long', async () => {
  const scene = await newScene()
  for (const name of ['a', 'b', 'c']) scene.write(name, name)
  scene.open()
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  await scene.until('verified')
  expect(logOf(scene)).toEqual([
    'Started sending to Practice.',
    expect.stringMatching(/^Checked: size and MD5 are equal here and on Practice \(0cc175…\)\. 1 B took [\d.]+ s\.$/),
  ])
  expect(scene.engine?.file(scene.depositId, 0)).toMatchObject({ md5: '0cc175b9c0f1b6a831c399e269772661' })
  await scene.stop()
  expect(rowsOfLog(scene)).toBe(0)
})

test('a lost answer, a pause of the server and a connection that breaks are told, in their order', async () => {
  const scene = await newScene()
  scene.write('data.bin', LARGE)
  scene.open()
  const { server } = scene
  server.fail('PUT', CONTENT, { kind: 'answer', status: 429, headers: { 'retry-after': '1' } })
  const wire = await scene.throughWire()
  scene.session()
  scene.add(scene.sources('data.bin'))
  await expect.poll(() => server.count('PUT', CONTENT)).toBe(1)
  server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: MIB, act: () => wire.cut() })
  server.fail('POST', /commit$/, { kind: 'lose-answer' })
  await scene.until('verified')
  expect(logOf(scene)).toEqual([
    'Started sending to Practice.',
    'Practice asked for a pause of 1 s: too many requests in a short time. Tried again 1 s later.',
    expect.stringMatching(/^The connection was lost after [\d.]+ MB\. Tried again at once\.$/),
    'Practice does not answer. Tried again at once.',
    'Practice already had all of it: MD5 equal, nothing was sent again.',
    expect.stringMatching(/^Checked: size and MD5 are equal/),
  ])
})

test('what stopped it is told after a restart: sleep, a pause, the end of the application', async () => {
  const scene = await newScene()
  const drop = await inTheMiddle(scene)
  scene.engine?.command({ kind: 'power', asleep: true, onBattery: false })
  drop()
  scene.command('pause')
  scene.engine?.command({ kind: 'power', asleep: false, onBattery: false })
  scene.server.fail('PUT', CONTENT, { kind: 'hold', afterBytes: MIB, act: () => undefined })
  const puts = scene.server.count('PUT', CONTENT)
  scene.command('resume')
  await expect.poll(() => scene.server.count('PUT', CONTENT)).toBe(puts + 1)
  await scene.stop()

  scene.open()
  scene.session()
  await scene.until('verified')
  const amount = expect.stringMatching(/^The computer went to sleep after [\d.]+ MB of it\.$/)
  expect(logOf(scene)).toEqual([
    'Started sending to Practice.',
    amount,
    'Paused by you until –.',
    'Sent again from the beginning.',
    expect.stringMatching(/^Deposit Desk was closed (after [\d.]+ MB of it|while it was sent)\.$/),
    'Sent again from the beginning.',
    expect.stringMatching(/^Checked: size and MD5 are equal/),
  ])
})

test('a file that needs the person says why, and what they did about it; its log goes with its deposit', async () => {
  const scene = await newScene()
  scene.write('data.bin', 'some')
  scene.open()
  const [source] = scene.sources('data.bin')
  scene.write('data.bin', 'something else')
  scene.session()
  scene.add(source ? [source] : [])
  await scene.until('needs-you')
  scene.command('read-again', 0)
  await scene.until('verified')
  expect(logOf(scene)).toEqual([
    expect.stringMatching(/^data\.bin changed on disk: it was 4 B and is 14 B/),
    'Read again from disk, as you asked: 14 B now.',
    'Started sending to Practice.',
    expect.stringMatching(/^Checked/),
  ])
  expect(rowsOfLog(scene)).toBe(1)
  scene.engine?.command({ kind: 'remove', depositId: scene.depositId })
  expect(rowsOfLog(scene)).toBe(0)
  expect(() => scene.engine?.file(scene.depositId, 0)).toThrow(expect.objectContaining({ code: 'deposit-unknown' }))
})

test('a journal from before there were logs is brought up to date, and its files have what their ledger tells', async () => {
  const scene = await newScene()
  scene.write('a', 'a')
  scene.open()
  scene.session()
  scene.add(scene.sources('a'))
  await scene.until('verified')
  await scene.stop()
  const path = join(scene.home, 'transfers.db')
  turnBack(path, 1)
  const home = join(scene.root, 'old')
  mkdirSync(home)
  copyFileSync(path, join(home, 'transfers.db'))

  const engine = openEngine({ home })
  expect(engine.file(scene.depositId, 0).log.map(({ what }) => what.kind)).toEqual(['began', 'verified'])
  await engine.stop()
  const after = new DatabaseSync(join(home, 'transfers.db'), { readOnly: true })
  expect(after.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: MIGRATIONS.length })
  expect(after.prepare('SELECT count(*) AS files FROM file').get()).toMatchObject({ files: 1 })
  after.close()
})
