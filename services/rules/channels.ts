import { type Channel, channels as everyChannel } from '../topology.ts'
import type { ChannelTraits, Policy } from './catalogue.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import type { Purpose } from './ruleset.ts'
import { day, minute, type Subject } from './subject.ts'

/** The shape of schemas/policy.schema.json, as far as it concerns what channels are like. */
export interface RawChannels {
  channels?: Partial<
    Record<
      Channel,
      {
        delivered_within?: string
        reach?: { factor: string; most: number }
        urgent_only?: { purposes?: Purpose[]; segments?: string[] }
      }
    >
  >
  channel_order?: Channel[]
  no_address_for?: string
}

type ChannelPolicy = Pick<Policy, 'channels' | 'channelOrder' | 'noAddressFor'>

/** That part of a policy from its raw form; what is wrong with it is told to the subject. */
export function checkChannels(raw: RawChannels, subject: Subject, segments: KnownSegments): ChannelPolicy {
  const { channels, channel_order, no_address_for } = raw
  const traits = everyChannel.flatMap((channel) => {
    const given = channels?.[channel]
    return given ? [[channel, traitsOf(channel, given, subject, segments)] as const] : []
  })
  return {
    ...(traits.length > 0 && { channels: Object.fromEntries(traits) }),
    ...(channel_order && { channelOrder: channel_order }),
    ...(no_address_for !== undefined && {
      noAddressFor: subject.duration(no_address_for, ['no_address_for'], { least: minute, most: 366 * day }),
    }),
  }
}

function traitsOf(
  channel: Channel,
  { delivered_within, reach, urgent_only }: NonNullable<NonNullable<RawChannels['channels']>[Channel]>,
  subject: Subject,
  segments: KnownSegments,
): ChannelTraits {
  const path = ['channels', channel]
  urgent_only?.segments?.forEach((id, index) => {
    checkSegment(id, segments, subject, [...path, 'urgent_only', 'segments', index])
  })
  return {
    ...(delivered_within !== undefined && {
      deliveredWithin: subject.duration(delivered_within, [...path, 'delivered_within'], {
        least: minute,
        most: 7 * day,
      }),
    }),
    ...(reach && { reach }),
    ...(urgent_only && {
      urgentOnly: { purposes: urgent_only.purposes ?? [], segments: urgent_only.segments ?? [] },
    }),
  }
}
