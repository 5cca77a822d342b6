/** A record as people name it. `server`: that of a DOI or an address; null where the text does not say. */
export type RecordName = {
  readonly recordId: string
  readonly server:
    | { readonly kind: 'zenodo' }
    | { readonly kind: 'zenodo-sandbox' }
    | { readonly kind: 'other'; readonly address: string }
    | null
}

/** Ids of InvenioRDM (`8hj2k-qd410`), of Zenodo (`1234567`), and slugs of either. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const DOI = /^(?:doi:\s*|https?:\/\/(?:dx\.)?doi\.org\/)?(10\.\d{4,9}\/\S+)$/i
const PAGE = /^(https?:\/\/[^/?#\s]+)\/([^?#\s]*)/i

/**
 * Reads a DOI, with “doi:” or doi.org before it, the address of a record or draft, or an id. DOIs of InvenioRDM end in the
 * id; those of Zenodo and its sandbox have “zenodo.” before it. Null for anything else.
 */
export function readRecordName(text: string): RecordName | null {
  const given = text.trim()
  const doi = DOI.exec(given)?.[1]
  if (doi !== undefined) return ofDoi(doi)
  const [, origin, path] = PAGE.exec(given) ?? []
  if (origin !== undefined && path !== undefined) {
    const names = path.split('/')
    // Zenodo had /record/ and /deposit/ before it became InvenioRDM; its pages lead on.
    const at = names.findIndex((name) => ['records', 'record', 'uploads', 'deposit'].includes(name))
    const id = at < 0 ? undefined : names[at + 1]
    if (id !== undefined && ID.test(id)) return { recordId: id, server: { kind: 'other', address: origin } }
    const inPath = /(?:^|\/)doi\/(10\.\d{4,9}\/\S+)$/i.exec(path)?.[1]
    const found = inPath === undefined ? null : ofDoi(inPath)
    return found && { ...found, server: { kind: 'other', address: origin } }
  }
  return ID.test(given) ? { recordId: given, server: null } : null
}

function ofDoi(doi: string): RecordName | null {
  const [prefix, ...suffix] = doi.split('/')
  const last = suffix.at(-1)?.replace(/[.,;)\]]+$/, '') ?? ''
  const recordId = last.replace(/^zenodo\./i, '')
  if (!ID.test(recordId)) return null
  if (recordId === last) return { recordId, server: null }
  return { recordId, server: prefix === '10.5072' ? { kind: 'zenodo-sandbox' } : { kind: 'zenodo' } }
}
