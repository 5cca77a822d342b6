import { DOMParser as EditorParser } from '@tiptap/pm/model'
import { Extension, getSchema, Mark, type Extensions, type JSONContent } from '@tiptap/react'
import StarterKit from '@tiptap/starter-kit'
import { cleanHtml } from '../../components/server-html.tsx'

/*
 * The HTML that InvenioRDM keeps in a description, as far as the editor writes it (live findings H: text of removed tags
 * stays, so nothing is offered that the server would strip). Tables, `div`, `span`, `abbr` and `strike` are kept by the
 * server but not written here; a description that has them opens as HTML source, so that nothing is lost.
 */
const WRITTEN_TAGS = new Set([
  ...['p', 'b', 'strong', 'i', 'em', 'u', 'sub', 'sup', 'code', 'pre', 'blockquote', 'br', 'a'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'ul', 'ol', 'li'],
])

/** Protocols that the server keeps in a link; others lose their address. */
const LINK = /^(https?:\/\/|mailto:)[^\s]+$/i

/** An address as typed, with `https://` or `mailto:` where it is missing; null when it is none. */
export function toLinkAddress(typed: string): string | null {
  const address = typed.trim()
  if (LINK.test(address)) return address
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(address)) return `mailto:${address}`
  if (/^[\w-]+(\.[\w-]+)+([/?#]\S*)?$/.test(address)) return `https://${address}`
  return null
}

/** A document that shows nothing and loads nothing. The parser takes the cleaned HTML only (Trusted Types). */
function parseClean(html: string): HTMLElement {
  return new DOMParser().parseFromString(cleanHtml(html) as unknown as string, 'text/html').body
}

/** Whether the editor can show and write back everything in it. */
export function isWritable(html: string): boolean {
  return [...parseClean(html).querySelectorAll('*')].every((element) => WRITTEN_TAGS.has(element.localName))
}

/** Pasted HTML without what the server would strip; the style sheets and comments of word processors go with their text. */
export function cleanPasted(html: string): string {
  const cleaned: unknown = cleanHtml(html)
  return String(cleaned)
}

/** Number of characters that a reader sees. */
export function countCharacters(html: string): number {
  return (parseClean(html).textContent ?? '').length
}

/** The editor’s HTML as it is stored: without the empty paragraphs that it keeps at the end to write on. */
export function toStored(html: string): string {
  return html.replace(/(<p><\/p>)+$/, '')
}

function script(name: 'subscript' | 'superscript', tag: 'sub' | 'sup', key: string) {
  return Mark.create({
    name,
    excludes: name === 'subscript' ? 'superscript' : 'subscript',
    parseHTML: () => [{ tag }],
    renderHTML: () => [tag, 0],
    addKeyboardShortcuts() {
      return { [key]: () => this.editor.commands.toggleMark(this.name) }
    },
  })
}

/** Tab leaves the editor (description-field.tsx), so items of a list move with Ctrl+] and Ctrl+[. */
const nesting = Extension.create({
  name: 'nesting',
  addKeyboardShortcuts() {
    return {
      'Mod-]': () => this.editor.commands.sinkListItem('listItem'),
      'Mod-[': () => this.editor.commands.liftListItem('listItem'),
    }
  },
})

/** Marks and blocks of the editor: exactly the tags above. */
export const DESCRIPTION_EXTENSIONS: Extensions = [
  StarterKit.configure({
    heading: { levels: [1, 2, 3, 4, 5] },
    horizontalRule: false,
    strike: false,
    dropcursor: false,
    link: {
      openOnClick: false,
      autolink: true,
      defaultProtocol: 'https',
      protocols: ['http', 'https', 'mailto'],
      isAllowedUri: (address) => LINK.test(address),
      HTMLAttributes: { target: null, rel: null, class: null },
    },
  }),
  script('subscript', 'sub', 'Mod-,'),
  script('superscript', 'sup', 'Mod-.'),
  nesting,
]

const schema = getSchema(DESCRIPTION_EXTENSIONS)

/** A description as a document of the editor, which is never given HTML as text: Trusted Types refuse that. */
export function parseDescription(html: string): JSONContent {
  return EditorParser.fromSchema(schema).parse(parseClean(html)).toJSON() as JSONContent
}
