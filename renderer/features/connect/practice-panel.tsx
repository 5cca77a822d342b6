import { useMutation } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import type { Account } from '../../../contract/desk/account.ts'
import { DeskError } from '../../../contract/errors.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import styles from './connect.module.css'
import { messages } from './messages.ts'

/** Practice needs no token: one button starts it, signs in and adds the account. */
export function PracticePanel({
  onDone,
  onCancel,
}: {
  onDone: (account: Account) => void
  onCancel: (() => void) | undefined
}) {
  const start = useMutation({ mutationFn: addPractice, onSuccess: onDone })
  return (
    <section className={styles.panel} aria-label={messages.practice.heading}>
      <div>
        <h2>{messages.practice.heading}</h2>
        <p className={styles.lead}>{messages.practice.lead}</p>
      </div>
      <ul className={styles.points}>
        {messages.practice.points.map((point) => (
          <li key={point}>
            <Icon as={Check} />
            {point}
          </li>
        ))}
      </ul>
      {start.isPending && (
        <p role="status">
          <StateMark kind="sending">{messages.practice.starting}</StateMark>
        </p>
      )}
      {start.error && <ErrorNote error={errorOf(start.error)} tone="fail" onAction={() => start.mutate()} />}
      <div className={styles.start}>
        <Button tone="primary" isDisabled={start.isPending} onPress={() => start.mutate()}>
          {messages.practice.use}
        </Button>
        {onCancel && <Button onPress={onCancel}>{messages.notNow}</Button>}
      </div>
    </section>
  )
}

async function addPractice(): Promise<Account> {
  const check = await call('accounts.check', { server: { kind: 'practice' }, token: '' })
  if (check.error) throw new DeskError(check.error.code, check.error.params)
  if (check.checkId === null) throw new DeskError('practice-failed', { reason: 'it did not answer' })
  return call('accounts.add', { checkId: check.checkId })
}
