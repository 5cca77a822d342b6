import type { Account } from '../../contract/desk/account.ts'
import type { Deposit } from '../../contract/desk/deposit.ts'

/** What the transfers know of a file. */
export type ReceiptFile = {
  readonly key: string
  readonly bytes: number
  readonly md5: string | null
  /** Null where the file was not read as a whole since its MD5 was noted. */
  readonly sha256: string | null
  /** As the server computed it: `md5:…`. */
  readonly remoteChecksum: string | null
  readonly startedAt: number | null
  /** Null while it is not verified: such a file is not in the receipt. */
  readonly verifiedAt: number | null
}

/** Evidence of a deposit for the person’s own files. Times are ISO 8601 in UTC, sizes in bytes; holds no path and no token. */
export type Receipt = {
  readonly format: 'deposit-desk-receipt'
  readonly formatVersion: 1
  readonly writtenAt: string
  readonly server: { readonly name: string; readonly address: string; readonly archives: boolean }
  readonly depositedBy: string
  readonly record: {
    readonly id: string
    readonly title: string
    readonly doi: string | null
    readonly conceptDoi: string | null
    readonly url: string
    readonly citation: string
    readonly publishedAt: string
  } | null
  readonly draft: { readonly id: string; readonly title: string } | null
  readonly folder: { readonly name: string; readonly files: number; readonly bytes: number }
  readonly files: readonly {
    readonly name: string
    readonly bytes: number
    readonly md5: string
    readonly sha256: string | null
    readonly serverChecksum: string
    readonly startedAt: string | null
    readonly verifiedAt: string
  }[]
}

export function buildReceipt(
  deposit: Deposit,
  account: Account,
  files: readonly ReceiptFile[],
  writtenAt: number,
): Receipt {
  const { publication, metadata, draft, source } = deposit
  const title = metadata.title ?? ''
  return {
    format: 'deposit-desk-receipt',
    formatVersion: 1,
    writtenAt: isoTime(writtenAt),
    server: { name: account.serverName, address: account.origin, archives: account.server !== 'practice' },
    depositedBy: account.user.name,
    record:
      publication.kind === 'published'
        ? {
            id: publication.recordId,
            title,
            doi: publication.doi,
            conceptDoi: publication.conceptDoi,
            url: publication.url,
            citation: publication.citation,
            publishedAt: isoTime(publication.publishedAt),
          }
        : null,
    draft: publication.kind === 'published' || draft === null ? null : { id: draft.id, title },
    folder: { name: source.name, files: source.files, bytes: source.bytes },
    files: files.flatMap((file) => {
      const { md5, remoteChecksum, startedAt, verifiedAt } = file
      if (md5 === null || remoteChecksum === null || verifiedAt === null) return []
      return [
        {
          name: file.key,
          bytes: file.bytes,
          md5,
          sha256: file.sha256,
          serverChecksum: remoteChecksum,
          startedAt: startedAt === null ? null : isoTime(startedAt),
          verifiedAt: isoTime(verifiedAt),
        },
      ]
    }),
  }
}

/** The receipt as a page of its own: no script, nothing loaded from anywhere, every text escaped. */
export function receiptHtml(receipt: Receipt): string {
  const { record, draft, folder, server, files } = receipt
  const title = record?.title ?? draft?.title ?? folder.name
  const facts: [string, string][] = [
    ['Repository', `${escape(server.name)}, ${escape(server.address)}`],
    ...(record === null
      ? [['Draft', draft === null ? 'not created yet' : escape(draft.id)] as [string, string]]
      : [
          ['DOI', record.doi === null ? 'none' : escape(record.doi)] as [string, string],
          ['Record', `<a href="${escape(safeAddress(record.url))}">${escape(record.url)}</a>`] as [string, string],
          ['Published', time(record.publishedAt)] as [string, string],
          ['Cite as', escape(record.citation)] as [string, string],
        ]),
    ['Deposited by', escape(receipt.depositedBy)],
    ['Folder', `${escape(folder.name)}, ${folder.files} files, ${folder.bytes} bytes`],
    ['Receipt written', time(receipt.writtenAt)],
  ]
  const rows = files.map(
    (file) =>
      `<tr><td>${escape(file.name)}</td><td class="n">${file.bytes}</td><td><code>${escape(file.md5)}</code></td>` +
      `<td><code>${escape(file.sha256 ?? 'not computed')}</code></td><td><code>${escape(file.serverChecksum)}</code></td><td>${time(file.verifiedAt)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Receipt: ${escape(title)}</title>
<style>
body { font: 14px/1.5 "Segoe UI", "Liberation Sans", sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1c2024; background: #fff }
h1 { font-size: 20px; margin: 0 } dl { display: grid; grid-template-columns: 10rem 1fr; gap: .25rem 1rem } dt { color: #4f5861 } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d9dde1; vertical-align: top; overflow-wrap: anywhere }
.n { text-align: right; white-space: nowrap } code { font-size: 12px }
</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${summary(receipt)}</p>
<dl>
${facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('\n')}
</dl>
<table>
<thead><tr><th>File</th><th class="n">Bytes</th><th>MD5 here</th><th>SHA-256 here</th><th>Checksum on the server</th><th>Verified</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</body>
</html>
`
}

function summary({ files, record, server }: Receipt): string {
  const agree = `${files.length} ${files.length === 1 ? 'file' : 'files'}, each verified: size and MD5 on the server equal those in the folder.`
  const state = record === null ? ' Not published when this was written.' : ''
  return escape(`${agree}${state}${server.archives ? '' : ' This is the practice repository: it archives nothing.'}`)
}

function safeAddress(url: string): string {
  return /^https?:\/\//i.test(url) ? url : 'about:blank'
}

function time(iso: string): string {
  return `<time datetime="${escape(iso)}">${escape(iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</time>`
}

function isoTime(at: number): string {
  return new Date(at).toISOString()
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
