import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { Check, Deposit } from '../../../contract/desk/deposit.ts'
import type { FileRow } from '../../../contract/desk/transfer.ts'
import { explain, type AppError, type ErrorCode } from '../../../contract/errors.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { checkForPublishing } from '../../../core/deposit/checks.ts'
import { navigate } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { ServerBadge } from '../../components/badge.tsx'
import { Banner, ErrorBanner, Note } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { formatTime } from '../../components/format.ts'
import { PageHead, Screen } from '../../components/layout.tsx'
import { serverInWords } from '../../../core/server-words.ts'
import { useNow } from '../../components/use-now.ts'
import { useAccount } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useDeposit, useFiles } from '../../queries/deposits.ts'
import { BasicsFields } from './basics-fields.tsx'
import { ChecksRail } from './checks-rail.tsx'
import { EditorContext, useEditor, type Editor } from './context.ts'
import { CreatorsField } from './creators-field.tsx'
import styles from './deposit-editor.module.css'
import { DescriptionField } from './description-field.tsx'
import { DoiField } from './doi-field.tsx'
import { ConflictChoice } from './field-slot.tsx'
import { FilesRail } from './files-rail.tsx'
import { isSame } from './form-sync.ts'
import formStyles from './form.module.css'
import { KeywordsField } from './keywords-field.tsx'
import { LicenceField } from './licence-field.tsx'
import { messages } from './messages.ts'
import { Outline } from './outline.tsx'
import { gatherProblems, isAbout, type ServerView, type ShownProblem } from './problems.ts'
import { SECTION_FIELDS, sectionStates, useCurrentSection, useGoTo } from './sections.ts'
import { useMetadataForm } from './use-metadata-form.ts'

const NO_ROWS: readonly FileRow[] = []

/** The form of one deposit, beside its files and what stands in the way of publishing. */
export function DepositEditor({ depositId }: { depositId: string }) {
  const deposit = useDeposit(depositId)
  const account = useAccount(deposit.data?.accountId)
  const isPublished = deposit.data?.publication.kind === 'published'
  useEffect(() => {
    // A published record is changed on the server or by a new version, so this screen has nothing to offer for it.
    if (isPublished) navigate({ kind: 'published', depositId })
  }, [isPublished, depositId])

  if (deposit.error) {
    return (
      <Screen>
        <PageHead title={messages.untitled} size="l" onBack={() => navigate({ kind: 'deposits' })} />
        <ErrorBanner error={errorOf(deposit.error)} onAction={() => void deposit.refetch()} />
      </Screen>
    )
  }
  if (!deposit.data || !account || isPublished) return <Screen>{null}</Screen>
  return <OpenDeposit key={depositId} deposit={deposit.data} account={account} />
}

function OpenDeposit({ deposit, account }: { deposit: Deposit; account: Account }) {
  const server = serverInWords(account)
  const { control, values, storeError, storeNow } = useMetadataForm(deposit)
  const problems = useProblems(deposit, values)
  const [seen, setSeen] = useState<ReadonlySet<string>>(() => new Set())
  const shown = useStable(
    problems.filter(({ kind, field }) => kind !== 'missing' || [...seen].some((other) => isAbout({ field }, other))),
  )
  const [openCreator, setOpenCreator] = useState<number | null>(null)
  const form = useRef<HTMLDivElement>(null)
  const see = useCallback((field: string) => setSeen((before) => new Set([...before, field])), [])
  const goTo = useGoTo(
    useCallback(
      (field: string) => {
        see(field)
        const at = /^metadata\.creators\.(\d+)/.exec(field)?.[1]
        if (at !== undefined) setOpenCreator(Number(at))
      },
      [see],
    ),
  )
  const section = useCurrentSection(form)

  const files = useFiles(deposit.id)
  const resolve = useCall('deposits.resolve')
  const restart = useCall('deposits.restart')
  const anyway = useCall('deposits.uploadAnyway')
  const rows = files.data?.rows ?? NO_ROWS
  // After the letter that was typed is on screen: the checks count all files.
  const settledValues = useDeferredValue(values)
  const checks = useMemo(
    () => localChecks({ deposit, account, values: settledValues, rows }),
    [deposit, account, settledValues, rows],
  )
  const { mutate: sendChoice } = resolve
  // Stays the same from letter to letter, so that only the field that is written in renders again.
  const editor = useMemo<Editor>(
    () => ({
      account,
      server,
      control,
      problems: shown,
      conflicts: deposit.conflicts,
      onResolve: (field, keep) => sendChoice({ depositId: deposit.id, field, keep }),
    }),
    [account, server, control, shown, deposit.conflicts, deposit.id, sendChoice],
  )
  const isAsked = deposit.publication.kind === 'asked'
  const trouble = bannerErrorOf(deposit)
  const remedyOf = (error: AppError) => {
    const { action } = explain(error)
    const remedy = action === 'new-draft' ? restart : action === 'upload-anyway' ? anyway : null
    return remedy === null ? undefined : () => remedy.mutate({ depositId: deposit.id })
  }
  const title = values.title?.trim() ?? ''
  const version = values.version?.trim() ?? ''

  return (
    <EditorContext value={editor}>
      <Screen>
        <PageHead
          title={title === '' ? messages.untitledOf(deposit.source.name) : title}
          size="l"
          onBack={() => navigate({ kind: 'deposits' })}
          sub={
            <>
              <ServerBadge account={account} />
              <span>{version === '' ? messages.draft : messages.draftOf(version)}</span>
              <span aria-hidden>·</span>
              <SavedWords deposit={deposit} server={server} />
            </>
          }
        >
          <Button tone="primary" onPress={() => navigate({ kind: 'publish', depositId: deposit.id })}>
            {messages.publish}
          </Button>
        </PageHead>
        {isAsked && (
          <Banner
            tone="info"
            title={messages.locked}
            actions={
              <Button size="s" onPress={() => navigate({ kind: 'publish', depositId: deposit.id })}>
                {messages.showPublish}
              </Button>
            }
          >
            {messages.lockedNext}
          </Banner>
        )}
        {storeError && <ErrorBanner error={storeError} onAction={storeNow} tone="fail" />}
        {trouble && (
          <ErrorBanner error={trouble} isPending={restart.isPending || anyway.isPending} onAction={remedyOf(trouble)} />
        )}
        {restart.error && <ErrorBanner error={errorOf(restart.error)} />}
        {resolve.error && <ErrorBanner error={errorOf(resolve.error)} />}
        {deposit.conflicts.length > 0 && (
          <Banner
            tone="attn"
            title={messages.conflicts(deposit.conflicts.length, server)}
            actions={
              <Button size="s" onPress={() => form.current?.querySelector<HTMLElement>('[data-conflict]')?.focus()}>
                {messages.showFirst}
              </Button>
            }
          >
            {messages.conflictsNext}
          </Banner>
        )}
        <div className={styles.body}>
          <div className={styles.columns}>
            <Outline
              current={section}
              states={sectionStates(values, deposit, problems)}
              onShow={(id) => goTo(SECTION_FIELDS[id][0])}
            />
            <div
              ref={form}
              className={styles.form}
              inert={isAsked}
              onBlur={({ target, relatedTarget }) => {
                storeNow()
                const left = target.closest<HTMLElement>('[data-field]')
                if (left?.dataset.field !== undefined && !left.contains(relatedTarget)) see(left.dataset.field)
              }}
            >
              <div className={formStyles.form}>
                <OtherFields deposit={deposit} problems={shown} />
                <div data-section="basics">
                  <BasicsFields />
                </div>
                <div data-section="creators">
                  <CreatorsField open={openCreator} onOpen={setOpenCreator} />
                </div>
                <div data-section="description">
                  <DescriptionField />
                </div>
                <div data-section="licence">
                  <LicenceField />
                </div>
                <div data-section="keywords">
                  <KeywordsField />
                </div>
                <div data-section="doi">
                  <DoiField deposit={deposit} />
                </div>
              </div>
            </div>
            <aside className={styles.rail} aria-label={messages.files}>
              <FilesRail deposit={deposit} rows={rows} failed={files.isError} server={server} />
              <ChecksRail checks={checks} onShow={goTo} />
            </aside>
          </div>
        </div>
      </Screen>
    </EditorContext>
  )
}

/** What was stored here and what the server has of it. */
function SavedWords({ deposit, server }: { deposit: Deposit; server: string }) {
  const now = useNow(30_000)
  const { sync } = deposit
  const saved = messages.savedHere(formatTime(sync.savedAt, now))
  const rest = (() => {
    switch (sync.kind) {
      case 'saved-here':
        return deposit.draft === null ? messages.noDraftYet(server) : messages.notSentYet(server)
      case 'sending':
        return messages.sendingTo(server)
      case 'in-step':
        return messages.sentTo(server, formatTime(sync.sentAt, now))
      case 'waiting':
        return messages.notSent(explain(sync.error).happened)
    }
  })()
  return (
    <span role="status" className={sync.kind === 'waiting' ? styles.attn : undefined}>
      {saved}, {rest}
    </span>
  )
}

/** Complaints and conflicts about what this form has no field for: nothing is silent because it is not shown here. */
function OtherFields({ deposit, problems }: { deposit: Deposit; problems: readonly ShownProblem[] }) {
  const { server } = useEditor()
  const known = Object.values(SECTION_FIELDS).flat()
  const isOther = (field: string) => !known.some((path) => isAbout({ field }, path))
  const conflicts = deposit.conflicts.filter(({ field }) => isOther(field))
  const others = problems.filter(({ field }) => isOther(field))
  if (conflicts.length + others.length === 0) return null
  return (
    <div className={formStyles.section}>
      {conflicts.map((conflict) => (
        <ConflictChoice key={conflict.field} conflict={conflict} name={messages.otherField(conflict.field)} />
      ))}
      {others.length > 0 && (
        <Note tone="attn" title={messages.otherProblems(server)}>
          {others.map(({ field, message }) => (
            <div key={`${field} ${message}`}>
              {messages.otherField(field)}: {message}
            </div>
          ))}
        </Note>
      )}
    </div>
  )
}

/** The same object as long as it says the same. */
function useStable<T>(value: T): T {
  const [stable, setStable] = useState(value)
  if (isSame(stable, value)) return stable
  setStable(value)
  return value
}

/** All complaints about what the form holds now. The server’s are about what it was sent: what was changed since has none. */
function useProblems(deposit: Deposit, values: RecordMetadata): readonly ShownProblem[] {
  const { sync, problems, metadata } = deposit
  const [view, setView] = useState<ServerView>(() => ({ problems, about: metadata }))
  // Only once everything written here was answered do the complaints belong to it; before, they are of an earlier save.
  const isAnswered = sync.kind === 'in-step' || (sync.kind === 'waiting' && sync.error.code === 'draft-refused')
  if (isAnswered && !(isSame(view.problems, problems) && isSame(view.about, metadata)))
    setView({ problems, about: metadata })
  return gatherProblems(values, view)
}

/** Checks that need a look at the server and the folder: the guard makes them. */
const GUARD_ONLY: ReadonlySet<string> = new Set(['listing', 'strangers', 'folder'])

function localChecks({
  deposit,
  account,
  values,
  rows,
}: {
  deposit: Deposit
  account: Account
  values: RecordMetadata
  rows: readonly FileRow[]
}): readonly Check[] {
  const checks = checkForPublishing({
    server: serverInWords(account),
    metadata: values,
    problems: deposit.problems,
    conflicts: deposit.conflicts,
    inStep: deposit.sync.kind === 'in-step',
    revision: deposit.draft?.revision ?? 0,
    transfer: deposit.transfer,
    files: rows,
    listed: [],
    changedOnDisk: [],
  })
  return (['open', 'advice', 'met'] as const).flatMap((state) =>
    checks.filter((check) => check.state === state && !GUARD_ONLY.has(check.id)),
  )
}

/** Errors that have a line of their own in the head, the shell or the form, or that pass by themselves. */
const CALM: ReadonlySet<ErrorCode> = new Set([
  'offline',
  'server-unreachable',
  'server-trouble',
  'server-busy',
  'token-missing',
  'token-refused',
  'conflict',
])

function bannerErrorOf({ sync, publication, transfer }: Deposit): AppError | null {
  if (sync.kind === 'waiting' && !CALM.has(sync.error.code)) return sync.error
  if (publication.kind === 'refused') return publication.error
  return transfer.error?.code === 'draft-gone' ? transfer.error : null
}
