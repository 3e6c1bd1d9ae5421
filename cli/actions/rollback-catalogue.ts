import { userInfo } from 'node:os'
import { askEngine } from '../engine.ts'
import { type PublishedAnswer, tellPublished } from '../published-answer.ts'

export interface RollbackArguments {
  readonly url: string
  readonly to?: number
  readonly reason: string
  readonly author?: string
  /** Seconds. */
  readonly wait: number
}

/** Publishes an earlier version's content again. @returns the exit code: 1 where it isn't everywhere */
export async function rollbackCatalogue(options: RollbackArguments): Promise<0 | 1> {
  const { url, to, reason, author = userInfo().username, wait } = options
  const answer = await askEngine<PublishedAnswer>(url, '/v1/catalogue/rollback', {
    ...(to === undefined ? {} : { to }),
    author,
    reason,
    wait_ms: Math.round(1_000 * wait),
  })
  return tellPublished(answer)
}
