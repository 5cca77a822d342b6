/** Scheme and host of the window's own pages; its origin as Chromium writes it. */
export const SCHEME = 'app'
export const WINDOW_ORIGIN = 'app://desk'
export const WINDOW_PAGE = `${WINDOW_ORIGIN}/index.html`

/**
 * The one style sheet that React Aria adds at run time (react-aria, usePress: touch-action of what can be pressed), by its
 * hash, so that no other can be added. A new version of the library with another text shows in e2e as a violation.
 */
const REACT_ARIA_STYLE = 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' '${REACT_ARIA_STYLE}'`,
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  // dompurify cleans what is shown; the editor parses what is pasted in a document of its own.
  'trusted-types dompurify ProseMirrorClipboard',
].join('; ')

/** Headers of every answer to the window. */
export const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const
