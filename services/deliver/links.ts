import { CodedError } from '../domain/errors.ts'
import { withLink } from '../domain/message-link.ts'
import type { Clock } from '../flow/clock.ts'
import type { ExpiringIndex } from '../flow/state-store.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { Log, MessageLinks } from './channel.ts'
import { faultCodeOf } from './fault-code.ts'
import type { Append } from './intake.ts'
import { createLinkTokens, type LinkKind, linkId } from './link-token.ts'
import { receiptOutput } from './receipt.ts'
import type { SendEffect } from './send-effect.ts'

/** Where links lead first, under `links.url`. */
export const linkPath = '/l/'

export interface LinkParts {
  /** Under which we are reached from outside, without a slash behind it; '': links are sent as the offer has them. */
  readonly url: string
  /** How long they tell something. Milliseconds. */
  readonly lifetimeMs: number
  /** From which the key of the signatures is derived. */
  readonly secret: string
  readonly index: ExpiringIndex
  readonly append: Append
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** Counts a call: what it told, and what came of it. */
  readonly count: (kind: LinkKind | 'none', outcome: string) => void
}

/** What is said, with its links in it. */
export interface Linked {
  readonly text: string
  readonly links?: MessageLinks
}

export interface Links {
  /** Puts the links into what is about to be sent, and notes where they lead. Rejects when that can't be kept: nothing is sent then. */
  put(effect: Pick<SendEffect, 'commandId' | 'subscriberId' | 'channel' | 'text' | 'link'>): Promise<Linked>
  /**
   * Somebody calls a link: puts the receipt on the log, once. Returns where a click leads; null: nowhere. A click that can't be told
   * now leads on all the same; the loss is logged and counted.
   * @throws CodedError KM_LINK_FORGED, KM_LINK_EXPIRED, KM_LINK_UNKNOWN; of what can't be told of an opened message, that of the log
   */
  follow(token: string): Promise<string | null>
  /** The same without telling anybody: somebody looks where it leads. */
  look(token: string): Promise<string | null>
}

/** As the offers have them: nobody knows who opens them. */
export const plainLinks: Pick<Links, 'put'> = {
  put: async ({ text, link }) => ({ text: link === null ? text : withLink(text, link) }),
}

/** What is kept of a command whose links are out. */
interface Kept {
  readonly commandId: string
  readonly subscriberId: string
  readonly channel: ChannelName
  /** As the offer had it when the command was issued: there is no other place to which a link leads. */
  readonly target: string
}

/** Links that report of the message in which they stand. */
export function createLinks({ url, lifetimeMs, secret, index, append, clock, log, count }: LinkParts): Links {
  const tokens = createLinkTokens(secret)
  const keptKey = (id: string) => `link:${id}`
  const toldKey = (id: string, kind: LinkKind) => `told:${id}:${kind}`

  async function found(given: string) {
    const token = tokens.read(given)
    if (!token) throw refused('none', 'KM_LINK_FORGED', 'this link is not one of ours')
    const { id, kind, expiresAt } = token
    if (clock.now() >= expiresAt) throw refused(kind, 'KM_LINK_EXPIRED', 'this link has expired')
    const value = await index.get(keptKey(id))
    if (value === null) throw refused(kind, 'KM_LINK_UNKNOWN', 'of this link nothing is known any more')
    return { ...token, kept: JSON.parse(value) as Kept }
  }

  function refused(kind: LinkKind | 'none', code: string, message: string): CodedError {
    count(kind, code)
    return new CodedError(code, message)
  }

  /** Marked as told once it is on the log: of two calls at once both may tell it, which is one receipt to its readers. */
  async function tell(id: string, kind: LinkKind, kept: Kept): Promise<void> {
    if ((await index.get(toldKey(id, kind))) !== null) return count(kind, 'told-before')
    const { subscriberId: subscriber_id, commandId: command_id, channel } = kept
    await append(receiptOutput({ subscriber_id, command_id, channel, received_at: clock.now(), status: kind }))
    count(kind, 'told')
    await index.put(toldKey(id, kind), 'told', lifetimeMs)
  }

  return {
    async put(effect) {
      const { commandId, subscriberId, channel, text, link } = effect
      if (link === null || url === '') return plainLinks.put(effect)
      const id = linkId(commandId)
      const kept: Kept = { commandId, subscriberId, channel, target: link }
      await index.put(keptKey(id), JSON.stringify(kept), lifetimeMs)
      const expiresAt = clock.now() + lifetimeMs
      const linkOf = (kind: LinkKind) => `${url}${linkPath}${tokens.sign({ kind, id, expiresAt })}`
      const clicked = linkOf('clicked')
      return { text: withLink(text, clicked), links: { opened: linkOf('opened'), clicked } }
    },

    async follow(token) {
      const { id, kind, kept } = await found(token)
      try {
        await tell(id, kind, kept)
      } catch (error) {
        const code = faultCodeOf(error)
        count(kind, code)
        log.error({ code, kind }, 'that a link was followed could not be told')
        if (kind === 'opened') throw error
      }
      return kind === 'clicked' ? kept.target : null
    },

    async look(token) {
      const { kind, kept } = await found(token)
      return kind === 'clicked' ? kept.target : null
    },
  }
}
