import { randomBytes } from 'node:crypto'
import { ipcMain, type IpcMainInvokeEvent } from 'electron'
import { CALLS, INPUT_LIMIT, type CallName, type Envelope, type Handlers } from '../../contract/ipc.ts'
import { DeskError, type AppError } from '../../contract/errors.ts'

/** Notes what went wrong under the number that the person is shown. */
export type LogFailure = (support: string, what: string, error: unknown) => void

/**
 * Answers every call of contract/ipc.ts: only our own window is heard, its input is capped and parsed strictly, and what
 * goes back is parsed too, so that nothing leaves main which the contract does not name.
 *
 * `handlers` may still be on its way: the window loads while the desk opens.
 */
export function registerCalls(
  handlers: Promise<Handlers>,
  parts: { isOurs: (event: IpcMainInvokeEvent) => boolean; log: LogFailure },
): void {
  const answer = async <C extends CallName>(name: C, event: IpcMainInvokeEvent, raw: unknown): Promise<unknown> => {
    if (!parts.isOurs(event)) throw refuse(name, 'a sender that is not the window')
    const input = parseInput(name, raw)
    const output: unknown = await (await handlers)[name](input as never)
    return CALLS[name].output.parse(output)
  }

  const refuse = (name: CallName, what: string, cause?: unknown) => {
    const support = supportNumber()
    parts.log(support, `${name}: ${what}`, cause)
    return new DeskError('input-refused', { support })
  }

  const parseInput = (name: CallName, raw: unknown): unknown => {
    if (!isSmall(raw)) throw refuse(name, 'an input that is too large or not data')
    const parsed = CALLS[name].input.safeParse(raw)
    if (parsed.success) return parsed.data
    // Paths of the fields only: a value could be a token.
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.code}`).join(', ')
    throw refuse(name, `an input that does not parse: ${where}`)
  }

  const asError = (name: CallName, error: unknown): AppError => {
    if (error instanceof DeskError) return error.toJSON()
    const support = supportNumber()
    parts.log(support, name, error)
    return { code: 'internal', params: { support } }
  }

  for (const name of Object.keys(CALLS) as CallName[]) {
    ipcMain.handle(name, async (event, raw: unknown): Promise<Envelope<unknown>> => {
      try {
        return { ok: true, value: await answer(name, event, raw) }
      } catch (error) {
        return { ok: false, error: asError(name, error) }
      }
    })
  }
}

/** Structured clone lets through more than JSON: cycles, big integers and maps are no input of ours. */
function isSmall(raw: unknown): boolean {
  try {
    return (JSON.stringify(raw)?.length ?? 0) <= INPUT_LIMIT
  } catch {
    return false
  }
}

function supportNumber(): string {
  return randomBytes(4).toString('hex')
}
