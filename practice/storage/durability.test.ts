import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startPracticeServer } from '../server.ts'
import { COMPLETE, temporaryFolder } from '../test-support/scene.ts'

const script = fileURLToPath(new URL('../index.ts', import.meta.url))

/** The practice repository as a process of its own, as the application starts it. */
async function startProcess(dataFolder: string) {
  const child = spawn(process.execPath, [script, '--data', dataFolder], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', DEPOSIT_DESK_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url, tokens } = JSON.parse(line.toString()) as { url: string; tokens: { researcher: string } }
  const call = (method: string, path: string, body?: unknown, type = 'application/json') =>
    fetch(`${url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens.researcher}`,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }).then((answer) => answer.json() as Promise<Record<string, unknown>>)
  return { child, ended, call, tokens }
}

test('what was answered is there after kill -9, and the tokens are the same', async () => {
  const dataFolder = temporaryFolder()
  const first = await startProcess(dataFolder)
  const { id } = await first.call('POST', '/records', { metadata: COMPLETE })
  const files = `/records/${String(id)}/draft/files`
  await first.call('POST', files, [{ key: 'a.txt' }, { key: 'b.txt' }])
  await first.call('PUT', `${files}/a.txt/content`, 'committed', 'application/octet-stream')
  await first.call('POST', `${files}/a.txt/commit`)
  await first.call('PUT', `${files}/b.txt/content`, 'arrived', 'application/octet-stream')
  first.child.kill('SIGKILL')
  await first.ended

  const second = await startProcess(dataFolder)
  expect(second.tokens).toEqual(first.tokens)
  expect(await second.call('GET', `${files}/a.txt`)).toMatchObject({ status: 'completed', size: 9 })
  expect(await second.call('POST', `${files}/b.txt/commit`)).toMatchObject({ status: 'completed', size: 7 })
  second.child.stdin.end()
  expect(await second.ended).toEqual([0, null])
})

test('a successor waits for the data folder until its predecessor has let go of it', async () => {
  const dataFolder = temporaryFolder()
  const first = await startPracticeServer({ dataFolder })
  const successor = startPracticeServer({ dataFolder })
  await first.close()
  const second = await successor
  expect(second.tokens).toEqual(first.tokens)
  await second.close()
})
