// Starts what `npm run bench` measures and what it measures against, each in a process of its own.
import { fork, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asNode } from '../runtime.mjs'

const here = import.meta.dirname

/** Milliseconds of a clock that all processes of a machine share. */
export function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/**
 * @param {string} electron @param {string} script @param {string[]} args @param {string[]} [execArgv]
 */
function start(electron, script, args, execArgv = []) {
  const child = fork(join(here, script), args, {
    execPath: electron,
    execArgv,
    env: asNode(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  /** @type {Set<(message: any) => void>} */
  const listeners = new Set()
  child.on('message', (message) => {
    for (const listener of listeners) listener(message)
  })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  return {
    child,
    gone,
    pid: /** @type {number} */ (child.pid),
    /** @param {(message: any) => void} listener */
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** The next message that `wanted` takes. @param {(message: any) => boolean} wanted @returns {Promise<any>} */
    next(wanted) {
      return new Promise((resolve, reject) => {
        const off = this.listen((message) => {
          if (!wanted(message)) return
          off()
          resolve(message)
        })
        void gone.then(() => reject(new Error(`${script} has ended`)))
      })
    },
    async end() {
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

/**
 * A server of bench/server.mjs, with its arguments.
 * @param {string} electron @param {'hash' | 'discard' | 'hash moving' | 'hash fixed'} mode @param {string[]} [execArgv]
 */
export async function startServer(electron, mode, execArgv) {
  const server = start(electron, 'server.mjs', mode.split(' '), execArgv)
  const { url } = await server.next(({ kind }) => kind === 'ready')
  /** @param {unknown} message */
  const ask = async (message) => {
    const answer = server.next(({ kind }) => kind === 'seen')
    server.child.send(/** @type {any} */ (message))
    return (await answer).seen
  }
  return {
    pid: server.pid,
    url,
    token: 'bench',
    /** Forgets all files; `sums`: MD5 by key, or `*`, for a server that computes none. @param {Record<string, string>} sums */
    empty: (sums = {}) => ask({ kind: 'empty', sums }),
    /** What came since the last time it was asked. */
    count: () => ask({ kind: 'count' }),
    firstByte: () => server.next(({ kind }) => kind === 'first-byte'),
    end: () => server.end(),
  }
}

/** Runs a script to its end and answers what it measured. @param {string} electron @param {string} script @param {string[]} args */
export async function run(electron, script, args = []) {
  const child = start(electron, script, args)
  const done = await child.next(({ kind }) => kind === 'done')
  await child.end()
  return done
}

/** The practice repository, with drafts to upload to. @param {string} electron @param {string} bundle @param {string} data */
export async function startPractice(electron, bundle, data) {
  const child = spawn(electron, [join(bundle, 'practice.js'), '--data', data], {
    env: asNode({ DEPOSIT_DESK_PARENT: '1' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  const first = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))))
    })
    void gone.then(() => reject(new Error('The practice repository did not start.')))
  })
  return {
    url: /** @type {string} */ (first.url),
    token: /** @type {string} */ (first.tokens.researcher),
    async end() {
      child.kill('SIGTERM')
      await gone
    },
  }
}

/**
 * @typedef {{ url: string, token: string }} Target
 * @typedef {{ key: string, bytes: number, source: any }} Planned
 */

export const CAPABILITIES = {
  recordShape: 'rdm',
  // One request a file, as curl sends it.
  multipart: 'refused',
  emptyFiles: 'accepted',
  maxFiles: null,
  quotaBytes: null,
  maxFileBytes: null,
  limitsSource: 'default',
  requestsPerMinute: null,
}

/**
 * The engine in a process of its own, not yet open. Calls that it does not live to answer throw.
 * @param {string} electron @param {string} bundle @param {string[]} [execArgv] as main gives it to the utility process
 */
export function forkEngine(electron, bundle, execArgv = []) {
  const engine = start(electron, 'engine.mjs', [join(bundle, 'transfers.js')], execArgv)
  // What is sent to a process that was killed meanwhile is lost; `next` tells.
  const send = (/** @type {any} */ message) => engine.child.send(message, () => undefined)
  let id = 0
  return {
    ...engine,
    /** @param {string} name @param {unknown[]} input @returns {Promise<any>} */
    async call(name, ...input) {
      const mine = ++id
      const answer = engine.next((message) => 'id' in message && message.id === mine)
      send({ kind: 'call', id: mine, name, input })
      const { kind, value, error } = await answer
      if (kind === 'refusal') throw new Error(JSON.stringify(error))
      return value
    },
    /** @param {string} home @param {import('../../main/repository/http/client.ts').Patience} [patience] */
    async open(home, patience) {
      await engine.next(({ kind }) => kind === 'ready')
      const openedAt = now()
      const opened = engine.next(({ kind }) => kind === 'opened' || kind === 'not-opened')
      send({ kind: 'open', home, patience })
      if ((await opened).kind !== 'opened') throw new Error('the engine did not open')
      return openedAt
    },
    async kill() {
      engine.child.kill('SIGKILL')
      await engine.gone
    },
    async stop() {
      await this.call('stop')
      await engine.gone
    },
  }
}

/**
 * The engine, open, with a session for `target`. `execArgv` as main gives it to the utility process.
 * @param {string} electron @param {string} bundle @param {string} home @param {Target} target @param {string[]} [execArgv]
 */
export async function startEngine(electron, bundle, home, target, execArgv = []) {
  const bornAt = now()
  const engine = forkEngine(electron, bundle, execArgv)
  const { call } = engine
  const openedAt = await engine.open(home)
  const accountId = '7b0c8f4e-0000-4000-8000-000000000001'
  const server = { origin: target.url, name: 'Bench', token: target.token }
  await call('command', { kind: 'session', accountId, server, capabilities: CAPABILITIES })
  /** Resolves when the deposit is verified. Of news that come together none may be missed, so one listener hears them all.
   * @param {string} depositId @returns {Promise<void>} */
  const settled = (depositId) =>
    new Promise((resolve, reject) => {
      const off = engine.listen(({ event }) => {
        if (event?.kind !== 'deposit' || event.transfer.depositId !== depositId) return
        const { state, error } = event.transfer
        if (state === 'verified') resolve()
        else if ((state === 'blocked' || state === 'waiting') && error?.code !== 'requests-spent')
          reject(new Error(`the deposit is ${state}: ${JSON.stringify(error)}`))
        else return
        off()
      })
      void engine.gone.then(() => reject(new Error('engine.mjs has ended')))
    })
  return {
    pid: engine.pid,
    bornAt,
    openedAt,
    call,
    /** @param {number} files */
    configure: (files) => call('command', { kind: 'configure', filesAtATime: files }),
    /** Begins a deposit. @param {string} draftId @param {readonly Planned[]} files */
    async add(draftId, files) {
      const depositId = randomUUID()
      const done = settled(depositId)
      done.catch(() => undefined)
      const sources = files.map((file, fileId) => ({ ...file, fileId }))
      await call('command', { kind: 'add', depositId, accountId, draftId, files: sources })
      return { depositId, done }
    },
    /** From the command to the end of the last check, in milliseconds. @param {string} draftId @param {readonly Planned[]} files */
    async deposit(draftId, files) {
      const begun = now()
      const { done } = await this.add(draftId, files)
      await done
      return now() - begun
    },
    kill: () => engine.kill(),
    stop: () => engine.stop(),
  }
}

/** `curl -T`, as a person would call it; milliseconds from its start to its end. @param {string} path @param {string} url @param {string} token */
export function curl(path, url, token) {
  return new Promise((resolve, reject) => {
    const begun = now()
    const header = `Authorization: Bearer ${token}`
    const args = ['-sS', '-f', '-o', '/dev/null', '-H', 'Content-Type: application/octet-stream', '-H', header]
    const child = spawn('curl', [...args, '-T', path, url], { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve(now() - begun) : reject(new Error(`curl ended with ${code}`))))
  })
}

/** Bytes that a process has read, from disk or not. @param {number} pid */
export function bytesRead(pid) {
  return Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
}

/** Most memory since `forgetPeak`, in MiB. @param {number} pid */
export function peakMemory(pid) {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** From here on. @param {number} pid */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
