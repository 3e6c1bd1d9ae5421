import { chainReasons } from '../domain/reason-codes.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { byWorth, type Worth, worthOf } from './arbitration.ts'
import { type Case, type Finding, findings } from './gates.ts'

/** An offer through a channel, and what speaks against it. */
export interface Option extends Worth {
  readonly subject: Case
  /** In the fixed order of reasons; none: it may be sent. */
  readonly reasons: readonly Finding[]
}

/**
 * What a moment may be answered with, in the order of preference: by what it is worth, of equals by the offer's id; behind these,
 * what isn't weighed, as the rule lists it.
 */
export function optionsOf(
  about: Omit<Case, 'offer' | 'channel'>,
  offers: readonly (Offer | undefined)[],
  channels: readonly Channel[],
): readonly Option[] {
  const options = offers.flatMap((offer) =>
    channels.map((channel) => {
      const subject = { ...about, offer, channel }
      return { subject, reasons: findings(subject), ...worthOf(subject) }
    }),
  )
  return options.every(({ score }) => score === null) ? options : options.toSorted(byPreference)
}

function byPreference(a: Option, b: Option): number {
  const byScore = byWorth(a.score, b.score)
  if (byScore !== 0 || a.score === null) return byScore
  const [own, other] = [a.subject.offer?.id ?? '', b.subject.offer?.id ?? '']
  return own === other ? 0 : own < other ? -1 : 1
}

/** Nothing speaks against it but what comes behind the choice. */
export const isSayable = ({ reasons }: Option): boolean => reasons.every((reason) => rankOf(reason) > rankOfPriority)

/**
 * The one that came furthest in the chain: the first against which nothing speaks, else the one whose first reason comes last;
 * of equals the one whose next reason does, and the first of them. @throws RangeError of no options
 */
export function furthest(options: readonly Option[]): Option {
  return options.reduce((best, option) => (comesFurther(option.reasons, best.reasons) ? option : best))
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
