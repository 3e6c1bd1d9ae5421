import { ownErrors } from '../http/own-errors.ts'
import type { Deployable } from '../platform/deployable.ts'
import { frontCard } from './card.ts'

/** Who is on the line or at the counter: GET /v1/subscribers/:id/card, in any process. */
export const frontCards: Deployable = {
  name: 'front-card',
  routes: (http, platform) => {
    void http.register(async (scope) => {
      ownErrors(scope, { KM_SUBSCRIBER_UNKNOWN: 404 })
      scope.get<{ Params: { id: string } }>(
        '/v1/subscribers/:id/card',
        {
          schema: {
            summary: 'What the front line should see of a subscriber: segments, products, what is open, recent moments',
            params: { type: 'object', properties: { id: { type: 'string', description: 'subscriber_id' } } },
          },
        },
        async ({ params }) => frontCard(platform(), params.id),
      )
    })
  },
  start: async () => ({ stop: async () => undefined }),
}
