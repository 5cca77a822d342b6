import type { Account } from '../../../contract/desk/account.ts'
import type { Settings } from '../../../contract/desk/settings.ts'
import { formatDateTime, formatTime } from '../../components/format.ts'
import { serverInWords } from '../../../core/server-words.ts'

export const messages = {
  title: 'Settings',
  appearance: 'Appearance',
  theme: 'Theme',
  themes: {
    system: 'As the system',
    light: 'Light',
    dark: 'Dark',
    'hc-light': 'Light, high contrast',
    'hc-dark': 'Dark, high contrast',
  } satisfies Record<Settings['theme'], string>,
  zoom: (plus: string, minus: string) => `Text is made larger with ${plus} and smaller with ${minus}, up to 200 %.`,
  transfers: 'Transfers',
  filesAtATime: 'Files at a time',
  filesAtATimeHint: 'Fewer leave more of the network to others. More help with many small files.',
  speedLimit: 'Speed limit',
  speedLimitHint: 'For all uploads together.',
  pauseOnBattery: 'Pause on battery',
  accounts: 'Accounts',
  add: 'Add an account',
  tokens: {
    keychain: (store: string) => `kept in the keychain of this system (${store})`,
    session: 'kept until Deposit Desk is closed',
    missing: 'missing: everything for this account waits',
    'not-needed': 'none needed',
  },
  token: 'Token',
  address: 'Address',
  email: 'Email',
  server: 'Server',
  since: (at: number) => `added ${formatDateTime(at)}`,
  current: 'Used for new deposits',
  makeCurrent: 'Use for new deposits',
  renew: 'Replace token …',
  probe: 'Ask the server again',
  probing: 'Asking …',
  checkedAt: (at: number, now: number) => `asked ${formatTime(at, now)}`,
  canDo: 'What this server can do',
  signOut: 'Sign out …',
  renewal: {
    title: (server: string) => `New token for ${server}`,
    text: (name: string, server: string) =>
      `Paste a token of ${name} on ${server}. It is tried before the old one is replaced.`,
    token: 'Access token',
    confirm: 'Replace token',
    checking: (server: string) => `Asking ${server} who it belongs to …`,
    done: (server: string) => `The token for ${server} was replaced`,
    createToken: 'Create a token in the browser',
  },
  signingOut: {
    title: (account: Account) => `Sign out ${account.user.name} from ${serverInWords(account)}?`,
    token: (server: string) =>
      `The token is deleted from this computer; it stays valid on ${server} until you revoke it there.`,
    practice: 'The practice repository keeps its data; you can use it again at any time.',
    records: (server: string) => `Drafts and records on ${server} stay as they are.`,
    confirm: 'Sign out',
    done: (server: string) => `Signed out from ${server}`,
  },
  about: 'About',
  version: (version: string) => `Deposit Desk ${version}`,
  privacy: 'Talks to the servers of your accounts, and to nobody else.',
} as const
