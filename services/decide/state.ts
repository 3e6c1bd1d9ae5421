import type { Drawn } from '../budgets/budgets.ts'
import type { Moment } from '../records/types.ts'
import type { Channel } from '../topology.ts'
import { type Awaited, awaitedFields } from './awaited.ts'
import { type Chain, chainFields } from './chains.ts'
import { type ChannelFacts, channelFactsFields, noChannelFacts } from './channel-facts.ts'
import { type Ending, endingFields } from './ending.ts'
import { type OpenCommand, openCommandFields } from './open-command.ts'
import { type OpenTask, openTaskFields } from './open-tasks.ts'
import { noProducts, type OwnedProducts } from './owned-products.ts'
import type { SubscriberFacts } from './subscriber-facts.ts'

export { initialState } from './initial-state.ts'
export type { OpenCommand } from './open-command.ts'

export type Purpose = Moment['purpose']

/** No moment lives longer. */
export const longestExpiryMs = 7 * 24 * 60 * 60_000

/** What decide remembers of one subscriber: a plain document, encoded by `stateSchema`. Times in ms since 1970. */
export interface DecideState {
  readonly facts: SubscriberFacts
  readonly products: OwnedProducts
  readonly intervals: readonly Interval[]
  readonly touches: readonly Touch[]
  /** Moments that have their last decision. */
  readonly decided: readonly Decided[]
  readonly deferred: readonly Deferred[]
  /** By rule, the latest moment that the subscriber was contacted for; of rules with `once` only. */
  readonly contacts: readonly Contact[]
  /** Commands that were found on the log without their decision. */
  readonly unrecorded: readonly Unrecorded[]
  /** What the subscriber said to offers. */
  readonly answers: readonly Answer[]
  readonly channels: ChannelFacts
  /** What may still be said through another channel. */
  readonly chains: readonly Chain[]
  /** Commands whose window for answers is open. */
  readonly awaited: readonly Awaited[]
  /** Moments that lost to a command of which it isn't known yet whether it leaves. */
  readonly losers: readonly Loser[]
  /** Commands of which nothing was heard yet. */
  readonly open: readonly OpenCommand[]
  /** What people work on. */
  readonly tasks: readonly OpenTask[]
  /** By rule, what ended the reason of its moments; of rules with `until` only. */
  readonly endings: readonly Ending[]
}

/** The last opening or closing of a suppression interval, by (rule, key). */
export interface Interval {
  readonly rule: string
  readonly key: string
  readonly code: 'do-not-disturb' | 'open-issue' | 'live-call'
  readonly open: boolean
  readonly at: number
  /** Open: ends then at the latest. Closed: forgotten then. */
  readonly until: number
  /** Closed: what turns out to have been open until then stays so until this. Open: it was closed, and lingers. */
  readonly lingers_until: number | null
  readonly channels: readonly Channel[]
  readonly purposes: readonly Purpose[]
}

/** A command, as caps and gaps see it. */
export interface Touch {
  readonly command_id: string
  /** Commands of one moment count once; null: not known. */
  readonly moment_id: string | null
  readonly purpose: Purpose
  readonly channel: Channel
  /** What was offered, and of which category that was then; null: not known. */
  readonly rule: string | null
  readonly offer: string | null
  readonly category: string | null
  /** When it was commanded; once it is known to have left: when that was known. */
  readonly at: number
  /** released: proven not to have left; kept, as a later receipt may say otherwise. Until counted: leaves by `not_after`, if that is known. */
  readonly state: 'reserved' | 'counted' | 'released'
  readonly not_after: number | null
  /** What it has drawn of budgets; of one that was found on the log, that isn't known. */
  readonly drawn: readonly Drawn[]
}

/** A reply to an offer. */
export interface Answer {
  /** Of the reply and its source. */
  readonly reply_id: string
  readonly at: number
  readonly refused: boolean
  /** Of what was answered; null: not known. */
  readonly rule: string | null
  readonly offer: string | null
  readonly category: string | null
}

export interface Decided {
  readonly moment_id: string
  readonly forget_at: number
  /** By a command. */
  readonly contacted: boolean
}

/** A rule's moment that was answered with a command, by the moment's `at`. */
export interface Contact {
  readonly rule: string
  readonly at: number
}

/** A command that was adopted from the log: what the decision will say of it, once the moment has come again. */
export interface Unrecorded {
  readonly moment_id: string
  /** As in the command: 2 and more are said after the one before it failed. */
  readonly attempt: number
  readonly forget_at: number
  readonly command_id: string
  readonly rule: string
  readonly channel: Channel
  readonly offer: string | null
  readonly category: string | null
  readonly text: string
  readonly issued_at: number
  readonly campaign: string | null
  readonly variant: string | null
}

/** A moment that waits. */
export interface Deferred {
  readonly moment_id: string
  readonly until: number
  readonly forget_at: number
  /** null: the deferral was adopted from the log, and the moment itself is yet to be replayed. */
  readonly moment: Candidate | null
  /** Since when it is held until what was said on the log is known here (see `mustWait`); null: it waits for another reason. */
  readonly held_since: number | null
  /** The pause that it waits for; it looks again at `until` by itself. null: it waits for something else. */
  readonly paused_by: string | null
  /** It could be said, and waits for others until the window closes; that isn't decided. */
  readonly competes: boolean
}

/** A moment that was decided: another was worth more. */
export interface Loser {
  readonly moment_id: string
  /** Command of the other one. */
  readonly lost_to: string
  readonly forget_at: number
  /** null: the decision was adopted from the log, and the moment itself is yet to be replayed. */
  readonly moment: Candidate | null
}

/** What judging a moment needs of it. */
export interface Candidate {
  readonly moment_id: string
  readonly subscriber_id: string
  readonly rule: string
  readonly purpose: Purpose
  readonly at: number
  readonly expires_at: number
  readonly offers: readonly string[]
  /** As the moment says: values of factors, and the segment of each dimension, when it fired. */
  readonly evidence: Moment['evidence']
  readonly segments: Moment['segments']
}

type Fields = Readonly<Record<string, unknown>>
/** A field that came later has a default, with which the states that lack it are read. */
const record = (name: string, fields: Fields, defaults: Fields = {}) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({
    name: field,
    type,
    ...(Object.hasOwn(defaults, field) && { default: defaults[field] }),
  })),
})
const list = (items: unknown) => ({ type: 'array', items })
const optional = (type: unknown) => ['null', type]
const known = record('Known', { value: 'string', at: 'long' })
const consent = record('ConsentEntry', { granted: 'boolean', since: 'long', from: 'long', ref: 'string' })
const candidate = record(
  'Candidate',
  {
    moment_id: 'string',
    subscriber_id: 'string',
    rule: 'string',
    purpose: 'string',
    at: 'long',
    expires_at: 'long',
    offers: list('string'),
    evidence: { type: 'map', values: ['null', 'boolean', 'long', 'double', 'string'] },
    segments: { type: 'map', values: 'string' },
  },
  { evidence: {}, segments: {} },
)

const words = list('string')
const preferences = record('Preferences', {
  since: 'long',
  from: 'long',
  ref: 'string',
  blocks: list(record('PreferenceBlock', { categories: words, channels: words, bands: words, days: words })),
})
const registerCheck = record('RegisterCheck', { listed: 'boolean', at: 'long', ref: 'string' })

const unrecorded = record(
  'Unrecorded',
  {
    moment_id: 'string',
    forget_at: 'long',
    command_id: 'string',
    rule: 'string',
    channel: 'string',
    offer: optional('string'),
    category: optional('string'),
    text: 'string',
    issued_at: 'long',
    campaign: optional('string'),
    variant: optional('string'),
    attempt: 'int',
  },
  { category: null, campaign: null, variant: null, attempt: 1 },
)

const drawn = record('Drawn', { budget: 'string', period: 'string', pool: 'string', amount: 'long' })

const answer = record('Answer', {
  reply_id: 'string',
  at: 'long',
  refused: 'boolean',
  rule: optional('string'),
  offer: optional('string'),
  category: optional('string'),
})

const awaited = record('Awaited', awaitedFields, { compared_as: null })

/** Behind the deferred, which name `Candidate`. */
const loser = record('Loser', {
  moment_id: 'string',
  lost_to: 'string',
  forget_at: 'long',
  moment: optional('Candidate'),
})

/** Behind the facts, which name `Known`. */
const ownedProducts = record('OwnedProducts', {
  listed: optional(record('Listed', { products: list('string'), at: 'long', id: 'string' })),
  plan: optional('Known'),
  orders: list(
    record('ProductOrder', {
      product: 'string',
      owned: 'boolean',
      at: 'long',
      id: 'string',
      taken_at: optional('long'),
      contract_end: optional('string'),
    }),
  ),
  contract_end: optional('Known'),
  cut_at: optional('long'),
})

/** Avro schema of `DecideState`. */
export const stateSchema = record(
  'DecideState',
  {
    facts: record(
      'SubscriberFacts',
      {
        ended_at: optional('long'),
        consent: { type: 'map', values: consent },
        time_zone: optional(known),
        language: optional('Known'),
        birth_date: optional('Known'),
        billing_day: optional('Known'),
        calendar: optional('Known'),
        country: optional('Known'),
        preferences: optional(preferences),
        register: optional(registerCheck),
        scores: optional(record('Scores', { at: 'long', values: { type: 'map', values: 'double' } })),
      },
      { billing_day: null, calendar: null, country: null, preferences: null, register: null, scores: null },
    ),
    products: ownedProducts,
    intervals: list(
      record(
        'Interval',
        {
          rule: 'string',
          key: 'string',
          code: 'string',
          open: 'boolean',
          at: 'long',
          until: 'long',
          lingers_until: optional('long'),
          channels: list('string'),
          purposes: list('string'),
        },
        { lingers_until: null },
      ),
    ),
    touches: list(
      record(
        'Touch',
        {
          command_id: 'string',
          purpose: 'string',
          channel: 'string',
          rule: optional('string'),
          offer: optional('string'),
          category: optional('string'),
          at: 'long',
          state: 'string',
          drawn: list(drawn),
          moment_id: optional('string'),
          not_after: optional('long'),
        },
        { rule: null, offer: null, category: null, drawn: [], moment_id: null, not_after: null },
      ),
    ),
    decided: list(
      record('Decided', { moment_id: 'string', forget_at: 'long', contacted: 'boolean' }, { contacted: false }),
    ),
    deferred: list(
      record(
        'Deferred',
        {
          moment_id: 'string',
          until: 'long',
          forget_at: 'long',
          moment: optional(candidate),
          held_since: optional('long'),
          paused_by: optional('string'),
          competes: 'boolean',
        },
        { held_since: null, paused_by: null, competes: false },
      ),
    ),
    contacts: list(record('Contact', { rule: 'string', at: 'long' })),
    unrecorded: list(unrecorded),
    answers: list(answer),
    channels: record('ChannelFacts', channelFactsFields),
    chains: list(record('Chain', chainFields)),
    awaited: list(awaited),
    losers: list(loser),
    open: list(record('OpenCommand', openCommandFields, { moment_at: null })),
    tasks: list(record('OpenTask', openTaskFields)),
    endings: list(record('Ending', endingFields)),
  },
  {
    products: noProducts,
    contacts: [],
    unrecorded: [],
    answers: [],
    channels: noChannelFacts,
    chains: [],
    losers: [],
    open: [],
    awaited: [],
    tasks: [],
    endings: [],
  },
)
