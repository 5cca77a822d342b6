import { useState } from 'react'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import { errorOf } from '../../bridge/client.ts'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Checkbox } from '../../components/choices.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { messages as shared } from '../../components/messages.ts'
import { useCall } from '../../queries/client.ts'
import styles from './inspector.module.css'
import { messages } from './messages.ts'

/** Says what goes and what stays before a deposit is removed. */
export function RemoveDialog({
  deposit,
  serverName,
  isOpen,
  onClose,
  onRemoved,
}: {
  deposit: Deposit
  serverName: string
  isOpen: boolean
  onClose: () => void
  onRemoved: () => void
}) {
  const [draft, setDraft] = useState(false)
  const remove = useCall('deposits.remove', { onSuccess: onRemoved })
  const published = deposit.publication.kind === 'published'
  const hasDraft = deposit.draft !== null && !published
  const words = messages.removal

  return (
    <Dialog
      title={words.title}
      isOpen={isOpen}
      onClose={onClose}
      isAlert
      actions={
        <>
          <Button onPress={onClose}>{shared.cancel}</Button>
          <Button
            tone="danger"
            isDisabled={remove.isPending}
            onPress={() => remove.mutate({ depositId: deposit.id, draft: hasDraft && draft })}
          >
            {words.confirm}
          </Button>
        </>
      }
    >
      <div className={styles.removal}>
        <p>
          {published ? words.published(serverName) : hasDraft ? words.draft(serverName) : words.local} {words.folder}
        </p>
        {hasDraft && (
          <Checkbox isSelected={draft} onChange={setDraft}>
            {words.alsoDraft(serverName)}
          </Checkbox>
        )}
        {remove.error && <ErrorNote error={errorOf(remove.error)} tone="fail" />}
      </div>
    </Dialog>
  )
}
