import type { Command, DeskAct } from '../records/types.ts'
import type { BookTask } from './book.ts'
import type { InboxMessage } from './inbox.ts'
import type { BoardPrompt } from './prompt-board.ts'
import { stateOf, type TaskState } from './task-list.ts'

/** A task as it is shown. Times are ISO-8601. */
export interface TaskView {
  readonly id: string
  readonly subscriber_id: string
  readonly kind: string
  readonly title: string
  readonly tier: string
  readonly team: string
  readonly state: TaskState
  /** Who has it, or ended it. */
  readonly agent: string | null
  readonly issued_at: string
  readonly due_at: string
  readonly closes_at: string
  /** none, reached, intends, completed. */
  readonly stage: string
  /** Times not reached. */
  readonly attempts: number
  /** The last result's code. */
  readonly code: string | null
  readonly withdrawn_at: string | null
  /** `cancelled` by an operator, or the code of the reason for which it was taken back. */
  readonly withdrawn_because: string | null
  readonly purpose: string
  readonly rule: string
  readonly campaign: string | null
  readonly offer: string | null
}

export function taskView(task: BookTask, now: number): TaskView {
  const { command, entry } = task
  const { command_id: id, subscriber_id, issued_at, purpose, rule, campaign = null, offer = null } = command
  const { kind = '', title = '', tier = '', team = '' } = command.task ?? {}
  const { agent, attempts, stage, code, withdrawn_at, withdrawn_because } = entry
  return {
    id,
    subscriber_id,
    kind,
    title,
    tier,
    team,
    state: stateOf(task, now),
    agent,
    issued_at: iso(issued_at),
    due_at: iso(entry.due_at),
    closes_at: iso(entry.closes_at),
    stage,
    attempts,
    code,
    withdrawn_at: withdrawn_at === null ? null : iso(withdrawn_at),
    withdrawn_because,
    purpose,
    rule,
    campaign,
    offer,
  }
}

/** Everything that who takes a task should know. */
export interface TaskDetails extends TaskView {
  readonly script: string | null
  readonly text: string
  readonly language: string
  readonly briefing: BriefingView | null
  readonly acts: readonly ActView[]
}

export interface ActView {
  readonly at: string
  readonly agent: string
  readonly action: string
  readonly code: string | null
  readonly due_at: string | null
  readonly note: string | null
}

export function taskDetails(task: BookTask, now: number): TaskDetails {
  const { command, acts } = task
  const { text, language, briefing = null } = command
  const script = command.task?.script ?? null
  return { ...taskView(task, now), script, text, language, briefing: briefingView(briefing), acts: acts.map(actView) }
}

const actView = ({ acted_at, agent, action, code = null, due_at = null, note = null }: DeskAct): ActView => ({
  at: iso(acted_at),
  agent,
  action,
  code,
  due_at: due_at === null ? null : iso(due_at),
  note,
})

/** What happened, and what to speak of, in its order. */
export type BriefingView = Omit<NonNullable<Command['briefing']>, 'happened_at'> & { readonly happened_at: string }

const briefingView = (briefing: Command['briefing']): BriefingView | null =>
  briefing == null ? null : { ...briefing, happened_at: iso(briefing.happened_at) }

/** A prompt as an agent's screen gets it. */
export interface PromptView extends BriefingView {
  readonly id: string
  readonly call_id: string
  readonly agent: string | null
  readonly subscriber_id: string
  readonly phase: BoardPrompt['phase']
  readonly shown_at: string
  readonly ends_at: string
  readonly purpose: string
  readonly rule: string
  readonly offer: string | null
  readonly text: string
  readonly language: string
}

export function promptView({ content, shown_at, ...prompt }: BoardPrompt): PromptView {
  const { ends_at, happened_at, offer = null, ...told } = content
  return { ...prompt, shown_at: iso(shown_at), ...told, offer, happened_at: iso(happened_at), ends_at: iso(ends_at) }
}

export const iso = (time: number): string => new Date(time).toISOString()

/** What a subscriber wrote, as it is shown. Times are ISO-8601. */
export interface MessageView extends Omit<InboxMessage, 'received_at' | 'handled'> {
  readonly received_at: string
  readonly state: 'open' | 'handled'
  readonly handled_at: string | null
  readonly handled_by: string | null
  readonly note: string | null
}

export function messageView({ received_at, handled, ...message }: InboxMessage): MessageView {
  return {
    ...message,
    received_at: iso(received_at),
    state: handled ? 'handled' : 'open',
    handled_at: handled && iso(handled.at),
    handled_by: handled?.by ?? null,
    note: handled?.note ?? null,
  }
}
