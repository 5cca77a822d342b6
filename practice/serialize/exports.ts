import { serverFault } from '../http/api-error.ts'
import { compact, listOf, objectOf, textAt, type Json, type JsonObject } from '../json.ts'
import { plainText } from '../metadata/html.ts'
import type { Practice } from '../practice.ts'
import { titleOf } from '../vocabularies.ts'
import { container, element, XML_HEAD } from './xml.ts'

/*
 * Records in other formats, from their plain JSON. The formats that citing needs (BibTeX, CSL, DataCite) are whole; MARC, DCAT and
 * the others hold the core of a record.
 */

type Serialiser = (record: JsonObject, practice: Practice) => string

const json = (value: Json): string => JSON.stringify(value)

export const EXPORTS: Readonly<Record<string, Serialiser>> = {
  'application/ld+json': (record, practice) => json(schemaOrg(record, practice)),
  'application/vnd.inveniordm.v1.full+csv': csv,
  'application/vnd.inveniordm.v1.simple+csv': csv,
  'application/marcxml+xml': marcXml,
  'application/vnd.citationstyles.csl+json': (record, practice) => json(csl(record, practice)),
  'application/vnd.datacite.datacite+json': (record, practice) => json(dataciteJson(record, practice)),
  'application/vnd.geo+json': (record) => json(geoJson(record)),
  'application/vnd.datacite.datacite+xml': dataciteXml,
  'application/x-dc+xml': dublinCore,
  'application/x-bibtex': bibtex,
  'application/dcat+xml': dcat,
  'application/linkset+json': (record) => json(linkset(record)),
}

const metadataOf = (record: JsonObject) => objectOf(record['metadata'])
const items = (value: Json | undefined) => listOf(value).map(objectOf)
const people = (record: JsonObject, name: string): JsonObject[] =>
  items(metadataOf(record)[name]).map((item) => ({
    ...objectOf(item['person_or_org']),
    role: objectOf(item['role']),
    affiliations: items(item['affiliations']),
  }))
const doiOf = (record: JsonObject) => textAt(objectOf(objectOf(record['pids'])['doi'])['identifier'])
const pageOf = (record: JsonObject) => textAt(objectOf(record['links'])['self_html'])
const identifierOf = (person: JsonObject, scheme: string) =>
  textAt(items(person['identifiers']).find((item) => item['scheme'] === scheme)?.['identifier'])

function propsOf(record: JsonObject, { vocabularies }: Practice): JsonObject {
  const id = textAt(objectOf(metadataOf(record)['resource_type'])['id'])
  return objectOf(vocabularies.find('resourcetypes', id)?.['props'])
}

/** Numbers of a date as CSL writes them. */
const dateParts = (date: string): string[][] => date.split('/').map((part) => part.split('-'))

function csl(record: JsonObject, practice: Practice): JsonObject {
  const metadata = metadataOf(record)
  const date = textAt(metadata['publication_date'])
  const authors = people(record, 'creators').map((person) =>
    person['type'] === 'personal'
      ? compact({ family: person['family_name'], given: person['given_name'] })
      : { family: textAt(person['name']) },
  )
  return compact({
    id: textAt(record['id']),
    title: metadata['title'],
    type: textAt(propsOf(record, practice)['csl']) || undefined,
    author: authors.length > 0 ? authors : undefined,
    issued: date === '' ? undefined : { 'date-parts': dateParts(date) },
    publisher: metadata['publisher'],
    abstract: metadata['description'] === undefined ? undefined : plainText(textAt(metadata['description'])),
    version: metadata['version'],
    DOI: doiOf(record) || undefined,
    language: textAt(items(metadata['languages'])[0]?.['id']) || undefined,
    ...publishingFields(objectOf(record['custom_fields'])),
  })
}

/** Journal, book and meeting; names with underscores, as the real server writes them. */
function publishingFields(fields: JsonObject): Record<string, Json | undefined> {
  const imprint = objectOf(fields['imprint:imprint'])
  const meeting = objectOf(fields['meeting:meeting'])
  const acronym = textAt(meeting['acronym'])
  const title = textAt(meeting['title'])
  const journal = journalFields(fields)
  return {
    ...journal,
    container_title: imprint['title'] ?? journal['container_title'],
    page: imprint['pages'] ?? journal['page'],
    ISBN: imprint['isbn'],
    edition: imprint['edition'],
    publisher_place: imprint['place'],
    event: title === '' ? undefined : `${title}${acronym === '' ? '' : ` (${acronym})`}`,
    event_place: meeting['place'],
  }
}

function journalFields(fields: JsonObject): Record<string, Json | undefined> {
  const { title, pages, volume, issue, issn } = objectOf(fields['journal:journal'])
  return { container_title: title, page: pages, volume, issue, ISSN: issn }
}

/** @throws ApiError 500 for a draft without title, creators or date, as the real server does (findings: drafts by Accept). */
function bibtex(record: JsonObject): string {
  const metadata = metadataOf(record)
  const names = people(record, 'creators').map((person) => textAt(person['name']))
  const date = textAt(metadata['publication_date'])
  if (names.length === 0 || date === '' || metadata['title'] === undefined) throw serverFault()
  const [year = '', month] = (date.split('/')[0] ?? '').split('-')
  const first = people(record, 'creators')[0]
  const author = ascii(textAt(first?.['family_name']) || textAt(first?.['name']))
  const doi = doiOf(record)
  const fields: [string, string][] = [
    ['author', names.map(braced).join(` and\n${' '.repeat(18)}`)],
    ['title', braced(textAt(metadata['title']))],
  ]
  const lines = [
    ...fields.map(([name, value]) => `  ${name.padEnd(12)} = {${value}},`),
    ...(month === undefined ? [] : [`  ${'month'.padEnd(12)} = ${MONTHS[Number(month) - 1] ?? 'jan'},`]),
    `  ${'year'.padEnd(12)} = ${Number(year)},`,
    ...(
      [
        ['publisher', textAt(metadata['publisher'])],
        ['version', textAt(metadata['version'])],
        ['doi', doi],
        ['url', doi === '' ? '' : `https://doi.org/${doi}`],
      ] as const
    )
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `  ${name.padEnd(12)} = {${name === 'doi' || name === 'url' ? value : braced(value)}},`),
  ]
  return `@${BIBTEX[textAt(objectOf(metadata['resource_type'])['id'])] ?? 'misc'}{${author}_${year}_${textAt(record['id'])},\n${lines.join('\n')}\n}`
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const BIBTEX: Readonly<Record<string, string>> = {
  dataset: 'dataset',
  software: 'software',
  'software-computationalnotebook': 'software',
  'publication-article': 'article',
  'publication-book': 'book',
  'publication-section': 'inbook',
  'publication-conferencepaper': 'inproceedings',
  'publication-proceedings': 'proceedings',
  'publication-preprint': 'unpublished',
  'publication-workingpaper': 'unpublished',
  'publication-dissertation': 'phdthesis',
  'publication-report': 'techreport',
  'publication-technicalnote': 'manual',
}

const braced = (text: string) =>
  text.replace(/[\\{}%$#&_]/g, (sign) => (sign === '\\' ? '\\textbackslash{}' : `\\${sign}`))
const ascii = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9 _-]/g, '')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, '_') || 'record'

function datacitePerson(person: JsonObject): JsonObject {
  const isPersonal = person['type'] === 'personal'
  const affiliations = listOf(person['affiliations'])
    .map(objectOf)
    .map((item) =>
      compact({
        name: textAt(item['name']),
        affiliationIdentifier: item['id'] === undefined ? undefined : `https://ror.org/${textAt(item['id'])}`,
        affiliationIdentifierScheme: item['id'] === undefined ? undefined : 'ROR',
      }),
    )
  return compact({
    name: textAt(person['name']),
    nameType: isPersonal ? 'Personal' : 'Organizational',
    givenName: isPersonal ? person['given_name'] : undefined,
    familyName: isPersonal ? person['family_name'] : undefined,
    nameIdentifiers: items(person['identifiers']).map((item) => ({
      nameIdentifier: textAt(item['identifier']),
      nameIdentifierScheme: textAt(item['scheme']).toUpperCase(),
    })),
    affiliation: affiliations.length > 0 ? affiliations : undefined,
  })
}

/** DataCite 4.5 (https://schema.datacite.org/). */
function dataciteJson(record: JsonObject, practice: Practice): JsonObject {
  const metadata = metadataOf(record)
  const { vocabularies } = practice
  const dataciteOf = (vocabulary: string, entry: Json | undefined, otherwise: string) =>
    textAt(objectOf(vocabularies.find(vocabulary, textAt(objectOf(entry)['id']))?.['props'])['datacite']) || otherwise
  const generalTypeOf = (entry: Json | undefined) =>
    textAt(
      objectOf(vocabularies.find('resourcetypes', textAt(objectOf(entry)['id']))?.['props'])['datacite_general'],
    ) || undefined
  const date = textAt(metadata['publication_date'])
  const props = propsOf(record, practice)
  const doi = doiOf(record)
  const some = <T>(list: T[]) => (list.length > 0 ? list : undefined)
  const subjects = items(metadata['subjects']).map((subject) =>
    compact({ subject: textAt(subject['subject']), subjectScheme: subject['scheme'], valueURI: subject['id'] }),
  )
  return compact({
    creators: some(people(record, 'creators').map(datacitePerson)),
    contributors: some(
      people(record, 'contributors').map((person) => ({
        ...datacitePerson(person),
        contributorType: dataciteOf('contributorsroles', person['role'], 'Other'),
      })),
    ),
    titles: some([
      ...(metadata['title'] === undefined ? [] : [{ title: textAt(metadata['title']) }]),
      ...items(metadata['additional_titles']).map((item) =>
        compact({
          title: textAt(item['title']),
          titleType: dataciteOf('titletypes', item['type'], 'Other'),
          lang: objectOf(item['lang'])['id'],
        }),
      ),
    ]),
    doi: doi || undefined,
    publisher: metadata['publisher'] === undefined ? undefined : { name: textAt(metadata['publisher']) },
    publicationYear: date === '' ? undefined : date.slice(0, 4),
    subjects: some(subjects),
    dates: [
      ...(date === '' ? [] : [{ date, dateType: 'Issued' }]),
      ...items(metadata['dates']).map((item) =>
        compact({
          date: textAt(item['date']),
          dateType: dataciteOf('datetypes', item['type'], 'Other'),
          dateInformation: item['description'],
        }),
      ),
      { date: textAt(record['updated']).slice(0, 10), dateType: 'Updated' },
    ],
    language: textAt(items(metadata['languages'])[0]?.['id']) || undefined,
    types:
      Object.keys(props).length === 0
        ? undefined
        : {
            resourceTypeGeneral: textAt(props['datacite_general']) || 'Other',
            resourceType: textAt(props['datacite_type']),
          },
    identifiers: doi === '' ? undefined : [{ identifier: doi, identifierType: 'DOI' }],
    alternateIdentifiers: [
      { alternateIdentifier: pageOf(record), alternateIdentifierType: 'URL' },
      ...items(metadata['identifiers']).map((item) => ({
        alternateIdentifier: textAt(item['identifier']),
        alternateIdentifierType: textAt(item['scheme']).toUpperCase(),
      })),
    ],
    relatedIdentifiers: some(
      items(metadata['related_identifiers']).map((item) =>
        compact({
          relatedIdentifier: textAt(item['identifier']),
          relatedIdentifierType: textAt(item['scheme']).toUpperCase(),
          relationType: dataciteOf('relationtypes', item['relation_type'], 'References'),
          resourceTypeGeneral: generalTypeOf(item['resource_type']),
        }),
      ),
    ),
    sizes: some(listOf(metadata['sizes'])),
    formats: some(listOf(metadata['formats'])),
    version: metadata['version'],
    rightsList: some(
      items(metadata['rights']).map((item) =>
        compact({
          rights: titleOf(item),
          rightsIdentifier: item['id'],
          rightsIdentifierScheme: item['id'] === undefined ? undefined : textAt(objectOf(item['props'])['scheme']),
          rightsUri: textAt(objectOf(item['props'])['url']) || textAt(item['link']) || undefined,
        }),
      ),
    ),
    descriptions: some([
      ...(metadata['description'] === undefined
        ? []
        : [{ description: textAt(metadata['description']), descriptionType: 'Abstract' }]),
      ...items(metadata['additional_descriptions']).map((item) =>
        compact({
          description: textAt(item['description']),
          descriptionType: dataciteOf('descriptiontypes', item['type'], 'Other'),
          lang: objectOf(item['lang'])['id'],
        }),
      ),
    ]),
    geoLocations: some(items(objectOf(metadata['locations'])['features']).map(geoLocation)),
    fundingReferences: some(items(metadata['funding']).map(fundingReference)),
    schemaVersion: 'http://datacite.org/schema/kernel-4',
  })
}

function geoLocation(feature: JsonObject): JsonObject {
  const geometry = objectOf(feature['geometry'])
  const [longitude, latitude] = listOf(geometry['coordinates'])
  return compact({
    geoLocationPlace: feature['place'],
    geoLocationPoint:
      geometry['type'] === 'Point' && typeof longitude === 'number' && typeof latitude === 'number'
        ? { pointLongitude: String(longitude), pointLatitude: String(latitude) }
        : undefined,
  })
}

function fundingReference(item: JsonObject): JsonObject {
  const funder = objectOf(item['funder'])
  const award = objectOf(item['award'])
  return compact({
    funderName: textAt(funder['name']),
    funderIdentifier: funder['id'],
    funderIdentifierType: funder['id'] === undefined ? undefined : 'ROR',
    awardNumber: award['number'],
    awardTitle: item['award'] === undefined ? undefined : titleOf(award),
  })
}

function dataciteXml(record: JsonObject, practice: Practice): string {
  const doc = dataciteJson(record, practice)
  const person = (name: string) => (entry: JsonObject) =>
    container(
      name,
      [
        element(`${name}Name`, textAt(entry['name']), { nameType: textAt(entry['nameType']) }),
        element('givenName', textAt(entry['givenName'])),
        element('familyName', textAt(entry['familyName'])),
        ...items(entry['nameIdentifiers']).map((item) =>
          element('nameIdentifier', textAt(item['nameIdentifier']), {
            nameIdentifierScheme: textAt(item['nameIdentifierScheme']),
          }),
        ),
        ...items(entry['affiliation']).map((item) =>
          element('affiliation', textAt(item['name']), {
            affiliationIdentifier: textAt(item['affiliationIdentifier']),
            affiliationIdentifierScheme: textAt(item['affiliationIdentifierScheme']),
          }),
        ),
      ],
      name === 'contributor' ? { contributorType: textAt(entry['contributorType']) } : {},
    )
  const all = (name: string, key: string, each: (item: JsonObject) => string) => {
    const pieces = items(doc[key]).map(each)
    return pieces.length === 0 ? '' : container(name, pieces)
  }
  const types = objectOf(doc['types'])
  return (
    XML_HEAD +
    container(
      'resource',
      [
        ...items(doc['identifiers']).map((item) =>
          element('identifier', textAt(item['identifier']), { identifierType: 'DOI' }),
        ),
        all('creators', 'creators', person('creator')),
        all('titles', 'titles', (item) =>
          element('title', textAt(item['title']), {
            titleType: textAt(item['titleType']),
            'xml:lang': textAt(item['lang']),
          }),
        ),
        element('publisher', textAt(objectOf(doc['publisher'])['name'])),
        element('publicationYear', textAt(doc['publicationYear'])),
        doc['types'] === undefined
          ? ''
          : `<resourceType resourceTypeGeneral="${textAt(types['resourceTypeGeneral'])}">${textAt(types['resourceType'])}</resourceType>`,
        all('subjects', 'subjects', (item) =>
          element('subject', textAt(item['subject']), {
            subjectScheme: textAt(item['subjectScheme']),
            valueURI: textAt(item['valueURI']),
          }),
        ),
        all('contributors', 'contributors', person('contributor')),
        all('dates', 'dates', (item) => element('date', textAt(item['date']), { dateType: textAt(item['dateType']) })),
        element('language', textAt(doc['language'])),
        all('alternateIdentifiers', 'alternateIdentifiers', (item) =>
          element('alternateIdentifier', textAt(item['alternateIdentifier']), {
            alternateIdentifierType: textAt(item['alternateIdentifierType']),
          }),
        ),
        all('relatedIdentifiers', 'relatedIdentifiers', (item) =>
          element('relatedIdentifier', textAt(item['relatedIdentifier']), {
            relatedIdentifierType: textAt(item['relatedIdentifierType']),
            relationType: textAt(item['relationType']),
          }),
        ),
        element('version', textAt(doc['version'])),
        all('rightsList', 'rightsList', (item) =>
          element('rights', textAt(item['rights']), {
            rightsURI: textAt(item['rightsUri']),
            rightsIdentifier: textAt(item['rightsIdentifier']),
          }),
        ),
        all('descriptions', 'descriptions', (item) =>
          element('description', textAt(item['description']), { descriptionType: textAt(item['descriptionType']) }),
        ),
        all('fundingReferences', 'fundingReferences', (item) =>
          container('fundingReference', [
            element('funderName', textAt(item['funderName'])),
            element('awardNumber', textAt(item['awardNumber'])),
            element('awardTitle', textAt(item['awardTitle'])),
          ]),
        ),
      ],
      { xmlns: 'http://datacite.org/schema/kernel-4' },
    ) +
    '\n'
  )
}

function dublinCore(record: JsonObject): string {
  const metadata = metadataOf(record)
  const dc = (name: string, values: readonly string[]) => values.map((value) => element(`dc:${name}`, value))
  const doi = doiOf(record)
  const isOpen = objectOf(record['access'])['record'] === 'public'
  return (
    XML_HEAD +
    container(
      'oai_dc:dc',
      [
        ...dc(
          'contributor',
          people(record, 'contributors').map((person) => textAt(person['name'])),
        ),
        ...dc(
          'creator',
          people(record, 'creators').map((person) => textAt(person['name'])),
        ),
        ...dc('date', [textAt(metadata['publication_date'])]),
        ...dc('description', [
          textAt(metadata['description']),
          ...items(metadata['additional_descriptions']).map((item) => textAt(item['description'])),
        ]),
        ...dc('format', listOf(metadata['formats']).map(textAt)),
        ...dc('identifier', [
          doi === '' ? '' : `https://doi.org/${doi}`,
          ...items(metadata['identifiers']).map((item) => textAt(item['identifier'])),
        ]),
        ...dc(
          'language',
          items(metadata['languages']).map((item) => textAt(item['id'])),
        ),
        ...dc('publisher', [textAt(metadata['publisher'])]),
        ...dc(
          'relation',
          items(metadata['related_identifiers']).map((item) => textAt(item['identifier'])),
        ),
        ...dc('rights', [
          `info:eu-repo/semantics/${isOpen ? 'openAccess' : 'restrictedAccess'}`,
          ...items(metadata['rights']).map((item) => titleOf(item)),
        ]),
        ...dc(
          'subject',
          items(metadata['subjects']).map((item) => textAt(item['subject'])),
        ),
        ...dc('title', [
          textAt(metadata['title']),
          ...items(metadata['additional_titles']).map((item) => textAt(item['title'])),
        ]),
        ...dc('type', [titleOf(metadata['resource_type'])]),
      ],
      { 'xmlns:dc': 'http://purl.org/dc/elements/1.1/', 'xmlns:oai_dc': 'http://www.openarchives.org/OAI/2.0/oai_dc/' },
    ) +
    '\n'
  )
}

function marcXml(record: JsonObject): string {
  const metadata = metadataOf(record)
  const field = (tag: string, subfields: Readonly<Record<string, string>>) => {
    const inner = Object.entries(subfields).map(([code, value]) => element('subfield', value, { code }))
    return inner.every((piece) => piece === '') ? '' : container('datafield', inner, { tag, ind1: ' ', ind2: ' ' })
  }
  const doi = doiOf(record)
  return (
    XML_HEAD +
    container(
      'record',
      [
        element('leader', '00000nmm##2200000uu#4500'),
        element('controlfield', textAt(record['id']), { tag: '001' }),
        field('024', { '2': doi === '' ? '' : 'doi', a: doi }),
        ...people(record, 'creators').map((person, index) =>
          field(index === 0 ? '100' : '700', { a: textAt(person['name']) }),
        ),
        field('245', { a: textAt(metadata['title']) }),
        field('260', { b: textAt(metadata['publisher']), c: textAt(metadata['publication_date']) }),
        field('520', { a: textAt(metadata['description']) }),
        ...items(metadata['subjects']).map((item) => field('653', { a: textAt(item['subject']) })),
      ],
      { xmlns: 'http://www.loc.gov/MARC21/slim' },
    ) +
    '\n'
  )
}

function dcat(record: JsonObject): string {
  const metadata = metadataOf(record)
  const doi = doiOf(record)
  const address = doi === '' ? pageOf(record) : `https://doi.org/${doi}`
  return (
    XML_HEAD +
    container(
      'rdf:RDF',
      [
        container(
          'rdf:Description',
          [
            '<rdf:type rdf:resource="http://www.w3.org/ns/dcat#Dataset"/>',
            element('dct:identifier', address),
            element('dct:title', textAt(metadata['title'])),
            element('dct:description', textAt(metadata['description'])),
            element('dct:issued', textAt(metadata['publication_date'])),
            ...people(record, 'creators').map((person) => element('dct:creator', textAt(person['name']))),
            ...items(metadata['subjects']).map((item) => element('dcat:keyword', textAt(item['subject']))),
          ],
          { 'rdf:about': address },
        ),
      ],
      {
        'xmlns:rdf': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
        'xmlns:dct': 'http://purl.org/dc/terms/',
        'xmlns:dcat': 'http://www.w3.org/ns/dcat#',
      },
    ) +
    '\n'
  )
}

function schemaOrg(record: JsonObject, practice: Practice): JsonObject {
  const metadata = metadataOf(record)
  const doi = doiOf(record)
  const some = <T>(list: T[]) => (list.length > 0 ? list : undefined)
  const person = (entry: JsonObject) => {
    const orcid = identifierOf(entry, 'orcid')
    const ror = identifierOf(entry, 'ror')
    const affiliations = listOf(entry['affiliations'])
      .map(objectOf)
      .map((item) =>
        compact({
          '@type': 'Organization',
          name: textAt(item['name']),
          '@id': item['id'] === undefined ? undefined : `https://ror.org/${textAt(item['id'])}`,
        }),
      )
    return compact({
      name: textAt(entry['name']),
      givenName: entry['given_name'],
      familyName: entry['family_name'],
      affiliation: some(affiliations),
      '@id': orcid !== '' ? `https://orcid.org/${orcid}` : ror !== '' ? `https://ror.org/${ror}` : undefined,
      '@type': entry['type'] === 'personal' ? 'Person' : 'Organization',
    })
  }
  const creators = people(record, 'creators').map(person)
  const publisher = textAt(metadata['publisher'])
  return compact({
    '@context': 'http://schema.org',
    '@id': doi === '' ? undefined : `https://doi.org/${doi}`,
    '@type': textAt(propsOf(record, practice)['schema.org']) || undefined,
    identifier: doi === '' ? textAt(objectOf(record['links'])['self']) : `https://doi.org/${doi}`,
    name: metadata['title'],
    creator: some(creators),
    author: some(creators),
    editor: some(people(record, 'contributors').map(person)),
    publisher: publisher === '' ? undefined : { '@type': 'Organization', name: publisher },
    keywords:
      metadata['subjects'] === undefined
        ? undefined
        : items(metadata['subjects'])
            .map((item) => textAt(item['subject']))
            .join(', '),
    dateCreated: textAt(record['created']),
    dateModified: textAt(record['updated']),
    datePublished: metadata['publication_date'],
    temporal: some(items(metadata['dates']).map((item) => textAt(item['date']))),
    inLanguage:
      metadata['languages'] === undefined
        ? undefined
        : {
            '@type': 'Language',
            name: titleOf(items(metadata['languages'])[0]),
            alternateName: textAt(items(metadata['languages'])[0]?.['id']),
          },
    contentSize: listOf(metadata['sizes']).map(textAt).join('; ') || undefined,
    size: listOf(metadata['sizes']).map(textAt).join('; ') || undefined,
    encodingFormat: metadata['formats'],
    version: metadata['version'],
    license:
      textAt(objectOf(items(metadata['rights'])[0]?.['props'])['url']) ||
      textAt(items(metadata['rights'])[0]?.['link']) ||
      undefined,
    description: metadata['description'],
    funding: some(items(metadata['funding']).map(schemaOrgFunding)),
    citation: some(
      items(metadata['related_identifiers'])
        .filter((item) => objectOf(item['relation_type'])['id'] === 'cites')
        .map((item) => ({ '@id': textAt(item['identifier']), '@type': 'CreativeWork' })),
    ),
    url: pageOf(record),
    ...journalFields(objectOf(record['custom_fields'])),
  })
}

function schemaOrgFunding(item: JsonObject): JsonObject {
  const funder = objectOf(item['funder'])
  const award = objectOf(item['award'])
  return compact({
    funder: compact({ '@type': 'Organization', '@id': funder['id'], name: textAt(funder['name']) }),
    name: awardName(award) || undefined,
    identifier: award['id'],
  })
}

function awardName(award: JsonObject): string {
  const number = textAt(award['number'])
  return `${titleOf(award)}${number === '' ? '' : ` (${number})`}`.trim()
}

/** CodeMeta 2.0: schema.org with the fields of software. */
export function codemeta(record: JsonObject, practice: Practice): string {
  const fields = objectOf(record['custom_fields'])
  const languages = items(fields['code:programmingLanguage']).map((item) => titleOf(item))
  const [funding] = items(metadataOf(record)['funding'])
  return json(
    compact({
      ...schemaOrg(record, practice),
      '@context': 'https://doi.org/10.5063/schema/codemeta-2.0',
      funding: funding ? awardName(objectOf(funding['award'])) : undefined,
      codeRepository: fields['code:codeRepository'],
      programmingLanguage: languages.length > 0 ? languages.join(', ') : undefined,
      developmentStatus: titleOf(fields['code:developmentStatus']) || undefined,
    }),
  )
}

function geoJson(record: JsonObject): JsonObject {
  const features = items(objectOf(metadataOf(record)['locations'])['features']).filter(
    (feature) => feature['geometry'] !== undefined,
  )
  return {
    type: 'FeatureCollection',
    features: features.map((feature) => ({
      type: 'Feature',
      geometry: feature['geometry'] ?? null,
      properties: compact({ place: feature['place'], description: feature['description'] }),
    })),
  }
}

function linkset(record: JsonObject): JsonObject {
  const doi = doiOf(record)
  const self = textAt(objectOf(record['links'])['self'])
  const authors = people(record, 'creators')
    .map((person) => [identifierOf(person, 'orcid'), identifierOf(person, 'ror')] as const)
    .flatMap(([orcid, ror]) =>
      orcid !== '' ? [`https://orcid.org/${orcid}`] : ror !== '' ? [`https://ror.org/${ror}`] : [],
    )
  return {
    linkset: [
      compact({
        anchor: self,
        author: authors.length > 0 ? authors.map((href) => ({ href })) : undefined,
        'cite-as': doi === '' ? undefined : [{ href: `https://doi.org/${doi}` }],
        describedby: Object.keys(EXPORTS).map((type) => ({ href: self, type })),
        license: items(metadataOf(record)['rights']).flatMap((item) => {
          const href = textAt(objectOf(item['props'])['url']) || textAt(item['link'])
          return href === '' ? [] : [{ href }]
        }),
        type: [{ href: 'https://schema.org/AboutPage' }],
      }),
    ],
  }
}

/** Two lines: names of columns and values; nested values by their path. */
function csv(record: JsonObject): string {
  const cells: [string, string][] = []
  const walk = (value: Json, at: string) => {
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, `${at}.${index}`))
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, at === '' ? key : `${at}.${key}`)
    else cells.push([at, value === null ? '' : String(value)])
  }
  const { links: _links, ...rest } = record
  walk(rest, '')
  const line = (values: readonly string[]) =>
    values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')
  return `${line(cells.map(([name]) => name))}\r\n${line(cells.map(([, value]) => value))}\r\n`
}

/** CITATION.cff 1.2.0: JSON is YAML, so no value needs quoting rules of its own. */
export function citationFile(record: JsonObject): string {
  const metadata = metadataOf(record)
  const doi = doiOf(record)
  const authors = people(record, 'creators').map((person) =>
    person['type'] === 'personal'
      ? compact({
          'family-names': person['family_name'],
          'given-names': person['given_name'],
          orcid: identifierOf(person, 'orcid') || undefined,
        })
      : { name: textAt(person['name']) },
  )
  const fields = compact({
    'cff-version': '1.2.0',
    message: 'If you use this software, please cite it using the metadata from this file.',
    title: metadata['title'],
    authors,
    doi: doi || undefined,
    version: metadata['version'],
    'date-released': metadata['publication_date'],
    abstract: metadata['description'],
  })
  return `${Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join('\n')}\n`
}
