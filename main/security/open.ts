import { shell } from 'electron'
import { DeskError } from '../../contract/errors.ts'

/**
 * The address as it may be opened in the browser: https anywhere, or an account's own server on this computer. The host of
 * the result is ASCII (punycode), so that what is opened is what is shown.
 * @param ownOrigins origins of the accounts
 * @throws DeskError link-refused
 */
export function checkLink(address: string, ownOrigins: readonly string[]): string {
  // Control characters, spaces, backslashes and invisible or direction-changing marks are removed or reinterpreted by URL
  // parsers, each in its own way; no address of ours holds one.
  if (/[\p{C}\p{Z}\\]/u.test(address)) throw refused('it holds signs that do not belong in an address')
  if (!/^https?:\/\/[^/]/.test(address)) throw refused('it is not an https address')
  const url = URL.parse(address)
  if (!url) throw refused('it is not a web address')
  if (url.username !== '' || url.password !== '') throw refused('it holds a user name or a password')
  if (ownOrigins.includes(url.origin) && (url.protocol === 'https:' || isLoopback(url.hostname))) return url.href
  if (url.protocol !== 'https:') throw refused('it is not an https address')
  if (isLoopback(url.hostname)) throw refused('it leads to this computer')
  return url.href
}

/** The only way out of the application: opens an address in the person's browser. */
export async function openLink(address: string, ownOrigins: readonly string[]): Promise<void> {
  const checked = checkLink(address, ownOrigins)
  try {
    await shell.openExternal(checked)
  } catch (error) {
    throw new DeskError('link-refused', { reason: 'no browser could be started' }, { cause: error })
  }
}

function isLoopback(host: string): boolean {
  return /^(127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f:]+\]|(.+\.)?localhost\.?)$/.test(host)
}

function refused(reason: string): DeskError {
  return new DeskError('link-refused', { reason })
}
