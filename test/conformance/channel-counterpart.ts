import type { Channel, Log } from '../../services/deliver/channel.ts'
import type { DeliverSettings } from '../../services/deliver/deliver-settings.ts'
import type { SenderSettings } from '../../services/deliver/sender.ts'
import type { Channel as ChannelName } from '../../services/topology.ts'

/**
 * What stands at the other end of a channel in the suite of the port: an SMSC, a switch, a push service. Each adapter brings a
 * real one. What it does is said by verbs, each from now on; one that it can't do is left out, and its tests with it.
 */
export interface ChannelCounterpart {
  /** A channel to it, with times so short that a test needn't wait: an answer is given up after a second at most. */
  open(log: Log): Channel
  /** All that it took, in order, whatever it answered: each may have reached the subscriber. */
  taken(): readonly Taken[]
  /** Can be reached, takes what comes, and says so. The beginning. */
  accept(): Told
  /** Takes nothing, and never will. */
  refuse?(): Told
  /** Takes nothing for now: it is asked to slow down. */
  throttle?(): Told
  /** Takes nothing for now: it says that something is wrong with it. */
  trouble?(): Told
  /** Can't be reached. */
  vanish?(): Told
  /** Takes what comes, and never answers. */
  hang?(): Told
  /** Takes what comes, and breaks the connection instead of answering. */
  dropAfterSubmit?(): Told
  /** Answers what nobody understands, once, without being asked. */
  garbage?(): Told
  /** Ends all connections, once; it can be reached again at once. */
  hangUp?(): Told
  /** Tells that a message was delivered, of whatever id. */
  receipt?(messageId: string, address: string): void
  /** Reports delivery so long after it took a message. Milliseconds. */
  receiptsAfter?(millis: number): void
  /** A subscriber, or whoever is at the address, answers. */
  reply?(address: string, text: string): void
}

/** Awaited where it is told how to behave: it does so from then on. */
type Told = void | Promise<void>

export interface Taken {
  /** As the command's, as far as the counterpart can see it. */
  readonly address: string
  readonly text: string
}

/** An adapter as the suite needs it. */
export interface ChannelFixture {
  readonly name: ChannelName
  /** Ends with the test. */
  start(): Promise<ChannelCounterpart>
  /** The nth address: all are different. n from 0 to 9,999. */
  addressOf(n: number): string
  /** Where it differs from what suits a text message. */
  readonly deliver?: Partial<DeliverSettings>
  readonly sender?: SenderSettings
  /** What its provider tells later of a message that it took: status and code of the receipt. */
  readonly toldLater?: string
  /** When its counterpart hangs the connection is lost, too. */
  readonly isLostByHanging?: boolean
}
