import { Folder, Plus, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Header, ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components'
import type { Account } from '../../../contract/desk/account.ts'
import type { DepositSummary } from '../../../contract/desk/deposit.ts'
import { newDeposit, openDeposit } from '../../app/commands.ts'
import { selectDeposit, useView } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ServerName } from '../../components/badge.tsx'
import { ErrorBanner } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { cx } from '../../components/cx.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatWhen } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { spellKeys } from '../../components/keys.ts'
import { PageHead, Screen, Split } from '../../components/layout.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { blockedWords, shortReason, transferWords, type StateWords } from '../../components/state-words.ts'
import { FilterField } from '../../components/text-field.tsx'
import { capital } from '../../../core/server-words.ts'
import { useNow } from '../../components/use-now.ts'
import { useAccounts } from '../../queries/accounts.ts'
import { useDeposits } from '../../queries/deposits.ts'
import styles from './deposits.module.css'
import { Inspector } from './inspector.tsx'
import { groupDeposits } from './list-order.ts'
import { messages } from './messages.ts'

/** All deposits, by what is asked of the person, and where the selected one stands. */
export function Deposits() {
  const deposits = useDeposits()
  const accounts = useAccounts().data ?? []
  const selectedId = useView((view) => view.selectedDepositId)
  const [filter, setFilter] = useState('')
  const all = deposits.data ?? []
  const accountOf = ({ accountId }: DepositSummary) => accounts.find(({ id }) => id === accountId)
  const groups = groupDeposits(all, filter, (deposit) => accountOf(deposit)?.serverName ?? '')
  const shown = groups.flatMap((group) => group.deposits)
  const selected = shown.find(({ id }) => id === selectedId) ?? shown[0]

  useEffect(() => {
    if (filter !== '') announce(messages.filtered(shown.length))
  }, [filter, shown.length])

  return (
    <Screen>
      <PageHead title={messages.title}>
        {all.length > 0 && <FilterField label={messages.filter(all.length)} value={filter} onChange={setFilter} />}
        <Button tone="primary" icon={Plus} onPress={() => void newDeposit()}>
          {messages.new}
        </Button>
      </PageHead>
      {deposits.error && (
        <ErrorBanner error={errorOf(deposits.error)} tone="fail" onAction={() => void deposits.refetch()} />
      )}
      {deposits.data?.length === 0 ? (
        <EmptyState
          icon={Folder}
          title={messages.empty.title}
          action={
            <>
              <Button onPress={() => void newDeposit()}>{messages.empty.choose}</Button>
              <Button tone="quiet" onPress={() => void newDeposit('files')}>
                {messages.newFiles}
              </Button>
            </>
          }
        >
          {messages.empty.text}
        </EmptyState>
      ) : (
        <Split>
          <div className={styles.column}>
            {deposits.data && groups.length === 0 ? (
              <EmptyState
                icon={Search}
                title={messages.noMatch.title}
                action={<Button onPress={() => setFilter('')}>{messages.noMatch.clear}</Button>}
              >
                {messages.noMatch.text}
              </EmptyState>
            ) : (
              <ListBox
                aria-label={messages.list}
                className={cx(styles.list)}
                selectionMode="single"
                selectionBehavior="replace"
                disallowEmptySelection
                selectedKeys={selected ? [selected.id] : []}
                onSelectionChange={(keys) => {
                  const [key] = keys === 'all' ? [] : [...keys]
                  if (typeof key === 'string') selectDeposit(key)
                }}
                onAction={(key) => {
                  const deposit = shown.find(({ id }) => id === key)
                  if (deposit) openDeposit({ id: deposit.id, publication: deposit.publication })
                }}
              >
                {groups.map(({ group, deposits: members }) => (
                  <ListBoxSection key={group} id={group}>
                    <Header className={styles.group}>
                      <span className={styles.groupName}>{messages.groups[group]}</span> {members.length}
                    </Header>
                    {members.map((deposit) => (
                      <DepositRow key={deposit.id} deposit={deposit} account={accountOf(deposit)} />
                    ))}
                  </ListBoxSection>
                ))}
              </ListBox>
            )}
            <div className={styles.hint}>
              <Icon as={Folder} />
              <span>{messages.hint(spellKeys('mod+O'))}</span>
            </div>
          </div>
          <Inspector deposit={selected ?? null} account={selected ? (accountOf(selected) ?? null) : null} />
        </Split>
      )}
    </Screen>
  )
}

function DepositRow({ deposit, account }: { deposit: DepositSummary; account: Account | undefined }) {
  const now = useNow(30_000)
  const { kind, words } = depositWords(deposit, account?.serverName ?? '', now)
  const { transfer } = deposit
  const moving =
    transfer.state !== 'none' &&
    transfer.state !== 'verified' &&
    transfer.state !== 'cancelled' &&
    transfer.sentBytes > 0
  return (
    <ListBoxItem id={deposit.id} textValue={deposit.title || messages.untitled} className={cx(styles.row)}>
      <div className={styles.what}>
        <div className={cx(styles.title, 'cut', deposit.title === '' && styles.untitled)}>
          {deposit.title || messages.untitled}
        </div>
        <div className={styles.second}>
          {account && <ServerName account={account} />}
          <span className="cut">
            {messages.content(deposit.files, deposit.bytes)} ·{' '}
            {deposit.publication === 'published' && deposit.doi ? deposit.doi : messages.folder(deposit.sourceName)}
          </span>
        </div>
      </div>
      <div className={styles.state}>
        <StateMark kind={kind}>{words}</StateMark>
        {moving && (
          <ProgressBar
            done={transfer.sentBytes}
            all={transfer.bytes}
            words={messages.inspector.bytes(transfer.sentBytes, transfer.bytes)}
            tone={transfer.state === 'paused' ? 'off' : 'accent'}
          />
        )}
      </div>
      <div className={styles.when}>{formatWhen(deposit.updatedAt, now)}</div>
    </ListBoxItem>
  )
}

/** Where a deposit stands, in one line: what needs the person comes before everything else. */
function depositWords(deposit: DepositSummary, serverName: string, now: number): StateWords {
  const { transfer, publication, error } = deposit
  if (publication === 'published') {
    return { kind: 'verified', words: messages.states.published(transfer.verifiedFiles, transfer.files) }
  }
  if (publication === 'asked') return { kind: 'verifying', words: messages.states.asked }
  // The group says already that it needs the person: here stands what for.
  if (transfer.blockedFiles > 0) return { kind: 'needs-you', words: blockedWords(transfer) }
  if (deposit.group === 'needs-you' && error) return { kind: 'needs-you', words: capital(shortReason(error)) }
  if (transfer.state === 'verified') return { kind: 'draft', words: messages.states.draft }
  if (transfer.state === 'none') return { kind: 'draft', words: messages.states.draftEmpty }
  return transferWords(transfer, serverName, now)
}
