import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { AppError } from '../../../contract/errors.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { keys } from '../../queries/keys.ts'
import { FormSync } from './form-sync.ts'

/** The form over InvenioRDM’s own metadata. Keys that no field stands for stay in it as they are. */
export function useMetadataForm(deposit: Deposit) {
  const client = useQueryClient()
  const { control, getValues, setValue } = useForm<RecordMetadata>({ defaultValues: deposit.metadata })
  const values = useWatch({ control }) as RecordMetadata
  const [storeError, setStoreError] = useState<AppError | null>(null)
  const [sync] = useState(
    () =>
      new FormSync({
        deposit,
        store: (metadata, edit) => call('deposits.saveMetadata', { depositId: deposit.id, metadata, edit }),
        onStored: (stored) => {
          setStoreError(null)
          client.setQueryData(keys.deposit(stored.id), stored)
        },
        onError: (thrown) => setStoreError(errorOf(thrown)),
      }),
  )

  useEffect(() => {
    for (const [field, value] of sync.receive(deposit, getValues())) setValue(field, value)
  }, [sync, deposit, getValues, setValue])

  useEffect(() => {
    sync.change(values)
  }, [sync, values])

  useEffect(() => {
    // The window may be closed, or reloaded, before the pause is over.
    const flush = () => sync.flush()
    window.addEventListener('pagehide', flush)
    window.addEventListener('beforeunload', flush)
    return () => {
      window.removeEventListener('pagehide', flush)
      window.removeEventListener('beforeunload', flush)
      flush()
    }
  }, [sync])

  const storeNow = () => {
    sync.change(getValues())
    sync.flush()
  }
  return { control, values, storeError, storeNow }
}
