import type { Attempt } from '../records/types.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { AddressGone } from './channel.ts'
import type { DeliverCode } from './codes.ts'

/** What deliver keeps of a subscriber: how to reach them, and every command until its id can't come again. */
export interface DeliverState {
  /** '' before the first input. */
  readonly subscriber_id: string
  /** E.164; null: none is known. */
  readonly sms: string | null
  /** Event time of the newest address; milliseconds since 1970. */
  readonly address_time: number
  /** The same of voice. */
  readonly ivr: string | null
  readonly ivr_time: number
  /** A push token and whose it is, as `fcm:…`: the first that the newest address lists and that isn't gone; null: none is known. */
  readonly push: string | null
  readonly push_time: number
  /** Those of further devices, in the address's order. */
  readonly push_more: readonly string[]
  /** Tokens that lead nowhere any more, the newest last, so that no later profile brings them back. */
  readonly push_gone: readonly AddressGone[]
  readonly commands: readonly CommandState[]
}

/** All times are milliseconds since 1970. */
export interface CommandState {
  readonly id: string
  readonly channel: ChannelName
  readonly purpose: Attempt['purpose']
  /** By which names pauses and cancellations may call what it belongs to; empty until its command has come. */
  readonly campaigns: readonly string[]
  readonly issued_at: number
  /**
   * claimed: a send may be under way; waiting: it provably is not, and is tried again when `due`; settled: the last
   * receipt is written, the id is remembered until `due`.
   */
  readonly phase: 'claimed' | 'waiting' | 'settled'
  readonly due: number
  readonly not_after: number
  /** Of the last claim. */
  readonly claimed_at: number
  readonly attempts: number
  /** How many of the attempts may have left without an answer. */
  readonly unanswered: number
  /** Above 0: it waits for a place, in line or for a pause to end, and is no newcomer any more. */
  readonly held: number
  /** Times that it was tried and did not leave, for reasons for which it isn't tried for ever. */
  readonly fruitless: number
  /** Null once settled, and for an attempt found on the log whose command did not come again yet. */
  readonly text: string | null
  /** As whose it is shown; null: as the channel's own. */
  readonly sender: string | null
  /** An answer is awaited until then; 0: none is. */
  readonly awaited_until: number
  /** Where the offer's link leads; null: it has none. */
  readonly link: string | null
  /** Why it waits. */
  readonly code: DeliverCode | null
  /** Decide took it back: it isn't claimed any more. Null: it didn't; else the reason. */
  readonly withdrawn: string | null
}

/** A command to which nothing has happened yet and of which nothing is said: what is known of one is laid over it. */
export const blankCommand = {
  campaigns: [],
  issued_at: 0,
  claimed_at: 0,
  attempts: 0,
  unanswered: 0,
  held: 0,
  fruitless: 0,
  text: null,
  sender: null,
  awaited_until: 0,
  link: null,
  code: null,
  withdrawn: null,
} as const satisfies Partial<CommandState>

export const initialState: DeliverState = {
  subscriber_id: '',
  sms: null,
  address_time: 0,
  ivr: null,
  ivr_time: 0,
  push: null,
  push_time: 0,
  push_more: [],
  push_gone: [],
  commands: [],
}

export const stateSchema = {
  type: 'record',
  name: 'DeliverState',
  fields: [
    { name: 'subscriber_id', type: 'string' },
    { name: 'sms', type: ['null', 'string'] },
    { name: 'address_time', type: 'long' },
    { name: 'ivr', type: ['null', 'string'], default: null },
    { name: 'ivr_time', type: 'long', default: 0 },
    { name: 'push', type: ['null', 'string'], default: null },
    { name: 'push_time', type: 'long', default: 0 },
    { name: 'push_more', type: { type: 'array', items: 'string' }, default: [] },
    {
      name: 'push_gone',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'AddressGone',
          fields: [
            { name: 'address', type: 'string' },
            { name: 'since', type: ['null', 'long'] },
          ],
        },
      },
      default: [],
    },
    {
      name: 'commands',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'CommandState',
          fields: [
            { name: 'id', type: 'string' },
            { name: 'channel', type: 'string', default: 'sms' },
            { name: 'purpose', type: 'string' },
            { name: 'campaigns', type: { type: 'array', items: 'string' }, default: [] },
            { name: 'issued_at', type: 'long', default: 0 },
            { name: 'phase', type: 'string' },
            { name: 'due', type: 'long' },
            { name: 'not_after', type: 'long' },
            { name: 'claimed_at', type: 'long' },
            { name: 'attempts', type: 'int' },
            { name: 'unanswered', type: 'int' },
            { name: 'held', type: 'int', default: 0 },
            { name: 'fruitless', type: 'int', default: 0 },
            { name: 'text', type: ['null', 'string'] },
            { name: 'sender', type: ['null', 'string'], default: null },
            { name: 'awaited_until', type: 'long', default: 0 },
            { name: 'link', type: ['null', 'string'], default: null },
            { name: 'code', type: ['null', 'string'] },
            { name: 'withdrawn', type: ['null', 'string'], default: null },
          ],
        },
      },
    },
  ],
} as const
