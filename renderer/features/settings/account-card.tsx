import type { Account, KeychainState } from '../../../contract/desk/account.ts'
import { chooseAccount } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { ServerBadge } from '../../components/badge.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { capabilityFacts } from '../../components/capabilities.ts'
import { Disclosure } from '../../components/disclosure.tsx'
import { Facts } from '../../components/layout.tsx'
import { useNow } from '../../components/use-now.ts'
import { useCall } from '../../queries/client.ts'
import { messages } from './messages.ts'
import styles from './settings.module.css'

/** One account: who, where, what its server can do, and what can be done with it. */
export function AccountCard({
  account,
  keychain,
  isCurrent,
  onRenew,
  onSignOut,
}: {
  account: Account
  keychain: KeychainState | null
  isCurrent: boolean
  onRenew: () => void
  onSignOut: () => void
}) {
  const now = useNow(30_000)
  const probe = useCall('accounts.probe')
  return (
    <section className={styles.account} aria-label={`${account.user.name}, ${account.serverName}`}>
      <div className={styles.accountHead}>
        <h3>{account.user.name}</h3>
        <ServerBadge account={account} />
        <span className="small t3">{isCurrent ? messages.current : messages.since(account.addedAt)}</span>
        {!isCurrent && (
          <span className={styles.accountEnd}>
            <Button tone="link" size="s" onPress={() => chooseAccount(account.id)}>
              {messages.makeCurrent}
            </Button>
          </span>
        )}
      </div>
      <Facts
        wide
        items={[
          ...(account.server === 'practice' ? [] : [{ term: messages.address, value: account.origin }]),
          ...(account.user.email === null || account.user.email === account.user.name
            ? []
            : [{ term: messages.email, value: account.user.email }]),
          { term: messages.token, value: tokenWords(account, keychain) },
        ]}
      />
      <Disclosure title={messages.canDo}>
        <Facts wide items={capabilityFacts(account.capabilities)} />
      </Disclosure>
      {probe.error && (
        <ErrorNote error={errorOf(probe.error)} onAction={() => probe.mutate({ accountId: account.id })} />
      )}
      <div className={styles.accountActions}>
        {account.token !== 'not-needed' && (
          <Button size="s" onPress={onRenew}>
            {messages.renew}
          </Button>
        )}
        <Button size="s" isDisabled={probe.isPending} onPress={() => probe.mutate({ accountId: account.id })}>
          {probe.isPending ? messages.probing : messages.probe}
        </Button>
        <Button size="s" onPress={onSignOut}>
          {messages.signOut}
        </Button>
        <span className="small t3">{messages.checkedAt(account.checkedAt, now)}</span>
      </div>
    </section>
  )
}

function tokenWords({ token }: Account, keychain: KeychainState | null): string {
  return token === 'keychain' ? messages.tokens.keychain(keychain?.name ?? '…') : messages.tokens[token]
}
