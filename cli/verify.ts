import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { ServerChoice } from '../contract/desk/account.ts'
import { DEFAULT_CHOICES } from '../contract/desk/folder.ts'
import { DeskError } from '../contract/errors.ts'
import type { FileEntry } from '../contract/repository/file.ts'
import { planDeposit, type PlannedFile } from '../core/deposit/plan.ts'
import { readRecordName as readName } from '../core/record-name.ts'
import { createKeychain } from '../main/accounts/keychain/keychain.ts'
import { resolveServer } from '../main/accounts/servers.ts'
import { createFolders, type FinishedScan } from '../main/deposits/folders.ts'
import { findRecord } from '../main/downloads/find.ts'
import { namePaths } from '../main/downloads/names.ts'
import { createDeskEvents } from '../main/events.ts'
import { createClient, type Server } from '../main/repository/http/client.ts'
import { openDeskStore } from '../main/store/store.ts'
import { measureZip } from '../main/transfers/measure.ts'
import { createBuffers, locateSource, openSource } from '../main/transfers/source.ts'
import type { Command } from './arguments.ts'
import type { Output } from './output.ts'
import { practiceOf } from './session.ts'

/** Compares a record or draft with a folder, by MD5. True when they hold the same. */
export async function verify(
  command: Extract<Command, { kind: 'verify' | 'download' }>,
  home: string,
  environment: NodeJS.ProcessEnv,
  output: Output,
): Promise<boolean> {
  const { recordId, choice } = readRecordName(command.record, command.server)
  const practice = practiceOf(home)
  try {
    const client = createClient(await findServer(home, environment, choice, practice.server))
    try {
      const { files } = await findRecord(client, recordId)
      const folders = createFolders(createDeskEvents())
      const { id } = await folders.walk([resolve(command.folder)])
      return await compare(files, await folders.take(id), output)
    } finally {
      await client.close()
    }
  } finally {
    await practice.stop()
  }
}

/** Id, address or DOI of a record. Where it names no server, it is on the practice repository. Throws record-name-unclear. */
export function readRecordName(text: string, choice: ServerChoice | null): { recordId: string; choice: ServerChoice } {
  const name = readName(text)
  if (name === null) throw new DeskError('record-name-unclear', { text: text.slice(0, 200) })
  return { recordId: name.recordId, choice: choice ?? name.server ?? { kind: 'practice' } }
}

async function compare(remote: readonly FileEntry[], scan: FinishedScan, output: Output): Promise<boolean> {
  const { planned, entries } = likeliestPlan(scan, remote)
  const tally = { equal: 0, different: 0, missing: 0, extra: 0 }
  const tell = (result: keyof typeof tally, key: string) => {
    tally[result]++
    output.show({ event: 'compared', result, key })
  }
  for (const file of planned) {
    const entry = entries.get(file.key)
    if (!entry) tell('extra', file.key)
    else {
      // The exact size of a stored zip is known: one of another size was compressed, or differs.
      const compress = file.source.kind === 'zip' && entry.size !== file.bytes
      tell(
        (await md5Of(file, scan, compress)) === entry.checksum?.replace('md5:', '') ? 'equal' : 'different',
        file.key,
      )
    }
  }
  const local = new Set(planned.map(({ key }) => key))
  for (const key of entries.keys()) if (!local.has(key)) tell('missing', key)
  output.show({ event: 'verified', ...tally })
  return tally.different + tally.missing + tally.extra === 0
}

/**
 * The folder as it would be named for the record: with its paths, flattened, or zipped, and with large files in volumes where
 * the record has some; or as downloaded from it.
 */
function likeliestPlan(scan: FinishedScan, remote: readonly FileEntry[]) {
  const paths = namePaths(remote.map(({ key }) => key))
  const named = [
    new Map(remote.map((entry) => [entry.key, entry])),
    // Compared with the names of a plan, which are in NFC.
    new Map(remote.map((entry) => [(paths.get(entry.key) ?? entry.key).normalize('NFC'), entry])),
  ]
  const firstVolumes = new Map(
    remote.flatMap(({ key, size }) => (/\.0*1$/.test(key) && size ? [[key.replace(/\.\d+$/, ''), size]] : [])),
  )
  // The largest of them is as large as one may be, so that it says how all were cut.
  const volumeBytes = Math.max(...firstVolumes.values())
  const likely = (['keep', 'flatten', 'zip'] as const).flatMap((subfolders) =>
    [null, 100].flatMap((maxFiles) => {
      const maxFileBytes = firstVolumes.size > 0 ? volumeBytes : null
      const limits = { maxFiles, quotaBytes: null, maxFileBytes, emptyFiles: 'accepted' } as const
      const choices = { ...DEFAULT_CHOICES, subfolders }
      const whole = planDeposit(scan.entries, choices, limits)
      const split = whole.files.flatMap(({ key, source }) =>
        source.kind === 'file' && firstVolumes.has(key) ? [source.path] : [],
      )
      const planned = split.length === 0 ? whole.files : planDeposit(scan.entries, { ...choices, split }, limits).files
      return named.map((entries) => {
        const known = planned.filter(({ key }) => entries.has(key)).length
        return { planned, entries, unknown: planned.length + entries.size - 2 * known }
      })
    }),
  )
  return likely.reduce((best, one) => (one.unknown < best.unknown ? one : best))
}

async function md5Of(file: PlannedFile, scan: FinishedScan, compress: boolean): Promise<string> {
  const located = locateSource(file.source, scan.locate)
  const source =
    compress && located.kind === 'zip' ? await measureZip(located, new AbortController().signal, () => {}) : located
  const opened = await openSource({ fileId: 0, key: file.key, bytes: file.bytes, source }, createBuffers())
  const hash = createHash('md5')
  try {
    for await (const chunk of opened.chunks(0, file.bytes)) hash.update(chunk)
  } finally {
    await opened.close()
  }
  return hash.digest('hex')
}

/** With a token where there is one: a published record can be read without. */
export async function findServer(
  home: string,
  environment: NodeJS.ProcessEnv,
  choice: ServerChoice,
  practice: () => Promise<{ url: string; tokens: { researcher: string } }>,
): Promise<Server> {
  if (choice.kind === 'practice') {
    const { url, tokens } = await practice()
    return { origin: url, name: 'Practice', token: tokens.researcher }
  }
  const { origin, name } = resolveServer(choice)
  const given = environment['DEPOSIT_DESK_TOKEN']?.trim()
  if (given) return { origin, name, token: given }
  const store = openDeskStore(home)
  const account = store.accounts.list().find((one) => one.origin === origin)
  store.close()
  return { origin, name, token: account ? await createKeychain(environment).read(origin, account.user.id) : null }
}
