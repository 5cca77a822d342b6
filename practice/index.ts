import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { LIMITS, type LimitsName } from './limits.ts'
import { startPracticeServer } from './server.ts'

const USAGE = `Usage: practice [--port N] [--data DIR] [--limits ${Object.keys(LIMITS).join('|')}] [--body-limit BYTES]`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    limits: { type: 'string', default: 'none' },
    'body-limit': { type: 'string' },
  },
})
const limits = values.limits as LimitsName
const port = Number(values.port)
const bodyLimitBytes = Number(values['body-limit'] ?? Infinity)
if (!Number.isInteger(port) || port < 0 || port > 65_535 || !Object.hasOwn(LIMITS, limits) || !(bodyLimitBytes > 0)) {
  console.error(USAGE)
  process.exit(2)
}
try {
  const dataFolder = values.data === undefined ? mkdtempSync(join(tmpdir(), 'practice-')) : resolve(values.data)
  const server = await startPracticeServer({ dataFolder, port, limits, bodyLimitBytes })
  console.log(JSON.stringify({ url: server.url, tokens: server.tokens }))
  const stop = () => void server.close().then(() => process.exit(0))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, stop)
  process.once('disconnect', stop)
  if (process.env['DEPOSIT_DESK_PARENT'] === '1') {
    // The pipe of a parent closes however it ends.
    process.stdin.once('end', stop).once('error', stop).resume()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
