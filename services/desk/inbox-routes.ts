import type { FastifyInstance } from 'fastify'
import { type ActParts, handleMessage, knownMessage } from './act.ts'
import { inboxPage } from './inbox.ts'
import type { PageFoot } from './paging.ts'
import { handleBody, inboxQuery, readHandleBody, readInboxQuery } from './requests.ts'
import { type MessageView, messageView } from './views.ts'

export interface InboxList extends PageFoot {
  readonly messages: readonly MessageView[]
}

export interface InboxActAnswer {
  readonly message: MessageView
  /** It was handled already. */
  readonly unchanged: boolean
}

interface Params {
  readonly Params: { readonly id: string }
}

const params = { type: 'object', properties: { id: { type: 'string', description: 'as the list names it' } } } as const

/** What subscribers wrote that means nothing to the engine. */
export function inboxRoutes(http: FastifyInstance, parts: () => ActParts): void {
  http.get<{ readonly Querystring: Readonly<Record<string, unknown>> }>(
    '/v1/inbox',
    { schema: { summary: 'What subscribers wrote that no word explains, the newest first', querystring: inboxQuery } },
    async ({ query }): Promise<InboxList> => {
      const { limit, after, ...asked } = readInboxQuery(query)
      const { reader } = parts()
      const { items, ...page } = inboxPage(reader.inbox.messages(), asked, { limit, after })
      return { ...page, messages: items.map(messageView) }
    },
  )
  http.get<Params>(
    '/v1/inbox/:id',
    { schema: { summary: 'What one of them wrote', params } },
    async ({ params: { id } }): Promise<MessageView> => messageView(knownMessage(parts().reader, id)),
  )
  http.post<Params>(
    '/v1/inbox/:id/handle',
    { schema: { summary: 'Somebody has seen to it', params, body: handleBody } },
    async ({ params: { id }, body }): Promise<InboxActAnswer> => {
      const { message, unchanged } = await handleMessage(parts(), id, readHandleBody(body))
      return { message: messageView(message), unchanged }
    },
  )
}
