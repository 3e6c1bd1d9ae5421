import type { ChannelHealths } from '../channel-health/board.ts'
import { chainReasons } from '../domain/reason-codes.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { byWorth, type Worth, worthOf as weighed } from './arbitration.ts'
import { preferredChannel } from './channel-facts.ts'
import { type Case, createFindings, type Finding } from './gates.ts'
import { type Obstacle, obstacleOf } from './reach.ts'

/** An offer through a channel, and what speaks against it. */
export interface Option extends Worth {
  readonly subject: Case
  /** Why the channel can't be used; undefined: it can. */
  readonly obstacle: Obstacle | undefined
  /** Since when nothing gets through the channel; undefined: it is up. What goes another way goes first. */
  readonly downSince: number | undefined
  /** In the fixed order of reasons; none: it may be sent. */
  readonly reasons: readonly Finding[]
}

/** By which channels offers may be said. */
export interface Ways {
  /** Of the offer, as it lists them; undefined: nothing that the moment offers is known. */
  readonly of: (offer: Offer | undefined) => readonly Channel[]
  /** Those through which the system sends. */
  readonly open: ReadonlySet<Channel>
  /** How they are. */
  readonly health: ChannelHealths
}

/**
 * What a moment may be answered with, in the order of preference. Offers: by what they are worth through the channel by which they
 * would be said, of equals by their id; behind these, what isn't weighed, as the rule lists it; and behind all, what would go through
 * a channel that is down. Channels of an offer: the one
 * that the subscriber prefers, then by worth, then as the policy orders them, then as the offer lists them.
 */
export function optionsOf(
  about: Omit<Case, 'offer' | 'channel'>,
  offers: readonly (Offer | undefined)[],
  ways: Ways,
): readonly Option[] {
  const findings = createFindings(about.moment.purpose)
  const byOffer = offers.flatMap((offer) => {
    const options = ways.of(offer).map((channel): Option => {
      const subject = { ...about, offer, channel }
      const obstacle = obstacleOf(subject, ways.open)
      const downSince = ways.health.downSince(channel)
      return { subject, obstacle, downSince, reasons: findings(subject), ...weighed(subject) }
    })
    const [first] = options
    return first ? [inChannelOrder(options, first.subject)] : []
  })
  const isWeighed = byOffer.some((options) => worthOf(options) !== null)
  return downLast(solvedFirst((isWeighed ? byOffer.toSorted(byPreference) : byOffer).flat()))
}

/** To a caller's agent what helps is told before what is sold, whatever that is worth; other channels keep their places. */
function solvedFirst(options: readonly Option[]): readonly Option[] {
  const told = options.filter(({ subject }) => subject.channel === 'desk')
  const isHelp = ({ subject }: Option) => subject.offer?.kind === 'service-action'
  const ordered = [...told.filter(isHelp), ...told.filter((option) => !isHelp(option))].values()
  return options.map((option) => (option.subject.channel === 'desk' ? (ordered.next().value ?? option) : option))
}

/**
 * What would go through a channel that nothing gets through now is behind all else, and still is an option: where there is no other
 * way it is commanded, and waits in deliver for the channel until it expires. Nobody is kept silent by a word of trouble.
 */
function downLast(options: readonly Option[]): readonly Option[] {
  const isDown = ({ downSince }: Option) => downSince !== undefined
  return options.some(isDown) ? [...options.filter((option) => !isDown(option)), ...options.filter(isDown)] : options
}

function inChannelOrder(options: readonly Option[], { state, policy }: Case): readonly Option[] {
  if (options.length < 2) return options
  const preferred = preferredChannel(state.channels)
  const order = policy.channelOrder ?? []
  const place = ({ subject }: Option) => {
    const found = order.indexOf(subject.channel)
    return found < 0 ? order.length : found
  }
  const isOther = ({ subject }: Option) => Number(subject.channel !== preferred)
  return options.toSorted((a, b) => isOther(a) - isOther(b) || byWorth(a.score, b.score) || place(a) - place(b))
}

/** Through the channel by which it would be said. */
const worthOf = (options: readonly Option[]): number | null => (options.find(isSayable) ?? options[0])?.score ?? null

function byPreference(a: readonly Option[], b: readonly Option[]): number {
  const worth = worthOf(a)
  const byScore = byWorth(worth, worthOf(b))
  if (byScore !== 0 || worth === null) return byScore
  const [own, other] = [a[0]?.subject.offer?.id ?? '', b[0]?.subject.offer?.id ?? '']
  return own === other ? 0 : own < other ? -1 : 1
}

/** Nothing speaks against it but what comes behind the choice. */
export const isSayable = (option: Option): boolean => !option.obstacle && isFree(option)

/** Nothing but its channel, which can't be used, and what comes behind the choice: then that is the reason. */
export const isBarred = (option: Option): boolean => option.obstacle !== undefined && isFree(option)

const isFree = ({ reasons }: Option): boolean => reasons.every((reason) => rankOf(reason) > rankOfPriority)

/**
 * The one that came furthest in the chain: the first against which nothing speaks, else the one whose first reason comes last;
 * of equals the one whose next reason does, and the first of them. One whose channel can't be used is only the answer if those of
 * all can't. @throws RangeError of no options
 */
export function furthest(options: readonly Option[]): Option {
  const usable = options.filter(({ obstacle }) => !obstacle)
  return (usable.length > 0 ? usable : options).reduce((best, option) =>
    comesFurther(option.reasons, best.reasons) ? option : best,
  )
}

function comesFurther(reasons: readonly Finding[], others: readonly Finding[]): boolean {
  for (let i = 0; ; i++) {
    const [own, other] = [rankOf(reasons[i]), rankOf(others[i])]
    if (own !== other) return own > other
    if (own === Number.POSITIVE_INFINITY) return false
  }
}

const rankOf = (reason: Finding | undefined): number =>
  reason ? chainReasons.findIndex(({ code }) => code === reason.code) : Number.POSITIVE_INFINITY

const rankOfPriority = chainReasons.findIndex(({ code }) => code === 'priority')
