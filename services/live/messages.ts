import type { FastifyInstance } from 'fastify'
import type { SandboxMessage } from '../deliver/adapters/sandbox/sandbox-shelf.ts'

/** Messages of the sandbox, newest first. `reset`: all that there are to show; else only the new and changed ones. */
export interface MessageNews {
  readonly reset: boolean
  readonly messages: readonly SandboxMessage[]
}

/** As many as are looked at: older ones are not shown, and what becomes of them is no news. */
const shownMost = 200

/**
 * The sandbox's messages of this process by its route; none where deliver isn't among the services or has another
 * channel.
 */
export async function sandboxMessages(http: FastifyInstance, limit = shownMost): Promise<readonly SandboxMessage[]> {
  const response = await http.inject({ url: '/v1/sandbox/messages', query: { limit: String(limit) } })
  return response.statusCode === 200 ? response.json<{ messages: readonly SandboxMessage[] }>().messages : []
}

/** Those that are new in `now` or have another status than in `before`. */
export function newsAmong(now: readonly SandboxMessage[], before: readonly SandboxMessage[]): MessageNews {
  const known = new Map(before.map(({ number, status }) => [number, status]))
  return { reset: false, messages: now.filter(({ number, status }) => known.get(number) !== status) }
}
