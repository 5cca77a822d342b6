/** Names of what the window keeps of main's data. A prefix stands for all below it. */
export const keys = {
  accounts: ['accounts'] as const,
  keychain: ['accounts', 'keychain'] as const,
  connections: ['connections'] as const,
  settings: ['settings'] as const,
  info: ['info'] as const,
  scan: (scanId: string) => ['scan', scanId] as const,
  scanEntries: (scanId: string) => ['scan-entries', scanId] as const,
  deposits: ['deposits'] as const,
  deposit: (depositId: string) => ['deposit', depositId] as const,
  guard: (depositId: string) => ['guard', depositId] as const,
  overview: ['overview'] as const,
  downloads: ['downloads'] as const,
  found: (wish: object | null, accountId: string | null) => ['found', wish, accountId] as const,
  files: (depositId: string) => ['files', depositId] as const,
  lookUps: ['look-up'] as const,
  lookUp: (what: string, accountId: string, query: string) => ['look-up', what, accountId, query] as const,
}
