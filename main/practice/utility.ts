import { utilityProcess } from 'electron'
import { Readable } from 'node:stream'
import type { SpawnPractice } from './start.ts'

/**
 * Runs `script` in a process of Electron's own: for the application, where the running executable is no Node. It ends with
 * the application, however that ends.
 */
export function practiceAsUtility(script: string): SpawnPractice {
  return (args) => {
    const child = utilityProcess.fork(script, [...args], { stdio: 'pipe', serviceName: 'Practice repository' })
    return {
      output: child.stdout ?? Readable.from([]),
      errors: child.stderr ?? Readable.from([]),
      ended: new Promise((resolve) => child.once('exit', () => resolve())),
      kill: () => void child.kill(),
    }
  }
}
