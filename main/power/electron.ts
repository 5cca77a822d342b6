import { powerMonitor, powerSaveBlocker } from 'electron'
import type { PowerPort } from './power.ts'

/** Electron’s own; once the application is ready. On Linux it does not tell of the battery. */
export function electronPower(): PowerPort {
  return {
    onSleep: (listener) => {
      powerMonitor.on('suspend', listener)
      return () => powerMonitor.off('suspend', listener)
    },
    onWake: (listener) => {
      powerMonitor.on('resume', listener)
      return () => powerMonitor.off('resume', listener)
    },
    onPlug: (listener) => {
      powerMonitor.on('on-battery', listener)
      powerMonitor.on('on-ac', listener)
      return () => {
        powerMonitor.off('on-battery', listener)
        powerMonitor.off('on-ac', listener)
      }
    },
    isOnBattery: () => powerMonitor.isOnBatteryPower(),
    keepAwake: () => {
      const id = powerSaveBlocker.start('prevent-app-suspension')
      return () => void powerSaveBlocker.stop(id)
    },
  }
}
