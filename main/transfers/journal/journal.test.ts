import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPracticeServer } from '../../../practice/server.ts'
import { openEngine } from '../engine.ts'
import { Scene } from '../test-support/scene.ts'

const CONTENT = /\/content$/

let practice: Awaited<ReturnType<typeof startPracticeServer>>
let folder: string
let scene: Scene
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transfers-practice-'))
  practice = await startPracticeServer({ dataFolder: folder })
})
afterAll(async () => {
  await practice.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  scene = await Scene.create(practice)
  for (const name of ['a', 'b', 'c']) scene.write(name, name.repeat(1000))
})
afterEach(() => scene.close())

function journalPath(): string {
  return join(scene.home, 'transfers.db')
}

test('a journal of a newer version is refused and left as it is', () => {
  scene.open()
  return scene.stop().then(() => {
    const database = new DatabaseSync(journalPath())
    database.exec('PRAGMA user_version = 1000')
    database.close()
    const before = readFileSync(journalPath())
    expect(() => openEngine({ home: scene.home })).toThrow(expect.objectContaining({ code: 'data-from-newer-version' }))
    expect(readFileSync(journalPath()).equals(before)).toBe(true)
  })
})

test('a damaged journal is put aside, and rebuilt from what the server has, without sending it again (U32)', async () => {
  scene.open()
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  await scene.until('verified')
  await scene.stop()
  const bytes = readFileSync(journalPath())
  bytes.fill(0xff, 0, 4096)
  writeFileSync(journalPath(), bytes)

  scene.open()
  expect(readdirSync(scene.home).some((name) => name.startsWith('transfers.db.damaged-'))).toBe(true)
  expect(scene.engine?.transfer(scene.depositId).state).toBe('none')
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  await scene.until('verified')
  expect(scene.server.count('PUT', CONTENT)).toBe(3)
  expect(await scene.listed()).toEqual(scene.expected('a', 'b', 'c'))
})

test('a full disk pauses the transfers and says so; with space again nothing is lost (U30)', async () => {
  let full = false
  scene.open({
    onPersist: (point) => {
      if (full && point.startsWith('before'))
        throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    },
  })
  scene.server.fail('PUT', /\/b\/content$/, {
    kind: 'hold',
    afterBytes: 1,
    act: (goOn) => {
      full = true
      goOn()
    },
  })
  scene.engine?.command({ kind: 'configure', filesAtATime: 1 })
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  expect(await scene.until('needs-you')).toMatchObject({ error: { code: 'disk-full' } })
  expect(() => scene.command('pause')).toThrow(expect.objectContaining({ code: 'disk-full' }))
  expect(scene.server.count('PUT', /\/c\/content$/)).toBe(0)
  full = false
  scene.command('retry')
  await scene.until('verified')
  expect(await scene.listed()).toEqual(scene.expected('a', 'b', 'c'))
})

test('what was verified is read from the journal after a restart, and an added deposit is not added twice', async () => {
  scene.open()
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  await scene.until('verified')
  const report = scene.engine?.report(scene.depositId)
  await scene.stop()
  scene.open()
  scene.session()
  scene.add(scene.sources('a', 'b', 'c'))
  const asked = scene.server.seen.length
  expect(scene.engine?.transfer(scene.depositId)).toMatchObject({ state: 'verified', verifiedFiles: 3, bytes: 3000 })
  expect(scene.engine?.files(scene.depositId, 1, 1)).toMatchObject({ total: 3, rows: [{ fileId: 1, key: 'b' }] })
  expect(scene.engine?.report(scene.depositId)).toEqual(report)
  expect(scene.server.seen).toHaveLength(asked)
  expect(scene.engine?.overview().deposits).toEqual([])
  scene.engine?.command({ kind: 'remove', depositId: scene.depositId })
  expect(scene.engine?.transfer(scene.depositId).state).toBe('none')
})

test('the tables are those of the migrations, and a change to them shows here', () => {
  scene.open()
  const database = new DatabaseSync(journalPath(), { readOnly: true })
  const tables = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  database.close()
  expect(tables.map(({ sql }) => String(sql).replaceAll(/\s+/g, ' '))).toMatchInlineSnapshot(`
    [
      "CREATE TABLE deposit ( id TEXT PRIMARY KEY, account_id TEXT NOT NULL, draft_id TEXT NOT NULL, -- For sentences, while no session is there. server_name TEXT NOT NULL, -- Why the whole deposit waits for the person; JSON. error TEXT, -- Every file is done, cancelled or left out. settled INTEGER NOT NULL DEFAULT 0 ) STRICT",
      "CREATE TABLE file ( deposit_id TEXT NOT NULL REFERENCES deposit (id) ON DELETE CASCADE, file_id INTEGER NOT NULL, key TEXT NOT NULL, source TEXT NOT NULL, step TEXT NOT NULL, bytes INTEGER NOT NULL, plan TEXT NOT NULL, footing TEXT NOT NULL, md5 TEXT, sha256 TEXT, remote_checksum TEXT, resent INTEGER NOT NULL, attempt INTEGER NOT NULL, started_at REAL, parts TEXT NOT NULL DEFAULT '', measured INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (deposit_id, file_id) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE log ( deposit_id TEXT NOT NULL REFERENCES deposit (id) ON DELETE CASCADE, file_id INTEGER NOT NULL, -- JSON, bounded (core/transfer/log). entries TEXT NOT NULL, PRIMARY KEY (deposit_id, file_id) ) STRICT, WITHOUT ROWID",
    ]
  `)
})
