import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { latestPublished, levelOf, mayReadFiles, mayReadRecord, parentOf, whoAsks } from '../access.ts'
import { param, route } from '../http/routes.ts'
import { listOf, objectOf, textAt, type JsonObject } from '../json.ts'
import { plainText } from '../metadata/html.ts'
import type { Practice } from '../practice.ts'
import { bibliography } from '../serialize/bibliography.ts'
import { citationFile, codemeta, EXPORTS } from '../serialize/exports.ts'
import { fileAddress } from '../serialize/links.ts'
import { recordJson } from '../serialize/record.ts'
import { escapeXml } from '../serialize/xml.ts'
import type { Version } from '../storage/model.ts'
import { titleOf } from '../vocabularies.ts'

/** Formats of a record's page, with the type of the download. */
const FORMATS: Readonly<Record<string, { type: string; extension: string }>> = {
  json: { type: 'application/json', extension: 'json' },
  'json-ld': { type: 'application/ld+json', extension: 'jsonld' },
  csl: { type: 'application/vnd.citationstyles.csl+json', extension: 'json' },
  bibtex: { type: 'application/x-bibtex', extension: 'bib' },
  'datacite-json': { type: 'application/vnd.datacite.datacite+json', extension: 'json' },
  'datacite-xml': { type: 'application/vnd.datacite.datacite+xml', extension: 'xml' },
  dublincore: { type: 'application/x-dc+xml', extension: 'xml' },
  marcxml: { type: 'application/marcxml+xml', extension: 'xml' },
  'dcat-ap': { type: 'application/dcat+xml', extension: 'xml' },
  codemeta: { type: 'application/ld+json', extension: 'json' },
  cff: { type: 'application/x-yaml', extension: 'cff' },
}

/** Nothing runs on these pages, and nothing is loaded: whatever a deposit holds is shown as text. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What a browser sees: a landing page for each record, and its exports. Tokens are not looked at here (findings: export). */
export function registerPages(app: FastifyInstance, practice: Practice): void {
  const { store } = practice

  const readable = (request: FastifyRequest): Version | 'missing' | 'restricted' => {
    const id = param(request, 'id')
    const version = store.version(id) ?? latestPublished(store.versionsOf(id))
    if (!version?.published || version.tombstone) return 'missing'
    const level = levelOf(parentOf(practice, version), { ...whoAsks(request), user: null })
    return mayReadRecord(version.published, level) ? version : 'restricted'
  }

  const refuse = (request: FastifyRequest, reply: FastifyReply, why: 'missing' | 'restricted') => {
    if (why === 'restricted') return reply.redirect(`/login/?next=${encodeURIComponent(request.url)}`, 302)
    return sendPage(reply.code(404), 'Page not found', '<p>There is no such page in this practice repository.</p>')
  }

  const landing = (request: FastifyRequest, reply: FastifyReply) => {
    const found = readable(request)
    return typeof found === 'string'
      ? refuse(request, reply, found)
      : sendPage(reply, ...landingPage(practice, request, found))
  }

  route(app, '/records/:id', { GET: landing })
  route(app, '/doi/10.5072/:id', { GET: landing })

  route(app, '/records/:id/latest', {
    GET: (request, reply) => {
      const version = store.version(param(request, 'id'))
      const latest = version ? latestPublished(store.versionsOf(version.parent)) : null
      return latest ? reply.redirect(`/records/${latest.id}`, 302) : refuse(request, reply, 'missing')
    },
  })

  route(app, '/records/:id/export/:format', {
    GET: (request, reply) => {
      const found = readable(request)
      if (typeof found === 'string') return refuse(request, reply, found)
      const name = param(request, 'format')
      const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
      if (!format) return refuse(request, reply, 'missing')
      const record = recordJson(practice, {
        version: found,
        parent: parentOf(practice, found),
        kind: 'record',
        level: 'none',
      })
      const text = exportText(practice, name, format.type, record)
      return reply
        .type(name.includes('json') || name === 'csl' ? 'application/json' : `${format.type}; charset=utf-8`)
        .header('content-disposition', `attachment; filename=${found.id}.${format.extension}`)
        .send(text)
    },
  })

  route(app, '/uploads/:id', {
    GET: (_request, reply) =>
      sendPage(reply, 'A draft', '<p>This deposit is not published. See it in Deposit Desk.</p>'),
  })

  route(app, '/login/', {
    GET: (_request, reply) =>
      sendPage(reply, 'Sign in', '<p>The practice repository has no sign-in page. Use it through Deposit Desk.</p>'),
  })

  route(app, '/', {
    GET: (_request, reply) =>
      sendPage(reply, 'Practice repository', '<p>A repository to try things out. Use it through Deposit Desk.</p>'),
  })
}

function exportText(practice: Practice, name: string, type: string, record: JsonObject): string {
  if (name === 'cff') return citationFile(record)
  if (name === 'codemeta') return codemeta(record, practice)
  return EXPORTS[type]?.(record, practice) ?? JSON.stringify(record)
}

/** Title and body of a record's page. Everything in it came from a client and is escaped. */
function landingPage(practice: Practice, request: FastifyRequest, version: Version): [string, string] {
  const parent = parentOf(practice, version)
  const level = levelOf(parent, { ...whoAsks(request), user: null })
  const record = recordJson(practice, { version, parent, kind: 'record', level })
  const metadata = objectOf(record['metadata'])
  const title = textAt(metadata['title'])
  const doi = textAt(objectOf(objectOf(record['pids'])['doi'])['identifier'])
  const description = plainText(textAt(metadata['description']))
  const creators = listOf(metadata['creators']).map((item) => textAt(objectOf(objectOf(item)['person_or_org'])['name']))
  const rights = listOf(metadata['rights']).map((item) => titleOf(item))
  const rows: [string, string][] = [
    ['Type', titleOf(metadata['resource_type'])],
    ['Published', textAt(metadata['publication_date'])],
    ['Version', textAt(metadata['version']) || `v${version.index}`],
    ['Publisher', textAt(metadata['publisher'])],
    ['DOI', doi === '' ? 'none' : `${doi} (a test DOI: nothing resolves it)`],
    ['Licence', rights.join(', ')],
    ['Citation', bibliography(record, 'apa')],
  ]
  const files = version.published && mayReadFiles(version.published, level) ? store(practice, version) : []
  const body = [
    `<p class="people">${escapeXml(creators.join('; '))}</p>`,
    description === '' ? '' : `<pre>${escapeXml(description)}</pre>`,
    `<table>${rows
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escapeXml(value)}</td></tr>`)
      .join('')}</table>`,
    files.length === 0
      ? '<p>No files.</p>'
      : `<h2>Files</h2><table>${files.map((file) => fileRow(practice, version, file)).join('')}</table>`,
  ]
  return [title, body.join('\n')]
}

const store = ({ store: documents }: Practice, version: Version): JsonObject[] =>
  documents
    .files('record', version.id)
    .map((entry) => ({ key: entry.key, bytes: entry.object?.bytes ?? 0, md5: entry.object?.md5 ?? '' }))

function fileRow(practice: Practice, version: Version, file: JsonObject): string {
  const key = textAt(file['key'])
  const address = `${fileAddress(practice.origin, 'record', version.id, key)}/content`
  return `<tr><td><a href="${escapeXml(address)}">${escapeXml(key)}</a></td><td>${Number(file['bytes']).toLocaleString('en')} bytes</td><td><code>${escapeXml(textAt(file['md5']))}</code></td></tr>`
}

function sendPage(reply: FastifyReply, title: string, body: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .header('x-content-type-options', 'nosniff')
    .send(
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)} · Practice repository</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
.practice { border: 1px solid; border-radius: 6px; padding: .5rem 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid #8884; overflow-wrap: anywhere; }
th { width: 7rem; font-weight: 600; }
</style>
</head>
<body>
<p class="practice" role="note"><strong>Practice: archives nothing.</strong> This page is on this computer only, and no one else can see it.</p>
<main>
<h1>${escapeXml(title)}</h1>
${body}
</main>
</body>
</html>
`,
    )
}
