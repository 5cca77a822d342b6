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
    publish: true,
    json: true,
  })
  expect(readArguments(['deposit', 'data'])).toMatchObject({
    server: { kind: 'practice' },
    pack: 'auto',
    publish: false,
  })
  expect(readArguments(['verify', 'abc', 'data', '--server', 'repository.example'])).toMatchObject({
    kind: 'verify',
    record: 'abc',
    server: { kind: 'other', address: 'repository.example' },
  })
  expect(readArguments(['download', '10.5281/zenodo.1', 'data'])).toMatchObject({ kind: 'download', server: null })
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
  ['verify', 'abc'],
  ['download', 'abc'],
])('%s %s %s %s is wrong use', (...args) => {
  expect(() => readArguments(args)).toThrow(UsageError)
})
