import { expect, test } from 'vitest'
import { readRecordName } from './record-name.ts'

const zenodo = { kind: 'zenodo' }
const at = (address: string) => ({ kind: 'other', address })

test.each<[string, string, object | null]>([
  ['10.5281/zenodo.1234567', '1234567', zenodo],
  [' doi:10.5281/zenodo.1234567 ', '1234567', zenodo],
  ['https://doi.org/10.5281/zenodo.1234567', '1234567', zenodo],
  ['http://dx.doi.org/10.5281/ZENODO.1234567.', '1234567', zenodo],
  ['10.5072/zenodo.42', '42', { kind: 'zenodo-sandbox' }],
  ['10.5072/8hj2k-qd410', '8hj2k-qd410', null],
  ['https://zenodo.org/records/1234567', '1234567', at('https://zenodo.org')],
  ['https://zenodo.org/record/1234567?token=x#y', '1234567', at('https://zenodo.org')],
  ['https://zenodo.org/doi/10.5281/zenodo.1234567', '1234567', at('https://zenodo.org')],
  ['http://127.0.0.1:5000/uploads/8hj2k-qd410', '8hj2k-qd410', at('http://127.0.0.1:5000')],
  ['https://rdm.example.org/some/api/records/8hj2k-qd410/files', '8hj2k-qd410', at('https://rdm.example.org')],
  ['8hj2k-qd410', '8hj2k-qd410', null],
])('%s is record %s', (text, recordId, server) => {
  expect(readRecordName(text)).toEqual({ recordId, server })
})

test.each(['', '  ', 'two words', 'https://zenodo.org/', 'https://zenodo.org/records/', 'https://zenodo.org/records/../x', '10.5281/', '../../etc', 'file:///etc/passwd', 'https://x/records/%2e%2e', 'a'.repeat(200)])('“%s” is none', (text) => {
  expect(readRecordName(text)).toBeNull()
}) // prettier-ignore
