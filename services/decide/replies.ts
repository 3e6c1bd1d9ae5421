import { deterministicId } from '../domain/ids.ts'
import { meaningOfWords, type ReplyMeaning } from '../domain/reply-words.ts'
import type { Reply } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import { applyAcceptanceToChannels } from './channel-facts.ts'
import type { Answer, DecideState, Touch } from './state.ts'
import { withOptOut } from './subscriber-facts.ts'

/** What systems that know what was meant (deliver, an app's button, an agent) write as the action. */
const actions: ReadonlyMap<string, ReplyMeaning> = new Map(
  (['opted-out', 'refused', 'accepted'] as const).map((meaning) => [meaning, meaning]),
)

/**
 * Takes what a subscriber replied. An opt-out refuses marketing through the channel at once, whatever else is on the way; a
 * refusal or acceptance is kept for cooling. What isn't understood changes nothing, nor does a reply that comes again; the
 * result is the same in whatever order replies come. As with consent, lateness has no say.
 *
 * Words are read as the catalogue in force says; a replay under another one reads them as that says.
 */
export function applyReply(state: DecideState, reply: Reply, words: Policy['replies']): DecideState {
  const meaning = meaningOf(reply, words)
  if (meaning === undefined) return state
  if (meaning === 'opted-out') {
    const facts = withOptOut(state.facts, reply.channel, reply.event_time, `reply ${reply.event_id}`)
    return facts === state.facts ? state : { ...state, facts }
  }
  const reply_id = deterministicId('reply', reply.source, reply.event_id)
  if (state.answers.some((known) => known.reply_id === reply_id)) return state
  const touch = answered(state.touches, reply)
  const refused = meaning === 'refused'
  // Yes or no to a notice is none to an offer. To something that isn't known, a no counts and a yes doesn't.
  const isOffer = touch ? touch.purpose === 'marketing' || touch.purpose === 'care' : refused
  if (!isOffer) return state
  const { rule = null, offer = null, category = null } = touch ?? {}
  const answer: Answer = { reply_id, at: reply.event_time, refused, rule, offer, category }
  const channels = refused ? state.channels : applyAcceptanceToChannels(state.channels, reply)
  return { ...state, channels, answers: [...state.answers, answer] }
}

/**
 * An action that says it, else the words. With an action that means something else (a survey) a digit is its own affair, but to
 * opt out is always understood.
 */
export function meaningOf({ action, text, digits }: Reply, words: Policy['replies']): ReplyMeaning | undefined {
  const acted = action == null ? undefined : actions.get(action)
  if (acted) return acted
  const said = meaningOfWords(text ?? digits ?? '', words)
  return action == null || said === 'opted-out' ? said : undefined
}

/** The touch that the reply names, else the last one before it through the channel. */
export function answered(touches: readonly Touch[], { in_reply_to, channel, event_time }: Reply): Touch | undefined {
  if (in_reply_to != null) return touches.find(({ command_id }) => command_id === in_reply_to)
  let last: Touch | undefined
  for (const touch of touches) {
    const isBefore = touch.state !== 'released' && touch.channel === channel && touch.at <= event_time
    if (isBefore && (!last || touch.at >= last.at)) last = touch
  }
  return last
}
