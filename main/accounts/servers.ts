import type { Account, ServerChoice } from '../../contract/desk/account.ts'
import { DeskError } from '../../contract/errors.ts'
import { isLoopback } from '../repository/http/client.ts'

export type KnownServer = { readonly kind: Account['server']; readonly origin: string; readonly name: string }

const ZENODO: KnownServer = { kind: 'zenodo', origin: 'https://zenodo.org', name: 'Zenodo' }
const SANDBOX: KnownServer = { kind: 'zenodo-sandbox', origin: 'https://sandbox.zenodo.org', name: 'Zenodo Sandbox' }

export const PRACTICE_NAME = 'Practice'

/** The server of a choice, except practice, whose address is that of a running process. Throws address-invalid, address-insecure. */
export function resolveServer(choice: Exclude<ServerChoice, { kind: 'practice' }>): KnownServer {
  if (choice.kind === 'zenodo') return ZENODO
  if (choice.kind === 'zenodo-sandbox') return SANDBOX
  const url = readAddress(choice.address)
  return (
    [ZENODO, SANDBOX].find(({ origin }) => origin === url.origin) ?? {
      kind: 'other',
      origin: url.origin,
      name: url.host,
    }
  )
}

/**
 * The address of a page inside a repository, or of the repository, as people write it. Only its origin counts. https is
 * assumed and demanded, except on this computer.
 */
function readAddress(address: string): URL {
  const text = address.trim()
  const invalid = new DeskError('address-invalid', { address: text.slice(0, 200) })
  if (text === '' || /\s/.test(text)) throw invalid
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const assumed = URL.parse(`http://${text}`)
  const url = hasScheme
    ? URL.parse(text)
    : URL.parse(`${assumed && isLoopback(assumed.hostname) ? 'http' : 'https'}://${text}`)
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.hostname === '' ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw invalid
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new DeskError('address-insecure', { server: url.host })
  return url
}

/** A token without the white space that copying brings along. Throws token-malformed for signs that no header can hold. */
export function readToken(text: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]{1,2000}$/.test(token)) throw new DeskError('token-malformed')
  return token
}
