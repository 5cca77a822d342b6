import { DeskError } from '../contract/errors.ts'
import { openLog } from '../main/log.ts'
import { toAppError } from '../main/repository/http/client.ts'
import { VERSION } from '../main/repository/http/version.ts'
import { HELP, readArguments, UsageError, type Command } from './arguments.ts'
import { follow, passes, placeOrder, readOrder, resumeAll, type Outcome } from './deposit.ts'
import { download } from './download.ts'
import { openOrders } from './orders.ts'
import { createOutput, type Output } from './output.ts'
import { homeFolder, openSession, type Session } from './session.ts'
import { showStatus } from './status.ts'
import { verify } from './verify.ts'

const [DONE, FAILED, WRONG_USE, UNFINISHED] = [0, 1, 2, 3] as const

/** A second Ctrl-C means it; the first may come twice, from the terminal and from the process that started this one. */
const INSIST_AFTER_MS = 1000

class Stopped extends Error {}

async function run(command: Command, output: Output, signal: AbortSignal): Promise<number> {
  const environment = process.env
  const home = homeFolder(environment)
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP)
      return DONE
    case 'version':
      process.stdout.write(`${VERSION}\n`)
      return DONE
    case 'status':
      showStatus(home, output)
      return DONE
    case 'verify':
      return (await verify(command, home, environment, output)) ? DONE : FAILED
    case 'download':
      return (await download(command, home, environment, output, signal)) ? DONE : FAILED
    case 'deposit': {
      const wish = await readOrder(command, output)
      return withSession(home, command.limitRate, signal, async (session) => {
        const orders = openOrders(home)
        const order = orders.add(wish)
        let depositId: string
        try {
          depositId = await placeOrder(session, orders, order, output, signal)
        } catch (error) {
          // Whoever sees it fail decides anew. What was stopped, or waits for the server, is still to be done.
          if (!signal.aborted && !(error instanceof DeskError && passes(error))) orders.remove(order.id)
          throw error
        }
        const outcome = await follow(session.desk, depositId, output, signal)
        if (outcome !== UNFINISHED) orders.remove(order.id)
        return outcome
      })
    }
    case 'resume':
      return withSession(home, command.limitRate, signal, (session) => resumeAll(session, home, output, signal))
  }
}

async function withSession(
  home: string,
  limitRate: number | null,
  signal: AbortSignal,
  work: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  const session = await openSession(home, process.env, limitRate, signal)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

async function main(): Promise<number> {
  const output = createOutput(process.argv.includes('--json'))
  const stop = new AbortController()
  let stoppedAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stoppedAt > 0 && performance.now() - stoppedAt > INSIST_AFTER_MS) process.exit(UNFINISHED)
      stoppedAt ||= performance.now()
      stop.abort(new Stopped())
    })
  }
  let command: Command | null = null
  try {
    command = readArguments(process.argv.slice(2))
    return await run(command, output, stop.signal)
  } catch (error) {
    output.end()
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n“desk help” shows how it is used.\n`)
      return WRONG_USE
    }
    if (stop.signal.aborted) {
      const again = command?.kind === 'download' ? 'the same command' : '“desk resume”'
      process.stderr.write(`Stopped. Nothing is lost: ${again} goes on from here.\n`)
      return UNFINISHED
    }
    const told = toAppError(error, '')
    output.error(told)
    if (told.code === 'internal') openLog(homeFolder(process.env)).failure(told.params['support'] ?? '', 'desk', error)
    return error instanceof DeskError && passes(error) ? UNFINISHED : FAILED
  }
}

// tools/desk.mjs holds the other end: when it is gone, however it ended, nobody waits for this process any more.
process.on('disconnect', () => process.exit(UNFINISHED))
process.exitCode = await main()
process.exit()
