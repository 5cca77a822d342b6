// Speed of createHash('md5') in this runtime, now: MiB a second over 1 GiB in blocks of 1 MiB.
import { createHash } from 'node:crypto'

const block = Buffer.alloc(1024 * 1024, 7)
const hash = createHash('md5')
const begun = performance.now()
for (let blocks = 0; blocks < 1024; blocks++) hash.update(block)
process.send?.({ kind: 'done', speed: 1024 / ((performance.now() - begun) / 1000), sum: hash.digest('hex') })
process.disconnect()
