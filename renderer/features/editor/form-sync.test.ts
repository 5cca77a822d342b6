import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'
import { FormSync } from './form-sync.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function depositWith(metadata: RecordMetadata, edit: number): Deposit {
  return { metadata, edit } as Deposit
}

function start(metadata: RecordMetadata) {
  const stored: RecordMetadata[] = []
  const answers: (() => void)[] = []
  const sync = new FormSync({
    deposit: depositWith(metadata, 1),
    store: (next) => {
      stored.push(next)
      return new Promise((resolve) => answers.push(() => resolve(depositWith(next, 1 + stored.length))))
    },
    onStored: () => undefined,
    onError: () => undefined,
  })
  return { sync, stored, answer: () => answers.shift()?.() }
}

test('a change is stored after a pause of at most 300 ms, once, with the newest text', () => {
  const { sync, stored } = start({ title: 'Soil' })
  sync.change({ title: 'Soil m' })
  vi.advanceTimersByTime(100)
  sync.change({ title: 'Soil moisture' })
  vi.advanceTimersByTime(300)
  expect(stored).toEqual([{ title: 'Soil moisture' }])
})

test('leaving stores what waits at once, and nothing when nothing was written', () => {
  const { sync, stored } = start({ title: 'Soil' })
  sync.flush()
  sync.change({ title: 'x', funding: [{ funder: { id: 'a' } }] })
  sync.flush()
  expect(stored).toEqual([{ title: 'x', funding: [{ funder: { id: 'a' } }] }])
})

test('what was written since stays when main brings another version of the same field, other fields are taken over', () => {
  const { sync } = start({ title: 'Soil', publisher: 'Zenodo' })
  const form = { title: 'Soil m', publisher: 'Zenodo' }
  sync.change(form)
  const adopted = sync.receive(depositWith({ title: 'Soil, from elsewhere', publisher: 'KIT' }, 2), form)
  expect(adopted).toEqual([['publisher', 'KIT']])
})

test('the answer to an older save does not bring older text back', async () => {
  const { sync, answer } = start({ title: '' })
  sync.change({ title: 'a' })
  sync.flush()
  sync.change({ title: 'ab' })
  sync.flush()
  expect(sync.receive(depositWith({ title: 'a' }, 2), { title: 'ab' })).toEqual([])
  answer()
  answer()
  await vi.runAllTimersAsync()
  expect(sync.receive(depositWith({ title: 'a' }, 2), { title: 'ab' })).toEqual([])
})
