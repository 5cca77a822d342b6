import { newToken } from './ids.ts'
import { timestamp } from './json.ts'
import type { User } from './storage/model.ts'
import type { Store } from './storage/store.ts'

const PEOPLE = [
  { username: 'admin', fullName: 'Alice Admin', affiliation: 'Example Repository', groups: [['admin', 'Administrators'], ['administration', 'Users of the administration panel']] },
  { username: 'researcher', fullName: 'Rosa Researcher', affiliation: 'Institute of Examples', groups: [['lab', 'Members of the laboratory']] },
  { username: 'curator', fullName: 'Carl Curator', affiliation: 'Example Repository', groups: [['curators', 'Curators of the practice repository']] },
  { username: 'reader', fullName: 'Rita Reader', affiliation: 'Institute of Examples', groups: [] },
] as const // prettier-ignore

export type Tokens = Readonly<Record<(typeof PEOPLE)[number]['username'], string>>

/** The four people of a data folder, made at its first start; their tokens stay the same from then on. */
export function ensureUsers(store: Store): { users: User[]; tokens: Tokens } {
  if (store.users().length === 0) {
    store.transaction(() => {
      for (const [index, { username, fullName, affiliation, groups }] of PEOPLE.entries()) {
        store.addUser({
          id: index + 1,
          token: newToken(),
          username,
          email: `${username}@example.org`,
          fullName,
          affiliation,
          confirmedAt: timestamp(),
          isAdmin: username === 'admin',
          groups: groups.map(([id, description]) => ({ id, name: id, description })),
        })
      }
    })
  }
  const users = store.users()
  const tokenOf = (username: string) => users.find((user) => user.username === username)?.token ?? ''
  return {
    users,
    tokens: {
      admin: tokenOf('admin'),
      researcher: tokenOf('researcher'),
      curator: tokenOf('curator'),
      reader: tokenOf('reader'),
    },
  }
}
