import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../contract/desk/account.ts'
import type { FolderEntry } from '../contract/desk/folder.ts'
import { joinNote } from '../core/deposit/volumes.ts'
import { startPracticeServer } from '../practice/server.ts'
import { readArguments, UsageError, type Command } from './arguments.ts'
import { choosePlan, follow, placeOrder, readOrder, resumeAll } from './deposit.ts'
import { completeMetadata } from './metadata.ts'
import { openOrders } from './orders.ts'
import type { Output, OutputEvent } from './output.ts'
import { openSession, type Session } from './session.ts'
import { readRecordName, verify } from './verify.ts'

const never = new AbortController().signal

function recorder(): Output & { events: OutputEvent[]; errors: string[] } {
  const events: OutputEvent[] = []
  const errors: string[] = []
  return {
    events,
    errors,
    show: (event) => events.push(event),
    error: ({ code }) => errors.push(code),
    end: () => undefined,
  }
}

/** A profile, a folder with two files, and a server of its own to send them to. */
async function place() {
  const work = mkdtempSync(join(tmpdir(), 'deposit-desk-cli-'))
  const server = await startPracticeServer({ dataFolder: join(work, 'server') })
  onTestFinished(async () => {
    await server.close()
    rmSync(work, { recursive: true, force: true })
  })
  const folder = join(work, 'Lake data')
  for (const [name, text] of [
    ['a.txt', 'first'],
    ['raw/ü.csv', '1,2,3'],
  ] as const) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const home = join(work, 'home')
  mkdirSync(home)
  const environment = { DEPOSIT_DESK_TOKEN: server.tokens.researcher }
  const open = async (): Promise<Session> => {
    const session = await openSession(home, environment, null, never)
    onTestFinished(() => session.close())
    return session
  }
  const command = (...more: string[]) =>
    readArguments(['deposit', folder, '--server', server.url, ...more]) as Extract<Command, { kind: 'deposit' }>
  return { home, folder, environment, server, open, command }
}

test('a folder is deposited and published, and verify finds every difference', async () => {
  const { home, folder, environment, server, open, command } = await place()
  const output = recorder()
  const session = await open()
  const orders = openOrders(home)
  const order = orders.add(await readOrder(command('--publish', '--title', 'Lakes'), output))
  const id = await placeOrder(session, orders, order, output, never)
  expect(await follow(session.desk, id, output, never)).toBe(0)

  expect(output.errors).toEqual([])
  expect(output.events.flatMap((event) => (event.event === 'file' ? [event.key] : [])).sort()).toEqual([
    'a.txt',
    'raw/ü.csv',
  ])
  const done = output.events.at(-1)
  expect(done).toMatchObject({
    event: 'done',
    files: 2,
    bytes: 10,
    record: { doi: expect.stringMatching(/^10\./) as string },
  })
  const record = done?.event === 'done' ? done.record.id : ''

  const compare = async () => {
    const lines = recorder()
    const check = readArguments(['verify', record, folder, '--server', server.url]) as Extract<
      Command,
      { kind: 'verify' }
    >
    const same = await verify(check, home, environment, lines)
    return { same, summary: lines.events.at(-1) }
  }
  expect(await compare()).toMatchObject({ same: true, summary: { equal: 2 } })
  writeFileSync(join(folder, 'a.txt'), 'FIRST')
  writeFileSync(join(folder, 'new.txt'), 'x')
  expect(await compare()).toMatchObject({ same: false, summary: { equal: 1, different: 1, missing: 0, extra: 1 } })
})

/** Deposits the folder of `from`, and compares its draft with that of `with`. */
async function compareDrafts(from: Awaited<ReturnType<typeof place>>, folder: string, ...options: string[]) {
  const { home, environment, server, open, command } = from
  const output = recorder()
  const session = await open()
  const orders = openOrders(home)
  const id = await placeOrder(session, orders, orders.add(await readOrder(command(...options), output)), output, never)
  expect(await follow(session.desk, id, output, never)).toBe(0)
  const draftId = session.desk.deposits.get(id).draft?.id ?? ''
  const check = readArguments(['verify', draftId, folder, '--server', server.url])
  const lines = recorder()
  const same = await verify(check as Extract<Command, { kind: 'verify' }>, home, environment, lines)
  return { same, summary: lines.events.at(-1) }
}

test('a compressed zip is found equal to its folder, and different once a file in it is', async () => {
  const from = await place()
  writeFileSync(join(from.folder, 'raw/long.csv'), '1,2,3\n'.repeat(2000))
  expect(await compareDrafts(from, from.folder, '--pack', 'always', '--compress')).toMatchObject({
    same: true,
    summary: { equal: 2 },
  })
  const other = await place()
  writeFileSync(join(from.folder, 'raw/long.csv'), '1,2,4\n'.repeat(2000))
  writeFileSync(join(other.folder, 'raw/long.csv'), '1,2,3\n'.repeat(2000))
  expect(await compareDrafts(other, from.folder, '--pack', 'always', '--compress')).toMatchObject({
    same: false,
    summary: { equal: 1, different: 1 },
  })
})

test('volumes are found equal to the file that they were', async () => {
  const from = await place()
  const whole = join(dirname(from.folder), 'whole')
  mkdirSync(whole)
  writeFileSync(join(whole, 'a.txt'), 'first')
  writeFileSync(join(whole, 'data.h5'), '0123456789')
  rmSync(from.folder, { recursive: true })
  mkdirSync(from.folder)
  const volumes = ['0123', '4567', '89'].map((text, at) => ({ key: `data.h5.00${at + 1}`, bytes: text.length, text }))
  for (const { key, text } of volumes) writeFileSync(join(from.folder, key), text)
  writeFileSync(join(from.folder, 'data.h5.README-join.txt'), joinNote('data.h5', 10, volumes))
  writeFileSync(join(from.folder, 'a.txt'), 'first')
  expect(await compareDrafts(from, whole)).toMatchObject({ same: true, summary: { equal: 5 } })
})

test('an order whose process was killed is carried out by resume, once', async () => {
  const { home, server, open, command } = await place()
  const output = recorder()
  // Killed right after the order was noted, and again right after its deposit was stored.
  const order = openOrders(home).add(await readOrder(command('--publish'), output))
  const first = await open()
  const depositId = await placeOrder(first, openOrders(home), order, output, never)
  openOrders(home).save(order)
  await first.close()

  const session = await open()
  expect(await resumeAll(session, home, output, never)).toBe(0)
  expect(session.desk.deposits.list()).toMatchObject([{ id: depositId, publication: 'published' }])
  expect(openOrders(home).list()).toEqual([])
  const answer = await fetch(`${server.url}/api/user/records`, {
    headers: { authorization: `Bearer ${server.tokens.researcher}` },
  })
  expect(((await answer.json()) as { hits: { total: number } }).hits.total).toBe(1)
  expect(output.events.at(-1)).toMatchObject({ event: 'done' })

  await resumeAll(session, home, output, never)
  expect(output.events.at(-1)).toEqual({ event: 'note', text: 'Nothing is unfinished.' })
})

test('an order whose files had all arrived when its process was killed gets its token, too', async () => {
  const { home, open, command } = await place()
  const output = recorder()
  const first = await open()
  const orders = openOrders(home)
  const order = orders.add(await readOrder(command(), output))
  expect(await follow(first.desk, await placeOrder(first, orders, order, output, never), output, never)).toBe(0)
  await first.close()

  const session = await open()
  expect(await resumeAll(session, home, output, never)).toBe(0)
  expect(session.desk.accounts.list().map(({ token }) => token)).not.toContain('missing')
  expect(openOrders(home).list()).toEqual([])
})

test('stopping leaves the work to resume', async () => {
  const { home, open, command } = await place()
  const output = recorder()
  const session = await open()
  const orders = openOrders(home)
  const id = await placeOrder(session, orders, orders.add(await readOrder(command(), output)), output, never)
  await expect(follow(session.desk, id, output, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  await session.close()
  expect(await resumeAll(await open(), home, output, never)).toBe(0)
})

test('publishing on a public server needs a title and creators, which nobody else would look at', async () => {
  const { folder } = await place()
  const publish = (...more: string[]) =>
    readOrder(
      readArguments(['deposit', folder, '--server', 'zenodo', '--publish', ...more]) as Extract<
        Command,
        { kind: 'deposit' }
      >,
      recorder(),
    )
  await expect(publish()).rejects.toThrow(/title.*creators/)
  const file = `${folder}.json`
  writeFileSync(
    file,
    JSON.stringify({ title: 'T', creators: [{ person_or_org: { type: 'personal', family_name: 'F' } }] }),
  )
  await expect(publish('--metadata', file)).resolves.toMatchObject({ publish: true, metadata: { title: 'T' } })
  writeFileSync(file, '{"metadata": [')
  await expect(publish('--metadata', file)).rejects.toThrow(UsageError)
})

const account = {
  serverName: 'Zenodo',
  user: { id: '1', name: 'Ada M. Lovelace', email: null },
  capabilities: { maxFiles: 2, quotaBytes: null, maxFileBytes: null, emptyFiles: 'accepted' },
} as unknown as Account

test('everything that nobody gave is said', () => {
  const { metadata, assumed } = completeMetadata({ publisher: 'P' }, 'Lake data', account)
  expect(metadata).toMatchObject({
    title: 'Lake data',
    creators: [{ person_or_org: { type: 'personal', family_name: 'Lovelace', given_name: 'Ada M.' } }],
    resource_type: { id: 'dataset' },
    publisher: 'P',
  })
  expect(assumed).toHaveLength(4)
})

test('folders are packed when there are more files than the server takes, unless packing is not wanted', () => {
  const entries: FolderEntry[] = ['a/1', 'a/2', 'a/3'].map((path) => ({
    path,
    kind: 'file',
    bytes: 1,
    files: 1,
    modifiedAt: 0,
    leftOut: null,
  }))
  const choose = (files: readonly FolderEntry[], pack: 'auto' | 'never' | 'always') =>
    choosePlan(files, { pack, compress: false, split: false }, account).plan
  expect(choose(entries, 'auto')).toMatchObject({ refused: false, files: [{ key: 'a.zip' }] })
  expect(choose(entries, 'never').refused).toBe(true)
  expect(choose(entries.slice(0, 2), 'auto').files).toHaveLength(2)
  expect(choose(entries.slice(0, 2), 'always').files).toHaveLength(1)
})

test('what the server does not take as one file is cut, where that is wanted', () => {
  const large: FolderEntry = { path: 'a.h5', kind: 'file', bytes: 25_000, files: 1, modifiedAt: 0, leftOut: null }
  const small = { ...account, capabilities: { ...account.capabilities, maxFiles: 100, maxFileBytes: 10_000 } }
  const wish = { pack: 'auto', compress: false } as const
  expect(choosePlan([large], { ...wish, split: false }, small).plan.refused).toBe(true)
  const { plan, choices } = choosePlan([large], { ...wish, split: true }, small)
  expect(choices.split).toEqual(['a.h5'])
  expect(plan.refused).toBe(false)
  expect(plan.files.map(({ key }) => key)).toEqual(['a.h5.001', 'a.h5.002', 'a.h5.003', 'a.h5.README-join.txt'])
})

test.each([
  ['abcde-12345', 'abcde-12345', { kind: 'practice' }],
  [
    'https://repository.example/records/abcde-12345/files/x',
    'abcde-12345',
    { kind: 'other', address: 'https://repository.example' },
  ],
  [
    'https://repository.example/uploads/abcde-12345',
    'abcde-12345',
    { kind: 'other', address: 'https://repository.example' },
  ],
  ['10.5281/zenodo.1234', '1234', { kind: 'zenodo' }],
  ['https://doi.org/10.5281/zenodo.1234', '1234', { kind: 'zenodo' }],
])('%s names the record %s', (text, recordId, choice) => {
  expect(readRecordName(text, null)).toEqual({ recordId, choice })
})
