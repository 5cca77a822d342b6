import { readFile } from 'node:fs/promises'
import type { Account, ServerChoice } from '../contract/desk/account.ts'
import { metadataSchema, type Creator, type RecordMetadata } from '../contract/repository/record.ts'
import { resolveServer } from '../main/accounts/servers.ts'
import { isLoopback } from '../main/repository/http/client.ts'
import { UsageError } from './arguments.ts'

/**
 * Reads InvenioRDM's JSON: a record with `metadata` in it, or the metadata alone. `ignored` names what else a record held.
 * Throws UsageError.
 */
export async function readMetadataFile(path: string): Promise<{ metadata: RecordMetadata; ignored: string[] }> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not JSON' : 'it could not be read'
    throw new UsageError(`The metadata in ${path} can’t be used: ${reason}.`)
  }
  const record = typeof json === 'object' && json !== null && 'metadata' in json ? json : { metadata: json }
  const parsed = metadataSchema.safeParse(record.metadata)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new UsageError(
      `The metadata in ${path} can’t be used: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'has another form'}.`,
    )
  }
  const ignored = ['access', 'custom_fields', 'pids', 'parent'].filter((name) => name in record)
  return { metadata: parsed.data, ignored }
}

/** Practice and servers on this computer: what is published there can be no mistake. */
export function isForPractice(choice: ServerChoice): boolean {
  return (
    choice.kind === 'practice' ||
    (choice.kind === 'other' && isLoopback(new URL(resolveServer(choice).origin).hostname))
  )
}

/** What has to be given before something is published by itself: nobody looks at it in between. */
export function missingForPublishing(metadata: RecordMetadata): string[] {
  const title = metadata.title?.trim() ? [] : ['a title (--title, or title in the metadata)']
  const creators = metadata.creators?.length ? [] : ['creators (in the metadata)']
  return [...title, ...creators]
}

/** Fills in what a record must have. `assumed` says each thing that nobody gave. Date and publisher are set by the deposit itself. */
export function completeMetadata(
  given: RecordMetadata,
  folderName: string,
  account: Account,
): { metadata: RecordMetadata; assumed: string[] } {
  const metadata = { ...given }
  const assumed: string[] = []
  if (!metadata.title?.trim()) {
    metadata.title = folderName
    assumed.push(`No title was given: it is “${folderName}”, the name of the folder.`)
  }
  if (!metadata.creators?.length) {
    metadata.creators = [creatorOf(account.user.name)]
    assumed.push(`No creators were given: it is ${account.user.name}, the owner of the account.`)
  }
  if (!metadata.resource_type) {
    metadata.resource_type = { id: 'dataset' }
    assumed.push('No resource type was given: it is a dataset.')
  }
  if (!metadata.publication_date) assumed.push('No publication date was given: it is today.')
  if (!metadata.publisher) assumed.push(`No publisher was given: it is ${account.serverName}.`)
  return { metadata, assumed }
}

function creatorOf(name: string): Creator {
  const words = name.trim().split(/\s+/)
  const family = words.pop() ?? name
  return {
    person_or_org: {
      type: 'personal',
      family_name: family,
      ...(words.length > 0 ? { given_name: words.join(' ') } : {}),
    },
  }
}
