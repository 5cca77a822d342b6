import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import { errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { messages as shared } from '../../components/messages.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useCall } from '../../queries/client.ts'
import { messages } from './messages.ts'
import styles from './settings.module.css'

/** A new token for an account that stays: tried when it is pasted or on Enter. */
export function RenewDialog({ account, onClose }: { account: Account | null; onClose: () => void }) {
  const [token, setToken] = useState('')
  const words = messages.renewal
  const close = () => {
    setToken('')
    renew.reset()
    onClose()
  }
  const renew = useCall('accounts.renewToken', {
    onSuccess: ({ serverName }) => {
      announce(words.done(serverName))
      close()
    },
  })
  const tryToken = (text: string) => {
    if (account && text.trim() !== '') renew.mutate({ accountId: account.id, token: text.trim() })
  }

  return (
    <Dialog
      title={words.title(account?.serverName ?? '')}
      isOpen={account !== null}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{shared.cancel}</Button>
          <Button tone="primary" isDisabled={token.trim() === '' || renew.isPending} onPress={() => tryToken(token)}>
            {words.confirm}
          </Button>
        </>
      }
    >
      {account && (
        <div className={styles.dialog}>
          <p>{words.text(account.user.name, account.serverName)}</p>
          <TextField
            label={words.token}
            icon={KeyRound}
            type="password"
            autoComplete="off"
            autoFocus
            value={token}
            isDisabled={renew.isPending}
            onChange={(text) => {
              setToken(text)
              renew.reset()
            }}
            onPaste={(event) => {
              const pasted = event.clipboardData?.getData('text/plain').trim() ?? ''
              if (pasted === '') return
              event.preventDefault()
              setToken(pasted)
              tryToken(pasted)
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') tryToken(token)
            }}
          />
          {renew.isPending && (
            <p role="status">
              <StateMark kind="sending">{words.checking(account.serverName)}</StateMark>
            </p>
          )}
          {renew.error && <ErrorNote error={errorOf(renew.error)} tone="fail" />}
        </div>
      )}
    </Dialog>
  )
}
