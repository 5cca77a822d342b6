import { powerMonitor, powerSaveBlocker } from 'electron'
import type { PowerPort } from './power.ts'

/** Electron’s own; once the application is ready. On Linux it does not tell of the battery. */
export function electronPower(): PowerPort {
  return {
    onSleep: (listener) => void powerMonitor.on('suspend', listener),
    onWake: (listener) => void powerMonitor.on('resume', listener),
    onPlug: (listener) => void powerMonitor.on('on-battery', listener).on('on-ac', listener),
    isOnBattery: () => powerMonitor.isOnBatteryPower(),
    keepAwake: () => {
      const id = powerSaveBlocker.start('prevent-app-suspension')
      return () => void powerSaveBlocker.stop(id)
    },
  }
}
