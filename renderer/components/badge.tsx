import type { ReactNode } from 'react'
import type { Account } from '../../contract/desk/account.ts'
import styles from './badge.module.css'
import { cx } from './cx.ts'
import { messages } from './messages.ts'

/** A word in a thin frame. */
export function Badge({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'practice' | 'ok' | 'attn' | 'fail'
  children: ReactNode
}) {
  return <span className={cx(styles.badge, styles[tone])}>{children}</span>
}

type NamedServer = Pick<Account, 'server' | 'serverName'>

/** The name of a server in a frame: in the account switcher and in heads of records. */
export function ServerBadge({ account }: { account: NamedServer }) {
  return <Badge tone={account.server === 'practice' ? 'practice' : 'plain'}>{shortName(account)}</Badge>
}

/** Where a record is named: Practice and Sandbox as a badge, so that nobody takes them for the real thing; others as a word. */
export function ServerName({ account }: { account: NamedServer }) {
  if (account.server === 'practice' || account.server === 'zenodo-sandbox') return <ServerBadge account={account} />
  return <span className={styles.word}>{account.serverName}</span>
}

function shortName(account: NamedServer): string {
  if (account.server === 'practice') return messages.practice
  if (account.server === 'zenodo-sandbox') return messages.sandbox
  return account.serverName
}
