import type { TransferTarget } from '../../../contract/desk/transfer.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { messages } from './messages.ts'

/** Cancelling removes what was sent in part, so it is asked for once more, with what stays. */
export function CancelDialog({
  target,
  onClose,
  onConfirm,
}: {
  target: TransferTarget | null
  onClose: () => void
  onConfirm: (target: TransferTarget) => void
}) {
  const words = messages.cancelling
  const isAll = target?.kind === 'all'
  return (
    <Dialog
      title={isAll ? words.titleAll : words.titleOne}
      isOpen={target !== null}
      onClose={onClose}
      isAlert
      actions={
        <>
          <Button onPress={onClose}>{words.keep}</Button>
          <Button
            tone="danger"
            onPress={() => {
              if (target) onConfirm(target)
            }}
          >
            {isAll ? words.confirmAll : words.confirm}
          </Button>
        </>
      }
    >
      <p>
        {words.text} {words.folder}
      </p>
    </Dialog>
  )
}
