import type { BookTask } from './book.ts'
import { type Page, type PageAsked, pageOf, timeInPlace } from './paging.ts'
import { takenMs } from './task-entry.ts'

export const taskStates = ['open', 'taken', 'done', 'expired', 'withdrawn'] as const
export type TaskState = (typeof taskStates)[number]

/** Which tasks are asked for; what isn't said may be any. */
export interface Asked {
  readonly state: TaskState | 'all'
  readonly team: string | undefined
  readonly tier: string | undefined
  readonly kind: string | undefined
  readonly agent: string | undefined
  readonly subscriber: string | undefined
}

/** What a task is at `now`: one that somebody took and left lying is open again. */
export function stateOf({ entry }: BookTask, now: number): TaskState {
  const { phase, closes_at, taken_at, withdrawn_at } = entry
  if (phase === 'done') return 'done'
  if (withdrawn_at !== null) return 'withdrawn'
  if (now >= closes_at) return 'expired'
  return phase === 'taken' && now < (taken_at ?? 0) + takenMs ? 'taken' : 'open'
}

const tiers = ['priority', 'secondary', 'watch']

/** The most urgent tier first, in it what is due first. */
const placeOf = ({ command, entry }: BookTask): string => {
  const tier = tiers.indexOf(command.task?.tier ?? 'watch')
  return `${tier}.${timeInPlace(entry.due_at)}.${entry.id}`
}

/** A page of the tasks that are asked for. @param now milliseconds since 1970 */
export function taskPage(all: Iterable<BookTask>, asked: Asked, page: PageAsked, now: number): Page<BookTask> {
  const matching = [...all].filter((task) => isAsked(task, asked, now))
  return pageOf(matching, placeOf, 'rising', page)
}

function isAsked(task: BookTask, { state, team, tier, kind, agent, subscriber }: Asked, now: number): boolean {
  const { command, entry } = task
  const is = (wanted: string | undefined, own: string | null | undefined) => wanted === undefined || wanted === own
  return (
    is(team, command.task?.team) &&
    is(tier, command.task?.tier) &&
    is(kind, command.task?.kind) &&
    is(agent, entry.agent) &&
    is(subscriber, command.subscriber_id) &&
    (state === 'all' || stateOf(task, now) === state)
  )
}

/** How far tasks have come: reached, interested, completed; each contains those behind it. */
export interface Funnel {
  readonly tasks: number
  readonly open: number
  readonly reached: number
  readonly intends: number
  readonly completed: number
  readonly refused: number
  readonly opted_out: number
  readonly not_reached: number
  readonly expired: number
  readonly withdrawn: number
  /** By code of the last result. */
  readonly by_code: Readonly<Record<string, number>>
}

/** Tasks issued at `since` or later. */
export function funnelOf(all: Iterable<BookTask>, asked: Asked, since: number, now: number): Funnel {
  const meant = [...all].filter((task) => task.command.issued_at >= since && isAsked(task, asked, now))
  const count = (is: (task: BookTask) => boolean) => meant.filter(is).length
  const stage = (...stages: readonly string[]) => count(({ entry }) => stages.includes(entry.stage))
  const ended = (means: string) => count(({ entry }) => entry.phase === 'done' && entry.means === means)
  const by_code: Record<string, number> = {}
  for (const { entry } of meant) if (entry.code !== null) by_code[entry.code] = (by_code[entry.code] ?? 0) + 1
  return {
    tasks: meant.length,
    open: count((task) => ['open', 'taken'].includes(stateOf(task, now))),
    reached: stage('reached', 'intends', 'completed'),
    intends: stage('intends', 'completed'),
    completed: stage('completed'),
    refused: ended('refused'),
    opted_out: ended('opted-out'),
    not_reached: ended('not-reached'),
    expired: count((task) => stateOf(task, now) === 'expired'),
    withdrawn: count((task) => stateOf(task, now) === 'withdrawn'),
    by_code,
  }
}
