import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Account } from '../contract/desk/account.ts'
import type { Deposit } from '../contract/desk/deposit.ts'
import { DEFAULT_CHOICES, type FolderEntry, type PlanChoices } from '../contract/desk/folder.ts'
import type { FileRow } from '../contract/desk/transfer.ts'
import { DeskError, explain, type AppError } from '../contract/errors.ts'
import { planDeposit, type Plan, type PlanWarning } from '../core/deposit/plan.ts'
import type { Desk } from '../main/desk.ts'
import { UsageError, type Command } from './arguments.ts'
import { completeMetadata, isForPractice, missingForPublishing, readMetadataFile } from './metadata.ts'
import { openOrders, type Order, type Orders } from './orders.ts'
import { formatCount } from '../core/format.ts'
import { printable, type Output } from './output.ts'
import { findAccount, giveToken, type Session } from './session.ts'

/** 0 done, 1 failed, 3 not finished but resumable. */
export type Outcome = 0 | 1 | 3

type OrderWish = Parameters<Orders['add']>[0]

/** Everything about an order that can be wrong without a server. Throws UsageError, DeskError folder-unreadable. */
export async function readOrder(command: Extract<Command, { kind: 'deposit' }>, output: Output): Promise<OrderWish> {
  const folder = resolve(command.folder)
  const folderName = basename(folder) || folder
  const found = await stat(folder).catch(() => null)
  if (!found) throw new DeskError('folder-unreadable', { name: folderName, reason: 'it is not there' })
  const file = command.metadata === null ? null : await readMetadataFile(resolve(command.metadata))
  for (const name of file?.ignored ?? [])
    output.show({ event: 'warning', message: `“${name}” in the metadata file is not used; only “metadata” is.` })
  const metadata = { ...file?.metadata, ...(command.title === null ? {} : { title: command.title }) }
  if (command.publish && !isForPractice(command.server)) {
    const missing = missingForPublishing(metadata)
    if (missing.length > 0)
      throw new UsageError(`Publishing can’t be undone, so this must be given: ${missing.join(', ')}.`)
  }
  const { server, pack, compress, split, publish } = command
  return { folder, folderName, server, metadata, pack, compress, split, publish }
}

/** Makes the deposit of an order, stored when this returns. A deposit that an earlier run of the order made is taken. */
export async function placeOrder(
  session: Session,
  orders: Orders,
  order: Order,
  output: Output,
  signal: AbortSignal,
): Promise<string> {
  const { desk } = session
  if (order.depositId !== null) return desk.deposits.get(order.depositId).id
  const account = await unlessStopped(findAccount(session, order.server), signal)
  const depositId = depositOfOrder(desk, orders, order, account) ?? (await makeDeposit(desk, order, account, output))
  orders.save({ ...order, depositId })
  return depositId
}

/** Finishes everything that is unfinished here, and tells of what was finished and not told. */
export async function resumeAll(session: Session, home: string, output: Output, signal: AbortSignal): Promise<Outcome> {
  const orders = openOrders(home)
  const { desk } = session
  const orderOf = new Map<string, Order | null>()
  let outcome: Outcome = 0
  for (const order of orders.list()) {
    try {
      orderOf.set(await placeOrder(session, orders, order, output, signal), order)
    } catch (error) {
      if (signal.aborted || !(error instanceof DeskError)) throw error
      if (isFinal(error)) orders.remove(order.id)
      // Removed in the window meanwhile.
      if (error.code === 'deposit-unknown') continue
      output.error(error.toJSON())
      if (outcome !== 3) outcome = passes(error) ? 3 : 1
    }
  }
  const unfinished = desk.deposits.list().filter(({ group }) => group !== 'published' && group !== 'drafts')
  for (const { id } of unfinished) if (!orderOf.has(id)) orderOf.set(id, null)
  if (orderOf.size === 0 && outcome === 0) output.show({ event: 'note', text: 'Nothing is unfinished.' })
  // Also of a draft whose files are all there, and whose process was killed before it published.
  const accountIds = [...orderOf.keys()].map((id) => desk.deposits.get(id).accountId)
  await unlessStopped(giveToken(session, accountIds), signal)
  for (const { id: depositId } of unfinished) {
    // What was stopped or gave up is meant to go on now.
    const target = { kind: 'deposit', depositId } as const
    await desk.transfers.command({ kind: 'command', command: 'resume', target }).catch(ignoreUnknown)
    await desk.transfers.command({ kind: 'command', command: 'retry', target }).catch(ignoreUnknown)
  }
  for (const [depositId, order] of orderOf) {
    const one = await follow(desk, depositId, output, signal)
    if (order && one !== 3) orders.remove(order.id)
    if (outcome === 0 || one === 3) outcome = one
  }
  return outcome
}

/** Shows how a deposit goes on, until it is done, or can't go on by itself, or `signal` ends it. */
export async function follow(desk: Desk, depositId: string, output: Output, signal: AbortSignal): Promise<Outcome> {
  let draftShown = false
  const showDraft = () => {
    const { draft, accountId } = desk.deposits.get(depositId)
    if (draftShown || !draft) return
    draftShown = true
    const account = desk.accounts.get(accountId)
    output.show({
      event: 'draft',
      id: draft.id,
      url: draft.url ?? `${account.origin}/uploads/${draft.id}`,
      server: account.serverName,
    })
  }
  // Files of an earlier run were shown then.
  const shown = new Set((await verifiedRows(desk, depositId)).map(({ fileId }) => fileId))
  const showFiles = (rows: readonly FileRow[]) => {
    for (const { fileId, key, bytes, state } of rows) {
      if (state.kind !== 'verified' || shown.has(fileId)) continue
      shown.add(fileId)
      output.show({ event: 'file', key, bytes, md5: state.md5 })
    }
  }
  let trouble: string | null = null
  const showTrouble = (error: AppError | null) => {
    if (error !== null && error.code !== trouble) {
      const { happened, next } = explain(error)
      output.show({ event: 'warning', message: `${happened} ${next}` })
    }
    trouble = error?.code ?? null
  }
  const ends = [
    desk.events.on('deposits.changed', ({ depositIds }) => {
      if (!depositIds.includes(depositId)) return
      showDraft()
      const { sync, transfer } = desk.deposits.get(depositId)
      showTrouble(sync.kind === 'waiting' ? sync.error : transfer.state === 'waiting' ? transfer.error : null)
    }),
    desk.events.on('transfers.changed', ({ overview, rows }) => {
      showFiles(rows.filter((row) => row.depositId === depositId))
      const progress = overview.deposits.find((one) => one.depositId === depositId)
      if (progress) {
        const { files, verifiedFiles, bytes, sentBytes, bytesPerSecond, leftMs } = progress
        output.show({ event: 'progress', files, verifiedFiles, bytes, sentBytes, bytesPerSecond, leftMs })
      }
    }),
  ]
  try {
    showDraft()
    const deposit = await unlessStopped(desk.deposits.whenSettled(depositId), signal)
    showDraft()
    // Progress is told at most ten times a second: the last files may not have been.
    showFiles(await verifiedRows(desk, depositId))
    return conclude(desk, deposit, output)
  } finally {
    for (const end of ends) end()
    output.end()
  }
}

/** Failures of an order that the same order can only meet again. */
function isFinal({ code }: DeskError): boolean {
  const final = ['deposit-unknown', 'plan-refused', 'nothing-to-upload', 'folder-unreadable', 'address-invalid']
  return final.includes(code)
}

/** Failures that pass without the person: the same will do later. */
export function passes({ code }: DeskError): boolean {
  return ['offline', 'server-unreachable', 'server-trouble', 'server-busy', 'captive-portal', 'proxy-failed'].includes(
    code,
  )
}

/** Without a draft the transfers do not know a deposit yet. */
function ignoreUnknown(error: unknown): void {
  if (!(error instanceof DeskError && error.code === 'deposit-unknown')) throw error
}

async function makeDeposit(desk: Desk, order: Order, account: Account, output: Output): Promise<string> {
  const { id: scanId } = await desk.folders.walk([order.folder])
  // Waits for the walk.
  const { name, entries } = await desk.folders.take(scanId)
  const { plan, choices } = choosePlan(entries, order, account)
  output.show({ event: 'scanned', name, files: plan.files.length, bytes: plan.bytes, leftOut: plan.leftOut.length })
  for (const warning of plan.warnings) output.show({ event: 'warning', message: warningInWords(warning, plan) })
  const { metadata, assumed } = completeMetadata(order.metadata, order.folderName, account)
  for (const message of assumed) output.show({ event: 'warning', message })
  const deposit = await desk.deposits.create({
    scanId,
    accountId: account.id,
    choices,
    metadata,
    publishWhenVerified: order.publish,
  })
  return deposit.id
}

/** Only one process works on the deposits of a profile, so what was made next of the order's folder was made for it. */
function depositOfOrder(desk: Desk, orders: Orders, order: Order, account: Account): string | null {
  const taken = new Set(orders.list().map(({ depositId }) => depositId))
  const made = desk.deposits
    .list()
    .filter(
      ({ id, accountId, sourceName }) => accountId === account.id && sourceName === order.folderName && !taken.has(id),
    )
    .map(({ id }) => desk.deposits.get(id))
    .filter(({ createdAt }) => createdAt >= order.createdAt)
    .sort((one, other) => one.createdAt - other.createdAt)
  return made[0]?.id ?? null
}

/** `auto` keeps the paths unless there are more files than the server takes. */
export function choosePlan(
  entries: readonly FolderEntry[],
  { pack, compress, split }: Pick<Order, 'pack' | 'compress' | 'split'>,
  { capabilities }: Account,
): { plan: Plan; choices: PlanChoices } {
  const make = (choices: PlanChoices) => ({ plan: planDeposit(entries, choices, capabilities), choices })
  const cut = (made: ReturnType<typeof make>) => {
    // Those that can be cut come with the number of their volumes.
    const large = made.plan.warnings.filter(
      ({ kind, pieces }) => pieces && ['file-too-large', 'slow-file'].includes(kind),
    )
    return split && large.length > 0 ? make({ ...made.choices, split: large.flatMap(({ paths }) => paths) }) : made
  }
  const kept = cut(make(DEFAULT_CHOICES))
  const tooMany = kept.plan.warnings.some(({ kind }) => kind === 'too-many-files')
  if (pack === 'never' || (pack === 'auto' && !tooMany)) return kept
  return cut(make({ ...DEFAULT_CHOICES, subfolders: 'zip', compress }))
}

function warningInWords({ kind, paths, key, found, limit, pieces, assumed }: PlanWarning, plan: Plan): string {
  const who = assumed ? 'InvenioRDM usually' : 'the server'
  const names = paths.slice(0, 3).map(printable).join(', ') + (paths.length > 3 ? ` and ${paths.length - 3} more` : '')
  switch (kind) {
    case 'too-many-files':
      return `${found ?? plan.files.length} files are more than the ${limit ?? ''} that ${who} takes.`
    case 'over-quota':
      return `All files together are larger than what ${who} takes in a record.`
    case 'file-too-large':
      return `Larger than what ${who} takes: ${names}.`
    case 'empty-file':
      return `Left out, since the server takes no empty files: ${names}.`
    case 'name-too-long':
      return `The name is too long for the server: ${names}.`
    case 'name-not-possible':
      return `The name is not possible on the server: ${names}.`
    case 'unicode-twins':
      return `Two names that look the same: ${names}${key === undefined ? '' : `; one becomes ${printable(key)}`}.`
    case 'same-name':
      return `The same name twice: ${names}${key === undefined ? '' : `; one becomes ${printable(key)}`}.`
    case 'one-zip':
      return `All folders go into ${formatCount(pieces ?? 1, 'zip')}, since one for each would still be too many files.`
    case 'folder-divided':
      return `${names} becomes ${formatCount(pieces ?? 0, 'zip')}, since one would be larger than what the server takes.`
    case 'files-packed':
      return `${formatCount(paths.length, 'file')} beside the folders go into a zip, since they alone are too many.`
    case 'slow-file':
      return `If the connection breaks, the server takes it from the start again: ${names}.`
    case 'split':
      return `${names} goes as ${formatCount(pieces ?? 0, 'numbered volume')} and a note that says how to join them.`
  }
}

async function verifiedRows(desk: Desk, depositId: string): Promise<FileRow[]> {
  const rows: FileRow[] = []
  for (let from = 0; ; from += 2000) {
    const page = await desk.transfers.files(depositId, from, 2000).catch((error: unknown) => {
      ignoreUnknown(error)
      return { total: 0, rows: [] }
    })
    rows.push(...page.rows.filter(({ state }) => state.kind === 'verified'))
    if (from + 2000 >= page.total) return rows
  }
}

function conclude(desk: Desk, deposit: Deposit, output: Output): Outcome {
  const { publication, transfer, draft, accountId } = deposit
  const { serverName, origin } = desk.accounts.get(accountId)
  if (publication.kind === 'published') {
    const { recordId: id, doi, url } = publication
    output.show({ event: 'published', id, doi, url })
    output.show({ event: 'done', record: { id, doi, url }, files: deposit.source.files, bytes: deposit.source.bytes })
    return 0
  }
  const asked = desk.deposits.list().find(({ id }) => id === deposit.id)?.error ?? transfer.error
  if (transfer.state === 'verified' && asked === null && draft) {
    const url = draft.url ?? `${origin}/uploads/${draft.id}`
    for (const { field, messages } of deposit.problems)
      output.show({ event: 'warning', message: `${field}: ${messages.join(' ')}` })
    output.show({
      event: 'done',
      record: { id: draft.id, doi: draft.doi, url },
      files: transfer.verifiedFiles,
      bytes: transfer.bytes,
    })
    return 0
  }
  if (asked) output.error(asked)
  else
    output.show({
      event: 'note',
      text: `Not finished on ${serverName}: ${formatCount(transfer.files - transfer.verifiedFiles, 'file')} left.`,
    })
  if (publication.kind === 'refused') return 1
  return 3
}

/** The result of `work`, or the reason of `signal` as soon as it is there; what `work` does then is not waited for. */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
  })
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
