import { deterministicId } from '../domain/ids.ts'
import type { OutputTo } from '../flow/step.ts'
import type { Command, DeskAct, PromptNews, Receipt, Reply } from '../records/types.ts'
import { type Channel, topics } from '../topology.ts'
import type { Means } from './task-entry.ts'

export type DeskOutput = OutputTo<Receipt> | OutputTo<Reply> | OutputTo<PromptNews>

/** About which command something is told. */
export interface About {
  readonly subscriber_id: string
  readonly command_id: string
  readonly channel: Channel
}

/** Codes of receipts for what nobody has said to the subscriber. */
export type UnsaidCode = 'not-reached' | 'wrong-person' | 'not-worked' | 'call-ended' | 'cancelled' | 'withdrawn'

/** A receipt; its id is of command and status, so that what is told twice is one receipt. */
export function receiptOf(about: About, status: Receipt['status'], at: number, code: string | null): OutputTo<Receipt> {
  const { subscriber_id, command_id, channel } = about
  const receipt_id = deterministicId(command_id, 'receipt', status)
  const value: Receipt = { receipt_id, subscriber_id, received_at: at, command_id, channel, status, code }
  return { topic: topics.receipts, value }
}

/**
 * What decide and the rules hear of a result; `isOver`: it ended the task, or the prompt. `isWithdrawn`: it was told before
 * that nobody has said it, which that nobody was reached adds nothing to.
 */
export function outputsOfResult(
  about: About,
  act: DeskAct,
  isOver: boolean,
  isWithdrawn = false,
): readonly DeskOutput[] {
  const { means = null, code = null, acted_at } = act
  if (means === null) return []
  const unsaid = unsaidOf(means)
  if (unsaid) return isOver && !isWithdrawn ? [receiptOf(about, 'failed', acted_at, unsaid)] : []
  return [receiptOf(about, isOver ? 'answered' : 'delivered', acted_at, code), ...repliesOf(about, act)]
}

function unsaidOf(means: Means): UnsaidCode | undefined {
  return means === 'not-reached' || means === 'wrong-person' ? means : undefined
}

const answers: ReadonlySet<Means> = new Set(['accepted', 'intends', 'refused', 'opted-out'])

/** What the subscriber said, as the agent heard it: an opt-out of each channel of which it is one. */
function repliesOf({ subscriber_id, command_id, channel }: About, act: DeskAct): readonly OutputTo<Reply>[] {
  const { means = null, act_id, acted_at, channels: optedOut } = act
  if (means === null || !answers.has(means)) return []
  const through: readonly Channel[] = means === 'opted-out' && optedOut.length > 0 ? optedOut : [channel]
  return through.map((of) => {
    const value: Reply = {
      event_id: deterministicId('desk', act_id, of),
      subscriber_id,
      event_time: acted_at,
      source: 'desk',
      channel: of,
      action: means,
      in_reply_to: command_id,
    }
    return { topic: topics.events.reply, value }
  })
}

/** News of a prompt; its id is of what it tells, so that a replay repeats it. */
export function newsOf(
  { subscriber_id, command_id, call_id }: Pick<PromptNews, 'subscriber_id' | 'command_id' | 'call_id'>,
  phase: PromptNews['phase'],
  at: number,
  more: Partial<Pick<PromptNews, 'agent' | 'reason' | 'content'>> = {},
): OutputTo<PromptNews> {
  const news_id = deterministicId('prompt', command_id, phase, String(at))
  return { topic: topics.prompts, value: { news_id, subscriber_id, at, command_id, call_id, phase, ...more } }
}

/** What the agent reads; undefined: the command has no prompt. */
export function contentOf(command: Command): PromptNews['content'] {
  const { prompt = null, briefing = null, purpose, rule, offer = null, text, language } = command
  if (!prompt || !briefing) return null
  return { ends_at: prompt.ends_at, purpose, rule, offer, text, language, ...briefing }
}
