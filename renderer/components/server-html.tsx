import createDOMPurify from 'dompurify'
import { useEffect, useMemo, useRef } from 'react'
import { call } from '../bridge/client.ts'
import styles from './server-html.module.css'
import { cx } from './cx.ts'

/*
 * What InvenioRDM keeps of HTML in records (its default ALLOWED_HTML_TAGS; notes on behaviour, section 15), less `class`, which
 * would let a server dress its text as ours. Images are left out: the window loads nothing from anywhere.
 */
const TAGS =
  'a abbr acronym b blockquote br code div table tbody td th tr em h1 h2 h3 h4 h5 i li ol p pre span strike strong sub sup u ul'.split(
    ' ',
  )
const ATTRIBUTES = ['href', 'title', 'name']
const LINKS = /^(?:https?|mailto):/i

const purifier = createDOMPurify(window)

/** HTML of a server, cleaned: a TrustedHTML where the window asks for one. */
export function cleanHtml(html: string): TrustedHTML {
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: LINKS,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    SANITIZE_NAMED_PROPS: true,
    RETURN_TRUSTED_TYPE: true,
  })
}

/** The only place where text of a server becomes elements. Links open in the browser, through main. */
export function ServerHtml({ html, className }: { html: string; className?: string }) {
  const root = useRef<HTMLDivElement>(null)
  const clean = useMemo(() => cleanHtml(html), [html])
  useEffect(() => {
    const element = root.current
    // The links inside are what is clicked, or pressed with Enter; they are not React's.
    element?.addEventListener('click', openLink)
    element?.addEventListener('auxclick', openLink)
    return () => {
      element?.removeEventListener('click', openLink)
      element?.removeEventListener('auxclick', openLink)
    }
  }, [])
  return (
    <div
      ref={root}
      className={cx(styles.html, className)}
      // React hands the value on to the sink as it is; its types do not know TrustedHTML yet.
      dangerouslySetInnerHTML={{ __html: clean as unknown as string }}
    />
  )
}

function openLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link) return
  event.preventDefault()
  const url = link.getAttribute('href')
  // Refused links stay where they are: main says no to what is not https.
  if (url) call('app.open', { url }).catch(() => undefined)
}
