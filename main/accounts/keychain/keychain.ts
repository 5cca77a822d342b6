import type { KeychainState } from '../../../contract/desk/account.ts'

/** Where tokens are kept. Nothing here throws: a keychain that fails is one that is not there. */
export type Keychain = {
  state(): Promise<KeychainState>
  /** The token of one user of one server, or null. */
  read(origin: string, userId: string): Promise<string | null>
  /** False when it could not be kept. */
  write(origin: string, userId: string, token: string): Promise<boolean>
  remove(origin: string, userId: string): Promise<void>
}

const SERVICE = 'Deposit Desk'
/** The system may ask the person to unlock the keychain; a bus that hangs must not hang the application. */
const UNLOCK_MS = 60_000
const PROBE_MS = 5_000

const NAMES: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Keychain', win32: 'Credential Manager' }

/**
 * The keychain of the operating system. `DEPOSIT_DESK_KEYCHAIN=memory` takes its place for tests, `none` goes without.
 */
export function createKeychain(environment: NodeJS.ProcessEnv = process.env): Keychain {
  if (environment['DEPOSIT_DESK_KEYCHAIN'] === 'memory') return createMemoryKeychain()
  if (environment['DEPOSIT_DESK_KEYCHAIN'] === 'none') return noKeychain
  const name = NAMES[process.platform] ?? 'Secret Service'
  // Loaded when first needed: where libsecret is missing, loading fails.
  const load = () => import('keytar').then((module) => module.default)
  let probed: Promise<boolean> | null = null
  const probe = () =>
    load()
      .then((keytar) => within(PROBE_MS, keytar.getPassword(SERVICE, 'probe')))
      .then(() => true)
      .catch(() => false)

  return {
    state: async () => {
      probed ??= probe()
      const available = await probed
      // A keychain may appear while the application runs, as on unlocking the desktop.
      if (!available) probed = null
      return { available, name }
    },
    read: async (origin, userId) => {
      try {
        return await within(UNLOCK_MS, (await load()).getPassword(SERVICE, entryName(origin, userId)))
      } catch {
        return null
      }
    },
    write: async (origin, userId, token) => {
      try {
        await within(UNLOCK_MS, (await load()).setPassword(SERVICE, entryName(origin, userId), token))
        return true
      } catch {
        return false
      }
    },
    remove: async (origin, userId) => {
      try {
        await within(UNLOCK_MS, (await load()).deletePassword(SERVICE, entryName(origin, userId)))
      } catch {
        // Nothing was kept, or it can't be reached: there is nothing more to do here.
      }
    },
  }
}

/** Keeps tokens in memory: for tests. */
export function createMemoryKeychain(): Keychain {
  const kept = new Map<string, string>()
  return {
    state: async () => ({ available: true, name: 'Memory' }),
    read: async (origin, userId) => kept.get(entryName(origin, userId)) ?? null,
    write: async (origin, userId, token) => {
      kept.set(entryName(origin, userId), token)
      return true
    },
    remove: async (origin, userId) => {
      kept.delete(entryName(origin, userId))
    },
  }
}

/** For a run whose token comes from elsewhere and must not be kept. */
export const noKeychain: Keychain = {
  state: async () => ({ available: false, name: NAMES[process.platform] ?? 'Secret Service' }),
  read: async () => null,
  write: async () => false,
  remove: async () => undefined,
}

function entryName(origin: string, userId: string): string {
  return `${origin} ${userId}`
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the keychain does not answer')), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
