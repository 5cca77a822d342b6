import { Check, Copy, Download, ExternalLink } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { Deposit, Publication } from '../../../contract/desk/deposit.ts'
import type { FileRow } from '../../../contract/desk/transfer.ts'
import type { AppError } from '../../../contract/errors.ts'
import { askDownload, navigate } from '../../app/view.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { Badge, ServerBadge } from '../../components/badge.tsx'
import { ErrorBanner } from '../../components/banner.tsx'
import { Button, type ButtonProps } from '../../components/button.tsx'
import { formatBytes, formatDateTime, formatTime } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { Divider, PageHead, Pane, Rail, Screen, SectionHead, Split } from '../../components/layout.tsx'
import { serverInWords } from '../../../core/server-words.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { useCopy } from '../../components/use-copy.ts'
import { useNow } from '../../components/use-now.ts'
import { useAccount } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useDeposit, useFiles } from '../../queries/deposits.ts'
import { filesFixedFrom } from './grace.ts'
import { messages } from './messages.ts'
import styles from './published.module.css'

type PublishedRecord = Extract<Publication, { kind: 'published' }>

/** The DOI, how to cite it, and the proof of what was published. */
export function Published({ depositId }: { depositId: string }) {
  const deposit = useDeposit(depositId)
  const account = useAccount(deposit.data?.accountId)
  const publication = deposit.data?.publication
  const isOther = publication !== undefined && publication.kind !== 'published'
  useEffect(() => {
    if (isOther) navigate({ kind: 'deposit', depositId })
  }, [isOther, depositId])

  if (deposit.error) {
    return (
      <Screen>
        <PageHead title={messages.published} size="l" onBack={() => navigate({ kind: 'deposits' })} />
        <ErrorBanner error={errorOf(deposit.error)} onAction={() => void deposit.refetch()} />
      </Screen>
    )
  }
  if (!deposit.data || !account || publication?.kind !== 'published') return <Screen>{null}</Screen>
  return <Record deposit={deposit.data} account={account} record={publication} />
}

function Record({ deposit, account, record }: { deposit: Deposit; account: Account; record: PublishedRecord }) {
  const server = serverInWords(account)
  const [error, setError] = useState<AppError | null>(null)
  const [savedName, setSavedName] = useState<string | null>(null)
  const saveReceipt = useCall('deposits.saveReceipt', {
    onSuccess: (saved) => {
      if (saved) setSavedName(saved.name)
    },
  })
  const files = useFiles(deposit.id)
  const rows = (files.data?.rows ?? []).filter(({ state }) => state.kind !== 'left-out')
  const { title = '', version = '' } = deposit.metadata
  const { verifiedFiles } = deposit.transfer
  const shownError = error ?? (saveReceipt.error ? errorOf(saveReceipt.error) : null)

  function open() {
    setError(null)
    call('app.open', { url: record.url }).catch((thrown: unknown) => setError(errorOf(thrown)))
  }

  return (
    <Screen>
      <PageHead
        title={title === '' ? messages.untitled : title}
        size="l"
        onBack={() => navigate({ kind: 'deposits' })}
        sub={
          <>
            <ServerBadge account={account} />
            <Badge tone="ok">{messages.published}</Badge>
            <span>{messages.publishedVersion(version, formatDateTime(record.publishedAt))}</span>
          </>
        }
      >
        <Button icon={Download} onPress={() => askDownload({ kind: 'deposit', depositId: deposit.id })}>
          {messages.download}
        </Button>
        <Button icon={ExternalLink} onPress={open}>
          {messages.open(server)}
        </Button>
      </PageHead>
      {shownError && <ErrorBanner error={shownError} />}
      <Split rail={360}>
        <Pane label={messages.published}>
          <div className={styles.record}>
            <section className={styles.doi}>
              <StateMark kind="verified" wrap>
                <span className="t2">{messages.verified(verifiedFiles, deposit.transfer.files)}</span>
              </StateMark>
              <DoiLine record={record} account={account} />
            </section>
            <Divider />
            <section className={styles.section}>
              <SectionHead
                title={messages.cite}
                action={
                  <span className={styles.links}>
                    <CopyButton
                      tone="link"
                      size="s"
                      text={record.citation}
                      label={messages.copy}
                      name={`${messages.cite}: ${messages.copy}`}
                    />
                    {record.bibtex !== null && (
                      <CopyButton tone="link" size="s" text={record.bibtex} label={messages.bibtex} />
                    )}
                  </span>
                }
              />
              <p className={styles.citation}>{record.citation}</p>
            </section>
            <Divider />
            <section className={styles.section}>
              <SectionHead
                title={messages.badge}
                detail={messages.badgeDetail}
                action={<CopyButton tone="link" size="s" text={record.badge} label={messages.copyMarkdown} />}
              />
              <div className={styles.badgeLine}>
                {record.doi !== null && (
                  <span className={styles.badge} aria-hidden>
                    <span>{messages.doi}</span>
                    <span>{record.doi}</span>
                  </span>
                )}
                <code className={styles.markdown}>{record.badge}</code>
              </div>
            </section>
            <Divider />
            <section className={styles.section}>
              <SectionHead
                title={messages.receipt}
                detail={
                  <span role="status">{savedName === null ? messages.receiptDetail : messages.saved(savedName)}</span>
                }
                action={
                  <span className={styles.links}>
                    {(['json', 'html'] as const).map((format) => (
                      <Button
                        key={format}
                        tone="link"
                        size="s"
                        isDisabled={saveReceipt.isPending}
                        onPress={() => saveReceipt.mutate({ depositId: deposit.id, format })}
                      >
                        {format === 'json' ? messages.saveJson : messages.saveHtml}
                      </Button>
                    ))}
                  </span>
                }
              />
              {files.isError ? <p className="t2">{messages.filesFailed}</p> : <FileTable rows={rows} server={server} />}
            </section>
          </div>
        </Pane>
        <Rail label={messages.happened}>
          <History deposit={deposit} record={record} rows={rows} />
          <Divider />
          <section className={styles.aside}>
            <h2 className={styles.asideTitle}>{messages.next}</h2>
            <p>{nextWords(account, record, server)}</p>
          </section>
          <Divider />
          <section className={styles.aside}>
            <h2 className={styles.asideTitle}>{messages.here}</h2>
            <p>{messages.hereDetail}</p>
          </section>
        </Rail>
      </Split>
    </Screen>
  )
}

function DoiLine({ record, account }: { record: PublishedRecord; account: Account }) {
  const now = useNow(60_000)
  if (record.doi === null) {
    return (
      <>
        <div className={styles.doiLine}>
          <span className={styles.address}>{record.url}</span>
          <CopyButton tone="primary" icon={Copy} text={record.url} label={messages.copyLink} />
        </div>
        <p className={styles.small}>{messages.noDoi}</p>
      </>
    )
  }
  const leadsNowhere = nowhereWords(account, record.doi)
  return (
    <>
      <div className={styles.doiLine}>
        <span className={styles.doiText}>{record.doi}</span>
        <CopyButton tone="primary" icon={Copy} text={record.doi} label={messages.copyDoi} />
        {leadsNowhere === null && <CopyButton text={`https://doi.org/${record.doi}`} label={messages.copyLink} />}
      </div>
      <p className={leadsNowhere === null ? styles.small : styles.nowhere}>
        {leadsNowhere ?? messages.registered(formatTime(record.publishedAt, now))}
      </p>
      {record.conceptDoi !== null && leadsNowhere === null && (
        <p className={styles.small}>{messages.concept(record.conceptDoi)}</p>
      )}
    </>
  )
}

/** Why a DOI does not lead to the record; null where it does. 10.5072 is the prefix that DataCite keeps for tests. */
function nowhereWords({ server }: Account, doi: string): string | null {
  if (server === 'practice') return messages.doiPractice
  if (server === 'zenodo-sandbox') return messages.doiSandbox
  return doi.startsWith('10.5072/') ? messages.doiTest : null
}

/** Says for a moment that it is done: in its own words, and to a screen reader. */
function CopyButton({
  text,
  label,
  name,
  ...rest
}: { text: string; label: string; name?: string } & Omit<ButtonProps, 'children'>) {
  const { isCopied, copy } = useCopy(text, messages.copied)
  return (
    <Button
      {...rest}
      {...(name === undefined ? {} : { 'aria-label': name })}
      {...(isCopied && rest.icon ? { icon: Check } : {})}
      onPress={copy}
    >
      <span className={styles.swap}>
        <span data-hidden={isCopied || undefined}>{label}</span>
        <span data-hidden={!isCopied || undefined} aria-hidden={!isCopied}>
          {messages.copied}
        </span>
      </span>
    </Button>
  )
}

const FIRST_ROWS = 5
const MORE_ROWS = 200

function FileTable({ rows, server }: { rows: readonly FileRow[]; server: string }) {
  const [shown, setShown] = useState(FIRST_ROWS)
  const rest = rows.slice(shown)
  return (
    <div className={styles.tableFrame}>
      <table className={styles.table} aria-label={messages.filesTable}>
        <thead>
          <tr>
            <th scope="col">{messages.file}</th>
            <th scope="col" className={styles.number}>
              {messages.size}
            </th>
            <th scope="col">{messages.md5(server)}</th>
            <th scope="col">
              <span className="hidden-text">{messages.state}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map(({ fileId, key, bytes, state }) => (
            <tr key={fileId}>
              <td className={styles.key} title={key}>
                {key}
              </td>
              <td className={styles.number}>{formatBytes(bytes)}</td>
              <td className={styles.sum}>{state.kind === 'verified' ? state.md5 : ''}</td>
              <td className={styles.verified}>
                {state.kind === 'verified' && (
                  <span>
                    <Icon as={Check} /> {messages.fileVerified}
                  </span>
                )}
              </td>
            </tr>
          ))}
          {rest.length > 0 && (
            <tr>
              <td>
                <Button tone="link" onPress={() => setShown(shown + MORE_ROWS)}>
                  {messages.showMore(Math.min(rest.length, MORE_ROWS))}
                </Button>
              </td>
              <td className={styles.number}>
                {formatBytes(rest.slice(0, MORE_ROWS).reduce((sum, { bytes }) => sum + bytes, 0))}
              </td>
              <td />
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

function History({ deposit, record, rows }: { deposit: Deposit; record: PublishedRecord; rows: readonly FileRow[] }) {
  const now = useNow(60_000)
  const verified = rows.flatMap(({ state }) => (state.kind === 'verified' ? [state.verifiedAt] : []))
  const events: readonly (readonly [text: string, at: number])[] = [
    [messages.draftCreated, deposit.createdAt],
    ...(verified.length === 0
      ? []
      : ([
          [messages.sent(rows.reduce((sum, { bytes }) => sum + bytes, 0)), Math.max(...verified)],
          [messages.agree(verified.length), Math.max(...verified)],
        ] as const)),
    [messages.youConfirmed(deposit.metadata.version ?? ''), record.askedAt],
    [messages.readBack, record.publishedAt],
  ]
  return (
    <section className={styles.aside}>
      <h2 className={styles.asideTitle}>{messages.happened}</h2>
      <ol className={styles.events}>
        {events.map(([text, at]) => (
          <li key={text} className={styles.event}>
            <StateMark kind="verified" wrap>
              <span className={styles.eventText}>{text}</span>
            </StateMark>
            <Time at={at}>{formatTime(at, now)}</Time>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Time({ at, children }: { at: number; children: ReactNode }) {
  return (
    <time dateTime={new Date(at).toISOString()} className={styles.time}>
      {children}
    </time>
  )
}

function nextWords(account: Account, record: PublishedRecord, server: string): string {
  if (account.server === 'practice') return messages.nextPractice
  const fixedFrom = filesFixedFrom(account, record.publishedAt)
  return fixedFrom === null ? messages.nextVersion : messages.nextGrace(fixedFrom, server)
}
