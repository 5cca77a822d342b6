import { explain, type AppError } from '../contract/errors.ts'
import { formatBytes, formatCount, formatDuration, formatRate } from '../core/format.ts'

export type OutputEvent =
  | {
      readonly event: 'scanned'
      readonly name: string
      readonly files: number
      readonly bytes: number
      readonly leftOut: number
    }
  | { readonly event: 'warning'; readonly message: string }
  | { readonly event: 'draft'; readonly id: string; readonly url: string; readonly server: string }
  | ({ readonly event: 'progress' } & Progress)
  | { readonly event: 'file'; readonly key: string; readonly bytes: number; readonly md5: string }
  | { readonly event: 'published'; readonly id: string; readonly doi: string | null; readonly url: string }
  | {
      readonly event: 'done'
      readonly record: { readonly id: string; readonly doi: string | null; readonly url: string }
      readonly files: number
      readonly bytes: number
    }
  /** A line of `status`. `state`: published, draft, needs you, not started, in work, or “3 of 7”. */
  | {
      readonly event: 'deposit'
      readonly id: string | null
      readonly title: string
      readonly server: string
      readonly state: string
      readonly files: number
      readonly verifiedFiles: number
      readonly bytes: number
      readonly draft: string | null
      readonly doi: string | null
      readonly problem: string | null
    }
  /** A file of `verify`. `missing` in the folder, `extra`: not in the record. */
  | { readonly event: 'compared'; readonly result: 'equal' | 'different' | 'missing' | 'extra'; readonly key: string }
  | {
      readonly event: 'verified'
      readonly equal: number
      readonly different: number
      readonly missing: number
      readonly extra: number
    }
  /** A file of `download`, saved as `path` in the folder. `kept`: it was there already. */
  | {
      readonly event: 'saved'
      readonly key: string
      readonly path: string
      readonly bytes: number
      /** Null where the server gave none, so that nothing was compared. */
      readonly md5: string | null
      readonly kept: boolean
    }
  | {
      readonly event: 'downloaded'
      readonly record: { readonly id: string; readonly url: string }
      readonly files: number
      readonly kept: number
      readonly failed: number
      readonly bytes: number
    }
  | { readonly event: 'note'; readonly text: string }

export type Progress = {
  readonly files: number
  readonly verifiedFiles: number
  readonly bytes: number
  readonly bytesPerSecond: number | null
  readonly leftMs: number | null
} & ({ readonly sentBytes: number } | { readonly receivedBytes: number })

export type Output = { show(event: OutputEvent): void; error(error: AppError): void; end(): void }

/** Lines of JSON, or lines of text with a bar that is drawn over itself on a terminal. */
export function createOutput(json: boolean): Output {
  return json ? new JsonOutput() : new TextOutput()
}

/** A bar is drawn ten times a second; a line is read by a program. */
const PROGRESS_EVERY_MS = 1000

class JsonOutput implements Output {
  #progressAt = -Infinity

  show(event: OutputEvent): void {
    if (event.event === 'progress') {
      const now = performance.now()
      if (now - this.#progressAt < PROGRESS_EVERY_MS) return
      this.#progressAt = now
    }
    this.#write(event)
  }

  error(error: AppError): void {
    const { happened, next, todo } = explain(error)
    this.#write({ event: 'error', code: error.code, happened, next, todo })
  }

  end(): void {}

  #write(event: object): void {
    process.stdout.write(`${JSON.stringify(event)}\n`)
  }
}

class TextOutput implements Output {
  #bar = ''

  show(event: OutputEvent): void {
    if (event.event === 'progress') {
      if (process.stdout.isTTY) this.#draw(barOf(event, process.stdout.columns || 80))
      return
    }
    const text = textOf(event)
    if (text !== null) this.#line(text)
  }

  error(error: AppError): void {
    const { happened, next, todo } = explain(error)
    this.#clear()
    process.stderr.write(`${happened}\n${next}\n${todo}\n`)
  }

  end(): void {
    this.#clear()
  }

  #line(text: string): void {
    const bar = this.#bar
    this.#clear()
    process.stdout.write(`${text}\n`)
    if (bar !== '') this.#draw(bar)
  }

  #draw(bar: string): void {
    process.stdout.write(`\r\u001b[2K${bar}`)
    this.#bar = bar
  }

  #clear(): void {
    if (this.#bar !== '') process.stdout.write('\r\u001b[2K')
    this.#bar = ''
  }
}

function textOf(event: Exclude<OutputEvent, { event: 'progress' }>): string | null {
  switch (event.event) {
    case 'scanned':
      return `${event.name}: ${formatCount(event.files, 'file')}, ${formatBytes(event.bytes)}${event.leftOut > 0 ? `; left out: ${event.leftOut}` : ''}`
    case 'warning':
      return `Note: ${event.message}`
    case 'draft':
      return `Draft on ${event.server}: ${event.url}`
    case 'file':
      return `verified  ${printable(event.key)}  ${formatBytes(event.bytes)}  md5 ${event.md5}`
    case 'published':
      return `Published${event.doi === null ? '' : ` as ${event.doi}`}: ${event.url}`
    case 'done':
      return `Done: ${formatCount(event.files, 'file')}, ${formatBytes(event.bytes)}, each MD5 equal. ${event.record.url}`
    case 'deposit': {
      const { state, title, server, files, bytes, draft, doi, problem } = event
      const size = files === 0 ? '' : `${formatCount(files, 'file')}, ${formatBytes(bytes)}`
      const parts = [state.padEnd(14), printable(title), server, size, doi ?? draft ?? ''].filter((part) => part !== '')
      return parts.join('  ') + (problem === null ? '' : `\n${' '.repeat(16)}${problem}`)
    }
    case 'compared':
      return `${event.result.padEnd(9)}  ${printable(event.key)}`
    case 'verified':
      return `${formatCount(event.equal, 'file')} equal, ${event.different} different, ${event.missing} missing in the folder, ${event.extra} not in the record`
    case 'saved': {
      const { key, path, kept, bytes, md5 } = event
      const name = path === key ? printable(key) : `${printable(key)} as ${printable(path)}`
      return `${kept ? 'kept    ' : md5 === null ? 'saved   ' : 'verified'}  ${name}  ${formatBytes(bytes)}  ${md5 === null ? 'no md5' : `md5 ${md5}`}`
    }
    case 'downloaded': {
      const { files, kept, failed, bytes, record } = event
      const rest = `${kept > 0 ? `; there already: ${kept}` : ''}${failed > 0 ? `; not downloaded: ${failed}` : ''}`
      return `${failed > 0 ? 'Not all' : 'Done'}: ${formatCount(files, 'file')}, ${formatBytes(bytes)}, each MD5 equal${rest}. ${record.url}`
    }
    case 'note':
      return event.text
  }
}

function barOf(progress: Progress, columns: number): string {
  const moved = 'sentBytes' in progress ? progress.sentBytes : progress.receivedBytes
  const share = progress.bytes === 0 ? 1 : Math.min(1, moved / progress.bytes)
  const rate = progress.bytesPerSecond === null ? '' : `  ${formatRate(progress.bytesPerSecond)}`
  const left = progress.leftMs === null ? '' : `  ${formatDuration(progress.leftMs)} left`
  const figures = ` ${Math.floor(share * 100)} %  ${progress.verifiedFiles}/${progress.files} files${rate}${left}`
  const width = Math.max(10, Math.min(40, columns - figures.length - 3))
  const full = Math.round(share * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]${figures}`.slice(0, Math.max(20, columns - 1))
}

/** A name as one line: what could steer a terminal is shown as a code. */
export function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
}
