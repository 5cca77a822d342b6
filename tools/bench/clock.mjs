// Loaded before anything else, makes the clock of a process run faster: a minute passes in two seconds. For the limit on
// requests in `npm run bench`. `?epoch=`: when the clocks of all processes with it agreed with the real one.
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

const FACTOR = 30
const epoch = Number(new URL(import.meta.url).searchParams.get('epoch'))
const [dateNow, wait, waitLonger] = [Date.now, globalThis.setTimeout, timers.setTimeout]
const performanceNow = performance.now.bind(performance)

Date.now = () => Math.round(epoch + (dateNow() - epoch) * FACTOR)
performance.now = () => performanceNow() * FACTOR
globalThis.setTimeout = /** @type {typeof setTimeout} */ (
  /** @type {unknown} */ (
    (/** @type {() => void} */ act, ms = 0, /** @type {unknown[]} */ ...rest) => wait(act, ms / FACTOR, ...rest)
  )
)
timers.setTimeout = (ms = 0, value, options) => waitLonger(ms / FACTOR, value, options)
syncBuiltinESMExports()
