import { expect, test } from 'vitest'
import { isDateOrInterval, isDateTimeOrInterval } from './edtf.ts'
import { cleanHtml } from './html.ts'
import { detectScheme, invalidLabel, normalise, PERSON_SCHEMES, WORK_SCHEMES } from './identifiers.ts'
import { cleanText } from './text.ts'

test('dates are EDTF level 0, in order, without times', () => {
  for (const date of ['2020', '2020-06', '2020-06-01', '2018/2020', '-2020', '2020-02-29', '2020-06/2020-07-01']) {
    expect([date, isDateOrInterval(date)]).toEqual([date, true])
  }
  for (const date of [
    '',
    'yesterday',
    '20',
    '2020-13',
    '2021-02-29',
    '2020/2018',
    '2020?',
    '2020-1-1',
    '2020/..',
    '2020-01-01T10:00:00Z',
  ]) {
    expect([date, isDateOrInterval(date)]).toEqual([date, false])
  }
  expect(isDateTimeOrInterval('2020-01-01T10:00:00Z')).toBe(true)
  expect(isDateTimeOrInterval('2020-01-01T25:00:00Z')).toBe(false)
})

test('schemes are recognised, checked and brought into their normal form', () => {
  expect(detectScheme('https://doi.org/10.5281/zenodo.1', WORK_SCHEMES)).toBe('doi')
  expect(detectScheme('https://example.org/a', WORK_SCHEMES)).toBe('url')
  expect(detectScheme('arXiv:2001.02768', WORK_SCHEMES)).toBe('arxiv')
  expect(detectScheme('0000-0002-1825-0097', PERSON_SCHEMES)).toBe('orcid')
  expect(detectScheme('978-3-16-148410-0', WORK_SCHEMES)).toBe('isbn')
  expect(detectScheme('nothing known', WORK_SCHEMES)).toBeNull()
  expect(invalidLabel('0000-0002-1825-0098', 'orcid')).toBe('ORCID')
  expect(invalidLabel('0000-0002-1825-0097', 'orcid')).toBeNull()
  expect(normalise('https://doi.org/10.5281/zenodo.1', 'doi')).toBe('10.5281/zenodo.1')
  expect(normalise('https://orcid.org/0000000218250097', 'orcid')).toBe('0000-0002-1825-0097')
})

test('HTML keeps the listed tags and the text of all others, and no script address', () => {
  expect(cleanHtml('<p class="c" style="color:red" id="i">x</p>')).toBe('<p class="c">x</p>')
  expect(cleanHtml('<script>alert(1)</script>after')).toBe('alert(1)after')
  expect(cleanHtml('H<sub>2</sub>O<br>new<br/>line')).toBe('H<sub>2</sub>O<br>new<br>line')
  expect(cleanHtml('<a href="https://example.org" target="_blank" onclick="a()">x</a>')).toBe(
    '<a href="https://example.org">x</a>',
  )
  for (const address of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    '&#106;avascript:alert(1)',
    'data:text/html,x',
    'ftp://example.org',
  ]) {
    expect(cleanHtml(`<a href="${address}">x</a>`)).toBe('<a>x</a>')
  }
  expect(cleanHtml('<img src=x onerror=alert(1)>')).toBe('')
})

test('text is trimmed and composed, and signs are made plain', () => {
  expect(cleanText('  “Curly” cafe\u0301 ﬁne\u200b\u0000 ')).toBe('"Curly" café fine')
  expect(cleanText('Tom &amp;amp; &eacute;')).toBe('Tom & é')
  expect(cleanText('<b>&lt;</b>')).toBe('<b>&lt;</b>')
})
