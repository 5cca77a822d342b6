import type { Capabilities } from '../../contract/desk/account.ts'
import { formatBytes, formatCount } from './format.ts'

/** What a server can do, as names and values in plain words. What is not known is said as such. */
export function capabilityFacts(capabilities: Capabilities): { term: string; value: string; detail?: string }[] {
  const { maxFiles, quotaBytes, maxFileBytes, emptyFiles, multipart, requestsPerMinute, limitsSource } = capabilities
  const limits = [
    maxFiles === null ? null : formatCount(maxFiles),
    quotaBytes === null ? null : `together ${formatBytes(quotaBytes)}`,
    maxFileBytes === null || maxFileBytes === quotaBytes ? null : `each up to ${formatBytes(maxFileBytes)}`,
  ].filter((part) => part !== null)
  return [
    {
      term: 'Files in a record',
      value: limits.length === 0 ? 'not known; the server says so when it is reached' : limits.join(', '),
      ...(limits.length === 0 ? {} : { detail: SOURCES[limitsSource] }),
    },
    { term: 'Empty files', value: { accepted: 'taken', refused: 'refused', unknown: 'not known' }[emptyFiles] },
    { term: 'After a broken transfer', value: RESUME[multipart] },
    {
      term: 'Requests',
      value: requestsPerMinute === null ? 'no limit announced' : `${formatCount(requestsPerMinute)} a minute`,
    },
  ]
}

const SOURCES: Readonly<Record<Capabilities['limitsSource'], string>> = {
  documented: 'from its documentation',
  default: 'the usual limits of InvenioRDM; this server may have its own',
  probed: 'tried on the server',
}

const RESUME: Readonly<Record<Capabilities['multipart'], string>> = {
  works: 'large files go on with the parts that are missing',
  refused: 'verified files stay, the file under way starts again',
  unknown: 'verified files stay; the file under way starts again unless parts turn out to work',
}
