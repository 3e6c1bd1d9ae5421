import type { Profile, Receipt, Reply } from '../records/types.ts'
import type { Channel } from '../topology.ts'
import type { Known } from './subscriber-facts.ts'

/** What is known of how the subscriber is reached. */
export interface ChannelFacts {
  /** The channel that the profile says they prefer. */
  readonly stated: Known | null
  /** The channel by which they last answered, clicked or accepted. */
  readonly heard: Known | null
  /** By channel, when there was no address for it. */
  readonly unaddressed: Readonly<Record<string, number>>
}

export const noChannelFacts: ChannelFacts = { stated: null, heard: null, unaddressed: {} }

/** Avro schema of `ChannelFacts`; behind the schema of `Known`, which it names. */
export const channelFactsFields = {
  stated: ['null', 'Known'],
  heard: ['null', 'Known'],
  unaddressed: { type: 'map', values: 'long' },
} as const

/** Takes what a profile says of channels: a preference, and of which of them it brought an address. */
export function applyProfileToChannels(facts: ChannelFacts, profile: Profile, endedAt: number | null): ChannelFacts {
  const { event_time: at, preferred_channel, addressed } = profile
  const isNewer = preferred_channel != null && (facts.stated === null || at >= facts.stated.at)
  const stated = isNewer ? { value: preferred_channel, at } : facts.stated
  const forgotten = (addressed ?? []).filter((channel) => (facts.unaddressed[channel] ?? Infinity) <= at)
  const unaddressed =
    forgotten.length === 0
      ? facts.unaddressed
      : Object.fromEntries(Object.entries(facts.unaddressed).filter(([name]) => !forgotten.some((one) => one === name)))
  const changed =
    stated === facts.stated && unaddressed === facts.unaddressed ? facts : { ...facts, stated, unaddressed }
  return endedAt !== null && isOfPast(changed, endedAt) ? withoutPast(changed, endedAt) : changed
}

const isOfPast = ({ stated, heard, unaddressed }: ChannelFacts, endedAt: number): boolean =>
  [stated?.at, heard?.at, ...Object.values(unaddressed)].some((at) => at !== undefined && at <= endedAt)

/** Who has the number now is somebody else. */
function withoutPast({ stated, heard, unaddressed }: ChannelFacts, endedAt: number): ChannelFacts {
  const since = (known: Known | null) => (known && known.at > endedAt ? known : null)
  return {
    stated: since(stated),
    heard: since(heard),
    unaddressed: Object.fromEntries(Object.entries(unaddressed).filter(([, at]) => at > endedAt)),
  }
}

/** Takes what a channel says of a command: that somebody is there, or that there is no address. */
export function applyReceiptToChannels(facts: ChannelFacts, receipt: Receipt): ChannelFacts {
  const { status, code, channel, received_at: at } = receipt
  if (status === 'answered' || status === 'clicked') return withHeard(facts, channel, at)
  if (status !== 'failed' || code == null || !unaddressedCodes.has(code)) return facts
  const known = facts.unaddressed[channel]
  if (known !== undefined && known >= at) return facts
  return { ...facts, unaddressed: { ...facts.unaddressed, [channel]: at } }
}

/** How deliver says that the address is none, or no longer one. */
const unaddressedCodes: ReadonlySet<string> = new Set(['no-address', 'unallocated', 'unregistered'])

/** Takes a yes. */
export const applyAcceptanceToChannels = (facts: ChannelFacts, { channel, event_time }: Reply): ChannelFacts =>
  withHeard(facts, channel, event_time)

function withHeard(facts: ChannelFacts, channel: Channel, at: number): ChannelFacts {
  const { heard } = facts
  const isOlder = heard && (heard.at > at || (heard.at === at && heard.value >= channel))
  return isOlder ? facts : { ...facts, heard: { value: channel, at } }
}

/** Where the subscriber wants to be reached: as they have said, else where they last answered; undefined: nobody knows. */
export const preferredChannel = ({ stated, heard }: ChannelFacts): string | undefined => (stated ?? heard)?.value
