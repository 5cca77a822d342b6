import { expect, test } from 'vitest'
import type { Account } from '../../contract/desk/account.ts'
import type { Deposit, DepositTransfer } from '../../contract/desk/deposit.ts'
import type { FileRow } from '../../contract/desk/transfer.ts'
import { checkForPublishing, findHindrance, type PublishFacts } from './checks.ts'
import { citeRecord, doiBadge } from './citation.ts'
import { buildReceipt, receiptHtml } from './receipt.ts'

const transfer: DepositTransfer = {
  depositId: '00000000-0000-4000-8000-000000000000',
  state: 'verified',
  at: null,
  files: 1,
  verifiedFiles: 1,
  bytes: 3,
  sentBytes: 3,
  bytesPerSecond: null,
  leftMs: null,
  blockedFiles: 0,
  error: null,
}
const row: FileRow = {
  depositId: transfer.depositId,
  fileId: 0,
  key: 'a.csv',
  bytes: 3,
  sources: 1,
  state: { kind: 'verified', md5: 'abc', verifiedAt: 5 },
}
const ready: PublishFacts = {
  server: 'Zenodo',
  metadata: {
    title: 'Hourly soil moisture',
    resource_type: { id: 'dataset' },
    publication_date: '2026-11-24',
    publisher: 'Zenodo',
    version: '1.0.0',
    creators: [
      { person_or_org: { type: 'personal', family_name: 'Keller', given_name: 'Anna-Maria Rosa' } },
      { person_or_org: { type: 'organizational', name: 'Upper Rhine Soil Network' } },
    ],
    rights: [{ id: 'cc-by-4.0' }],
    description: 'Volumetric water content',
  },
  problems: [],
  conflicts: [],
  inStep: true,
  revision: 12,
  transfer,
  files: [row],
  listed: [{ key: 'a.csv', status: 'completed', size: 3, checksum: 'md5:abc' }],
  changedOnDisk: [],
}
const open = (over: Partial<PublishFacts>) =>
  checkForPublishing({ ...ready, ...over })
    .filter(({ state }) => state === 'open')
    .map(({ id }) => id)

test('a deposit that is ready has no open check, only what is met and advice', () => {
  expect(checkForPublishing(ready).map(({ id, state }) => `${id} ${state}`)).toEqual([
    'files met',
    'metadata met',
    'draft met',
    'folder met',
    'orcid advice',
  ])
  expect(findHindrance(checkForPublishing(ready))).toBeNull()
})

test('anything that is not as it was verified hinders publishing', () => {
  expect(open({ files: [], listed: [] })).toEqual(['files'])
  expect(open({ files: [row, { ...row, fileId: 1, key: 'b', state: { kind: 'queued' } }] })).toEqual(['files'])
  expect(open({ listed: [] })).toEqual(['listing'])
  expect(open({ listed: [{ key: 'a.csv', status: 'completed', size: 3, checksum: 'md5:other' }] })).toEqual(['listing'])
  expect(open({ listed: [{ key: 'a.csv', status: 'pending', size: 3, checksum: 'md5:abc' }] })).toEqual(['listing'])
  expect(open({ listed: [...ready.listed, { key: 'stranger.csv', status: 'completed' }] })).toEqual(['strangers'])
  expect(open({ inStep: false })).toEqual(['draft'])
  expect(open({ conflicts: [{ field: 'metadata.title', base: 1, mine: 2, theirs: 3 }] })).toEqual([
    'conflict metadata.title',
  ])
  expect(open({ metadata: { ...ready.metadata, title: '' } })).toEqual(['metadata.title'])
  expect(open({ problems: [{ field: 'metadata.references.0', messages: ['No.'] }] })).toEqual([
    'server metadata.references.0',
  ])
  expect(findHindrance(checkForPublishing({ ...ready, listed: [] }))).toBe(
    '1 file no longer on Zenodo as verified: a.csv',
  )
})

test('a file that was left out is not missed, and a change on disk is advice', () => {
  const left: FileRow = { ...row, fileId: 1, key: 'b', state: { kind: 'left-out' } }
  expect(open({ files: [row, left] })).toEqual([])
  expect(checkForPublishing({ ...ready, changedOnDisk: ['a.csv'] }).find(({ id }) => id === 'folder')?.state).toBe(
    'advice',
  )
})

test('a citation follows the style of DataCite', () => {
  expect(citeRecord(ready.metadata, 'https://doi.org/10.5281/zenodo.1')).toBe(
    'Keller, A.-M. R., & Upper Rhine Soil Network. (2026). Hourly soil moisture (1.0.0) [Data set]. Zenodo. https://doi.org/10.5281/zenodo.1',
  )
  const many = Array.from({ length: 30 }, (_, at) => ({
    person_or_org: { type: 'organizational' as const, name: `N${at}` },
  }))
  expect(citeRecord({ title: 'T', creators: many }, 'x')).toMatch(/N17, N18, … N29\. \(n\.d\.\)\. T\. x$/)
  expect(doiBadge('10.5281/a(1)', 'https://zenodo.org', 'https://doi.org/10.5281/a(1)')).toBe(
    '[![DOI](https://zenodo.org/badge/DOI/10.5281/a%281%29.svg)](https://doi.org/10.5281/a(1))',
  )
})

test('a receipt states record and files, and as a page it runs and loads nothing', () => {
  const hostile = '<img src=x onerror=alert(1)>"\'.csv'
  const deposit = {
    metadata: { title: hostile },
    draft: null,
    source: { name: 'rhine-soil', files: 1, bytes: 3 },
    publication: {
      kind: 'published',
      askedAt: 1,
      publishedAt: 2,
      recordId: 'abcde-12345',
      doi: '10.5281/zenodo.1',
      conceptDoi: null,
      url: 'javascript:alert(1)',
      citation: hostile,
      bibtex: null,
      badge: '',
    },
  } as unknown as Deposit
  const account = {
    serverName: 'Practice',
    origin: 'http://127.0.0.1:1',
    server: 'practice',
    user: { name: 'Annika Keller' },
  } as Account
  const file = {
    key: hostile,
    bytes: 3,
    md5: 'abc',
    sha256: 'def',
    remoteChecksum: 'md5:abc',
    startedAt: 0,
    verifiedAt: 1000,
  }
  const receipt = buildReceipt(deposit, account, [file], 2000)
  expect(receipt).toMatchObject({
    record: { id: 'abcde-12345', doi: '10.5281/zenodo.1' },
    files: [{ name: hostile, md5: 'abc', sha256: 'def', verifiedAt: '1970-01-01T00:00:01.000Z' }],
  })
  const page = receiptHtml(receipt)
  expect(page).not.toMatch(/<img|<script|href="javascript/)
  expect(page).toContain('&#60;img src=x')
  expect(page).toContain('archives nothing')
})
