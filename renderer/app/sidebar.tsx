import { ArrowUpDown, Check, ChevronDown, Folder, Plus, Search, Settings2, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import type { Account } from '../../contract/desk/account.ts'
import { ServerBadge } from '../components/badge.tsx'
import { cx } from '../components/cx.ts'
import { Icon, type IconShape } from '../components/icon.tsx'
import { KeyHint } from '../components/key-hint.tsx'
import { Menu } from '../components/menu.tsx'
import { useAccounts } from '../queries/accounts.ts'
import { isFinished, useDownloads } from '../queries/downloads.ts'
import { useDeposits, useOverview } from '../queries/deposits.ts'
import { messages } from './messages.ts'
import styles from './sidebar.module.css'
import { chooseAccount, navigate, openPalette, useView, type Route } from './view.ts'

/** The screens, and which account is current. */
export function Sidebar({ account }: { account: Account }) {
  const route = useView((view) => view.route.kind)
  const deposits = useDeposits().data ?? []
  const overview = useOverview().data
  const open = deposits.filter(({ group }) => group !== 'published').length
  const needsYou = deposits.some(({ group }) => group === 'needs-you')
  const uploads = overview?.deposits.filter(({ state }) => !FINISHED.has(state)).length ?? 0
  const unfinished = uploads + (useDownloads().data ?? []).filter(({ state }) => !isFinished(state)).length
  const onDeposits =
    route === 'deposits' || route === 'review' || route === 'deposit' || route === 'publish' || route === 'published'

  return (
    <nav className={styles.side} aria-label={messages.nav.label}>
      <AccountSwitcher account={account} />
      <button type="button" className={styles.find} onClick={() => openPalette(true)}>
        <Icon as={Search} />
        <span className={styles.grow}>{messages.nav.search}</span>
        <KeyHint keys="mod+K" />
      </button>
      <div className={styles.items}>
        <Item
          to={{ kind: 'deposits' }}
          icon={Folder}
          current={onDeposits}
          strong={needsYou}
          count={open}
          counted={messages.nav.depositsCount(open)}
        >
          {messages.nav.deposits}
        </Item>
        <Item
          to={{ kind: 'transfers' }}
          icon={ArrowUpDown}
          current={route === 'transfers'}
          count={unfinished}
          counted={messages.nav.transfersCount(unfinished)}
        >
          {messages.nav.transfers}
        </Item>
      </div>
      <div className={styles.space} />
      <Item to={{ kind: 'settings' }} icon={Settings2} current={route === 'settings'}>
        {messages.nav.settings}
      </Item>
    </nav>
  )
}

const FINISHED: ReadonlySet<string> = new Set(['none', 'verified', 'cancelled'])

function Item({
  to,
  icon,
  current,
  count = 0,
  counted = '',
  strong = false,
  children,
}: {
  to: Route
  icon: IconShape
  current: boolean
  count?: number
  counted?: string
  strong?: boolean
  children: ReactNode
}) {
  return (
    <button
      type="button"
      className={cx(styles.item, current && styles.current)}
      aria-current={current ? 'page' : undefined}
      onClick={() => navigate(to)}
    >
      <Icon as={icon} />
      <span className={styles.grow}>{children}</span>
      {count > 0 && (
        <span className={cx(styles.count, strong && styles.strong)}>
          <span aria-hidden>{count}</span>
          <span className="hidden-text">{counted}</span>
        </span>
      )}
    </button>
  )
}

function AccountSwitcher({ account }: { account: Account }) {
  const accounts = useAccounts().data ?? []
  return (
    <Menu
      label={messages.account.switch}
      placement="bottom start"
      trigger={
        <AriaButton className={cx(styles.account)}>
          <span className={styles.grow}>
            <span className={cx(styles.user, 'cut')} title={account.user.name}>
              {account.user.name}
            </span>
            <ServerBadge account={account} />
          </span>
          <Icon as={ChevronDown} />
        </AriaButton>
      }
      entries={[
        ...accounts.map((one) => ({
          id: one.id,
          label: one.user.name,
          detail: one.serverName,
          icon: one.id === account.id ? Check : Users,
          onAction: () => chooseAccount(one.id),
        })),
        {
          id: 'add',
          label: messages.account.add,
          icon: Plus,
          separate: true,
          onAction: () => navigate({ kind: 'connect' }),
        },
        {
          id: 'manage',
          label: messages.account.manage,
          icon: Settings2,
          onAction: () => navigate({ kind: 'settings' }),
        },
      ]}
    />
  )
}
