import type { FastifyInstance } from 'fastify'
import { ApiError } from '../http/api-error.ts'
import { route } from '../http/routes.ts'

/** `GET /api/me`: the one address that knows 401. */
export function registerMe(app: FastifyInstance): void {
  route(app, '/api/me', {
    GET: ({ user }) => {
      if (!user) {
        throw new ApiError(
          401,
          "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.",
        )
      }
      return {
        id: user.id,
        email: user.email,
        confirmed_at: user.confirmedAt,
        last_login_at: null,
        roles: user.groups.map((group) => ({ ...group })),
      }
    },
  })
}
