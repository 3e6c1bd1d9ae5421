import { createHash } from 'node:crypto'
import type { Moment } from '../../../services/records/types.ts'
import type { Catalogue, Offer } from '../../../services/rules/catalogue.ts'
import type { Channel } from '../../../services/topology.ts'
import { fits } from './fits.ts'
import type { History } from './history.ts'
import { type Known, knownOf } from './known.ts'
import { isCapped, isCooling, isTooSoon } from './limits.ts'
import { isDisturbed, type Sent, sentBy } from './sent.ts'
import { isBlocked, isProtected, isQuiet } from './times.ts'

/** A message that is thought of, or left. */
export interface About {
  readonly moment: Moment
  readonly channel: Channel
  /** undefined: there is none of which anything is known. */
  readonly offer: Offer | undefined
  readonly category: string | null
}

/** The table of SEMANTICS: in this order, for these purposes. What competes for a place isn't a breach, and not in it. */
const table = [
  ['expired', 'marketing care service regulatory'],
  ['consent', 'marketing care'],
  ['protected', 'marketing care'],
  ['do-not-disturb', 'marketing care service regulatory'], // an interval names its own purposes; blocks: marketing, care
  ['open-issue', 'marketing care service regulatory'], // as above
  ['live-call', 'marketing care service regulatory'], // as above
  ['quiet-hours', 'marketing care service'],
  ['cap', 'marketing'],
  ['gap', 'marketing care'],
  ['cooling', 'marketing'],
  ['ineligible', 'marketing care service'],
  ['holdout', 'marketing'],
] as const

export type Code = (typeof table)[number][0]
export const codes: readonly Code[] = table.map(([code]) => code)

/** What holds against a message at `now`, by what a history told, in the order of the table; `asked`: of these alone. */
export function reasonsOf(
  about: About,
  catalogue: Catalogue,
  history: History,
  now: number,
  asked: readonly Code[] = codes,
): readonly Code[] {
  const known = knownOf(history, catalogue.policy)
  const subject: Subject = { about, catalogue, history, known, now }
  const { purpose } = about.moment
  return table.flatMap(([code, purposes]) =>
    asked.includes(code) && purposes.split(' ').includes(purpose) && holds[code](subject) ? [code] : [],
  )
}

interface Subject {
  readonly about: About
  readonly catalogue: Catalogue
  readonly history: History
  readonly known: Known
  readonly now: number
}

const isCommercial = ({ moment: { purpose } }: About): boolean => purpose === 'marketing' || purpose === 'care'

const interval =
  (code: 'do-not-disturb' | 'open-issue' | 'live-call') =>
  ({ about: { moment, channel }, history, known, now }: Subject): boolean =>
    isDisturbed(history, code, { channel, purpose: moment.purpose }, now, known.endedAt)

const holds: Readonly<Record<Code, (subject: Subject) => boolean>> = {
  expired: ({ about: { moment }, known, now }) => now >= moment.expires_at || moment.at <= known.endedAt,
  consent: ({ about: { moment, channel }, known, now }) => !known.consents(channel, moment.purpose, now),
  protected: ({ about, catalogue, known, now }) => isProtected(about, catalogue, known, now),
  'do-not-disturb': (subject) => {
    const { about, catalogue, known, now } = subject
    return interval('do-not-disturb')(subject) || (isCommercial(about) && isBlocked(about, catalogue, known, now))
  },
  'open-issue': interval('open-issue'),
  'live-call': interval('live-call'),
  'quiet-hours': ({ about, catalogue, known, now }) => isQuiet(about, catalogue, known, now),
  cap: ({ about, catalogue, history, known, now }) =>
    isCapped(about, catalogue.policy, besides(about, history), known, now),
  gap: ({ about, catalogue, history, now }) => isTooSoon(about, catalogue.policy, besides(about, history), now),
  cooling: ({ about, catalogue, history, known, now }) =>
    isCooling(about, catalogue.policy, history, known.endedAt, now),
  ineligible: ({ about, catalogue, history, known, now }) =>
    about.offer !== undefined && !fits(about, about.offer, catalogue, history, known, now),
  holdout: ({ about: { moment }, catalogue }) => isHeldOut(moment, catalogue),
}

/** Another channel that says the same again is no further touch. */
const besides = ({ moment: { moment_id } }: About, history: History): readonly Sent[] =>
  sentBy(history).filter((sent) => sent.moment_id !== moment_id)

/** docs/experiments.md: part of the subscribers get none of it, whom a hash of them and the salt draws. */
function isHeldOut({ subscriber_id, rule }: Moment, { policy, ruleset, campaigns }: Catalogue): boolean {
  const isDrawn = (of: string, salt: string, share: number) => {
    const hex = createHash('sha256')
      .update(JSON.stringify(['holdout', of, salt, subscriber_id]))
      .digest('hex')
    return Number.parseInt(hex.slice(0, 12), 16) < share * 2 ** 48
  }
  const own = ruleset.rules.find(({ id }) => id === rule)?.campaign
  const campaign = campaigns.find(({ id }) => id === own)
  return (
    (policy.holdout !== undefined && isDrawn('all', policy.holdout.salt, policy.holdout.share)) ||
    (campaign !== undefined && isDrawn('campaign', campaign.salt, campaign.holdout))
  )
}
