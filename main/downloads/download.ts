import { lstat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { formatBytes } from '../../core/format.ts'
import { bytesPerSecond, countBytes, leftMs, startRate } from '../../core/transfer/rate.ts'
import { askedMs, backoffMs, MOST_ATTEMPTS, type Random } from '../../core/transfer/retry.ts'
import { asDeskError } from '../deposits/context.ts'
import { getContent } from '../repository/files.ts'
import { HttpError, NetworkError, reasonOf, type Content, type RepositoryClient } from '../repository/http/client.ts'
import type { FoundRecord } from './find.ts'
import { namePaths } from './names.ts'
import { diskTrouble, locate, look, Part, removePart } from './place.ts'

const AT_A_TIME = 4
const TELL_EVERY_MS = 100
/** While nothing moves the rate sinks, which is news as well. */
const TELL_AT_LEAST_EVERY_MS = 1000

export type DownloadEvent =
  | {
      readonly kind: 'progress'
      readonly files: number
      readonly verifiedFiles: number
      readonly bytes: number
      readonly receivedBytes: number
      readonly bytesPerSecond: number | null
      readonly leftMs: number | null
      /** Nothing is received at the moment: what is in the folder already is read. */
      readonly checking: boolean
    }
  /** In the folder under `path`, its MD5 that of the server; null where the server gave none. `kept`: it was there already. */
  | {
      readonly kind: 'saved'
      readonly key: string
      readonly path: string
      readonly bytes: number
      readonly md5: string | null
      readonly modifiedAt: number
      readonly kept: boolean
    }
  /** This file can’t be had; the others go on. */
  | { readonly kind: 'failed'; readonly key: string; readonly error: AppError }
  /** It is tried again after a pause. */
  | { readonly kind: 'waiting'; readonly error: AppError }

export type DownloadOrder = {
  readonly client: RepositoryClient
  readonly record: FoundRecord
  /** From `makePlace`. */
  readonly root: string
  readonly signal: AbortSignal
  readonly tell: (event: DownloadEvent) => void
  /** Where each key goes in the folder; by default as `namePaths` says for the files of `record`. */
  readonly paths?: ReadonlyMap<string, string>
  /** When files that were saved before were last changed, by key: those that still were then are not read again. */
  readonly known?: ReadonlyMap<string, number>
  readonly filesAtATime?: number
  /** Holds bytes back to the speed limit: a chunk in pieces, each when its time has come. */
  readonly pace?: (chunk: Uint8Array, signal: AbortSignal) => AsyncIterable<Uint8Array>
  readonly random?: Random
  readonly stallMs?: number
}

export type DownloadTally = {
  readonly files: number
  readonly kept: number
  readonly failed: number
  readonly bytes: number
}

type Wanted = { readonly key: string; readonly path: string; readonly bytes: number; readonly md5: string | null }

/**
 * Downloads all files of a record or draft. What is complete in the folder is kept, what is begun goes on where the server
 * sends ranges, and a file has its name only when its size and MD5 are those of the server; where the server gives no MD5, its
 * size alone. Throws, with everything that arrived kept for the next time: DeskError save-failed, download-folder-gone,
 * not-permitted, token-refused and those of the connection once it has failed `MOST_ATTEMPTS` times in a row; the reason of
 * `signal`.
 */
export async function downloadFiles(order: DownloadOrder): Promise<DownloadTally> {
  const { client, record, root, tell, known } = order
  const server = client.server.name
  const paths = order.paths ?? namePaths(record.files.map(({ key }) => key))
  const stop = new AbortController()
  const signal = AbortSignal.any([order.signal, stop.signal])
  const board = createBoard(record.files, tell)
  /** Of all files, one after the other without progress: then it is no matter of one of them. */
  const row = { failures: 0 }
  const tally = { files: 0, kept: 0, failed: 0, bytes: 0 }
  let ended: { readonly error: unknown } | null = null

  const fetchOne = async (entry: FileEntry): Promise<void> => {
    const path = paths.get(entry.key) ?? entry.key
    const refuse = (reason: string) => new DeskError('file-not-fetched', { name: path, server, reason })
    try {
      const file = wantedOf(entry, path, refuse)
      const { target, part: partPath } = await locate(root, path, file)
      const seen = await board.check(() => look(target, file, signal, known?.get(entry.key)))
      if (seen === 'nothing') {
        const part = await board.check(() => Part.open(partPath, signal))
        try {
          // What came before can’t be told from other content.
          if (file.md5 === null) await part.startAgain()
          board.add(part.bytes)
          await receive(order, file, part, { signal, row, add: board.add, refuse })
          if (!(await part.moveTo(target)) && (await look(target, file, signal)) !== 'equal')
            throw new DeskError('file-differs', { name: path, server })
        } finally {
          // Of a file that can’t be had nothing stays.
          await (part.bytes === 0 ? part.remove() : part.close())
        }
      } else if (seen === 'different') throw new DeskError('file-differs', { name: path, server })
      else board.add(file.bytes)
      // Left where the process was killed while it gave the file its name.
      await removePart(partPath)
      tally.files++
      tally.bytes += file.bytes
      if (seen === 'equal') tally.kept++
      tell({ kind: 'saved', ...file, modifiedAt: (await lstat(target)).mtimeMs, kept: seen === 'equal' })
      board.done()
    } catch (error) {
      const disk = diskTrouble(error)
      if (disk && !(await lstat(root).catch(() => null))?.isDirectory())
        throw new DeskError('download-folder-gone', { folder: basename(root) }, { cause: error })
      if (disk?.all) throw new DeskError('save-failed', { reason: disk.reason }, { cause: error })
      const told = disk ? refuse(disk.reason) : error
      if (!(told instanceof DeskError && OF_ONE_FILE.includes(told.code))) throw told
      tally.failed++
      tell({ kind: 'failed', key: entry.key, error: told.toJSON() })
    }
  }

  let next = 0
  const work = async () => {
    for (let entry = record.files[next++]; entry && !signal.aborted; entry = record.files[next++]) {
      try {
        await fetchOne(entry)
      } catch (error) {
        ended ??= { error: asDeskErrorUnlessStopped(error, order.signal, server) }
        stop.abort()
      }
    }
  }
  const ticking = setInterval(board.show, TELL_AT_LEAST_EVERY_MS)
  await Promise.all(Array.from({ length: order.filesAtATime ?? AT_A_TIME }, work))
  clearInterval(ticking)
  order.signal.throwIfAborted()
  if (ended !== null) throw (ended as { error: unknown }).error
  return tally
}

const OF_ONE_FILE: readonly string[] = ['file-differs', 'download-differs', 'file-not-fetched']

function wantedOf(entry: FileEntry, path: string, refuse: (reason: string) => DeskError): Wanted {
  const { key, size, checksum, status = 'completed' } = entry
  // Before the commit the server answers with 500 (live findings D6).
  if (status !== 'completed') throw refuse('its upload is not finished')
  if (size == null) throw refuse('the server does not say how large it is')
  return { key, path, bytes: size, md5: md5Of(checksum) }
}

/** The MD5 of an entry in lower case; null where the server gives none, or a checksum of another kind. */
export function md5Of(checksum: string | null | undefined): string | null {
  return /^md5:([0-9a-f]{32})$/i.exec(checksum ?? '')?.[1]?.toLowerCase() ?? null
}

type Circumstances = {
  readonly signal: AbortSignal
  readonly row: { failures: number }
  readonly add: (bytes: number, fromServer?: boolean) => void
  readonly refuse: (reason: string) => DeskError
}

/** Fills the part until its size and MD5 are right. */
async function receive(order: DownloadOrder, file: Wanted, part: Part, given: Circumstances): Promise<void> {
  const { client, tell, pace = inOnePiece, random = Math.random } = order
  const { signal, row, add, refuse } = given
  // What an earlier run left may have been damaged since; that is not one of the two times.
  let wrong = part.bytes > 0 ? -1 : 0
  let strikes = 0
  let furthest = part.bytes
  const startAgain = async () => {
    add(-part.bytes)
    await part.startAgain()
  }
  for (;;) {
    if (part.bytes >= file.bytes) {
      const tooMuch = part.bytes > file.bytes
      if (file.md5 === null && !tooMuch) return
      const local = tooMuch ? `not known, as more than ${formatBytes(file.bytes)} came,` : part.md5()
      if (local === file.md5) return
      if (++wrong === 2) {
        await part.remove()
        add(-part.bytes)
        if (file.md5 === null) throw refuse(`more than ${formatBytes(file.bytes)} came`)
        throw new DeskError('download-differs', {
          name: file.path,
          local,
          remote: file.md5,
          server: client.server.name,
        })
      }
      await startAgain()
    }
    try {
      const { id, kind } = order.record
      const from = part.bytes > 0 ? { bytes: part.bytes, etag: part.etag } : undefined
      await getContent(client, { kind, id }, file.key, { from, signal, stallMs: order.stallMs }, async (content) => {
        const fits = goesOn(content, part, file)
        if (!fits) await startAgain()
        if (!fits && content.status === 206) return
        part.etag = content.header('etag')
        for await (const chunk of content.chunks) {
          for await (const piece of pace(chunk, signal)) {
            await part.append(piece)
            add(piece.length, true)
            if (part.bytes > furthest) row.failures = 0
            if (part.bytes > file.bytes) return
          }
        }
      })
      if (part.bytes >= file.bytes) continue
      // It ended early, or sent a part that was not asked for: counted like a cut connection.
      const error = { code: 'server-trouble', params: { server: client.server.name } } as const
      throw new NetworkError('receive', false, error)
    } catch (error) {
      signal.throwIfAborted()
      const verdict = judge(error)
      if (verdict.kind === 'stop') throw error
      if (verdict.kind === 'refuse') throw refuse(verdict.reason)
      if (verdict.fromStart) await startAgain()
      const advanced = part.bytes > furthest
      furthest = Math.max(furthest, part.bytes)
      strikes = advanced ? 1 : strikes + 1
      row.failures++
      if (row.failures >= MOST_ATTEMPTS && (verdict.ofServer || row.failures > strikes)) throw error
      if (strikes >= MOST_ATTEMPTS) throw verdict.ofServer ? error : refuse(`the server failed ${strikes} times`)
      tell({ kind: 'waiting', error: asDeskError(error, client.server.name).toJSON() })
      const pauseMs = verdict.retryAfterMs === null ? backoffMs(strikes, random) : askedMs(verdict.retryAfterMs)
      await sleep(pauseMs, undefined, { signal })
    }
  }
}

/**
 * Whether what comes belongs at the end of what is there. Ranges are off in InvenioRDM by default, so the whole file may come
 * instead (live findings B6); and storage may have other content by now.
 */
function goesOn({ status, header }: Content, part: Part, file: Wanted): boolean {
  if (status !== 206) return part.bytes === 0
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(header('content-range') ?? '') ?? []
  const sameContent = part.etag === null ? file.md5 !== null : header('etag') === part.etag
  return Number(first) === part.bytes && Number(total) === file.bytes && sameContent
}

type Verdict =
  /** `ofServer`: no matter of this one file. */
  | {
      readonly kind: 'again'
      readonly retryAfterMs: number | null
      readonly fromStart: boolean
      readonly ofServer: boolean
    }
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'stop' }

function judge(error: unknown): Verdict {
  const again = { kind: 'again', retryAfterMs: null, fromStart: false, ofServer: false } as const
  // A key such as “../x” can be made, but no address leads to it (live findings D9).
  if (error instanceof DeskError && error.code === 'file-name-refused')
    return { kind: 'refuse', reason: error.params['reason'] ?? '' }
  if (error instanceof NetworkError)
    return ['tls', 'redirect'].includes(error.phase) ? { kind: 'stop' } : { ...again, ofServer: true }
  if (!(error instanceof HttpError)) return { kind: 'stop' }
  const { status, retryAfterMs } = error
  if (status === 416) return { ...again, fromStart: true }
  if (status === 429 || status === 503) return { ...again, retryAfterMs, ofServer: true }
  if (status >= 500 || [408, 409, 423, 425].includes(status)) return again
  if (status === 401 || status === 403) return { kind: 'stop' }
  return { kind: 'refuse', reason: status === 404 || status === 410 ? 'it is no longer there' : reasonOf(error) }
}

/** Counts what arrived, and tells of it ten times a second. */
function createBoard(files: readonly FileEntry[], tell: DownloadOrder['tell']) {
  const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0)
  let [receivedBytes, verifiedFiles, toldAt] = [0, 0, -Infinity]
  let [checks, movedAt] = [0, -Infinity]
  let rate = startRate(performance.now())
  const show = () => {
    const now = performance.now()
    if (now - toldAt < TELL_EVERY_MS && verifiedFiles < files.length) return
    toldAt = now
    tell({
      kind: 'progress',
      files: files.length,
      verifiedFiles,
      bytes,
      receivedBytes,
      bytesPerSecond: bytesPerSecond(rate, now),
      leftMs: leftMs(rate, bytes - receivedBytes, now),
      checking: checks > 0 && now - movedAt > TELL_AT_LEAST_EVERY_MS,
    })
  }
  return {
    show,
    /** Reads what is in the folder. */
    check: async <T>(read: () => Promise<T>): Promise<T> => {
      checks++
      try {
        show()
        return await read()
      } finally {
        checks--
      }
    },
    add: (count: number, fromServer = false) => {
      receivedBytes += count
      if (fromServer) {
        movedAt = performance.now()
        rate = countBytes(rate, count, movedAt)
      }
      show()
    },
    done: () => {
      verifiedFiles++
      show()
    },
  }
}

async function* inOnePiece(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}

function asDeskErrorUnlessStopped(error: unknown, signal: AbortSignal, server: string): unknown {
  return signal.aborted ? error : asDeskError(error, server)
}
