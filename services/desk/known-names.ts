import { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { BookTask } from './book.ts'
import type { Asked } from './task-list.ts'

/**
 * A list by a mistyped team or kind would be empty, and look as if all were done. Known is what the catalogue names, and what tasks
 * name that were given under an earlier one. @throws CodedError KM_TEAM_UNKNOWN, KM_TASK_KIND_UNKNOWN
 */
export function checkNames(
  { team, kind }: Pick<Asked, 'team' | 'kind'>,
  { humanChannels }: Pick<Policy, 'humanChannels'>,
  given: Iterable<BookTask>,
): void {
  const { teams = [], tasks = [] } = humanChannels ?? {}
  const isKnown = (name: string, listed: readonly { readonly id: string }[], key: 'team' | 'kind') =>
    listed.some(({ id }) => id === name) || [...given].some(({ command }) => command.task?.[key] === name)
  const among = (name: string, listed: readonly { readonly id: string }[]) =>
    didYouMeanOneOf(
      name,
      listed.map(({ id }) => id),
    )
  if (team !== undefined && !isKnown(team, teams, 'team')) {
    throw new CodedError(
      'KM_TEAM_UNKNOWN',
      `no team '${team}' in the catalogue, and no task of it${among(team, teams)}`,
    )
  }
  if (kind !== undefined && !isKnown(kind, tasks, 'kind')) {
    const message = `no kind of task '${kind}' in the catalogue, and no task of it${among(kind, tasks)}`
    throw new CodedError('KM_TASK_KIND_UNKNOWN', message)
  }
}
