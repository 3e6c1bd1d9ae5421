import { type Holds, noHolds } from '../control/holds.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { AgainPlans } from './again.ts'
import type { Urgency } from './lane.ts'

export interface DeliverSettings {
  /** By channel that there is, the name of its adapter, for the attempts. */
  readonly providers: Readonly<Partial<Record<ChannelName, string>>>
  /** Whether its channel can send to an address of this kind. */
  readonly reaches: (channel: ChannelName, address: string) => boolean
  /** How long one attempt may wait for its turn and for a channel that is asked to slow down, before it gives back "nothing left". */
  readonly patienceMs: number
  /** After that, how long its result may take; longer than the channel's submit timeout. */
  readonly resultTimeoutMs: number
  /** Pause before the next attempt of what did not leave: doubled from `first` up to `longest`. */
  readonly retryMs: { readonly first: number; readonly longest: number }
  /** Where a channel's messages are tried again otherwise. */
  readonly againPlans: AgainPlans
  /** Service messages: attempts that may have left without an answer, before it ends as unknown. */
  readonly unansweredMax: number
  /** Commands of one subscriber that are remembered. */
  readonly commandsMax: number
  /**
   * Commands of one lane of a shard that may wait; beyond them new ones are shed. By urgency. A campaign that has few waiting
   * isn't shed for what another has: up to twice as many may wait then.
   */
  readonly waitingMax: Readonly<Record<Urgency, number>>
  /** What is paused and cancelled. */
  readonly holds: Holds
}

export const deliverDefaults = {
  reaches: () => true,
  patienceMs: 60_000,
  resultTimeoutMs: 60_000,
  retryMs: { first: 5_000, longest: 300_000 },
  againPlans: {},
  unansweredMax: 3,
  commandsMax: 128,
  waitingMax: { service: 20_000, marketing: 5_000 },
  holds: noHolds,
} as const satisfies Omit<DeliverSettings, 'providers'>
