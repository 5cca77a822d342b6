import type { Account } from '../../../contract/desk/account.ts'
import { errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { messages as shared } from '../../components/messages.ts'
import { useCall } from '../../queries/client.ts'
import { messages } from './messages.ts'
import styles from './settings.module.css'

/** Says what goes and what stays before an account is signed out. */
export function SignOutDialog({ account, onClose }: { account: Account | null; onClose: () => void }) {
  const words = messages.signingOut
  const close = () => {
    signOut.reset()
    onClose()
  }
  const signOut = useCall('accounts.signOut', {
    onSuccess: () => {
      if (account) announce(words.done(account.serverName))
      close()
    },
  })
  return (
    <Dialog
      title={account ? words.title(account) : ''}
      isOpen={account !== null}
      onClose={close}
      isAlert
      actions={
        <>
          <Button onPress={close}>{shared.cancel}</Button>
          <Button
            tone="danger"
            isDisabled={signOut.isPending}
            onPress={() => {
              if (account) signOut.mutate({ accountId: account.id })
            }}
          >
            {words.confirm}
          </Button>
        </>
      }
    >
      {account && (
        <div className={styles.dialog}>
          <p>
            {account.server === 'practice'
              ? words.practice
              : `${words.token(account.serverName)} ${words.records(account.serverName)}`}
          </p>
          {signOut.error && <ErrorNote error={errorOf(signOut.error)} tone="fail" />}
        </div>
      )}
    </Dialog>
  )
}
