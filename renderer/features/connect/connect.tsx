import { Shield } from 'lucide-react'
import { useState } from 'react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import type { Account } from '../../../contract/desk/account.ts'
import { chooseAccount } from '../../app/view.ts'
import { announce } from '../../components/announce.tsx'
import { Badge } from '../../components/badge.tsx'
import { cx } from '../../components/cx.ts'
import { Icon } from '../../components/icon.tsx'
import { PageTitle } from '../../components/layout.tsx'
import { messages, type Preset } from './messages.ts'
import styles from './connect.module.css'
import { PracticePanel } from './practice-panel.tsx'
import { TokenPanel } from './token-panel.tsx'

const SERVERS: readonly {
  readonly id: Preset
  readonly name: string
  readonly text: string
  readonly badge?: 'practice' | 'sandbox'
}[] = [
  { id: 'practice', ...messages.practice, badge: 'practice' },
  { id: 'zenodo-sandbox', ...messages.sandbox, badge: 'sandbox' },
  { id: 'zenodo', ...messages.zenodo },
  { id: 'other', ...messages.other },
]

/** First run, and adding an account later; then it can be left with `onCancel`. */
export function Connect({ onDone, onCancel }: { onDone: () => void; onCancel?: () => void }) {
  const [server, setServer] = useState<Preset>('practice')

  function done(account: Account) {
    chooseAccount(account.id)
    announce(messages.added(account.user.name, account.serverName))
    onDone()
  }
  const panel = { onDone: done, onCancel }

  return (
    <div className={styles.connect}>
      <section className={styles.pick}>
        <PageTitle>{messages.title}</PageTitle>
        <p className={styles.lead}>{messages.lead}</p>
        <RadioGroup className={cx(styles.servers)} value={server} onChange={(value) => setServer(value as Preset)}>
          <Label className="hidden-text">{messages.servers}</Label>
          {SERVERS.map(({ id, name, text, badge }) => (
            <Radio key={id} value={id} className={cx(styles.server)}>
              <span className={styles.dot} aria-hidden />
              <span>
                <span className={styles.name}>
                  {name}
                  {badge && (
                    <Badge tone={badge === 'practice' ? 'practice' : 'plain'}>
                      {badge === 'practice' ? 'Practice' : 'Sandbox'}
                    </Badge>
                  )}
                </span>
                <span className={styles.text}>{text}</span>
              </span>
            </Radio>
          ))}
        </RadioGroup>
        <p className={styles.privacy}>
          <Icon as={Shield} />
          {messages.privacy}
        </p>
      </section>
      {server === 'practice' ? <PracticePanel {...panel} /> : <TokenPanel key={server} preset={server} {...panel} />}
    </div>
  )
}
