import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { installFakeDesk } from '../bridge/fake.ts'
import { ServerHtml } from './server-html.tsx'

afterEach(cleanup)

function shown(html: string): HTMLElement {
  const { container } = render(<ServerHtml html={html} />)
  return container.firstElementChild as HTMLElement
}

test('what InvenioRDM keeps is shown', () => {
  const root = shown(
    '<p>H<sub>2</sub>O, <em>E. coli</em> and <strong>x</strong></p><ul><li>a</li></ul><table><tbody><tr><td>1</td></tr></tbody></table>',
  )
  const tags = [...root.querySelectorAll('*')].map(({ localName }) => localName)
  expect(tags).toEqual(['p', 'sub', 'em', 'strong', 'ul', 'li', 'table', 'tbody', 'tr', 'td'])
  expect(root.textContent).toBe('H2O, E. coli and xa1')
})

test.each([
  ['a script', '<script>window.hit = 1</script>'],
  ['an image with a handler', '<img src=x onerror="window.hit = 1">'],
  ['a handler on a kept tag', '<p onclick="window.hit = 1">a</p>'],
  ['an svg', '<svg><animate onbegin="window.hit = 1" attributeName=x dur=1s></svg>'],
  ['a frame', '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>'],
  ['a form', '<form action="https://evil.example"><input name=q autofocus onfocus="window.hit = 1"></form>'],
  ['a style sheet', '<style>body { display: none }</style><p style="position:fixed" class="banner" id="root">a</p>'],
  ['a script link', '<a href="javascript:window.hit = 1">a</a>'],
  ['a script link in disguise', '<a href=" &#106;avascript&colon;window.hit = 1">a</a>'],
  ['a data link', '<a href="data:text/html,<script>1</script>">a</a>'],
  [
    'mutation through math',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  ],
  ['a template', '<template><img src=x onerror="window.hit = 1"></template>'],
  [
    'a link that replaces the page',
    '<base href="https://evil.example"><meta http-equiv="refresh" content="0;url=https://evil.example">',
  ],
])('%s leaves nothing that acts or loads', (_, html) => {
  const root = shown(html)
  expect(
    root.querySelector('script, img, svg, math, iframe, form, input, style, template, base, meta, link'),
  ).toBeNull()
  const attributes = [...root.querySelectorAll('*')].flatMap((element) => [...element.attributes])
  expect(attributes.filter(({ name }) => !['href', 'title', 'name'].includes(name))).toEqual([])
  expect(attributes.filter(({ name, value }) => name === 'href' && !/^(https?|mailto):/i.test(value))).toEqual([])
  expect(window).not.toHaveProperty('hit')
})

test('a link opens in the browser, through main', () => {
  const desk = installFakeDesk({ 'app.open': () => null })
  shown('<p><a href="https://doi.org/10.5281/zenodo.1">the <em>record</em></a></p>')
  expect(fireEvent.click(screen.getByText('record'))).toBe(false)
  expect(desk.calls).toEqual([{ name: 'app.open', input: { url: 'https://doi.org/10.5281/zenodo.1' } }])
})
