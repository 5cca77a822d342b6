import { expect, test, vi } from 'vitest'
import { checkLink } from './open.ts'

vi.mock('electron', () => ({ shell: {} }))

const OWN = ['http://127.0.0.1:4321', 'https://zenodo.org', 'http://repository.example.org']

test.each([
  ['https://doi.org/10.5281/zenodo.123', 'https://doi.org/10.5281/zenodo.123'],
  ['https://zenodo.org/records/1?q=%20x#files', 'https://zenodo.org/records/1?q=%20x#files'],
  ['https://repository.example.org:8443/', 'https://repository.example.org:8443/'],
  ['http://127.0.0.1:4321/records/abc', 'http://127.0.0.1:4321/records/abc'],
  // Shown and opened as what it is: not the zenodo of Latin letters.
  ['https://zenоdo.org/', 'https://xn--zendo-lye.org/'],
])('opens %s', (address, opened) => {
  expect(checkLink(address, OWN)).toBe(opened)
})

test.each([
  '',
  'zenodo.org',
  'http://zenodo.org/',
  'http://repository.example.org/',
  'HTTPS://zenodo.org/',
  'https:zenodo.org',
  'https:/zenodo.org',
  'https:///zenodo.org',
  'https:\\\\zenodo.org',
  'https://zenodo.org\\@evil.example',
  'https://zenodo.org@evil.example/',
  'https://user:secret@zenodo.org/',
  ' https://zenodo.org/',
  'https://zenodo.org/\n',
  'https://zeno\tdo.org/',
  'https://zenodo.org/\u0000',
  'https://zenodo.org/\u202Egpj.exe',
  'https://zen\u200Bodo.org/',
  'https://zenodo.org/\u00A0',
  'https://zenodo.org:99999/',
  'https://[::1/',
  'https://localhost/',
  'https://0x7f.1/',
  'https://127.0.0.1:5000/',
  'https://[::ffff:127.0.0.1]/',
  'http://127.0.0.1:4322/',
  'http://127.0.0.1/',
  'http://127.0.0.1:4321@evil.example/',
  'file:///etc/passwd',
  'file://host/share',
  'smb://host/share',
  '\\\\host\\share',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'app://desk/index.html',
  'ms-msdt:/id',
  'mailto:someone@example.org',
  'ftp://example.org/',
  'vbscript:msgbox(1)',
  'blob:https://zenodo.org/1',
  'view-source:https://zenodo.org/',
])('refuses %j', (address) => {
  expect(() => checkLink(address, OWN)).toThrow(expect.objectContaining({ code: 'link-refused' }))
})
