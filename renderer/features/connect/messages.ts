import type { ServerChoice } from '../../../contract/desk/account.ts'
import { formatTime, plural } from '../../components/format.ts'

export const messages = {
  title: 'Where do you deposit?',
  lead: 'You can add more accounts later and switch between them.',
  servers: 'Server',
  privacy: 'Talks to the server you choose, and to nobody else.',
  practice: {
    name: 'Practice repository',
    text: 'The place to try things out: runs on this computer with sample users, needs no account, archives nothing.',
    heading: 'Practise on this computer',
    lead: 'The same steps as on a real repository: drop a folder, describe it, upload, publish. What you publish here gets a DOI that leads nowhere.',
    points: [
      'No account and no token',
      'Works without a network',
      'Badged “Practice” on every screen, so that it is never taken for the real thing',
    ],
    use: 'Use the practice repository',
    starting: 'Starting the practice repository …',
  },
  sandbox: {
    name: 'Zenodo Sandbox',
    text: 'sandbox.zenodo.org. The real software with a separate account; DOIs lead nowhere and data may be wiped.',
  },
  zenodo: { name: 'Zenodo', text: 'zenodo.org. Published records are permanent and have a DOI.' },
  other: {
    name: 'Another InvenioRDM server',
    text: 'Your university or institute. You need its address. Its name is then shown like a badge, on every screen.',
  },
  connectTo: (server: string) => `Connect to ${server}`,
  connectToOther: 'Connect to an InvenioRDM server',
  tokenLead: (server: string) => `${server} lets applications in with a personal access token.`,
  tokenLeadOther: 'InvenioRDM lets applications in with a personal access token.',
  address: 'Address of the server',
  addressHint: 'As in your browser, for example https://repository.example.org',
  createToken: (host: string) => `Create a token on ${host}`,
  createTokenHint: 'Opens in your browser. Tick',
  scopes: ['deposit:write', 'deposit:actions', 'user:email'],
  and: 'and',
  noScopes: 'Opens in your browser. Tick every scope that is offered.',
  token: 'Access token',
  tokenPlaceholder: 'Paste it here',
  replace: 'Replace',
  keptIn: (store: string, host: string) =>
    `Kept in the keychain of this system (${store}). Sent to ${host} only, never written to a file or log.`,
  keptForRun: (host: string) =>
    `This system offers no keychain, so the token is kept until you close Deposit Desk and is asked for again next time. Sent to ${host} only, never written to a file or log.`,
  theServer: 'the server',
  checking: (host: string) => `Reaching ${host}, then asking who the token belongs to and what the server can do …`,
  checkAgain: 'Check again',
  check: 'Check the connection',
  steps: {
    reached: (host: string, ms: number) => `${host} reached, ${Math.round(ms)} ms`,
    signedIn: 'signed in with this token',
    canWrite: 'Can write drafts and upload files: tried with a draft that was removed again',
    writeNotTried: 'Writing drafts is not tested yet: the first deposit shows whether the token may',
    publishNotTried: 'Publishing is not tested: the first one shows whether the token may',
  },
  canDo: 'What this server can do',
  checkedAt: (at: number, requests: number, now: number) =>
    `Checked at ${formatTime(at, now)} with ${plural(requests, 'request')}`,
  notNow: 'Not now',
  use: 'Use this account',
  added: (name: string, server: string) => `${name} on ${server} is added`,
  checked: (name: string) => `Connected. ${name} signed in with this token.`,
} as const

export type Preset = ServerChoice['kind']
