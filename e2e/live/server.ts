import { onTestFinished } from 'vitest'
import { createClient, type RepositoryClient } from '../../main/repository/http/client.ts'

/** The server under test, from the environment that tools/test-live.mjs gives. */
export const url = required('INVENIO_URL')

export const tokens = {
  researcher: required('RESEARCHER_TOKEN'),
  reader: required('READER_TOKEN'),
}

/** A client that ends with the test. */
export function connect(token: string | null): RepositoryClient {
  const client = createClient({ origin: url, name: 'Test InvenioRDM', token })
  onTestFinished(() => client.close())
  return client
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; npm run test:live sets it.`)
  return value
}
