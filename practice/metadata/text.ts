const NOT_IN_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Names of the characters from U+00A0 on, in order. */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot ' +
  'cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml ' +
  'Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ' +
  'ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'

const ENTITIES = new Map<string, string>([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['euro', '€'],
  ['hellip', '…'],
  ['ndash', '–'],
  ['mdash', '—'],
  ['bull', '•'],
  ['trade', '™'],
  ...LATIN1.split(' ').map((name, index): [string, string] => [name, String.fromCharCode(0xa0 + index)]),
])

/**
 * Text as InvenioRDM stores it (marshmallow-utils `sanitize_unicode` on top of ftfy): trimmed, composed, straight quotes, no
 * ligatures, line ends as line feeds, entities of HTML resolved where the text holds no `<`, without control and zero-width
 * characters. ftfy's repair of wrongly decoded text is left out.
 */
export function cleanText(value: string): string {
  let text = value.trim()
  // Again until nothing changes: what was escaped twice is resolved twice.
  while (!text.includes('<')) {
    const next = resolveEntities(text)
    if (next === text) break
    text = next
  }
  return text
    .replace(/[‘’‚‛]/g, "'")
    .replace(/[“”„‟]/g, '"')
    .replace(/[\ufb00-\ufb06\uff01-\uff5e\u3000]/g, (character) => character.normalize('NFKC'))
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .normalize('NFC')
    .replace(NOT_IN_XML, '')
    .replace(/[\u200b\ufeff]/g, '')
}

/** `&amp;`, `&eacute;`, `&#65;` as the characters they stand for; other names stay. */
export function resolveEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]*));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES.get(name) ?? ENTITIES.get(name.toLowerCase()) ?? whole
      const code = decimal === undefined ? parseInt(hex ?? '0', 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
    },
  )
}
