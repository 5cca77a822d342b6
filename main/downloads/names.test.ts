import { expect, test } from 'vitest'
import { namePaths, PART_ENDING } from './names.ts'

/** Names that a record may hold, and where they are saved (quality S9, H15). */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['../../.bashrc', '.bashrc'],
  ['..', '_'],
  ['.', '_'],
  ['', '_'],
  ['/', '_'],
  ['///', '_'],
  ['../', '_'],
  ['a/../../b', 'a/b'],
  ['a/./b', 'a/b'],
  ['a//b', 'a/b'],
  ['a/', 'a'],
  ['/etc/passwd', 'etc/passwd'],
  ['//server/share/x', 'server/share/x'],
  ['..\\..\\x', '.._.._x'],
  ['\\\\server\\share', '__server_share'],
  ['\\\\?\\C:\\x', '____C__x'],
  ['C:\\x', 'C__x'],
  ['C:x', 'C_x'],
  ['c:/windows/system32', 'c_/windows/system32'],
  ['x.txt:stream', 'x.txt_stream'],
  ['x::$DATA', 'x__$DATA'],
  ['file:///etc/passwd', 'file_/etc/passwd'],
  ['CON', '_CON'],
  ['con', '_con'],
  ['con.txt', '_con.txt'],
  ['NUL.tar.gz', '_NUL.tar.gz'],
  ['nul ', '_nul_'],
  ['prn .txt', '_prn .txt'],
  ['AUX/x', '_AUX/x'],
  ['COM1', '_COM1'],
  ['COM¹.log', '_COM¹.log'],
  ['lpt9.x', '_lpt9.x'],
  ['CONIN$', '_CONIN$'],
  ['console', 'console'],
  ['a\0.txt', 'a_.txt'],
  ['a\nb', 'a_b'],
  ['a\rb', 'a_b'],
  ['a\tb', 'a_b'],
  ['\u001b[31mred', '_[31mred'],
  ['\u0085x', '_x'],
  ['\u007f', '_'],
  ['\u2028x\u2029', '_x_'],
  ['\u202egnp.exe', '_gnp.exe'],
  ['\u2066x\u2069.txt', '_x_.txt'],
  ['\u200fx', '_x'],
  ['\u061cx', '_x'],
  ['x.', 'x_'],
  ['x ', 'x_'],
  ['x. . ', 'x____'],
  ['...', '___'],
  [' ', '_'],
  ['dir./x', 'dir_/x'],
  ['a<b>c"d|e?f*g', 'a_b_c_d_e_f_g'],
  ['\ud800.txt', '\ufffd.txt'],
  ['a.0123456789ab.part', 'a.0123456789ab.par_'],
  ['-rf', '-rf'],
  ['~', '~'],
  ['$HOME`id`', '$HOME`id`'],
  ['%2e%2e%2fx', '%2e%2e%2fx'],
  [`${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(248)}.tar.gz`],
  [`${'文'.repeat(90)}.csv`, `${'文'.repeat(83)}.csv`],
  ['می\u200cخواهم.csv', 'می\u200cخواهم.csv'],
  ['👨\u200d👩\u200d👧 数据/данные.csv', '👨\u200d👩\u200d👧 数据/данные.csv'],
]

test.each(HOSTILE)('%j is saved as %j', (key, path) => {
  expect(namePaths([key]).get(key)).toBe(path)
})

test('all of them in one record stay apart, inside, and the same in any order', () => {
  const keys = [...HOSTILE.map(([key]) => key), 'A', 'a/b', 'é.txt', 'e\u0301.txt', 'É.TXT', 'CON-2', 'x', 'X', 'x_']
  const paths = namePaths(keys)
  const seen = [...paths.values()]
  expect(new Set(seen.map((path) => path.normalize('NFC').toLowerCase())).size).toBe(new Set(keys).size)
  for (const path of seen) {
    expect(path).not.toMatch(PART_ENDING)
    for (const name of path.split('/')) {
      expect(name).not.toMatch(/^\.{0,2}$|[\0-\u001f:\\]|[. ]$/)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
    }
    // No file is a folder of another.
    expect(seen.some((other) => other.toLowerCase().startsWith(`${path.toLowerCase()}/`))).toBe(false)
  }
  expect(namePaths(keys.toReversed())).toEqual(paths)
})

test('the name that needs no change keeps it, and many that fall together are told apart at once', () => {
  expect(Object.fromEntries(namePaths(['a:b', 'a_b', 'a?b']))).toEqual({ a_b: 'a_b', 'a:b': 'a_b-2', 'a?b': 'a_b-3' })
  const many = Array.from({ length: 10_000 }, (_, at) => at.toString(2).padStart(14, '0').replaceAll('0', ':').replaceAll('1', '?')) // prettier-ignore
  expect(new Set(namePaths(many).values()).size).toBe(10_000)
})
