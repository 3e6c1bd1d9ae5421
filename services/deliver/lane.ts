import type { Attempt } from '../records/types.ts'
import type { Channel as ChannelName } from '../topology.ts'

export type Purpose = Attempt['purpose']

/** What is said first when not everything can be: to serve somebody, or because it must be said. */
export const urgencies = ['service', 'marketing'] as const
export type Urgency = (typeof urgencies)[number]

/** Care is no hurry: it goes with marketing. */
export const urgencyOf = (purpose: Purpose): Urgency =>
  purpose === 'service' || purpose === 'regulatory' ? 'service' : 'marketing'

/** What shares a way out and an urgency waits in one lane: one that stands still holds up no other. */
export const laneOf = ({ channel, purpose }: { readonly channel: ChannelName; readonly purpose: Purpose }): string =>
  laneName(channel, urgencyOf(purpose))

export const laneName = (channel: ChannelName, urgency: Urgency): string => `${channel}/${urgency}`

/** Whose turn it is among those that wait in a lane: the campaign, else the rule. */
export const partyOf = ({ campaigns }: { readonly campaigns: readonly string[] }): string => campaigns.at(-1) ?? ''

/** Under which name what waits of one party is counted. */
export const partyName = (lane: string, party: string): string => `${lane}:${party}`

/** What is held by a pause waits apart: it needs no place yet. */
export const pausedLane = ({
  channel,
  purpose,
}: {
  readonly channel: ChannelName
  readonly purpose: Purpose
}): string => pausedLaneName(channel, urgencyOf(purpose))

export const pausedLaneName = (channel: ChannelName, urgency: Urgency): string => `${laneName(channel, urgency)}/paused`
