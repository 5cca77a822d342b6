import { expect, test } from 'vitest'
import type { FileRow } from '../../contract/desk/transfer.ts'
import { installFakeDesk } from '../bridge/fake.ts'
import { mergeRows, readFiles } from './files.ts'

const depositId = '00000000-0000-4000-8000-000000000001'
const row = (fileId: number, kind: 'queued' | 'verifying' = 'queued'): FileRow => ({
  depositId,
  fileId,
  key: `f${fileId}`,
  bytes: 1,
  sources: 1,
  state: { kind },
})
const states = (rows: readonly FileRow[]) => rows.map(({ fileId, state }) => `${fileId} ${state.kind}`)

test('an event changes rows where they stand, and adds those that were not there yet', () => {
  const known = { total: 3, rows: [row(0), row(1), row(3)] }
  const { total, rows } = mergeRows(known, [row(4), row(1, 'verifying'), row(2, 'verifying')])
  expect(states(rows)).toEqual(['0 queued', '1 verifying', '2 verifying', '3 queued', '4 queued'])
  expect(total).toBe(5)
  expect(mergeRows({ total: 0, rows: [] }, [row(1), row(0)]).rows.map(({ fileId }) => fileId)).toEqual([0, 1])
})

test('what changes while a long list is read is not lost', async () => {
  const desk = installFakeDesk({
    'transfers.files': ({ from, count }) => {
      if (from > 0) {
        desk.emit('transfers.changed', {
          overview: {
            deposits: [],
            bytes: 0,
            sentBytes: 0,
            bytesPerSecond: null,
            leftMs: null,
            sending: 0,
            servers: [],
          },
          rows: [row(0, 'verifying'), { ...row(1, 'verifying'), depositId: '00000000-0000-4000-8000-000000000002' }],
        })
      }
      const rows = Array.from({ length: Math.min(count, 3000 - from) }, (_, index) => row(from + index))
      return { total: 3000, rows }
    },
  })
  const { rows } = await readFiles(depositId)
  expect(rows).toHaveLength(3000)
  expect(states(rows.slice(0, 2))).toEqual(['0 verifying', '1 queued'])
})
