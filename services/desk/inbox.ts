import { deterministicId } from '../domain/ids.ts'
import { meaningOfWords, type ReplyWords } from '../domain/reply-words.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { DeskAct, Reply } from '../records/types.ts'
import type { Channel } from '../topology.ts'
import { forgetOldest } from './forget-oldest.ts'
import { type Page, type PageAsked, pageOf, timeInPlace } from './paging.ts'

/** What a subscriber wrote that the engine makes nothing of: somebody has to read it. */
export interface InboxMessage {
  readonly id: string
  readonly subscriber_id: string
  /** Milliseconds since 1970. */
  readonly received_at: number
  readonly channel: Channel
  readonly text: string
  /** The command that it answers, as far as that is known. */
  readonly in_reply_to: string | null
  readonly handled: Handled | null
}

export interface Handled {
  readonly at: number
  readonly by: string
  readonly note: string | null
}

/** Messages that are to be read by people, in memory. It is filled by whoever reads the log. */
export interface Inbox {
  takeReply(reply: Reply): void
  takeAct(act: DeskAct): void
  message(id: string): InboxMessage | undefined
  messages(): Iterable<InboxMessage>
  /** Those that nobody has handled. */
  readonly open: number
  /** Drops what is older than 30 days. */
  tidy(now: number): void
}

const keptMs = 30 * dayMs
/** Past them the oldest goes; handled or not, it is on the log. */
const messagesMost = 20_000
/** What was handled may be heard of before the message, as topics are read beside each other. */
const handledMost = 40_000

/** `words`: what replies mean now, by the catalogue in force. */
export function createInbox(words: () => ReplyWords): Inbox {
  const messages = new Map<string, InboxMessage>()
  const handled = new Map<string, Handled>()

  return {
    takeReply({ event_id, source, subscriber_id, event_time: received_at, channel, text, action, in_reply_to }) {
      if (action != null || !text?.trim() || meaningOfWords(text, words()) !== undefined) return
      const id = deterministicId('reply', source, event_id)
      if (messages.has(id)) return
      forgetOldest(messages, messagesMost)
      const told = { id, subscriber_id, received_at, channel, text, in_reply_to: in_reply_to ?? null }
      messages.set(id, { ...told, handled: handled.get(id) ?? null })
    },
    takeAct({ of, command_id: id, acted_at: at, agent: by, note = null }) {
      // Of two the first counts: the second found it done.
      if (of !== 'reply' || handled.has(id)) return
      forgetOldest(handled, handledMost)
      handled.set(id, { at, by, note })
      const message = messages.get(id)
      if (message) messages.set(id, { ...message, handled: { at, by, note } })
    },
    message: (id) => messages.get(id),
    messages: () => messages.values(),
    get open() {
      let count = 0
      for (const { handled } of messages.values()) if (!handled) count++
      return count
    },
    tidy(now) {
      for (const [id, { received_at }] of messages) if (received_at + keptMs < now) messages.delete(id)
      for (const [id, { at }] of handled) if (at + keptMs < now && !messages.has(id)) handled.delete(id)
    },
  }
}

export const inboxStates = ['open', 'handled', 'all'] as const
export type InboxState = (typeof inboxStates)[number]

export interface InboxAsked {
  readonly state: InboxState
  readonly subscriber: string | undefined
}

/** A page of the messages that are asked for, the newest first. */
export function inboxPage(
  all: Iterable<InboxMessage>,
  { state, subscriber }: InboxAsked,
  page: PageAsked,
): Page<InboxMessage> {
  const matching = [...all].filter(
    ({ subscriber_id, handled }) =>
      (subscriber === undefined || subscriber === subscriber_id) &&
      (state === 'all' || (state === 'handled') === (handled !== null)),
  )
  return pageOf(matching, ({ received_at, id }) => `${timeInPlace(received_at)}.${id}`, 'falling', page)
}
