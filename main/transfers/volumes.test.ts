import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DEFAULT_CHOICES } from '../../contract/desk/folder.ts'
import { planDeposit } from '../../core/deposit/plan.ts'
import { startPracticeServer } from '../../practice/server.ts'
import { locateSource, type SourceFile } from './source.ts'
import { Scene } from './test-support/scene.ts'

const BYTES = 5_000_123

let practice: Awaited<ReturnType<typeof startPracticeServer>>
let folder: string
let scene: Scene
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'volumes-'))
  practice = await startPracticeServer({ dataFolder: join(folder, 'practice') })
})
afterAll(async () => {
  await practice.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  scene = await Scene.create(practice)
})
afterEach(() => scene.close())

function volumes(): SourceFile[] {
  const path = scene.path("it's big.bin")
  const { size: bytes, mtimeMs: modifiedAt } = statSync(path)
  const entry = { path: basename(path), kind: 'file', bytes, files: 1, modifiedAt, leftOut: null } as const
  const limits = { maxFiles: 100, quotaBytes: null, maxFileBytes: 2_000_000, emptyFiles: 'accepted' } as const
  const { files } = planDeposit([entry], { ...DEFAULT_CHOICES, split: [entry.path] }, limits)
  return files.map(({ key, bytes: size, source }, fileId) => ({
    fileId,
    key,
    bytes: size,
    source: locateSource(source, (name) => scene.path(name)),
  }))
}

test.skipIf(process.platform === 'win32')(
  'volumes that were sent are, joined as their note says, the file that was cut',
  async () => {
    const content = randomBytes(BYTES)
    scene.write("it's big.bin", content)
    scene.open()
    scene.session()
    scene.add(volumes())
    await scene.until('verified')
    const there = join(folder, 'joined')
    mkdirSync(there)
    for (const { key } of volumes()) writeFileSync(join(there, key), await scene.content(key))
    const note = readFileSync(join(there, "it's big.bin.README-join.txt"), 'utf8')
    const command = /^ {4}(cat .+)$/m.exec(note)?.[1] ?? 'false'
    execFileSync('sh', ['-c', command], { cwd: there })
    expect(sum(readFileSync(join(there, "it's big.bin")))).toBe(sum(content))
  },
)

test('a change of the file stops all its volumes that were not sent, and putting it back lets them go on', async () => {
  scene.write("it's big.bin", randomBytes(BYTES))
  const [first, ...others] = volumes()
  const path = scene.path("it's big.bin")
  const { atimeMs, mtimeMs } = statSync(path)
  scene.open()
  scene.session()
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000 + 60)
  scene.add([first as SourceFile, ...others])
  expect(await scene.until('needs-you')).toMatchObject({ blockedFiles: 3, error: { code: 'volumes-changed' } })
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000)
  scene.command('retry')
  await scene.until('verified')
})

function sum(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}
