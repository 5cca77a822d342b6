import { spawn } from 'node:child_process'
import { z } from 'zod'
import { DeskError } from '../../contract/errors.ts'

/*
 * The practice repository runs as a process of its own and says on its first line of output where it listens. How the
 * process is made differs (a utility process in the application, a child of the command line); the rest is here.
 */

export type PracticeServer = {
  /** Origin on loopback, with the port that the system gave. */
  readonly url: string
  readonly tokens: {
    readonly admin: string
    readonly researcher: string
    readonly curator: string
    readonly reader: string
  }
  stop(): Promise<void>
}

/** A started process, whichever kind it is. */
export type PracticeProcess = {
  readonly output: NodeJS.ReadableStream
  readonly errors: NodeJS.ReadableStream
  /** Resolves when it has ended, also when it could not be started; never rejects. */
  readonly ended: Promise<void>
  kill(): void
}
export type SpawnPractice = (args: readonly string[]) => PracticeProcess

const START_LIMIT_MS = 30_000
/** A first line longer than this is not ours. */
const FIRST_LINE_LIMIT = 10_000

const token = z.string().min(1)
const firstLineSchema = z.object({
  url: z
    .url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost|\[::1\])$/ })
    .transform((url) => new URL(url).origin),
  tokens: z.object({ admin: token, researcher: token, curator: token, reader: token }),
})

/**
 * Starts the practice repository on `dataFolder` and waits until it listens.
 * @throws DeskError practice-failed, with what the process last complained of.
 */
export async function startPractice(parts: {
  dataFolder: string
  spawn: SpawnPractice
}): Promise<PracticeServer & { readonly ended: Promise<void> }> {
  const child = parts.spawn(['--data', parts.dataFolder])
  const complaint = lastLine(child.errors)
  try {
    const { url, tokens } = parseFirstLine(await within(START_LIMIT_MS, firstLine(child)))
    // Whatever else it prints must be taken off the pipe, or it stops when the pipe is full.
    child.output.resume()
    return {
      url,
      tokens,
      ended: child.ended,
      stop: async () => {
        child.kill()
        await child.ended
      },
    }
  } catch (error) {
    child.kill()
    throw new DeskError(
      'practice-failed',
      { reason: complaint() ?? (error instanceof Error ? error.message : 'unknown') },
      { cause: error },
    )
  }
}

/**
 * The practice repository while it is needed: started by the first call, started again by the next call after it died.
 * `stop` ends it where it runs.
 */
export function keepPractice(parts: { dataFolder: string; spawn: SpawnPractice }): {
  server: () => Promise<PracticeServer>
  stop: () => Promise<void>
} {
  let current: Promise<PracticeServer> | null = null

  const start = async () => {
    const server = await startPractice(parts)
    void server.ended.then(() => {
      current = null
    })
    return server
  }

  return {
    server: () => {
      current ??= start().catch((error: unknown) => {
        current = null
        throw error
      })
      return current
    },
    stop: async () => {
      const server = await current?.catch(() => null)
      await server?.stop()
    },
  }
}

/**
 * Runs `script` with the running executable as Node: for the command line. The pipe on standard input tells the child when
 * this process is gone, also after SIGKILL.
 */
export function practiceAsChild(script: string): SpawnPractice {
  return (args) => {
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', DEPOSIT_DESK_PARENT: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A write into the pipe of a child that is gone would be thrown at the process; nothing is ever written.
    child.stdin.on('error', () => undefined)
    return {
      output: child.stdout,
      errors: child.stderr,
      ended: new Promise((resolve) => {
        // Not “exit”: what it complained of must have been read by then.
        child.once('close', () => resolve())
        child.once('error', () => resolve())
      }),
      kill: () => void child.kill('SIGTERM'),
    }
  }
}

async function firstLine(child: PracticeProcess): Promise<string> {
  let text = ''
  const line = new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer | string) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end < 0 && text.length < FIRST_LINE_LIMIT) return
      child.output.off('data', take)
      if (end < 0) reject(new Error('it does not answer as the practice repository'))
      else resolve(text.slice(0, end))
    }
    child.output.on('data', take)
  })
  const ended = child.ended.then(() => {
    throw new Error('it ended at once')
  })
  return Promise.race([line, ended])
}

function parseFirstLine(line: string): z.output<typeof firstLineSchema> {
  try {
    return firstLineSchema.parse(JSON.parse(line))
  } catch (error) {
    throw new Error('it does not answer as the practice repository', { cause: error })
  }
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not answer in time')), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Follows a stream of complaints; gives the last line with text, cut to what an error may hold. */
function lastLine(stream: NodeJS.ReadableStream): () => string | null {
  let tail = ''
  stream.on('data', (chunk: Buffer | string) => {
    tail = (tail + chunk.toString()).slice(-4000)
  })
  return () => {
    const lines = tail.split('\n').filter((line) => line.trim() !== '')
    return lines.at(-1)?.trim().slice(0, 300) ?? null
  }
}
