import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog, redact } from './log.ts'

const TOKEN = 'Xq7'.repeat(20)

test.each([
  `Authorization: Bearer ${TOKEN}`,
  `{"access_token":"short-one-12"}`,
  `GET /api/me?access_token=abcdefgh1234 failed`,
  `the server said ${TOKEN}, odd`,
  `headers: { authorization: 'Bearer short-one-12' }`,
])('no token is written: %s', (text) => {
  expect(redact(text)).not.toMatch(/Xq7Xq7|short-one-12|abcdefgh1234/)
})

test('what a server says can neither forge a line nor steer a terminal', () => {
  expect(redact('a\u001b[2Jb\rc\u202Ed')).toBe('a�[2Jb�c�d')
})

test('no place on this computer is written', async () => {
  const home = await mkdtemp(join(tmpdir(), 'deposit-desk-log-'))
  try {
    const cause = new Error(`ENOENT: open '${join(homedir(), 'study/patients.csv')}'`)
    openLog(home).failure('1', 'deposits.create', new Error(`${home}/desk.db`, { cause }))
    const text = await readFile(join(home, 'logs/deposit-desk.log'), 'utf8')
    expect(text).toContain("'[home]/study/patients.csv'")
    expect(text).toContain('[profile]/desk.db')
    expect(text).not.toContain(home)
  } finally {
    await rm(home, { recursive: true })
  }
})

test('failures are kept with their number and stack, in files that stay small and private', async () => {
  const home = await mkdtemp(join(tmpdir(), 'deposit-desk-log-'))
  try {
    const log = openLog(home)
    log.failure('0badcafe', 'deposits.get', new Error('first'))
    const file = join(home, 'logs/deposit-desk.log')
    expect(await readFile(file, 'utf8')).toMatch(/0badcafe deposits\.get Error: first\n\s+at /)
    expect((await stat(file)).mode & (process.platform === 'win32' ? 0 : 0o077)).toBe(0)
    const long = 'many words '.repeat(2000)
    for (let count = 0; count < 250; count++) log.failure('1', long, undefined)
    const sizes = await Promise.all(
      (await readdir(join(home, 'logs'))).map(async (name) => (await stat(join(home, 'logs', name))).size),
    )
    expect(sizes).toHaveLength(2)
    expect(Math.max(...sizes)).toBeLessThan(1_100_000)
  } finally {
    await rm(home, { recursive: true })
  }
})
