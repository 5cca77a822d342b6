import sanitizeHtml from 'sanitize-html'
import { cleanText, resolveEntities } from './text.ts'

/** Tags and attributes that descriptions keep (invenio-config `ALLOWED_HTML_TAGS`, `ALLOWED_HTML_ATTRS`; live findings H). */
const TAGS = [
  'a', 'abbr', 'acronym', 'b', 'blockquote', 'br', 'code', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'i', 'li', 'ol', 'p', 'pre', 'span',
  'strike', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'tr', 'u', 'ul',
] // prettier-ignore

/**
 * HTML as the repository stores it: tags off the list go, their text stays, also that of scripts and styles, which is then
 * text. Links keep http, https, mailto and whatever has no scheme. Unlike the real server, which parses as browsers do, no
 * line break marks where a block was, and entities come back as characters.
 */
export function cleanHtml(value: string): string {
  return sanitizeHtml(cleanText(value), {
    allowedTags: TAGS,
    allowedAttributes: { '*': ['class'], a: ['href', 'title', 'name', 'rel'], abbr: ['title'], acronym: ['title'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: true,
    nonTextTags: [],
    disallowedTagsMode: 'discard',
  })
    .replace(/<br([^>]*?) \/>/g, '<br$1>')
    .trim()
}

/** The text of stored HTML, a line for each block. */
export function plainText(html: string): string {
  const text = html.replace(/<\/(p|li|h\d|div|tr|blockquote)>|<br[^>]*>/g, '\n').replace(/<[^>]*>/g, '')
  return resolveEntities(text).trim()
}
