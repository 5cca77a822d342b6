import { expect, test } from 'vitest'
import type { Happening } from '../../contract/desk/transfer.ts'
import { logSentence } from './log-words.ts'

const clock = (at: number) => `${14 + Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`
const names = { server: 'Zenodo', key: 'data.nc', time: (at: number) => clock(at / 60_000), waits: false }
const lost = { kind: 'failed', error: { code: 'server-unreachable', params: {} }, parts: null, delayMs: 2000 } as const
const busy = { ...lost, error: { code: 'server-busy', params: { until: '14:06' } }, sentBytes: null } as const
const changed = { code: 'file-changed', params: { before: '1 kB', now: '2 kB' } } as const

test.each<[Happening, string]>([
  [{ kind: 'began' }, 'Started sending to Zenodo.'],
  [
    { kind: 'verified', bytes: 1_200_000_000, tookMs: 190_400, md5: 'd41d8cd98f00b204e9800998ecf8427e' },
    'Checked: size and MD5 are equal here and on Zenodo (d41d8c…). 1.2 GB took 3 min 10 s.',
  ],
  [{ kind: 'found', sent: true }, 'Zenodo already had all of it: MD5 equal, nothing was sent again.'],
  [{ kind: 'found', sent: false }, 'The draft already held this very file: MD5 equal, nothing was sent.'],
  [{ kind: 'went-on', parts: null }, 'Sent again from the beginning.'],
  [{ kind: 'rerouted' }, 'Zenodo takes no single request as large there. Sent by its older address for large files.'],
  [{ kind: 'went-on', parts: { sent: 11, all: 128 } }, 'Went on: 11 of 128 parts had arrived.'],
  [{ ...lost, sentBytes: 640_000_000 }, 'The connection was lost after 640 MB. Tried again 2 s later.'],
  [
    { ...lost, sentBytes: 640_000_000, parts: { sent: 19, all: 128 }, delayMs: 10 },
    'The connection was lost after 640 MB. Went on at once: 19 of 128 parts had arrived.',
  ],
  [{ ...lost, sentBytes: null }, 'Zenodo does not answer. Tried again 2 s later.'],
  [
    { ...busy, delayMs: 30_000 },
    'Zenodo asked for a pause of 30 s: too many requests in a short time. Tried again 30 s later.',
  ],
  [
    { kind: 'stopped', why: 'closed', error: null, sentBytes: 640_000_000 },
    'Deposit Desk was closed after 640 MB of it.',
  ],
  [
    { kind: 'stopped', why: 'held', error: { code: 'token-refused', params: {} }, sentBytes: 0 },
    'Stopped while it was sent. Zenodo no longer accepts the token.',
  ],
  [{ kind: 'blocked', error: changed }, 'data.nc changed on disk: it was 1 kB and is 2 kB.'],
  [{ kind: 'paused', until: 20 * 60_000 }, 'Paused by you until 14:20.'],
  [{ kind: 'read-again', bytes: 2000 }, 'Read again from disk, as you asked: 2 kB now.'],
])('%o reads “%s”', (what, sentence) => {
  expect(logSentence({ at: 0, lastAt: 0, times: 1, what }, true, names)).toBe(sentence)
})

test('failures in a row are counted, with the time of the last', () => {
  const entry = { at: 5 * 60_000, lastAt: 70 * 60_000, times: 14 }
  expect(logSentence({ ...entry, what: { ...lost, sentBytes: 640_000_000 } }, false, names)).toBe(
    'The connection was lost again and again, at last after 640 MB. Tried 14 times up to 15:10.',
  )
  expect(logSentence({ ...entry, what: { ...busy, delayMs: 30_000 } }, true, { ...names, waits: true })).toBe(
    'Zenodo asked for pauses: too many requests in a short time. Tried 14 times up to 15:10, and goes on by itself.',
  )
})

test('while it waits it says when it tries again, not that it did', () => {
  const entry = { at: 0, lastAt: 0, times: 1, what: { ...lost, sentBytes: 1000, delayMs: 60_000 } }
  const waiting = { ...names, waits: true }
  expect(logSentence(entry, true, waiting)).toBe('The connection was lost after 1 kB. Tries again at 14:01.')
  expect(logSentence(entry, false, waiting)).toBe('The connection was lost after 1 kB. Tried again 1 min later.')
})
