import { Editor } from '@tiptap/react'
import { expect, test } from 'vitest'
import {
  cleanPasted,
  countCharacters,
  DESCRIPTION_EXTENSIONS,
  isWritable,
  parseDescription,
  toLinkAddress,
  toStored,
} from './description-format.ts'

/** A description as it comes back when the editor has opened it. */
function throughEditor(html: string): string {
  const editor = new Editor({ extensions: DESCRIPTION_EXTENSIONS, content: parseDescription(html), injectCSS: false })
  const written = toStored(editor.getHTML())
  editor.destroy()
  return written
}

test('what the server keeps and the editor shows comes back as it was', () => {
  const html =
    '<h2>One</h2><p>a <strong>b</strong> <em>c</em> <u>d</u> H<sub>2</sub>O m<sup>2</sup> <code>x</code><br>next <a href="https://example.org/">link</a></p>' +
    '<ul><li><p>first</p></li></ul><ol><li><p>second</p></li></ol><blockquote><p>said</p></blockquote><pre><code>as is</code></pre>'
  expect(throughEditor(html)).toBe(html)
})

test.each([
  ['<p>a<script>alert(1)</script></p>', '<p>a</p>'],
  ['<p onclick="x()" style="color:red" class="c">b</p>', '<p>b</p>'],
  ['<p><a href="javascript:alert(1)">c</a></p>', '<p>c</p>'],
  ['<p>d<img src="https://tracker.example/x.png"></p>', '<p>d</p>'],
  ['plain text', '<p>plain text</p>'],
  ['<p></p>', ''],
])('%s is opened as %s', (html, written) => {
  expect(throughEditor(html)).toBe(written)
})

test('a description with elements that the editor would drop is not opened in it', () => {
  expect(isWritable('<p>a <b>b</b></p>')).toBe(true)
  expect(isWritable('<table><tbody><tr><td>cell</td></tr></tbody></table>')).toBe(false)
  expect(isWritable('<p><span title="x">a</span></p>')).toBe(false)
})

test('pasted HTML loses what is not text, scripts with their content', () => {
  expect(cleanPasted('<style>p{}</style><p style="x">a<script>alert(1)</script></p>')).toBe('<p>a</p>')
})

test('characters are counted as a reader sees them', () => {
  expect(countCharacters('<p>CO<sub>2</sub> &amp; H</p>')).toBe(7)
})

test.each([
  ['https://example.org/a', 'https://example.org/a'],
  ['example.org/a?b', 'https://example.org/a?b'],
  ['annika@example.org', 'mailto:annika@example.org'],
  ['javascript:alert(1)', null],
  ['ftp://example.org', null],
  ['two words', null],
])('%s as a link is %s', (typed, address) => {
  expect(toLinkAddress(typed)).toBe(address)
})
