import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeskError, type AppError } from '../../contract/errors.ts'
import type { FileEntry } from '../../contract/repository/file.ts'
import { asDeskError } from '../deposits/context.ts'
import {
  createClient,
  type Patience,
  type RepositoryClient,
  type RequestBudget,
  type Server,
} from '../repository/http/client.ts'
import type { EngineCommand } from '../transfers/types.ts'
import { requestsSpent } from '../repository/http/errors.ts'
import { claimFolder } from './claim.ts'
import { downloadFiles, md5Of, type DownloadOrder } from './download.ts'
import { findRecord, type FoundRecord } from './find.ts'
import { discardParts, makePlace, removeParts } from './place.ts'

export type DownloadTask = {
  readonly downloadId: string
  readonly server: Server
  readonly record: Pick<FoundRecord, 'kind' | 'id'>
  /** Absolute path of the chosen folder, and the name of the record’s own inside it. */
  readonly place: string
  readonly folder: string
  /** The record’s folder may be made: at the first start, or when a person tries again. */
  readonly mayMake: boolean
  readonly files: readonly TaskFile[]
}

export type TaskFile = {
  readonly fileId: number
  readonly key: string
  readonly path: string
  readonly bytes: number
  readonly md5: string | null
  /** When it was last changed, where it was saved before. */
  savedAt: number | null
}

export type DownloadNews =
  /** At most ten a second. */
  | {
      readonly kind: 'progress'
      readonly downloadId: string
      readonly receivedBytes: number
      readonly bytesPerSecond: number | null
      readonly leftMs: number | null
      readonly checking: boolean
    }
  | {
      readonly kind: 'saved'
      readonly downloadId: string
      readonly fileId: number
      readonly modifiedAt: number
      readonly checked: boolean
    }
  | { readonly kind: 'failed'; readonly downloadId: string; readonly fileId: number; readonly error: AppError }
  /** It is tried again by itself. */
  | { readonly kind: 'waiting'; readonly downloadId: string; readonly error: AppError; readonly until: number | null }
  /** A server answered or did not; at most one a second, unless it changes. */
  | {
      readonly kind: 'seen'
      readonly downloadId: string
      readonly ok: boolean
      readonly at: number
      readonly budget: RequestBudget | null
      readonly error: AppError | null
    }
  /** Nothing more comes of this task. Without an error every file was saved or failed. */
  | { readonly kind: 'ended'; readonly downloadId: string; readonly error: AppError | null }

/** Downloads as main starts and stops them, wherever they run. */
export type DownloadRunner = {
  /** One that is known already is begun anew. The news follow. */
  start(task: DownloadTask): void
  /** Ends it, with what has arrived kept; `discard` removes what is begun. Resolves when nothing more is written. */
  stop(downloadId: string, discard: DownloadTask | null): Promise<void>
  /** What the engine is told of settings and power counts here too; the rest is not for it. */
  obey(command: EngineCommand): void
  close(): Promise<void>
}

type Seen = Extract<DownloadNews, { kind: 'seen' }>

type Run = { readonly task: DownloadTask; readonly stop: AbortController; ended: Promise<void> }

/** A shorter one is not worth a word. */
const LONG_PAUSE_MS = 3000
/** So long may what is under way take to end when the application does. */
const CLOSE_MS = 1500

/**
 * Runs downloads, one of a server at a time, so that a server has no more connections for them than for uploads. Tasks come
 * and news go by messages of plain data; what is on disk is the only other memory.
 */
export function createDownloadRunner(parts: {
  readonly home: string
  readonly tell: (news: DownloadNews) => void
  readonly pace?: NonNullable<DownloadOrder['pace']>
  readonly patience?: Patience | undefined
}): DownloadRunner {
  const runs = new Map<string, Run>()
  /** The end of the last download of each server. */
  const lanes = new Map<string, Promise<void>>()
  const clients = new Set<RepositoryClient>()
  let filesAtATime = 4
  let pauseOnBattery = false
  let power: Pick<Extract<EngineCommand, { kind: 'power' }>, 'asleep' | 'onBattery'> = {
    asleep: false,
    onBattery: false,
  }
  let resting = false

  const begin = (task: DownloadTask, earlier: Promise<void>) => {
    const stop = new AbortController()
    const lane = new URL(task.server.origin).origin
    const before = Promise.all([earlier, lanes.get(lane)])
    const ended = before.then(() => perform(task, stop.signal))
    lanes.set(lane, ended)
    const run: Run = { task, stop, ended }
    runs.set(task.downloadId, run)
    void ended.then(() => {
      if (lanes.get(lane) === ended) lanes.delete(lane)
      if (runs.get(task.downloadId) === run && !resting) runs.delete(task.downloadId)
    })
  }

  const end = async (run: Run | undefined) => {
    run?.stop.abort(new DeskError('cancelled'))
    await run?.ended
  }

  const perform = async (task: DownloadTask, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return
    const { downloadId } = task
    try {
      await download(task, signal, { ...parts, filesAtATime, clients })
      parts.tell({ kind: 'ended', downloadId, error: null })
    } catch (error) {
      if (signal.aborted) return
      parts.tell({ kind: 'ended', downloadId, error: inWords(error, task) })
    }
  }

  /** Nothing is received while the system sleeps, nor on battery where that is so configured. */
  const rest = () => {
    const onBattery = pauseOnBattery && power.onBattery
    const rests = power.asleep || onBattery
    if (rests === resting) return
    resting = rests
    for (const run of [...runs.values()]) {
      if (rests) {
        void end(run)
        const error = { code: 'on-battery', params: {} } as const
        if (onBattery) parts.tell({ kind: 'waiting', downloadId: run.task.downloadId, error, until: null })
      } else begin(run.task, run.ended)
    }
  }

  return {
    start: (task) => {
      const earlier = end(runs.get(task.downloadId))
      if (resting) runs.set(task.downloadId, { task, stop: new AbortController(), ended: earlier })
      else begin(task, earlier)
    },
    stop: async (downloadId, discard) => {
      const run = runs.get(downloadId)
      runs.delete(downloadId)
      await end(run)
      if (discard !== null) await discardParts(join(discard.place, discard.folder), discard.files)
    },
    obey: (command) => {
      if (command.kind === 'configure') {
        filesAtATime = command.filesAtATime
        pauseOnBattery = command.pauseOnBattery ?? pauseOnBattery
      } else if (command.kind === 'power') power = command
      else if (command.kind === 'budget') {
        for (const client of clients) if (client.server.origin === command.origin) client.hearBudget(command.budget)
      }
      rest()
    },
    close: async () => {
      const all = [...runs.values()]
      runs.clear()
      const limit = new AbortController()
      const ended = Promise.all(all.map(end)).then(() => limit.abort())
      await Promise.race([ended, sleep(CLOSE_MS, undefined, { signal: limit.signal }).catch(() => undefined)])
    },
  }
}

type Surroundings = Parameters<typeof createDownloadRunner>[0] & {
  readonly filesAtATime: number
  /** Of the downloads that are under way. */
  readonly clients: Set<RepositoryClient>
}

async function download(task: DownloadTask, signal: AbortSignal, around: Surroundings): Promise<void> {
  const { downloadId, server, files } = task
  const { home, tell, pace, patience, filesAtATime, clients } = around
  const root = await openPlace(task)
  const release = claimFolder(home, root)
  const client = createClient(server, patience, 'transfer')
  clients.add(client)
  watch(client, (seen) => tell({ kind: 'seen', downloadId, ...seen }))
  const tellPause = () => {
    const pause = pauseOf(client)
    if (pause) tell({ kind: 'waiting', downloadId, ...pause })
  }
  try {
    tellPause()
    // The list may be days old: what changed since must not be mixed with what is here.
    const record = await findRecord(client, task.record.id, signal)
    const entries = byName(record)
    const fail = ({ fileId }: TaskFile, error: DeskError) =>
      tell({ kind: 'failed', downloadId, fileId, error: error.toJSON() })
    const [sound, stale]: [TaskFile[], TaskFile[]] = [[], []]
    for (const file of files) {
      // One that is here already is whole, be it of yesterday.
      const changed = file.savedAt === null ? changeOf(file, entries, server.name) : null
      if (changed) fail(file, changed)
      ;(changed ? stale : sound).push(file)
    }
    await removeParts(root, stale)
    const byKey = new Map(sound.map((file) => [file.key, file]))
    const idOf = (key: string) => byKey.get(key)?.fileId ?? 0
    const differing: TaskFile[] = []
    signal.throwIfAborted()
    await downloadFiles({
      client,
      record: { ...record, files: sound.map((file) => entryOf(file, entries)) },
      root,
      signal,
      filesAtATime,
      ...(pace ? { pace } : {}),
      paths: new Map(sound.map(({ key, path }) => [key, path])),
      known: new Map(sound.flatMap(({ key, savedAt }) => (savedAt === null ? [] : [[key, savedAt]]))),
      tell: (event) => {
        switch (event.kind) {
          case 'progress': {
            const { receivedBytes, bytesPerSecond, leftMs, checking } = event
            tell({ kind: 'progress', downloadId, receivedBytes, bytesPerSecond, leftMs, checking })
            if (bytesPerSecond === null) tellPause()
            return
          }
          case 'saved': {
            const { key, modifiedAt, md5 } = event
            const file = byKey.get(key)
            // Remembered for a run that goes on after a sleep.
            if (file) file.savedAt = modifiedAt
            tell({ kind: 'saved', downloadId, fileId: idOf(key), modifiedAt, checked: md5 !== null })
            return
          }
          case 'failed': {
            tell({ kind: 'failed', downloadId, fileId: idOf(event.key), error: event.error })
            const file = byKey.get(event.key)
            if (file && ['download-differs', 'file-not-fetched'].includes(event.error.code)) differing.push(file)
            return
          }
          case 'waiting':
            tell({ kind: 'waiting', downloadId, error: event.error, until: null })
        }
      },
    })
    if (differing.length === 0) return
    // Other content than expected may be damage on the way, or the content of today.
    const now = await findRecord(client, task.record.id, signal).then(byName, () => null)
    for (const file of differing) {
      const changed = now && changeOf(file, now, server.name)
      if (!changed) continue
      fail(file, changed)
      await removeParts(root, [file])
    }
  } finally {
    release()
    clients.delete(client)
    await client.close()
  }
}

/** The real path of the record’s folder. Throws download-folder-gone, save-failed. */
async function openPlace({ place, folder, mayMake }: DownloadTask): Promise<string> {
  const isThere = async (path: string) => (await stat(path).catch(() => null))?.isDirectory() === true
  // A disk that is not connected: a folder of its name on another one would be no help.
  if (!(await isThere(place))) throw new DeskError('download-folder-gone', { folder: basename(place) })
  const path = join(place, folder)
  // What can’t be made, makePlace puts into words.
  if (mayMake) await mkdir(path).catch(() => undefined)
  else if (!(await isThere(path))) throw new DeskError('download-folder-gone', { folder })
  return makePlace(path)
}

/** Nothing of the server’s budget is left for transfers, and it takes a while until there is. */
function pauseOf(client: RepositoryClient): { readonly error: AppError; readonly until: number } | null {
  const opensInMs = client.opensInMs()
  const budget = client.budget()
  if (opensInMs < LONG_PAUSE_MS || budget === null) return null
  const until = Date.now() + opensInMs
  return { error: requestsSpent(client.server.name, budget, until), until }
}

function watch(client: RepositoryClient, tell: (seen: Pick<Seen, 'ok' | 'at' | 'budget' | 'error'>) => void): void {
  let last = { ok: false, at: 0, code: '' }
  client.onAnswer(({ ok, at, error }) => {
    const code = error?.code ?? ''
    if (ok === last.ok && code === last.code && at - last.at < 1000) return
    last = { ok, at, code }
    tell({ ok, at, error, budget: client.budget() })
  })
}

function byName({ files }: FoundRecord): ReadonlyMap<string, FileEntry> {
  return new Map(files.map((entry) => [entry.key, entry]))
}

function changeOf(file: TaskFile, entries: ReadonlyMap<string, FileEntry>, server: string): DeskError | null {
  const entry = entries.get(file.key)
  const changed = (reason: string) => new DeskError('download-changed', { name: file.path, server, reason })
  if (!entry) return changed('it is no longer there')
  if (entry.size !== file.bytes) return changed('it has another size')
  return md5Of(entry.checksum) === file.md5 ? null : changed('it has another MD5')
}

/** As it was when the download began, and whether it can be had today. */
function entryOf({ key, bytes, md5 }: TaskFile, entries: ReadonlyMap<string, FileEntry>): FileEntry {
  return { key, size: bytes, checksum: md5 && `md5:${md5}`, status: entries.get(key)?.status }
}

function inWords(error: unknown, { server }: DownloadTask): AppError {
  const { code, params } = asDeskError(error, server.name)
  // “Nothing was written” is not true of a download that was under way.
  return code === 'save-failed' ? { code: 'download-stopped', params } : { code, params: { ...params } }
}
