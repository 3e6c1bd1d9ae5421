import type { Command, Receipt } from '../records/types.ts'
import type { Case, Facts } from './gates.ts'
import type { DecideState } from './state.ts'

/** A task that a person has not ended yet, as far as it is known here. */
export interface OpenTask {
  readonly command_id: string
  readonly moment_id: string
  readonly kind: string
  readonly team: string
  /** What the engine keeps quiet about meanwhile. */
  readonly holds: 'matter' | 'all'
  readonly rule: string
  readonly campaign: string | null
  readonly offer: string | null
  readonly since: number
  /** It is given up then. */
  readonly until: number
}

/** Of Avro; behind the functions that `state.ts` has for them. */
export const openTaskFields = {
  command_id: 'string',
  moment_id: 'string',
  kind: 'string',
  team: 'string',
  holds: 'string',
  rule: 'string',
  campaign: ['null', 'string'],
  offer: ['null', 'string'],
  since: 'long',
  until: 'long',
}

/** With the task of a command, once; one that is only watched holds nothing back. */
export function withTask(tasks: readonly OpenTask[], command: Command): readonly OpenTask[] {
  const { command_id, moment_id, task = null, rule, campaign = null, offer = null, issued_at: since } = command
  if (!task || task.holds === 'nothing' || tasks.some((known) => known.command_id === command_id)) return tasks
  const { kind, team, holds, closes_at: until } = task
  return [...tasks, { command_id, moment_id, kind, team, holds, rule, campaign, offer, since, until }]
}

/** The state with it. */
export const withTaskOf = (state: DecideState, command: Command): DecideState => {
  const tasks = withTask(state.tasks, command)
  return tasks === state.tasks ? state : { ...state, tasks }
}

/** What ends a task for good; what else is told of it leaves it open. */
const final: ReadonlySet<Receipt['status']> = new Set(['answered', 'failed', 'expired'])

/** Somebody works on it still: a task, or a prompt that they have read. */
export const isInterim = ({ channel, status }: Receipt): boolean =>
  (channel === 'task' || channel === 'desk') && !final.has(status)

export function withoutEnded(tasks: readonly OpenTask[], { command_id, status }: Receipt): readonly OpenTask[] {
  if (!final.has(status)) return tasks
  const left = tasks.filter((task) => task.command_id !== command_id)
  return left.length === tasks.length ? tasks : left
}

/**
 * One pool of leads: what a person works on, the engine doesn't speak of, nor is a second person asked to. The same matter is that
 * of the same rule, campaign or offer. The agent in a call is told all the same.
 */
export function openTask(subject: Case): { readonly until: number; readonly facts: Facts } | undefined {
  const { channel, state, now, moment } = subject
  if (channel === 'desk') return undefined
  let last: OpenTask | undefined
  for (const task of state.tasks) {
    // Its own moment is not held back by it.
    if (now >= task.until || task.moment_id === moment.moment_id || !concerns(task, subject)) continue
    if (!last || task.until > last.until) last = task
  }
  if (!last) return undefined
  const { command_id: task, kind, team, since, until } = last
  return { until, facts: { task, kind, team, since, until } }
}

const concerns = ({ holds, rule, campaign, offer }: OpenTask, { moment, offer: other, campaign: own }: Case): boolean =>
  holds === 'all' ||
  rule === moment.rule ||
  (campaign !== null && campaign === own?.id) ||
  (offer !== null && offer === other?.id)
