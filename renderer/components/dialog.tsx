import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import styles from './dialog.module.css'
import { IconButton } from './button.tsx'
import { cx } from './cx.ts'
import { messages } from './messages.ts'

export type DialogProps = {
  readonly title: string
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly children: ReactNode
  /** Buttons at the foot; the primary one last. */
  readonly actions: ReactNode
  /** `sheet` is wide and starts at the top, for work; `s` asks one question. */
  readonly size?: 's' | 'm' | 'sheet'
  /** A question that must be answered: a click beside it does not close it. */
  readonly isAlert?: boolean
}

/** For what needs an answer before anything else; a banner says everything else. Escape closes it. */
export function Dialog({ title, isOpen, onClose, children, actions, size = 's', isAlert = false }: DialogProps) {
  return (
    <ModalOverlay
      className={cx(styles.overlay)}
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      isDismissable={!isAlert}
    >
      <Modal className={cx(styles.modal, styles[size])}>
        <AriaDialog className={cx(styles.dialog)} role={isAlert ? 'alertdialog' : 'dialog'}>
          <div className={styles.head}>
            <Heading slot="title" level={2} className={cx(styles.title)}>
              {title}
            </Heading>
            {!isAlert && <IconButton icon={X} label={messages.close} size="s" onPress={onClose} />}
          </div>
          <div className={styles.body}>{children}</div>
          <div className={styles.actions}>{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
