const NOT_IN_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/**
 * Text as InvenioRDM stores it (marshmallow-utils `sanitize_unicode` on top of ftfy): trimmed, composed, straight quotes, no
 * ligatures, line ends as line feeds, entities of HTML resolved where the text holds no `<`, without control and zero-width
 * characters. ftfy's repair of wrongly decoded text is left out.
 */
export function cleanText(value: string): string {
  const text = value.trim()
  return (text.includes('<') ? text : resolveEntities(text))
    .replace(/[‘’‚‛]/g, "'")
    .replace(/[“”„‟]/g, '"')
    .replace(/[\ufb00-\ufb06\uff01-\uff5e]/g, (character) => character.normalize('NFKC'))
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .normalize('NFC')
    .replace(NOT_IN_XML, '')
    .replaceAll('\u200b', '')
}

function resolveEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|([a-z]+));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const code = decimal === undefined ? parseInt(hex ?? '0', 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
    },
  )
}
