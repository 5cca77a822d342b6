/*
 * Persistent identifiers: which scheme a value has, whether it is well formed, and its normal form. The rules are those of
 * the `idutils` package that InvenioRDM uses, for the schemes that records may carry.
 */

type Scheme = {
  /** As it stands in messages: “Invalid ORCID identifier.” */
  readonly label: string
  readonly valid: (value: string) => boolean
  readonly normal?: (value: string) => string
}

const DOI = /^(doi:\s*|(?:https?:\/\/)?(?:dx\.)?doi\.org\/)?(10\.\d+(?:\.\d+)*\/.+)$/i
const HANDLE = /^(hdl:\s*|(?:https?:\/\/)?hdl\.handle\.net\/)?([^/.]+(?:\.[^/.]+)*\/.*)$/i
const ARK = /^ark:\/?[0-9bcdfghjkmnpqrstvwxz]+\/.+$/
const ARXIV_NEW = /^(arxiv:)?(?:[a-z-]+(?:\.[a-z]{2})?\/)?(\d{4})\.(\d{4,5})(v\d+)?$/i
const ARXIV_OLD = /^(arxiv:)?([a-z-]+)(\.[a-z]{2})?(\/\d{4})(\d+)(v\d+)?$/i
const ADS = /^(ads:|ADS:)?(\d{4}[A-Za-z]\S{13}[A-Za-z.:])$/
const PMID = /^(pmid:|https?:\/\/pubmed.ncbi.nlm.nih.gov\/)?(\d+)\/?$/i
const GND =
  /^(gnd:|GND:|https?:\/\/d-nb\.info\/gnd\/|d-nb\.info\/gnd\/)?(1[012]?\d{7}[0-9X]|[47]\d{6}-\d|[1-9]\d{0,7}-[0-9X]|3\d{7}[0-9X])/
const ROR = /^(?:(?:https?:\/\/)?ror\.org\/)?(0\w{6}\d{2})$/i
const WIKIDATA = /^(wikidata:|(?:https?:\/\/)?(?:www\.)?wikidata\.org\/(?:wiki|entity)\/)?(Q\d+)$/i
const LSID = /^urn:lsid:[^:]+(?::[^:]+){2,3}$/i
const RRID = /^RRID:\s?[A-Za-z]+[:_][A-Za-z0-9_:-]+$/i
const CSTR = /^(cstr:|(?:https?:\/\/)?(?:www\.)?cstr\.cn\/)?(?:cstr:)?\d{5}\.\d{2}\..+$/i

const anything = () => true
const bare = (value: string) => value.replace(/[-\s]/g, '').toUpperCase()
const second = (pattern: RegExp) => (value: string) => pattern.exec(value)?.[2] ?? value

const SCHEMES = {
  ads: {
    label: 'Bibcode',
    valid: (v) => ADS.test(v.normalize('NFKD')),
    normal: (v) => second(ADS)(v.normalize('NFKD')),
  },
  ark: { label: 'ARK', valid: (v) => ARK.test(v) },
  arxiv: { label: 'arXiv', valid: (v) => ARXIV_NEW.test(v) || ARXIV_OLD.test(v), normal: normalArxiv },
  crossreffunderid: { label: 'Crossref Funder ID', valid: anything },
  cstr: { label: 'CSTR', valid: (v) => CSTR.test(v) },
  doi: { label: 'DOI', valid: (v) => DOI.test(v), normal: second(DOI) },
  ean13: { label: 'EAN13', valid: isEan13 },
  eissn: { label: 'EISSN', valid: isIssn },
  geonames: { label: 'GeoNames', valid: anything },
  gnd: { label: 'GND', valid: (v) => GND.test(v), normal: (v) => `gnd:${second(GND)(v)}` },
  grid: { label: 'GRID', valid: anything },
  handle: { label: 'Handle', valid: (v) => HANDLE.test(v) && !v.startsWith('swh:'), normal: second(HANDLE) },
  igsn: { label: 'IGSN', valid: anything },
  isbn: { label: 'ISBN', valid: isIsbn },
  isni: { label: 'ISNI', valid: isIsni },
  issn: { label: 'ISSN', valid: isIssn, normal: (v) => bare(v).replace(/^(.{4})/, '$1-') },
  istc: { label: 'ISTC', valid: (v) => /^[0-9A-F]{16}$/.test(bare(v)) },
  lissn: { label: 'LISSN', valid: isIssn },
  lsid: { label: 'LSID', valid: (v) => LSID.test(v) },
  orcid: { label: 'ORCID', valid: isOrcid, normal: (v) => orcidDigits(v).replace(/^(.{4})(.{4})(.{4})/, '$1-$2-$3-') },
  other: { label: 'Other', valid: anything },
  pmid: { label: 'PMID', valid: (v) => PMID.test(v), normal: second(PMID) },
  purl: { label: 'PURL', valid: isPurl },
  ror: { label: 'ROR', valid: (v) => ROR.test(v), normal: (v) => ROR.exec(v)?.[1] ?? v },
  rrid: { label: 'RRID', valid: (v) => RRID.test(v) },
  upc: { label: 'UPC', valid: anything },
  url: { label: 'URL', valid: (v) => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(v) },
  urn: {
    label: 'URN',
    valid: (v) => /^urn:[^?#]+/i.test(v) && !v.slice(4).startsWith('//'),
    normal: (v) => `urn:${v.replace(/^urn:/i, '')}`,
  },
  w3id: { label: 'W3ID', valid: anything },
  wikidata: { label: 'Wikidata', valid: (v) => WIKIDATA.test(v), normal: second(WIKIDATA) },
} satisfies Record<string, Scheme>

type SchemeName = keyof typeof SCHEMES

export const PERSON_SCHEMES: readonly string[] = ['orcid', 'isni', 'gnd', 'ror']
export const LOCATION_SCHEMES: readonly string[] = ['wikidata', 'geonames']
export const SUBJECT_SCHEMES: readonly string[] = ['gnd', 'url']
export const AWARD_SCHEMES: readonly string[] = ['url', 'doi', 'ark', 'handle', 'purl', 'urn']
/** Of a work: alternate identifiers, related works, references. */
export const WORK_SCHEMES: readonly string[] = [
  'ark', 'arxiv', 'ads', 'crossreffunderid', 'cstr', 'doi', 'ean13', 'eissn', 'grid', 'handle', 'igsn', 'isbn', 'isni', 'issn', 'istc',
  'lissn', 'lsid', 'pmid', 'purl', 'rrid', 'upc', 'url', 'urn', 'wikidata', 'w3id', 'other',
] // prettier-ignore

/** In this order a scheme is detected; the first that is allowed wins. */
const DETECTED: readonly SchemeName[] = [
  'doi', 'ark', 'handle', 'purl', 'lsid', 'urn', 'ads', 'arxiv', 'isbn', 'issn', 'orcid', 'isni', 'ean13', 'istc', 'gnd', 'ror', 'pmid',
  'url', 'wikidata', 'cstr', 'rrid',
] // prettier-ignore

/** What a more telling scheme rules out. */
const RULED_OUT: readonly (readonly [SchemeName, readonly SchemeName[]])[] = [
  ['url', ['isbn', 'istc', 'urn', 'lsid', 'issn', 'wikidata', 'cstr']],
  ['ean13', ['gnd', 'pmid']],
  ['isbn', ['gnd', 'pmid']],
  ['orcid', ['gnd', 'pmid']],
  ['isni', ['gnd', 'pmid']],
  ['issn', ['gnd']],
  ['wikidata', ['gnd']],
]

/** The scheme of a value among those allowed, or null when none is recognised. */
export function detectScheme(value: string, allowed: readonly string[]): string | null {
  let found = DETECTED.filter((name) => SCHEMES[name].valid(value))
  if (found.includes('gnd') && found.includes('isbn') && /^gnd:/i.test(value))
    found = found.filter((name) => name !== 'isbn')
  for (const [first, others] of RULED_OUT) {
    if (found.includes(first)) found = found.filter((name) => !others.includes(name))
  }
  const isHandleAddress = /^https?:\/\/hdl\.handle\.net\//.test(value)
  if (
    found.includes('handle') &&
    ((found.includes('url') && !isHandleAddress) || found.includes('ark') || found.includes('arxiv'))
  ) {
    found = found.filter((name) => name !== 'handle')
  }
  return found.find((name) => allowed.includes(name)) ?? null
}

/** The label of a scheme's value that is not well formed, or null when it is. */
export function invalidLabel(value: string, scheme: string): string | null {
  const known = schemeNamed(scheme)
  return known && !known.valid(value) ? known.label : null
}

/** The normal form: a DOI without its resolver, an ORCID with its dashes. */
export function normalise(value: string, scheme: string): string {
  return schemeNamed(scheme)?.normal?.(value) ?? value
}

function schemeNamed(name: string): Scheme | null {
  return Object.hasOwn(SCHEMES, name) ? SCHEMES[name as SchemeName] : null
}

function normalArxiv(value: string): string {
  const recent = ARXIV_NEW.exec(value)
  if (recent) return `arXiv:${recent[2]}.${recent[3]}${recent[4] ?? ''}`
  const old = ARXIV_OLD.exec(value)
  return old ? `arXiv:${old[2]}${old[4]}${old[5]}${old[6] ?? ''}` : value
}

function isEan13(value: string): boolean {
  if (!/^\d{13}$/.test(value)) return false
  const sum = [...value.slice(0, 12)].reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  )
  return (10 - (sum % 10)) % 10 === Number(value[12])
}

function isIsbn(value: string): boolean {
  const digits = bare(value)
  if (/^(978|979)\d{10}$/.test(digits)) return isEan13(digits)
  return /^\d{9}[\dX]$/.test(digits) && weighted(digits, 10) % 11 === 0
}

function isIssn(value: string): boolean {
  const digits = bare(value)
  return /^\d{7}[\dX]$/.test(digits) && weighted(digits, 8) % 11 === 0
}

const weighted = (digits: string, from: number) =>
  [...digits].reduce((total, digit, index) => total + (from - index) * (digit === 'X' ? 10 : Number(digit)), 0)

/** ISO 7064 mod 11-2, of ISNI and ORCID. */
function isIsni(value: string): boolean {
  const digits = bare(value.replace(/^https?:\/\/(www\.)?isni\.org\/(isni\/)?/, ''))
  if (!/^\d{15}[\dX]$/.test(digits)) return false
  const sum = [...digits.slice(0, 15)].reduce((total, digit) => (total + Number(digit)) * 2, 0)
  return (12 - (sum % 11)) % 11 === (digits[15] === 'X' ? 10 : Number(digits[15]))
}

const orcidDigits = (value: string) => value.replace(/^https?:\/\/orcid\.org\//, '').replace(/[-\s]/g, '')

/** The block of ISNI numbers that ORCID hands out. */
function isOrcid(value: string): boolean {
  const digits = orcidDigits(value)
  if (/^https?:/.test(digits) || !isIsni(digits)) return false
  const number = Number(digits.slice(0, 15))
  return (number >= 15_000_000 && number <= 35_000_000) || (number >= 900_000_000_000 && number <= 900_100_000_000)
}

function isPurl(value: string): boolean {
  return /^https?:\/\/purl\.(org|oclc\.org|net|com|fdlp\.gov)\/./.test(value)
}
