import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { EngineEvent } from './engine.ts'
import { hostEngine, hostEngineInProcess, type EngineProcess, type FromEngine, type ToEngine } from './host.ts'
import { CAPABILITIES } from './test-support/scene.ts'

/** A process of which the test plays the inside. */
class FakeProcess extends EventEmitter implements EngineProcess {
  readonly told: ToEngine[] = []
  postMessage(message: ToEngine): void {
    this.told.push(message)
  }
  say(message: FromEngine): void {
    this.emit('message', message)
  }
  kill(): void {
    this.emit('exit')
  }
}

const session = {
  kind: 'session' as const,
  accountId: 'a',
  server: { origin: 'https://example.org', name: 'Example', token: 'secret' },
  capabilities: CAPABILITIES,
}

async function open() {
  const processes: FakeProcess[] = []
  const fork = () => {
    const one = new FakeProcess()
    processes.push(one)
    queueMicrotask(() => one.say({ kind: 'opened' }))
    return one
  }
  const host = await hostEngine({ home: '/nowhere', fork })
  const [first] = processes
  if (first === undefined) throw new Error('nothing was started')
  return { host, processes, first }
}

test('an engine that dies is started again, told its sessions, and asked again what it had not answered', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { host, processes, first } = await open()
  const settled = host.command(session)
  first.say({ kind: 'answer', id: 1, value: undefined })
  await settled
  const asked = host.transfer('d')
  first.kill()
  await vi.advanceTimersByTimeAsync(1500)
  const second = processes[1]
  expect(second?.told).toEqual([
    { kind: 'open', home: '/nowhere' },
    { kind: 'call', id: 0, name: 'command', input: [session] },
    { kind: 'call', id: 2, name: 'transfer', input: ['d'] },
  ])
  second?.say({ kind: 'answer', id: 2, value: 'the transfer' })
  expect(await asked).toBe('the transfer')
})

test('an ended session is not told again, and a refusal arrives as its error', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { host, processes, first } = await open()
  void host.command(session)
  void host.command({ kind: 'end-session', accountId: 'a' })
  for (const id of [1, 2]) first.say({ kind: 'answer', id, value: undefined })
  first.kill()
  await vi.advanceTimersByTimeAsync(1500)
  expect(JSON.stringify(processes[1]?.told)).not.toContain('secret')
  const refused = host.command({ kind: 'command', command: 'pause', target: { kind: 'deposit', depositId: 'd' } })
  processes[1]?.say({ kind: 'refusal', id: 3, error: { code: 'deposit-unknown', params: {} } })
  await expect(refused).rejects.toMatchObject({ code: 'deposit-unknown' })
})

test('downloads that had not ended are begun again in the new process, those that were stopped are not', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { host, processes, first } = await open()
  const task = (downloadId: string) => ({ downloadId, server: session.server, record: { kind: 'record' as const, id: 'r' }, place: '/place', folder: 'r', mayMake: true, files: [] }) // prettier-ignore
  const news: string[] = []
  host.downloads.onNews(({ kind, downloadId }) => news.push(`${downloadId} ${kind}`))
  for (const id of ['ended', 'stopped', 'open']) void host.downloads.start(task(id))
  void host.downloads.stop('stopped', null)
  for (const id of [1, 2, 3, 4]) first.say({ kind: 'answer', id, value: undefined })
  first.say({ kind: 'download', news: { kind: 'ended', downloadId: 'ended', error: null } })
  expect(news).toEqual(['ended ended'])
  first.kill()
  await vi.advanceTimersByTimeAsync(1500)
  expect(processes[1]?.told.slice(1)).toEqual([{ kind: 'call', id: 0, name: 'startDownload', input: [task('open')] }])
})

test('an engine that can’t open its journal says why', async () => {
  const fork = () => {
    const one = new FakeProcess()
    queueMicrotask(() => one.say({ kind: 'not-opened', error: { code: 'data-from-newer-version', params: {} } }))
    return one
  }
  await expect(hostEngine({ home: '/nowhere', fork })).rejects.toMatchObject({ code: 'data-from-newer-version' })
})

test('stopping waits for the process to end, and ends one that does not (U41)', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { host, first } = await open()
  const stopped = host.stop()
  expect(first.told.at(-1)).toMatchObject({ name: 'stop' })
  await vi.advanceTimersByTimeAsync(3500)
  await stopped
})

test('in this process the engine answers the same calls', async () => {
  const home = mkdtempSync(join(tmpdir(), 'host-'))
  const host = hostEngineInProcess({ home })
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const events: EngineEvent[] = []
  host.onEvent((event) => events.push(event))
  expect(await host.transfer('d')).toMatchObject({ state: 'none' })
  expect(await host.files('d', 0, 10)).toEqual({ total: 0, rows: [] })
  const unknown = host.command({ kind: 'command', command: 'pause', target: { kind: 'deposit', depositId: 'd' } })
  await expect(unknown).rejects.toMatchObject({ code: 'deposit-unknown' })
  await host.stop()
})
