import type { JsonObject } from '../json.ts'
import type { User } from '../storage/model.ts'

/** A user as `expanded` shows one. The address is shown to people who are signed in. */
export function expandedUser(origin: string, user: User, reader: User | null): JsonObject {
  return {
    id: String(user.id),
    username: user.username,
    email: reader ? user.email : '',
    profile: { full_name: user.fullName, affiliations: user.affiliation },
    links: {
      self: `${origin}/api/users/${user.id}`,
      avatar: `${origin}/api/users/${user.id}/avatar.svg`,
      records_html: `${origin}/search?q=parent.access.owned_by.user:${user.id}`,
    },
    blocked_at: null,
    verified_at: null,
    confirmed_at: null,
    active: reader ? true : null,
    is_current_user: reader?.id === user.id,
  }
}
