import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listRecordFiles } from '../../main/repository/files.ts'
import { connect, tokens, url } from './server.ts'

const NAMES = [
  'Säckingen Messreihe.csv',
  'données été.csv',
  'данные/полевых работ.csv',
  '土壌水分.csv',
  'قياسات.csv',
  'ข้อมูล.csv',
  '100% # sure?.txt',
  'raw/🌱 a+b=c.txt',
]

type Event = { readonly event: string; readonly [name: string]: unknown }

/** Runs `desk` as a person does, in a profile of its own. */
async function desk(
  home: string,
  ...args: string[]
): Promise<{ code: number | null; events: Event[]; errors: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/node/desk.js'), ...args, '--json'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', DEPOSIT_DESK_HOME: home, DEPOSIT_DESK_TOKEN: tokens.researcher },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    code,
    events: output
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event),
    errors,
  }
}

function workFolder(): { home: string; folder: string } {
  const work = mkdtempSync(join(tmpdir(), 'deposit-desk-live-'))
  onTestFinished(() => rmSync(work, { recursive: true, force: true }))
  return { home: join(work, 'home'), folder: join(work, 'data') }
}

test('a folder with names in several scripts is published, and every MD5 is equal', async () => {
  const { home, folder } = workFolder()
  const sums = new Map<string, string>()
  for (const [at, name] of NAMES.entries()) {
    const content = randomBytes(at === 0 ? 40_000_000 : 10_000 * (at + 1))
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
    sums.set(name, `md5:${createHash('md5').update(content).digest('hex')}`)
  }
  const { code, events, errors } = await desk(
    home,
    'deposit',
    folder,
    '--server',
    url,
    '--title',
    'Live test of desk',
    '--publish',
  )
  expect(errors).toBe('')
  expect(code).toBe(0)
  expect(
    events
      .filter(({ event }) => event === 'file')
      .map(({ key }) => key)
      .sort(),
  ).toEqual([...sums.keys()].sort())
  const done = events.at(-1) as { record?: { id: string; doi: string }; files?: number } | undefined
  expect(done).toMatchObject({
    event: 'done',
    files: NAMES.length,
    record: { doi: expect.stringMatching(/^10\./) as string },
  })
  const id = done?.record?.id ?? ''
  const remote = await listRecordFiles(connect(null), id)
  expect(new Map(remote.map(({ key, checksum }) => [key, checksum]))).toEqual(sums)

  const verified = await desk(home, 'verify', `${url}/records/${id}`, folder)
  expect(verified).toMatchObject({ code: 0 })
  expect(verified.events.at(-1)).toMatchObject({ equal: NAMES.length, different: 0, missing: 0, extra: 0 })
  writeFileSync(join(folder, NAMES[1] ?? ''), 'changed')
  expect((await desk(home, 'verify', `${url}/records/${id}`, folder)).code).toBe(1)

  expect((await desk(home, 'resume')).code).toBe(0)
  expect((await desk(home, 'status')).events).toMatchObject([
    { event: 'deposit', state: 'published', files: NAMES.length },
  ])
})

test('more files than the server takes are packed, or left to it where packing is not wanted', async () => {
  const { home, folder } = workFolder()
  for (let at = 0; at < 120; at++) {
    mkdirSync(join(folder, `part ${at % 3}`), { recursive: true })
    writeFileSync(join(folder, `part ${at % 3}`, `${at}.txt`), `file ${at}`)
  }
  // It does not tell its limit beforehand, so that only its refusal counts.
  const never = await desk(join(home, '..', 'other'), 'deposit', folder, '--server', url, '--pack', 'never')
  expect(never.code).toBe(3)
  expect(never.events).toContainEqual({
    event: 'warning',
    message: '120 files are more than the 100 that InvenioRDM usually takes.',
  })
  expect(JSON.stringify(never.events)).toContain('too-many-files')
  const { code, events } = await desk(home, 'deposit', folder, '--server', url)
  expect(code).toBe(0)
  const { record } = events.at(-1) as unknown as { record: { id: string } }
  expect((await desk(home, 'verify', record.id, folder, '--server', url)).code).toBe(0)
})
