import { ChevronRight, CircleCheck, CircleX, Info, TriangleAlert } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Plan, PlannedFile, PlanWarning } from '../../../core/deposit/plan.ts'
import { Button } from '../../components/button.tsx'
import { cx } from '../../components/cx.ts'
import { Icon } from '../../components/icon.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { TextField } from '../../components/text-field.tsx'
import { messages } from './messages.ts'
import styles from './warnings.module.css'

/** As many files as are listed one by one under a warning, until more are asked for. */
const LISTED = 5

export type Remedies = {
  readonly onPack: () => void
  readonly onChangePlan: () => void
  readonly onLeaveOut: (paths: readonly string[]) => void
  readonly onRename: (path: string, key: string) => void
  readonly onSplit: (path: string) => void
  readonly onKeepWhole: (path: string) => void
  readonly onSeePacks: () => void
  readonly onAskForSpace: (ask: boolean) => void
}

export type WarningsProps = {
  readonly plan: Plan
  readonly server: string
  /** Nothing is known of what the server takes. */
  readonly isUnknown: boolean
  /** Files that would be left with one zip a folder; null where that helps nothing or is so already. */
  readonly packedFiles: number | null
  readonly hasFolders: boolean
  /** The server has a way to ask for more space. */
  readonly canAsk: boolean
  /** The plan without packing, where folders are packed because it had too many files. */
  readonly tooMany: PlanWarning | null
  readonly remedies: Remedies
}

/** What the server would refuse, what was settled here, and what can be done about each. */
export function Warnings({
  plan,
  server,
  isUnknown,
  packedFiles,
  hasFolders,
  canAsk,
  tooMany,
  remedies,
}: WarningsProps) {
  const refused = Map.groupBy(
    plan.warnings.filter(({ severity }) => severity === 'refused'),
    ({ kind }) => kind,
  )
  const others = Map.groupBy(
    plan.warnings.filter(({ severity }) => severity !== 'refused'),
    ({ kind }) => kind,
  )
  const changed = others.size + (tooMany ? 1 : 0)
  const shared = { plan, server, packedFiles, hasFolders, canAsk, remedies }
  return (
    <section className={styles.warnings} aria-label={messages.before}>
      <SectionHead
        bar
        title={messages.before}
        detail={refused.size + changed > 0 ? messages.beforeDetail(refused.size, changed, server) : undefined}
      />
      {refused.size + changed === 0 && (
        <Item
          tone={isUnknown ? 'info' : 'ok'}
          title={isUnknown ? messages.limitsUnknown(server) : messages.nothingInTheWay(server)}
        />
      )}
      {[...refused].map(([kind, warnings]) => (
        <Warning key={kind} kind={kind} tone="fail" warnings={warnings} {...shared} />
      ))}
      {tooMany && (
        <Item
          tone="attn"
          title={messages.tooMany(tooMany.found ?? 0, tooMany.limit ?? 0, tooMany.assumed ? messages.usually : server)}
          action={
            <Button tone="link" size="s" onPress={remedies.onChangePlan}>
              {messages.changePlan}
            </Button>
          }
        >
          <ZipList plan={plan} />
          {messages.tooManyPacked(plan.files.length)}{' '}
          <Button tone="link" size="s" onPress={remedies.onSeePacks}>
            {messages.seePacks}
          </Button>
        </Item>
      )}
      {[...others].map(([kind, warnings]) => (
        <Warning
          key={kind}
          kind={kind}
          tone={warnings.some(({ severity }) => severity === 'changed') ? 'attn' : 'info'}
          warnings={warnings}
          {...shared}
        />
      ))}
    </section>
  )
}

/** Folders and the zips that they become. */
export function ZipList({ plan }: { plan: Plan }) {
  const zips = plan.files.flatMap(({ key, bytes, source }) =>
    source.kind === 'zip' ? [{ key, bytes, entries: source.entries }] : [],
  )
  return (
    <dl className={styles.zips}>
      {zips.slice(0, LISTED).map(({ key, bytes, entries }) => (
        <div key={key}>
          <dt>{messages.folder(folderOf(entries), entries.length)}</dt>
          <dd>
            <Icon as={ChevronRight} />
            <span className="cut">{messages.zip(key, bytes)}</span>
          </dd>
        </div>
      ))}
      {zips.length > LISTED && (
        <div>
          <dt>{messages.andMore(zips.length - LISTED)}</dt>
        </div>
      )}
    </dl>
  )
}

type WarningProps = Pick<WarningsProps, 'plan' | 'server' | 'packedFiles' | 'hasFolders' | 'canAsk' | 'remedies'> & {
  readonly kind: PlanWarning['kind']
  readonly tone: Tone
  readonly warnings: readonly PlanWarning[]
}

function Warning({ kind, tone, warnings, plan, server, packedFiles, hasFolders, canAsk, remedies }: WarningProps) {
  const [first] = warnings
  const { found = 0, limit = 0, paths = [], assumed = false } = first ?? {}
  const who = assumed ? messages.usually : server
  const names = { warnings, remedies }
  switch (kind) {
    case 'too-many-files':
      return (
        <Item
          tone={tone}
          title={messages.tooMany(found, limit, who)}
          action={
            packedFiles !== null && (
              <Button tone="link" size="s" onPress={remedies.onPack}>
                {messages.pack(hasFolders)}
              </Button>
            )
          }
        >
          {assumed && <div>{messages.assumedDetail(server)}</div>}
          {packedFiles !== null
            ? messages.tooManyCanPack(packedFiles)
            : !assumed && messages.tooManyMustLeave(found - limit)}
        </Item>
      )
    case 'over-quota': {
      const gigabytes = Math.ceil(found / 1e9)
      if (first?.severity === 'changed')
        return (
          <Item
            tone={tone}
            title={messages.overQuota(found, limit, server)}
            action={
              <Button tone="link" size="s" onPress={() => remedies.onAskForSpace(false)}>
                {messages.dontAsk}
              </Button>
            }
          >
            {messages.askedDetail(gigabytes, server)}
          </Item>
        )
      const mayFit = tone !== 'fail' && !assumed
      const largest = plan.files.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
      return (
        <Item
          tone={tone}
          title={(mayFit ? messages.overQuotaAtMost : messages.overQuota)(found, limit, who)}
          action={
            canAsk && (
              <Button tone="link" size="s" onPress={() => remedies.onAskForSpace(true)}>
                {messages.askFor(gigabytes)}
              </Button>
            )
          }
        >
          {mayFit
            ? messages.overQuotaAtMostDetail
            : assumed
              ? messages.assumedDetail(server)
              : messages.overQuotaDetail(found - limit)}
          {largest.map(({ key, bytes, source }) => (
            <FileLine
              key={key}
              name={key}
              detail={messages.tooLargeDetail(bytes)}
              onLeaveOut={() => remedies.onLeaveOut(pathsOf(source))}
            />
          ))}
        </Item>
      )
    }
    case 'file-too-large':
      return (
        <Item tone={tone} title={messages.tooLarge(warnings.length, limit, who)}>
          {assumed && messages.assumedDetail(server)}
          <FileLines {...names} detail={(warning) => messages.tooLargeDetail(warning.found ?? 0)} />
        </Item>
      )
    case 'empty-file':
      return (
        <Item tone={tone} title={messages.empty(paths)}>
          {messages.emptyDetail(server)}
          {paths.length > 1 && <Listed items={paths} line={(path) => <div key={path}>{path}</div>} />}
        </Item>
      )
    case 'name-too-long':
      return (
        <Item tone={tone} title={messages.nameTooLong(warnings.length, limit)}>
          <FileLines {...names} detail={(warning) => messages.nameTooLongDetail(warning.found ?? 0)} canRename />
        </Item>
      )
    case 'name-not-possible':
      return (
        <Item
          tone={tone}
          title={
            tone === 'fail' ? messages.nameNotPossible(warnings.length, server) : messages.nameUnwise(warnings.length)
          }
        >
          <FileLines {...names} detail={({ fault }) => (fault ? messages.faults[fault] : '')} canRename />
        </Item>
      )
    case 'unicode-twins':
      return (
        <Item tone={tone} title={messages.twins(warnings.length)}>
          {messages.twinsDetail}
          <FileLines
            {...names}
            detail={({ paths, key }) => messages.becomesKey(nameOf(paths.at(-1) ?? ''), nameOf(key ?? ''))}
            canRename
          />
        </Item>
      )
    case 'same-name':
      return (
        <Item tone={tone} title={messages.sameName(warnings.length)}>
          <Listed
            items={warnings}
            line={({ key = '', found, paths }) => (
              <div key={`${key} ${paths.join(' ')}`} className={styles.line}>
                {found === undefined
                  ? messages.becomesKey(paths.at(-1) ?? '', key)
                  : messages.sameNameDetail(key, found)}
              </div>
            )}
          />
        </Item>
      )
    case 'one-zip':
      return (
        <Item tone={tone} title={messages.oneZip(first?.pieces ?? 1)}>
          {messages.oneZipDetail(limit, server)}
        </Item>
      )
    case 'folder-divided':
      return warnings.map(({ paths: [folder = ''], pieces = 0, ...sizes }) => (
        <Item key={folder} tone={tone} title={messages.divided(folder, pieces)}>
          {messages.dividedDetail(sizes.found ?? 0, sizes.limit ?? 0, server)}
        </Item>
      ))
    case 'files-packed':
      return (
        <Item tone={tone} title={messages.filesPacked(found)}>
          {messages.filesPackedDetail(limit, server)}
        </Item>
      )
    case 'slow-file':
      return (
        <Item tone={tone} title={messages.slowFile(warnings.length)}>
          {messages.slowFileDetail(server)}
          <FileLines {...names} detail={(warning) => messages.tooLargeDetail(warning.found ?? 0)} isFine />
        </Item>
      )
    case 'split':
      return warnings.map(({ paths: [path = ''], key = '', pieces = 0, pieceBytes = 0 }) => (
        <Item
          key={path}
          tone={tone}
          title={messages.isSplit(nameOf(key), pieces)}
          action={
            <Button
              tone="link"
              size="s"
              aria-label={messages.keepWholeNamed(nameOf(key))}
              onPress={() => remedies.onKeepWhole(path)}
            >
              {messages.keepWhole}
            </Button>
          }
        >
          {messages.isSplitDetail(nameOf(key), pieceBytes)}
        </Item>
      ))
  }
}

type Tone = 'ok' | 'info' | 'attn' | 'fail'
const ICONS = { ok: CircleCheck, info: Info, attn: TriangleAlert, fail: CircleX } as const

function Item({
  tone,
  title,
  action,
  children,
}: {
  tone: Tone
  title: string
  action?: ReactNode
  children?: ReactNode
}) {
  return (
    <div className={styles.item}>
      <Icon as={ICONS[tone]} className={cx(styles[tone])} />
      <div className={styles.text}>
        <div className={styles.head}>
          <h3 className={styles.title}>{title}</h3>
          {action}
        </div>
        {children !== undefined && <div className={styles.detail}>{children}</div>}
      </div>
    </div>
  )
}

function FileLines({
  warnings,
  detail,
  canRename,
  isFine,
  remedies,
}: {
  warnings: readonly PlanWarning[]
  detail: (warning: PlanWarning) => string
  canRename?: boolean
  /** Nothing speaks against it, so leaving it out is not suggested. */
  isFine?: boolean
  remedies: Remedies
}) {
  return (
    <Listed
      items={warnings}
      line={(warning) => {
        const path = warning.paths.at(-1) ?? ''
        return (
          <FileLine
            key={`${path} ${warning.key ?? ''}`}
            name={path}
            detail={detail(warning)}
            {...(isFine ? {} : { onLeaveOut: () => remedies.onLeaveOut([path]) })}
            {...(warning.pieces !== undefined
              ? {
                  split: {
                    pieces: warning.pieces,
                    pieceBytes: warning.pieceBytes ?? 0,
                    onSplit: () => remedies.onSplit(path),
                  },
                }
              : {})}
            {...(canRename
              ? { rename: { key: warning.key ?? path, onRename: (key: string) => remedies.onRename(path, key) } }
              : {})}
          />
        )
      }}
    />
  )
}

/** One file with what can be done about it. */
function FileLine({
  name,
  detail,
  onLeaveOut,
  rename,
  split,
}: {
  name: string
  detail: string
  onLeaveOut?: () => void
  rename?: { readonly key: string; readonly onRename: (key: string) => void }
  split?: { readonly pieces: number; readonly pieceBytes: number; readonly onSplit: () => void }
}) {
  const [draft, setDraft] = useState<string | null>(null)
  if (draft !== null && rename) {
    const apply = () => {
      rename.onRename(draft)
      setDraft(null)
    }
    return (
      <form
        className={styles.rename}
        onSubmit={(event) => {
          event.preventDefault()
          apply()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setDraft(null)
        }}
      >
        <TextField
          label={messages.newName}
          description={messages.newNameDetail}
          value={draft}
          onChange={setDraft}
          maxLength={255}
          autoFocus
        />
        <div className={styles.actions}>
          <Button size="s" type="submit" isDisabled={draft.trim() === ''}>
            {messages.useName}
          </Button>
          <Button size="s" tone="quiet" onPress={() => setDraft(null)}>
            {messages.cancel}
          </Button>
        </div>
      </form>
    )
  }
  return (
    <div className={styles.line}>
      <span className={styles.file}>
        <span className={cx('cut', styles.fileName)} title={name}>
          {name}
        </span>
        <span className={styles.fileDetail}>{detail}</span>
      </span>
      {split && (
        <Button
          tone="link"
          size="s"
          aria-label={messages.splitNamed(name, split.pieces, split.pieceBytes)}
          onPress={split.onSplit}
        >
          {messages.split(split.pieces, split.pieceBytes)}
        </Button>
      )}
      {rename && (
        <Button
          tone="link"
          size="s"
          aria-label={messages.renameNamed(name)}
          onPress={() => setDraft(rename.key.slice(0, 255))}
        >
          {messages.rename}
        </Button>
      )}
      {onLeaveOut && (
        <Button tone="link" size="s" aria-label={messages.leaveOutNamed(name)} onPress={onLeaveOut}>
          {messages.leaveOut}
        </Button>
      )}
    </div>
  )
}

/** The first few, and the rest when asked for. */
function Listed<T>({ items, line }: { items: readonly T[]; line: (item: T) => ReactNode }) {
  const [shown, setShown] = useState(LISTED)
  return (
    <div className={styles.lines}>
      {items.slice(0, shown).map(line)}
      {items.length > shown && (
        <div>
          <Button tone="link" size="s" onPress={() => setShown(shown + 100)}>
            {messages.showMore(Math.min(100, items.length - shown))}
          </Button>
        </div>
      )}
    </div>
  )
}

/** As many paths as are left out one by one; for more, their folder is. */
const MOST_PATHS = 200

function pathsOf(source: PlannedFile['source']): string[] {
  switch (source.kind) {
    case 'file':
    case 'slice':
      return [source.path]
    case 'zip': {
      if (source.entries.length <= MOST_PATHS) return source.entries.map(({ path }) => path)
      const folder = folderOf(source.entries)
      return folder === '' ? [...new Set(source.entries.map(({ path }) => path.split('/', 1)[0] ?? path))] : [folder]
    }
    case 'text':
      return []
  }
}

/** The folder that all entries of a zip stand in, as deep as it goes; empty where they share none. */
function folderOf(entries: readonly { readonly path: string }[]): string {
  let shared: readonly string[] = (entries[0]?.path ?? '').split('/').slice(0, -1)
  for (const { path } of entries) {
    const parts = path.split('/')
    const differs = shared.findIndex((part, at) => part !== parts[at])
    if (differs >= 0) shared = shared.slice(0, differs)
  }
  return shared.join('/')
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
