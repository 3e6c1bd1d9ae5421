import type { ReasonCode } from '../domain/reason-codes.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { Channel } from '../topology.ts'
import type { Case, Facts } from './gates.ts'
import { nobodyThere } from './people-reach.ts'

/** Why a channel can't be used at all for a case, whatever else the policy says. */
export interface Obstacle {
  readonly code: Extract<ReasonCode, 'channel-down' | 'no-address' | 'no-reach'>
  /** When it ends; null: not known. */
  readonly until: number | null
  /** Their names begin with the code. */
  readonly facts: Facts
}

const noAddressMs = 7 * dayMs

/**
 * What stands in the way of the case's channel; undefined: nothing. It fails closed: what isn't known of the subscriber's reach
 * is taken to be too little. `channels`: those through which the system sends.
 */
export function obstacleOf(subject: Case, channels: ReadonlySet<Channel>): Obstacle | undefined {
  const { channel, state, policy, now } = subject
  if (!channels.has(channel)) return { code: 'channel-down', until: null, facts: { 'channel-down.channel': channel } }
  const since = state.channels.unaddressed[channel]
  const until = since === undefined ? undefined : since + (policy.noAddressFor ?? noAddressMs)
  if (until !== undefined && now < until)
    return { code: 'no-address', until, facts: { 'no-address.since': since ?? null } }
  const nobody = nobodyThere(subject)
  if (nobody) return { code: 'no-reach', ...nobody }
  return notReached(subject) ?? notUrgent(subject)
}

function notReached({ channel, policy, moment }: Case): Obstacle | undefined {
  const reach = policy.channels?.[channel]?.reach
  if (!reach) return undefined
  const value = Object.hasOwn(moment.evidence, reach.factor) ? moment.evidence[reach.factor] : null
  if (typeof value === 'number' && value <= reach.most) return undefined
  const { factor, most } = reach
  const facts = { 'no-reach.factor': factor, 'no-reach.is': value ?? null, 'no-reach.most': most }
  return { code: 'no-reach', until: null, facts }
}

function notUrgent({ channel, policy, moment }: Case): Obstacle | undefined {
  const urgent = policy.channels?.[channel]?.urgentOnly
  if (!urgent || urgent.purposes.includes(moment.purpose)) return undefined
  if (Object.values(moment.segments).some((segment) => urgent.segments.includes(segment))) return undefined
  return { code: 'no-reach', until: null, facts: { 'no-reach.urgent_only': true } }
}
