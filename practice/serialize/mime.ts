/** Types of the extensions that people deposit, as Python's `mimetypes` guesses them; anything else is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  bmp: 'image/bmp', bz2: 'application/x-bzip2', css: 'text/css', csv: 'text/csv', doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', gif: 'image/gif', gz: 'application/gzip',
  h5: 'application/x-hdf5', hdf: 'application/x-hdf', htm: 'text/html', html: 'text/html', jpeg: 'image/jpeg', jpg: 'image/jpeg',
  js: 'text/javascript', json: 'application/json', md: 'text/markdown', mp3: 'audio/mpeg', mp4: 'video/mp4', nc: 'application/x-netcdf',
  ods: 'application/vnd.oasis.opendocument.spreadsheet', odt: 'application/vnd.oasis.opendocument.text', pdf: 'application/pdf',
  png: 'image/png', ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', py: 'text/x-python', rtf: 'application/rtf',
  sh: 'application/x-sh', svg: 'image/svg+xml', tar: 'application/x-tar', tex: 'application/x-tex', tif: 'image/tiff', tiff: 'image/tiff',
  tsv: 'text/tab-separated-values', txt: 'text/plain', wav: 'audio/x-wav', webm: 'video/webm', webp: 'image/webp',
  xls: 'application/vnd.ms-excel', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', xml: 'text/xml',
  zip: 'application/zip',
} // prettier-ignore

/** Lower-case letters after the last dot of a name that has something before it; empty without one. */
export function extensionOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
}

export function mimetypeOf(key: string): string {
  return TYPES[extensionOf(key)] ?? 'application/octet-stream'
}

export function isPicture(key: string): boolean {
  return ['gif', 'jp2', 'jpeg', 'jpg', 'pdf', 'png', 'tif', 'tiff'].includes(extensionOf(key))
}
