import { userInfo } from 'node:os'
import type { RollbackChecked } from '../../services/catalogue/publish.ts'
import { isAgreed } from '../agreement.ts'
import { askEngine } from '../engine.ts'
import { type PublishedAnswer, tellPublished } from '../published-answer.ts'

export interface RollbackArguments {
  readonly url: string
  readonly to?: number
  readonly reason: string
  readonly author?: string
  readonly yes?: boolean
  /** Seconds. */
  readonly wait: number
}

/**
 * Shows what an earlier version's content would change, asks, and publishes it again.
 * @returns the exit code: 1 where it isn't wanted, or isn't everywhere
 * @throws CodedError KM_USAGE: nobody can be asked, and --yes isn't given
 */
export async function rollbackCatalogue(options: RollbackArguments): Promise<0 | 1> {
  const { url, to, reason, author = userInfo().username, yes = false, wait } = options
  const checked = await askEngine<RollbackChecked>(url, '/v1/catalogue/rollback/check', to === undefined ? {} : { to })
  if (!(await isAgreed(checked, { act: `Roll back to version ${checked.to}`, yes }))) return 1
  const answer = await askEngine<PublishedAnswer>(url, '/v1/catalogue/rollback', {
    to: checked.to,
    author,
    reason,
    expected: checked.last,
    wait_ms: Math.round(1_000 * wait),
  })
  return tellPublished(answer)
}
