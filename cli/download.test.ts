import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { cuttingProxy } from '../main/downloads/test-support/cutting-proxy.ts'
import { startPracticeServer } from '../practice/server.ts'
import { readArguments, type Command } from './arguments.ts'
import { follow, placeOrder, readOrder } from './deposit.ts'
import { openOrders } from './orders.ts'
import { openSession } from './session.ts'

const DESK = fileURLToPath(new URL('./index.ts', import.meta.url))
const MIB = 1024 * 1024
const BIG = Buffer.alloc(4 * MIB, 'so much that it takes a while; ')

/** A published record with a name that is changed on the way, the server behind a proxy that holds the first big download. */
async function place() {
  const work = mkdtempSync(join(tmpdir(), 'deposit-desk-download-'))
  const server = await startPracticeServer({ dataFolder: join(work, 'server') })
  onTestFinished(async () => {
    await server.close()
    rmSync(work, { recursive: true, force: true })
  })
  const source = join(work, 'source')
  mkdirSync(source)
  writeFileSync(join(source, 'big.bin'), BIG)
  writeFileSync(join(source, 'what? Ελλάδα.txt'), 'text')
  const session = await openSession(
    join(work, 'depositor'),
    { DEPOSIT_DESK_TOKEN: server.tokens.researcher },
    null,
    never,
  )
  const orders = openOrders(join(work, 'depositor'))
  const command = readArguments(['deposit', source, '--server', server.url, '--publish', '--title', 'Lakes'])
  const order = orders.add(await readOrder(command as Extract<Command, { kind: 'deposit' }>, silent))
  const depositId = await placeOrder(session, orders, order, silent, never)
  expect(await follow(session.desk, depositId, silent, never)).toBe(0)
  const { publication } = session.desk.deposits.get(depositId)
  await session.close()
  if (publication.kind !== 'published') throw new Error('not published')

  let held = 0
  const proxy = await cuttingProxy(server.url, (_, url) =>
    url.includes('big.bin') && held++ === 0 ? { holdAfter: 3 * MIB } : {},
  )
  const folder = join(work, 'target')
  const desk = (...words: string[]) => {
    const child = spawn(process.execPath, [DESK, ...words], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', DEPOSIT_DESK_HOME: join(work, 'home'), DEPOSIT_DESK_TOKEN: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let printed = ''
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()))
    child.stderr.on('data', (text: Buffer) => (printed += text.toString()))
    const ended = new Promise<{ code: number | null; printed: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, printed })),
    )
    return { child, ended }
  }
  /** Of the big file that have arrived and wait for the rest. */
  const begunBytes = () => {
    const names = existsSync(folder) ? readdirSync(folder) : []
    const part = names.find((name) => name.startsWith('big.bin.'))
    return part === undefined ? 0 : statSync(join(folder, part)).size
  }
  return { folder, record: publication.recordId, desk, proxy, begunBytes }
}

const never = new AbortController().signal
const silent = { show: () => undefined, error: () => undefined, end: () => undefined }

test(
  'a public record is downloaded without a token, across Ctrl-C and SIGKILL, and verified',
  { timeout: 120_000 },
  async () => {
    const { folder, record, desk, proxy, begunBytes } = await place()
    const download = () => desk('download', `${proxy.origin}/records/${record}`, folder)
    const killed = download()
    await expect.poll(begunBytes, { timeout: 30_000 }).toBeGreaterThanOrEqual(MIB)
    const second = await download().ended
    expect(second).toMatchObject({ code: 1, printed: expect.stringContaining('another download') as string })
    killed.child.kill('SIGKILL')
    await killed.ended
    const begun = begunBytes()

    const { code, printed } = await download().ended
    expect(printed).toContain('what? Ελλάδα.txt as what_ Ελλάδα.txt')
    expect(code).toBe(0)
    expect(proxy.seen.at(-1)).toMatchObject({ status: 206, headers: { range: `bytes=${begun}-` } })
    expect(proxy.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
    expect(readFileSync(join(folder, 'big.bin')).equals(BIG)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['big.bin', 'what_ Ελλάδα.txt'])

    expect(await desk('verify', record, folder, '--server', proxy.origin).ended).toMatchObject({ code: 0 })
    writeFileSync(join(folder, 'big.bin'), 'mine')
    const differs = await download().ended
    expect(differs).toMatchObject({ code: 1, printed: expect.stringContaining('big.bin is in the folder') as string })
    expect(readFileSync(join(folder, 'big.bin'), 'utf8')).toBe('mine')
  },
)

test('Ctrl-C leaves what arrived, and says how it goes on', { timeout: 60_000 }, async () => {
  const { folder, record, desk, proxy, begunBytes } = await place()
  const { child, ended } = desk('download', record, folder, '--server', proxy.origin, '--json')
  await expect.poll(begunBytes, { timeout: 30_000 }).toBeGreaterThanOrEqual(MIB)
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 3, printed: expect.stringContaining('the same command goes on') as string })
  expect(begunBytes()).toBeGreaterThanOrEqual(MIB)
  expect(await desk('download', 'nope1-12345', folder, '--server', proxy.origin, '--json').ended).toMatchObject({
    code: 1,
    printed: expect.stringContaining('record-not-found') as string,
  })
})
