import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { type Channel, channels as everyChannel } from '../topology.ts'
import type { ChannelTraits, Policy } from './catalogue.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import { type Problem, problem } from './problem.ts'
import type { Purpose } from './ruleset.ts'
import type { KnownFactor } from './scope.ts'
import type { SourceNode } from './source.ts'
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

/** Tells of channels whose reach goes by what is no factor, or no number. `factors` by id; undefined for a faulty one. */
export function checkReach(
  [node]: readonly SourceNode[],
  { channels = {} }: Policy,
  factors: ReadonlyMap<string, KnownFactor | undefined>,
  problems: Problem[],
): void {
  for (const [channel, { reach }] of Object.entries(channels)) {
    if (!node || !reach) continue
    const at = node.at(['channels', channel, 'reach', 'factor'])
    const { factor } = reach
    const type = factors.get(factor)?.type
    if (!factors.has(factor)) {
      const message = `no factor '${factor}'${didYouMeanOneOf(factor, [...factors.keys()])}`
      problems.push(problem('KM_RULE_UNKNOWN_FACTOR', message, at))
    } else if (type !== undefined && type !== 'int' && type !== 'double') {
      const message = `'${factor}' is no number; reach goes by one, such as the days since somebody logged in`
      problems.push(problem('KM_CATALOGUE_VALUE', message, at))
    }
  }
}
