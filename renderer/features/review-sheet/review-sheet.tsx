import { useMemo, useRef, useState } from 'react'
import { File, Folder } from 'lucide-react'
import type { Account } from '../../../contract/desk/account.ts'
import { DEFAULT_CHOICES, type PlanChoices, type Scan } from '../../../contract/desk/folder.ts'
import { isWorthCompressing } from '../../../core/deposit/compressible.ts'
import { planDeposit, type Limits, type Plan, type PlanWarning } from '../../../core/deposit/plan.ts'
import { navigate } from '../../app/view.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { ErrorBanner, Banner } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { RadioGroup, type Choice } from '../../components/choices.tsx'
import { cx } from '../../components/cx.ts'
import { formatBytes, formatBytesOf, formatCount } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { FootBar, PageHead, Screen, SectionHead } from '../../components/layout.tsx'
import { Select } from '../../components/select.tsx'
import { serverInWords } from '../../../core/server-words.ts'
import { useAccounts, useCurrentAccount } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useScan } from '../../queries/deposits.ts'
import { includeFiles, leaveOut, rename, split, takeAgain } from './choices.ts'
import { groupLeftOut, type LeftOutGroup } from './left-out.ts'
import { messages } from './messages.ts'
import { FolderTree, RecordTree, ViewSwitch, type View } from './plan-trees.tsx'
import styles from './review-sheet.module.css'
import { takenOf } from './tree-rows.ts'
import { useEntries } from './use-entries.ts'
import { Warnings, ZipList } from './warnings.tsx'

const NO_LIMITS: Limits = { maxFiles: null, quotaBytes: null, maxFileBytes: null, emptyFiles: 'unknown' }

/** What a dropped folder would become, before a byte is sent. */
export function ReviewSheet({ scanId }: { scanId: string }) {
  const scan = useScan(scanId)
  if (scan.error) {
    return (
      <Screen>
        <PageHead title={messages.before} onBack={() => navigate({ kind: 'deposits' })} />
        <ErrorBanner error={errorOf(scan.error)} />
      </Screen>
    )
  }
  return scan.data ? <Sheet key={scanId} scan={scan.data} /> : <Screen>{null}</Screen>
}

function Sheet({ scan }: { scan: Scan }) {
  const accounts = useAccounts().data ?? []
  const current = useCurrentAccount()
  const [accountId, setAccountId] = useState<string | null>(null)
  const account = accounts.find(({ id }) => id === accountId) ?? current
  const server = account === null ? '' : serverInWords(account)
  const limits = account?.capabilities ?? NO_LIMITS

  const read = useEntries(scan.id, scan.entries)
  const { entries } = read
  const [choices, setChoices] = useState<PlanChoices>(DEFAULT_CHOICES)
  const [isDecided, setIsDecided] = useState(false)
  const [shown, setShown] = useState<View>('folder')
  const subfolders = useRef<HTMLElement>(null)
  const isDone = scan.state === 'done' && entries.length >= scan.entries

  const plans = useMemo(() => {
    const plan = (way: PlanChoices['subfolders']) => planDeposit(entries, { ...choices, subfolders: way }, limits)
    const keep = plan('keep')
    // While the walk goes on, rows come first: the other ways are not compared before there is something to compare.
    return isDone || isDecided
      ? { keep, flatten: plan('flatten'), zip: plan('zip') }
      : { keep, flatten: keep, zip: keep }
  }, [entries, choices, limits, isDone, isDecided])
  const hasFolders = useMemo(
    () => entries.some(({ path, leftOut }) => path.includes('/') && leftOut === null),
    [entries],
  )

  // Until the person decides: paths are kept, and folders are packed only where there would be too many files else.
  const tooMany = isDone ? warningOf(plans.keep, 'too-many-files') : null
  const packs = tooMany !== null && warningOf(plans.zip, 'too-many-files') === null
  const way = isDecided ? choices.subfolders : packs ? 'zip' : 'keep'
  const plan = plans[way]
  const chosen = { ...choices, subfolders: way }

  // Where files stay files, the record is the folder.
  const isPacked = isDone && plan.files.some(({ source }) => source.kind !== 'file')
  const view = isPacked ? shown : 'folder'
  const leftOutGroups = useMemo(() => groupLeftOut(plan), [plan])

  const canCompress = useMemo(
    () => plans.zip.files.some(({ source }) => source.kind === 'zip' && source.entries.some(isWorthCompressing)),
    [plans.zip],
  )

  const create = useCall('deposits.create', { onSuccess: ({ id }) => navigate({ kind: 'deposit', depositId: id }) })
  const whyNot = whyNotYet({ scan, isDone, plan, account, server, hasFailed: read.error !== null })
  const decide = (next: PlanChoices['subfolders']) => {
    setIsDecided(true)
    setChoices((before) => ({ ...before, subfolders: next }))
  }

  return (
    <Screen>
      <PageHead title={messages.title(scan.name)} size="l" above={messages.above}>
        <span className={styles.depositTo} aria-hidden>
          {messages.depositTo}
        </span>
        <div className={styles.account}>
          <Select
            label={messages.depositTo}
            hideLabel
            options={accounts.map(({ id, serverName, user }) => ({
              id,
              label: messages.account(serverName, user.name),
            }))}
            value={account?.id ?? null}
            onChange={setAccountId}
          />
        </div>
      </PageHead>
      {read.error && <ErrorBanner error={read.error} />}
      {scan.error && <ErrorBanner error={scan.error} />}
      {scan.state === 'failed' && !scan.error && (
        <Banner tone="attn" title={messages.readFailed}>
          {messages.readFailedDetail}
        </Banner>
      )}
      <div className={styles.body}>
        <div className={styles.columns}>
          <div className={styles.found}>
            {entries.length === 0 && isDone ? (
              <p className={styles.empty}>{messages.emptyFolder}</p>
            ) : (
              <>
                {isPacked && (
                  <div className={styles.views}>
                    <ViewSwitch value={view} onChange={setShown} />
                    {view === 'record' && <span className={styles.within}>{within(plan, limits)}</span>}
                  </div>
                )}
                {view === 'record' ? (
                  <RecordTree plan={plan} limits={limits} />
                ) : (
                  <FolderTree
                    name={rootName(scan, entries)}
                    entries={entries}
                    found={scan.entries}
                    plan={plan}
                    onToggle={(row) =>
                      setChoices((takenOf(row) === 'all' ? leaveOut : takeAgain)(row.path, choices, entries))
                    }
                  />
                )}
              </>
            )}
            {view === 'folder' && leftOutGroups.length > 0 && (
              <LeftOutList
                groups={leftOutGroups}
                onInclude={({ paths, folders }) => {
                  setChoices(includeFiles(paths, choices))
                  if (folders.length > 0) void read.listFolders(folders)
                }}
              />
            )}
          </div>
          <div className={styles.plan}>
            {isDone && (
              <Warnings
                plan={plan}
                server={server}
                isUnknown={limits.maxFiles === null && limits.quotaBytes === null}
                packedFiles={
                  way !== 'zip' && warningOf(plans.zip, 'too-many-files') === null ? plans.zip.files.length : null
                }
                hasFolders={hasFolders}
                canAsk={limits.quotaIncrease === true}
                tooMany={way === 'zip' ? tooMany : null}
                remedies={{
                  onPack: () => decide('zip'),
                  onChangePlan: () => subfolders.current?.querySelector('input')?.focus(),
                  onLeaveOut: (paths) =>
                    setChoices(paths.reduce((before, path) => leaveOut(path, before, entries), choices)),
                  onRename: (path, key) => setChoices(rename(path, key, choices)),
                  onSplit: (path) => setChoices(split(path, true, choices)),
                  onKeepWhole: (path) => setChoices(split(path, false, choices)),
                  onSeePacks: () => setShown('record'),
                  onAskForSpace: (moreSpace) => setChoices({ ...choices, moreSpace }),
                }}
              />
            )}
            {scan.state === 'walking' && (
              <section>
                <SectionHead bar title={messages.before} />
                <p className={styles.walking}>{messages.walking(scan.files)}</p>
              </section>
            )}
            {(hasFolders || tooMany !== null) && (
              <section ref={subfolders}>
                <SectionHead bar title={hasFolders ? messages.subfolders : messages.packing} />
                <div className={styles.ways}>
                  <RadioGroup
                    label={messages.subfoldersLabel}
                    hideLabel
                    choices={waysOf(plans, exampleOf(entries), isDone, hasFolders)}
                    value={way}
                    onChange={decide}
                  />
                  {way === 'zip' && isDone && canCompress && (
                    <div className={styles.inside}>
                      <RadioGroup
                        label={messages.inZips}
                        choices={INSIDE}
                        value={choices.compress ? 'compress' : 'store'}
                        onChange={(inside) => {
                          decide('zip')
                          setChoices((before) => ({ ...before, compress: inside === 'compress' }))
                        }}
                      />
                    </div>
                  )}
                  {way === 'zip' && isDone && tooMany === null && (
                    <div className={styles.zips}>
                      <ZipList plan={plan} />
                    </div>
                  )}
                </div>
              </section>
            )}
          </div>
        </div>
      </div>
      {create.error && (
        <ErrorBanner
          error={errorOf(create.error)}
          onAction={() => account && create.mutate({ scanId: scan.id, accountId: account.id, choices: chosen })}
        />
      )}
      <FootBar
        actions={
          <>
            <Button
              onPress={() => {
                // The walk is forgotten by main anyway when the window goes; an answer would change nothing here.
                call('folders.close', { scanId: scan.id }).catch(() => undefined)
                navigate({ kind: 'deposits' })
              }}
            >
              {messages.cancel}
            </Button>
            <Button
              tone="primary"
              isDisabled={whyNot !== null}
              isPending={create.isPending}
              onPress={() => account && create.mutate({ scanId: scan.id, accountId: account.id, choices: chosen })}
            >
              {create.isPending ? messages.creating : messages.create}
            </Button>
          </>
        }
      >
        <div role="status">
          <div>
            <span className="strong">{messages.footSize(plan.files.length, plan.bytes, plan.atMost)}</span>{' '}
            {isDone &&
              account &&
              (whyNot === null ? messages.footGo(plan.files.length, server) : messages.footNotYet(server))}
          </div>
          {whyNot !== null && <div className={cx('small', isDone ? styles.whyNot : 't3')}>{whyNot}</div>}
        </div>
        {whyNot === null && <div className="small t3">{messages.footNothing}</div>}
      </FootBar>
    </Screen>
  )
}

function LeftOutList({
  groups,
  onInclude,
}: {
  groups: readonly LeftOutGroup[]
  onInclude: (group: LeftOutGroup) => void
}) {
  const files = groups.reduce((sum, group) => sum + group.files, 0)
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0)
  return (
    <section className={styles.leftOut}>
      <SectionHead bar title={messages.leftOutTitle} detail={messages.leftOutDetail(files, bytes)} />
      <ul className={styles.leftOutList}>
        {groups.map((group) => {
          const name =
            group.name === null
              ? messages.reasonPlural[group.reason]
              : `${group.name}${group.kind === 'folder' ? '/' : ''}`
          return (
            <li key={group.id} className={styles.leftOutRow}>
              <span className={styles.leftOutName}>
                <Icon as={group.kind === 'folder' ? Folder : File} />
                <span className="cut" title={name}>
                  {name}
                </span>
                {group.paths.length > 0 && (
                  <Button
                    tone="link"
                    size="s"
                    aria-label={messages.includeNamed(name)}
                    onPress={() => onInclude(group)}
                  >
                    {messages.include}
                  </Button>
                )}
              </span>
              <span className={styles.number}>{formatCount(group.files)}</span>
              <span className={styles.number}>{formatBytes(group.bytes)}</span>
              <span className="cut">{group.name === null ? '' : messages.reasons[group.reason]}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

const INSIDE = [
  { id: 'store', label: messages.store, detail: messages.storeDetail },
  { id: 'compress', label: messages.compress, detail: messages.compressDetail },
] as const satisfies readonly Choice<'store' | 'compress'>[]

/** How near the record comes to what the server takes. */
function within({ files, bytes, atMost }: Plan, { maxFiles, quotaBytes }: Limits): string {
  const size = quotaBytes === null ? formatBytes(bytes) : formatBytesOf(bytes, quotaBytes)
  return messages.within(messages.ofFiles(files.length, maxFiles), atMost ? messages.atMost(size) : size)
}

function waysOf(
  plans: Readonly<Record<PlanChoices['subfolders'], Plan>>,
  example: string,
  isDone: boolean,
  hasFolders: boolean,
) {
  const folder = example.split('/', 1)[0] ?? ''
  const label = (text: string, plan: Plan) => {
    const tooMany = warningOf(plan, 'too-many-files')
    return (
      <span className={styles.way}>
        {text}
        {isDone && (
          <span className={tooMany ? styles.wayRefused : styles.wayCount}>
            {tooMany ? messages.refusedCount(plan.files.length, tooMany.limit ?? 0) : messages.count(plan.files.length)}
          </span>
        )}
      </span>
    )
  }
  const zip = { id: 'zip', label: label(messages.zipEach, plans.zip), detail: messages.packDetail(folder) } as const
  if (!hasFolders)
    return [
      { id: 'keep', label: label(messages.keepFiles, plans.keep), detail: messages.keepFilesDetail },
      zip,
    ] as const
  return [
    { id: 'keep', label: label(messages.keep, plans.keep), detail: messages.keepDetail(example) },
    { id: 'flatten', label: label(messages.flatten, plans.flatten), detail: messages.flattenDetail },
    zip,
  ] satisfies readonly Choice<PlanChoices['subfolders']>[]
}

/** A path with a folder, to say what becomes of it. */
function exampleOf(entries: readonly { readonly path: string; readonly leftOut: unknown }[]): string {
  return entries.find(({ path, leftOut }) => leftOut === null && path.includes('/'))?.path ?? ''
}

function warningOf(plan: Plan, kind: PlanWarning['kind']): PlanWarning | null {
  return plan.warnings.find((warning) => warning.kind === kind) ?? null
}

/** The name of the folder; where several things were dropped, their names come first in the paths instead. */
function rootName({ name }: Scan, entries: readonly { readonly path: string }[]): string {
  return entries.some(({ path }) => path === name || path.startsWith(`${name}/`)) ? messages.everything : name
}

function whyNotYet({
  scan,
  isDone,
  plan,
  account,
  server,
  hasFailed,
}: {
  scan: Scan
  isDone: boolean
  plan: Plan
  account: Account | null
  server: string
  hasFailed: boolean
}): string | null {
  if (scan.state === 'failed' || hasFailed) return messages.whyNot.failed
  if (!isDone) return messages.whyNot.walking
  if (account === null) return messages.whyNot.account
  if (plan.files.length === 0) return messages.whyNot.nothing
  const refused = plan.warnings.find(({ severity }) => severity === 'refused')
  if (!refused) return null
  return reasonOf(refused, server)
}

function reasonOf({ kind, found = 0, limit = 0 }: PlanWarning, server: string): string {
  switch (kind) {
    case 'too-many-files':
      return `${messages.tooMany(found, limit, server)}.`
    case 'over-quota':
      return `${messages.overQuota(found, limit, server)}.`
    case 'file-too-large':
      return `${messages.tooLarge(1, limit, server)}.`
    case 'name-too-long':
      return `${messages.nameTooLong(1, limit)}.`
    case 'empty-file':
    case 'name-not-possible':
    case 'unicode-twins':
    case 'same-name':
    case 'one-zip':
    case 'folder-divided':
    case 'files-packed':
    case 'slow-file':
    case 'split':
      return `${messages.nameNotPossible(1, server)}.`
  }
}
