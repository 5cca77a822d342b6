import type { Account } from '../../../contract/desk/account.ts'

/** Days in which Zenodo lets owners correct files of a published record; plain InvenioRDM lets nobody (behaviour 12, file edits). */
const GRACE_DAYS = 30
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })

/** The day from which the files of a record published at this time can’t be corrected; null where they never can. */
export function filesFixedFrom({ server }: Pick<Account, 'server'>, publishedAt: number): string | null {
  switch (server) {
    case 'zenodo':
    case 'zenodo-sandbox':
      return date.format(publishedAt + GRACE_DAYS * 86_400_000)
    case 'practice':
    case 'other':
      return null
  }
}
