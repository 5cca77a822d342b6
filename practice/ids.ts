import { randomBytes } from 'node:crypto'

/** Crockford's alphabet: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** A record id: eight random characters and two check digits (ISO 7064 mod 97-10), `xxxxx-xxxdd`. */
export function newPid(): string {
  const characters = [...randomBytes(8)].map((byte) => ALPHABET[byte % 32] ?? '0')
  const number = characters.reduce((total, character) => total * 32n + BigInt(ALPHABET.indexOf(character)), 0n)
  const check = String(98n - ((number * 100n) % 97n)).padStart(2, '0')
  const all = characters.join('') + check
  return `${all.slice(0, 5)}-${all.slice(5)}`
}

/** A token as people paste it: letters and digits. */
export function newToken(): string {
  return randomBytes(30).toString('base64url')
}
