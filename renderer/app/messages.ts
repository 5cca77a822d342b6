import { formatCount, formatRate, formatLeft, plural, formatAge, formatTime } from '../components/format.ts'

export const messages = {
  appName: 'Deposit Desk',
  nav: {
    label: 'Screens',
    deposits: 'Deposits',
    transfers: 'Transfers',
    settings: 'Settings',
    search: 'Search or run',
    depositsCount: (open: number) => `${plural(open, 'deposit')} not published yet`,
    transfersCount: (open: number) => `${plural(open, 'transfer')} not finished`,
  },
  account: {
    switch: 'Account',
    add: 'Add an account …',
    manage: 'Manage accounts',
    none: 'No account yet',
  },
  drop: {
    title: 'Drop to review as a new deposit',
    text: 'You see its files and what would be left out. Nothing is sent until you say so.',
    hint: (keys: string) => `Esc cancels. Without a mouse: ${keys} opens the same review.`,
    reading: 'Reading what was dropped …',
    waiting: (name: string) => `“${name}” was read.`,
    waitingNext: 'Choose where to deposit, then its review opens.',
  },
  status: {
    label: 'Status',
    connected: (server: string, at: number | null, now: number) =>
      at === null ? `Connected to ${server}` : `Connected to ${server}, read ${formatAge(at, now)}`,
    offline: (at: number | null, now: number) =>
      at === null ? 'Offline' : `Offline, data read at ${formatTime(at, now)}`,
    unreachable: (server: string, at: number | null, now: number) =>
      at === null ? `${server} does not answer` : `${server} does not answer, data read at ${formatTime(at, now)}`,
    tokenRefused: (server: string) => `${server} no longer accepts the token`,
    tokenMissing: (server: string) => `No token for ${server}`,
    notTried: (server: string) => `${server}: no request yet`,
    noAccount: 'Not connected to any server',
    others: (names: readonly string[]) => `Trouble with ${names.join(', ')}`,
    noTransfers: 'Nothing to send',
    sending: (count: number) => `${count} sending`,
    queued: (count: number) => `${count} queued`,
    downloading: (count: number) => `${count} downloading`,
    paused: (count: number) => `${count} paused`,
    waiting: (count: number) =>
      `${count} waiting, ${count === 1 ? 'goes' : 'go'} on by ${count === 1 ? 'itself' : 'themselves'}`,
    needsYou: (count: number) => `${count} ${count === 1 ? 'needs' : 'need'} you`,
    rate: (bytesPerSecond: number) => formatRate(bytesPerSecond),
    left: (ms: number) => formatLeft(ms),
    spent: (server: string, rate: string, at: number | null, now: number) => {
      const words = `${server} takes ${rate}; going on`
      if (at === null || at <= now) return words
      return at - now <= 60_000 ? `${words} in ${Math.ceil((at - now) / 1000)} s` : `${words} at ${formatTime(at, now)}`
    },
    budget: (remaining: number, limit: number, resetAt: number, now: number) =>
      resetAt - now <= 60_000
        ? `${formatCount(remaining)} of ${formatCount(limit)} requests left this minute`
        : `${formatCount(remaining)} of ${formatCount(limit)} requests left until ${formatTime(resetAt, now)}`,
  },
  starting: 'Starting …',
  failed: {
    title: 'This screen could not be shown',
    text: 'Deposit Desk made a mistake here. Your work is kept; uploads go on.',
    again: 'Show it again',
    deposits: 'Go to Deposits',
  },
  dismiss: 'Dismiss',
} as const
