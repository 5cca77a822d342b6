import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Settings } from '../../contract/desk/settings.ts'
import { call } from '../bridge/client.ts'
import { useCall } from './client.ts'
import { keys } from './keys.ts'

export function useSettings() {
  return useQuery({ queryKey: keys.settings, queryFn: () => call('app.settings', {}) })
}

/** Shows a change at once and stores it; the answer of main decides. */
export function useSaveSettings() {
  const client = useQueryClient()
  const save = useCall('app.saveSettings', { onSuccess: (stored) => client.setQueryData(keys.settings, stored) })
  return {
    error: save.error,
    save: (settings: Settings) => {
      client.setQueryData(keys.settings, settings)
      save.mutate(settings, { onError: () => void client.invalidateQueries({ queryKey: keys.settings }) })
    },
  }
}

export function useAppInfo() {
  return useQuery({ queryKey: keys.info, queryFn: () => call('app.info', {}) })
}
