import { expect, test } from 'vitest'
import { readArguments, UsageError } from './arguments.ts'

test('what is typed becomes a command', () => {
  expect(
    readArguments([
      'deposit',
      'data',
      '--server',
      'sandbox',
      '--title',
      'T',
      '--pack',
      'always',
      '--compress',
      '--split',
      '--publish',
      '--json',
    ]),
  ).toEqual({
    kind: 'deposit',
    folder: 'data',
    server: { kind: 'zenodo-sandbox' },
    metadata: null,
    title: 'T',
    pack: 'always',
    compress: true,
    split: true,
    publish: true,
    limitRate: null,
    json: true,
  })
  expect(readArguments(['deposit', 'data'])).toMatchObject({
    server: { kind: 'practice' },
    pack: 'auto',
    compress: false,
    split: false,
    publish: false,
  })
  expect(readArguments(['verify', 'abc', 'data', '--server', 'repository.example'])).toMatchObject({
    kind: 'verify',
    record: 'abc',
    server: { kind: 'other', address: 'repository.example' },
  })
  expect(readArguments(['download', '10.5281/zenodo.1', 'data'])).toMatchObject({ kind: 'download', server: null })
  for (const [text, limitRate] of [
    ['900', 900],
    ['500k', 512_000],
    ['2M', 2_097_152],
    ['1.5m', 1_572_864],
    ['1G', 1_073_741_824],
  ])
    expect(readArguments(['resume', '--limit-rate', String(text)])).toMatchObject({ limitRate })
  expect(readArguments([])).toEqual({ kind: 'help' })
  expect(readArguments(['deposit', '--help'])).toEqual({ kind: 'help' })
  expect(readArguments(['--version'])).toEqual({ kind: 'version' })
})

test.each([
  ['frobnicate'],
  ['deposit'],
  ['deposit', 'one', 'two'],
  ['deposit', 'data', '--pack', 'sometimes'],
  ['deposit', 'data', '--unknown'],
  ['deposit', 'data', '--community', 'bees'],
  ['resume', '--publish'],
  ['status', 'everything'],
  ['status', '--limit-rate', '1M'],
  ['resume', '--limit-rate', '0'],
  ['resume', '--limit-rate', 'fast'],
  ['resume', '--limit-rate', '2MB'],
  ['resume', '--limit-rate', '0.1'],
  ['deposit', 'data', '--limit-rate=-5'],
  ['verify', 'abc'],
  ['download', 'abc'],
])('%s %s %s %s is wrong use', (...args) => {
  expect(() => readArguments(args)).toThrow(UsageError)
})
