/** A piece of XML: escaped text inside a tag, or nothing at all for empty content. */
export function element(
  name: string,
  content: string | readonly string[],
  attributes: Readonly<Record<string, string>> = {},
): string {
  const inner = typeof content === 'string' ? escapeXml(content) : content.join('')
  if (inner === '') return ''
  const shown = Object.entries(attributes)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  return `<${name}${shown}>${inner}</${name}>`
}

/** The same also when there is nothing inside. */
export function container(
  name: string,
  content: readonly string[],
  attributes: Readonly<Record<string, string>> = {},
): string {
  const inner = content.filter((piece) => piece !== '')
  const shown = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  return inner.length === 0 ? `<${name}${shown}/>` : `<${name}${shown}>\n${inner.join('\n')}\n</${name}>`
}

export const XML_HEAD = "<?xml version='1.0' encoding='utf-8'?>\n"

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
