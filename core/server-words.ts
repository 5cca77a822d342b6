import type { Account } from '../contract/desk/account.ts'

/** The server as a sentence names it: “go to Zenodo”, “go to the practice repository”. */
export function serverInWords({ server, serverName }: Pick<Account, 'server' | 'serverName'>): string {
  return server === 'practice' ? 'the practice repository' : serverName
}

/** The same at the start of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
