import { expect, test } from 'vitest'
import { DEFAULT_CHOICES, type FolderEntry, type LeftOutReason } from '../../../contract/desk/folder.ts'
import { planDeposit } from '../../../core/deposit/plan.ts'
import { includeFiles, leaveOut, takeAgain } from './choices.ts'

const NO_LIMITS = { maxFiles: null, quotaBytes: null, maxFileBytes: null, emptyFiles: 'unknown' } as const

function file(path: string, leftOut: LeftOutReason | null = null): FolderEntry {
  return { path, kind: 'file', bytes: 1, files: 1, modifiedAt: 0, leftOut }
}

const entries = [file('a.txt'), file('raw/1.csv'), file('raw/2.csv'), file('raw/.DS_Store', 'macos-leftover')]

function taken(choices: typeof DEFAULT_CHOICES): string[] {
  return planDeposit(entries, choices, NO_LIMITS).files.map(({ key }) => key)
}

test('a folder that is left out takes all below it with it, and comes back without its leftovers', () => {
  const without = leaveOut('raw', DEFAULT_CHOICES, entries)
  expect(taken(without)).toEqual(['a.txt'])
  expect(taken(takeAgain('raw', without, entries))).toEqual(['a.txt', 'raw/1.csv', 'raw/2.csv'])
})

test('one file can be taken from a folder that is left out, and left out again', () => {
  const one = takeAgain('raw/2.csv', leaveOut('raw', DEFAULT_CHOICES, entries), entries)
  expect(taken(one)).toEqual(['a.txt', 'raw/2.csv'])
  expect(taken(leaveOut('raw/2.csv', one, entries))).toEqual(['a.txt'])
})

test('everything can be left out and taken again', () => {
  const nothing = leaveOut('', DEFAULT_CHOICES, entries)
  expect(taken(nothing)).toEqual([])
  expect(taken(takeAgain('', nothing, entries))).toEqual(['a.txt', 'raw/1.csv', 'raw/2.csv'])
})

test('a leftover that was included can be left out again', () => {
  const included = includeFiles(['raw/.DS_Store'], DEFAULT_CHOICES)
  expect(taken(included)).toContain('raw/.DS_Store')
  expect(leaveOut('raw/.DS_Store', included, entries)).toEqual(DEFAULT_CHOICES)
})

test('one file of an included junk folder can be left out', () => {
  const junk = [file('.git/config', 'git-history'), file('.git/HEAD', 'git-history')]
  const choices = leaveOut('.git/HEAD', includeFiles(['.git'], DEFAULT_CHOICES), junk)
  expect(planDeposit(junk, choices, NO_LIMITS).files.map(({ key }) => key)).toEqual(['.git/config'])
})
