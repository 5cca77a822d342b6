import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Accounts } from '../accounts/accounts.ts'
import { createClient } from '../repository/http/client.ts'
import { startPracticeServer } from '../../practice/server.ts'
import { openDeskStore } from '../store/store.ts'
import { createVocabularies } from './vocabularies.ts'

test('what a server offered can be chosen without a network, also as part of a whole vocabulary', async () => {
  const home = mkdtempSync(join(tmpdir(), 'deposit-desk-vocabularies-'))
  const practice = await startPracticeServer({ dataFolder: join(home, 'practice') })
  const store = openDeskStore(join(home, 'home'))
  const client = createClient({ origin: practice.url, name: 'Practice', token: practice.tokens.researcher })
  const account = { id: 'a', server: 'practice', origin: practice.url, serverName: 'Practice' }
  const accounts = { get: () => account, client: async () => client } as unknown as Accounts
  try {
    const vocabularies = createVocabularies({ accounts, store })
    const types = await vocabularies.search('a', 'resourcetypes', '')
    expect(types.map(({ id }) => id)).toContain('dataset')
    const found = await vocabularies.affiliations('a', 'zurich')
    await practice.close()
    // The port is another one after the next start; the answers are the same server’s.
    account.origin = 'http://127.0.0.1:1'
    expect(await vocabularies.search('a', 'resourcetypes', '')).toEqual(types)
    expect((await vocabularies.search('a', 'resourcetypes', 'Dataset')).map(({ id }) => id)).toContain('dataset')
    expect(await vocabularies.affiliations('a', ' ZURICH ')).toEqual(found)
    await expect(vocabularies.people('a', 'Nobody yet')).rejects.toMatchObject({ code: 'server-unreachable' })
  } finally {
    await client.close()
    store.close()
    await practice.close()
    rmSync(home, { recursive: true })
  }
})
