import { memo, useState } from 'react'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import { errorOf, call } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { useCall } from '../../queries/client.ts'
import { useEditor } from './context.ts'
import { FieldSlot } from './field-slot.tsx'
import styles from './form.module.css'
import { messages } from './messages.ts'
import { isAbout } from './problems.ts'

/** The DOI: reserved before publishing, or given with it. */
export const DoiField = memo(function DoiField({ deposit }: { deposit: Deposit }) {
  const { account, server, problems } = useEditor()
  const [isAsking, setIsAsking] = useState(false)
  const reserve = useCall('deposits.reserveDoi')
  const release = useCall('deposits.releaseDoi', { onSuccess: () => setIsAsking(false) })
  const doi = deposit.draft?.doi ?? null
  const error = reserve.error ?? release.error
  const problem = problems.find((other) => isAbout(other, 'pids.doi'))
  const id = { depositId: deposit.id }
  return (
    <FieldSlot path="pids.doi">
      <section className={styles.section}>
        <SectionHead title={messages.doi} />
        {doi === null ? (
          <>
            <p>
              {messages.doiNone} <span className="t2">{messages.doiReserveWhy}</span>
            </p>
            <div className={styles.links}>
              <Button
                isDisabled={deposit.draft === null}
                isPending={reserve.isPending}
                onPress={() => reserve.mutate(id)}
              >
                {messages.doiReserve}
              </Button>
              {deposit.draft === null && <span className={styles.advice}>{messages.doiNoDraft(server)}</span>}
            </div>
          </>
        ) : (
          <>
            <div>
              <div className={styles.doi}>{doi}</div>
              <p className={styles.advice}>{messages.doiReserved}</p>
            </div>
            <div className={styles.links}>
              <Button
                tone="link"
                size="s"
                onPress={() => {
                  call('app.copy', { text: doi }).then(
                    () => announce(messages.copied),
                    () => undefined,
                  )
                }}
              >
                {messages.copy}
              </Button>
              <Button tone="link" size="s" onPress={() => setIsAsking(true)}>
                {messages.doiRelease}
              </Button>
            </div>
          </>
        )}
        {account.server === 'practice' && <p className={styles.advice}>{messages.doiPractice}</p>}
        {problem && <p className={styles.problem}>{problem.message}</p>}
        {error && <ErrorNote error={errorOf(error)} onAction={() => (doi === null ? reserve : release).mutate(id)} />}
        <Dialog
          title={messages.doiReleaseQuestion}
          isOpen={isAsking}
          onClose={() => setIsAsking(false)}
          isAlert
          actions={
            <>
              <Button onPress={() => setIsAsking(false)}>{messages.doiKeep}</Button>
              <Button tone="danger" isPending={release.isPending} onPress={() => release.mutate(id)}>
                {messages.doiRelease}
              </Button>
            </>
          }
        >
          {messages.doiReleaseDetail(doi ?? '')}
        </Dialog>
      </section>
    </FieldSlot>
  )
})
