/** Nothing that InvenioRDM sends comes near; deeper nesting is an attack on recursive code. */
const DEPTH_LIMIT = 64

/** Parses JSON of a server. Throws SyntaxError for text that is no JSON or is nested too deeply. */
export function parseJson(text: string): unknown {
  if (tooDeep(text)) throw new SyntaxError('nested too deeply')
  // `__proto__` may be spelled with escapes; a reviver costs time, so it runs only where one could be.
  const suspect = /__proto__|\\u00/i.test(text)
  return JSON.parse(text, suspect ? (key, value: unknown) => (key === '__proto__' ? undefined : value) : undefined)
}

/** Looked at before parsing, since ten megabytes of `[` would cost a hundred times that in memory. */
function tooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (inString) {
      if (unit === BACKSLASH) at++
      else if (unit === QUOTE) inString = false
    } else if (unit === QUOTE) inString = true
    else if (unit === BRACE || unit === BRACKET) {
      if (++depth > DEPTH_LIMIT) return true
    } else if (unit === BRACE_END || unit === BRACKET_END) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, BRACE, BRACE_END, BRACKET, BRACKET_END] = [34, 92, 123, 125, 91, 93]
