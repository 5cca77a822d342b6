import { Check as CheckIcon, Lock, Undo2 } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { Deposit, PublishGuard as Guard } from '../../../contract/desk/deposit.ts'
import { explain, type AppError } from '../../../contract/errors.ts'
import { goBack, navigate } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { ServerBadge } from '../../components/badge.tsx'
import { Banner, ErrorBanner } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { CheckList } from '../../components/check-list.tsx'
import { cx } from '../../components/cx.ts'
import { askFieldFocus } from '../../components/field-focus.ts'
import { formatAge, formatTime } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { Divider, Facts, FootBar, PageHead, Pane, Rail, Screen, SectionHead, Split } from '../../components/layout.tsx'
import { serverInWords } from '../../../core/server-words.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useNow } from '../../components/use-now.ts'
import { useAccount } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useDeposit, useGuard } from '../../queries/deposits.ts'
import { filesFixedFrom } from './grace.ts'
import { messages } from './messages.ts'
import styles from './publish.module.css'

/** What becomes public and can’t be undone, and the one button that does it. */
export function PublishGuard({ depositId }: { depositId: string }) {
  const deposit = useDeposit(depositId)
  const account = useAccount(deposit.data?.accountId)
  const publication = deposit.data?.publication.kind
  useEffect(() => {
    if (publication === 'published') navigate({ kind: 'published', depositId })
  }, [publication, depositId])

  if (deposit.error) {
    return (
      <Screen>
        <PageHead title={messages.untitled} size="l" onBack={goBack} />
        <ErrorBanner error={errorOf(deposit.error)} onAction={() => void deposit.refetch()} />
      </Screen>
    )
  }
  if (!deposit.data || !account || publication === 'published') return <Screen>{null}</Screen>
  return deposit.data.publication.kind === 'asked' ? (
    <Asked
      deposit={deposit.data}
      account={account}
      askedAt={deposit.data.publication.askedAt}
      error={deposit.data.publication.error}
    />
  ) : (
    <Question deposit={deposit.data} account={account} />
  )
}

function Head({ deposit, account }: { deposit: Deposit; account: Account }) {
  const { verifiedFiles, files } = deposit.transfer
  const { title = '', version = '' } = deposit.metadata
  const state = verifiedFiles === files ? messages.allVerified : messages.someVerified(verifiedFiles, files)
  return (
    <PageHead
      title={title.trim() === '' ? messages.untitled : title}
      size="l"
      onBack={goBack}
      sub={
        <>
          <ServerBadge account={account} />
          <span>
            {version === '' ? messages.draft : messages.draftOf(version)}, {state}
          </span>
        </>
      }
    />
  )
}

function Question({ deposit, account }: { deposit: Deposit; account: Account }) {
  const server = serverInWords(account)
  const guard = useGuard(deposit.id)
  const publish = useCall('deposits.publish')
  const [typed, setTyped] = useState('')
  const now = useNow(10_000)
  const whyNotId = useId()
  const { publication } = deposit

  const data = guard.data ?? null
  const open = data?.checks.filter(({ state }) => state === 'open').length ?? 0
  const isConfirmed = data !== null && typed.trim().toLowerCase() === data.confirmation.toLowerCase()
  const whyNot =
    data === null
      ? null
      : open > 0
        ? messages.openChecks(open)
        : isConfirmed
          ? null
          : messages.typeFirst(data.confirmation)
  const error = publish.error ? errorOf(publish.error) : publication.kind === 'refused' ? publication.error : null
  const send = () => {
    if (data === null || whyNot !== null || publish.isPending) return
    publish.mutate(
      { depositId: deposit.id, revision: data.revision },
      // What was shown is no longer what is there: it is read again, and confirmed again.
      { onError: () => void guard.refetch(), onSettled: () => setTyped('') },
    )
  }
  const show = (where: string) => {
    askFieldFocus(where)
    navigate({ kind: 'deposit', depositId: deposit.id })
  }

  return (
    <Screen>
      <Head deposit={deposit} account={account} />
      {error && <PublishError error={error} onAgain={() => void guard.refetch()} />}
      {guard.error && (
        <ErrorBanner error={errorOf(guard.error)} onAction={() => void guard.refetch()} isPending={guard.isFetching} />
      )}
      <Split rail={360}>
        <div className={styles.left}>
          <Pane label={messages.question(deposit.metadata.version ?? '')}>
            <div className={styles.question}>
              <div>
                <h2 className={styles.ask}>{messages.question(deposit.metadata.version ?? '')}</h2>
                <p className="t2">{introOf(account)}</p>
              </div>
              {data === null ? (
                <p role="status" className="t2">
                  {guard.isPending ? messages.reading(server) : ''}
                </p>
              ) : (
                <>
                  <Summary guard={data} />
                  <Divider />
                  <Consequences account={account} server={server} now={data.readAt} />
                  <form
                    className={styles.confirm}
                    onSubmit={(event) => {
                      event.preventDefault()
                      send()
                    }}
                  >
                    <div className={styles.word}>
                      <TextField
                        label={messages.confirm(data.confirmation)}
                        value={typed}
                        onChange={setTyped}
                        isDisabled={publish.isPending}
                        autoComplete="off"
                        spellCheck="false"
                      />
                    </div>
                    <span role="status" className={styles.matches}>
                      {isConfirmed && (
                        <>
                          <Icon as={CheckIcon} /> {messages.matches}
                        </>
                      )}
                    </span>
                  </form>
                </>
              )}
            </div>
          </Pane>
          <FootBar
            actions={
              <>
                <Button onPress={goBack}>{messages.notYet}</Button>
                <Button
                  tone="primary"
                  isDisabled={data === null || whyNot !== null}
                  isPending={publish.isPending}
                  aria-describedby={whyNotId}
                  onPress={send}
                >
                  {publish.isPending ? messages.publishing : messages.publish}
                </Button>
              </>
            }
          >
            <div id={whyNotId} role="status" className={cx(open > 0 && styles.attn)}>
              {whyNot}
            </div>
            <div className="small t3">{messages.once}</div>
          </FootBar>
        </div>
        <Rail label={messages.checks}>
          <SectionHead title={messages.checks} />
          {data ? (
            <>
              <CheckList checks={data.checks} onShow={show} />
              <p className={styles.readAt}>
                {messages.readAt(formatAge(data.readAt, now))}{' '}
                <Button tone="link" size="s" isDisabled={guard.isFetching} onPress={() => void guard.refetch()}>
                  {messages.readAgain}
                </Button>
              </p>
            </>
          ) : (
            <p className="t3">{guard.isPending ? messages.reading(server) : ''}</p>
          )}
        </Rail>
      </Split>
    </Screen>
  )
}

function PublishError({ error, onAgain }: { error: AppError; onAgain: () => void }) {
  if (error.code !== 'conflict')
    return <ErrorBanner error={error} onAction={explain(error).action === 'retry' ? onAgain : undefined} />
  return (
    <Banner tone="attn" title={messages.changedMeanwhile}>
      {messages.changedMeanwhileNext}
    </Banner>
  )
}

function Summary({ guard }: { guard: Guard }) {
  const { summary, checks } = guard
  const { terms } = messages
  const isVerified = checks.some(({ id, state }) => id === 'files' && state === 'met')
  const orMissing = (text: string) => (text === '' ? <span className={styles.attn}>{messages.missing}</span> : text)
  const aside = (text: string, more: string) => (
    <>
      {text} <span className="t3">{more}</span>
    </>
  )
  return (
    <Facts
      items={[
        { term: terms.title, value: orMissing(summary.title) },
        { term: terms.creators, value: orMissing(summary.creators.join('; ')) },
        { term: terms.resourceType, value: orMissing(summary.resourceType) },
        { term: terms.doi, value: summary.doi === null ? messages.doiGiven : aside(summary.doi, messages.doiReserved) },
        {
          term: terms.licence,
          value: summary.licence === '' ? <span className={styles.attn}>{messages.noLicence}</span> : summary.licence,
        },
        { term: terms.access, value: summary.access },
        { term: terms.date, value: orMissing(summary.publicationDate) },
        { term: terms.publisher, value: orMissing(summary.publisher) },
        {
          term: terms.files,
          value: aside(messages.filesWords(summary.files, summary.bytes), isVerified ? messages.filesVerified : ''),
        },
      ]}
    />
  )
}

function Consequences({ account, server, now }: { account: Account; server: string; now: number }) {
  const fixedFrom = filesFixedFrom(account, now)
  const lines = (texts: readonly string[], icon: typeof Lock) => (
    <ul className={styles.lines}>
      {texts.map((text) => (
        <li key={text}>
          <Icon as={icon} className={cx(styles.lineIcon)} />
          {text}
        </li>
      ))}
    </ul>
  )
  return (
    <div className={styles.consequences}>
      <section>
        <h3>{messages.stays}</h3>
        {lines(
          [
            messages.staysRecord,
            messages.staysDoi,
            fixedFrom === null ? messages.staysFiles : messages.staysFilesFrom(fixedFrom),
          ],
          Lock,
        )}
      </section>
      <section>
        <h3>{messages.change}</h3>
        {lines(
          [
            messages.changeMetadata,
            ...(fixedFrom === null ? [] : [messages.changeFiles(server)]),
            messages.changeVersion,
          ],
          Undo2,
        )}
      </section>
    </div>
  )
}

/** Publishing was asked for: calm, since there is nothing to do but wait, and nothing happens twice. */
function Asked({
  deposit,
  account,
  askedAt,
  error,
}: {
  deposit: Deposit
  account: Account
  askedAt: number
  error: AppError | null
}) {
  const server = serverInWords(account)
  const now = useNow(10_000)
  const at = formatTime(askedAt, now)
  const words = error ? explain(error) : null
  return (
    <Screen>
      <Head deposit={deposit} account={account} />
      <div className={styles.asked} role="status">
        <h2 className={styles.ask}>{error ? messages.unclear(server) : messages.askedTitle(server)}</h2>
        <StateMark kind={error ? 'waiting' : 'verifying'} wrap>
          {error ? messages.unclearDetail(at) : messages.asked(at)}
        </StateMark>
        <p className="t2">{words ? `${words.next} ${words.todo}` : messages.askedNext}</p>
        <div>
          <Button onPress={goBack}>{messages.back}</Button>
        </div>
      </div>
    </Screen>
  )
}

function introOf({ server }: Account): string {
  switch (server) {
    case 'practice':
      return messages.introPractice
    case 'zenodo-sandbox':
      return messages.introSandbox
    case 'zenodo':
    case 'other':
      return messages.intro
  }
}
