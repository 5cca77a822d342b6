// The requests of a clean deposit of small files and nothing else: no journal, no reading, no check. The measure for ours.
import { Agent, request } from 'undici'

const [url = '', count = '', bytes = ''] = process.argv.slice(2)
const files = `${url}/api/records/bench/draft/files`
const content = Buffer.alloc(Number(bytes), 1)
const dispatcher = new Agent({ connections: 4, pipelining: 1 })

/** @param {'POST' | 'PUT'} method @param {string} address @param {string | Buffer | null} body */
async function call(method, address, body) {
  const answer = await request(address, { method, body, dispatcher, headers: { authorization: 'Bearer bench' } })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`${method} ${address}: ${answer.statusCode} ${text}`)
}

const begun = performance.now()
const keys = Array.from({ length: Number(count) }, (_, index) => `f${index}`)
for (let from = 0; from < keys.length; from += 100) {
  const batch = keys.slice(from, from + 100)
  await call('POST', files, JSON.stringify(batch.map((key) => ({ key, size: content.length }))))
  await Promise.all(
    [0, 1, 2, 3].map(async () => {
      for (let key = batch.shift(); key !== undefined; key = batch.shift()) {
        await call('PUT', `${files}/${key}/content`, content)
        await call('POST', `${files}/${key}/commit`, null)
      }
    }),
  )
}
process.send?.({ kind: 'done', ms: performance.now() - begun })
await dispatcher.close()
process.disconnect()
