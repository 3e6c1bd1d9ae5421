import { userInfo } from 'node:os'
import type { ActedAnswer } from '../../services/dead-letters/service.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { askEngine } from '../engine.ts'
import type { Narrowed } from './list-dead-letters.ts'

export interface ActArguments extends Narrowed {
  readonly url: string
  readonly all?: boolean
  readonly reason: string
  readonly author?: string
  readonly dryRun?: boolean
  /** Letters at a time. */
  readonly batch: number
  readonly acceptUnchecked?: boolean
}

const idsMost = 1_000

/**
 * Re-runs or purges letters, batch by batch; a line of JSON for each on stdout. Interrupted, it is called again: what was done
 * is told, and not done again.
 * @returns the exit code: 1 where letters were refused, or there were none
 * @throws EngineRefusal; CodedError as `askEngine`, KM_USAGE
 */
export async function actOnDeadLetters(act: 'rerun' | 'purge', ids: readonly string[], options: ActArguments) {
  const { url, dryRun = false, author = userInfo().username, batch, acceptUnchecked, ...said } = options
  if (ids.length > idsMost) throw new CodedError('KM_USAGE', `at most ${idsMost} letters can be named at once`)
  let done = 0
  let refused = 0
  for (let after: string | null | undefined; after !== null; ) {
    const answer: ActedAnswer = await askEngine<ActedAnswer>(url, `/v1/dead-letters/${act}`, {
      ...said,
      ...(ids.length > 0 && { ids }),
      ...(act === 'rerun' && acceptUnchecked && { accept_unchecked: true }),
      ...(after !== undefined && { after }),
      author,
      dry_run: dryRun,
      limit: batch,
    })
    for (const id of answer.done) print({ dead_letter_id: id, [dryRun ? `would_${act}` : act]: true })
    for (const letter of answer.refused) print({ ...letter, [dryRun ? `would_${act}` : act]: false })
    done += answer.done.length
    refused += answer.refused.length
    after = answer.after
  }
  const verb = act === 'rerun' ? 're-run' : 'purged'
  process.stderr.write(`${done} ${dryRun ? `would be ${verb}` : verb}, ${refused} refused\n`)
  return refused > 0 || done === 0 ? 1 : 0
}

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
