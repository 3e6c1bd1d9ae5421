import type { CivilUnit } from '../domain/civil-time.ts'
import type { Channel, EventType } from '../topology.ts'
import type { RawBudget } from './budgets.ts'
import type { CoolingOf, OfferKind, OfferOrder } from './catalogue.ts'
import type { RawChannels } from './channels.ts'
import type { RawContactTimes } from './contact-times.ts'
import type { RawHumanChannels } from './human-channels.ts'
import type { MomentKind, Purpose, Text } from './ruleset.ts'

/** The shapes of schemas/*.schema.json: what a file says, before names and types are checked. */
export interface RawFactor {
  id: string
  title: Text
  description?: Text
  unit?: string
  class?: 'high-risk-warning' | 'value-uplift' | 'guard'
  category?: string
  from?: EventType | EventType[]
  where?: string
  value?: string
  aggregate?: RawAggregate
  window?: RawWindow
  per?: string
  of?: string
  half_life?: number
  at_least?: number
  measure?: 'last' | 'mean' | 'median'
  while?: string
  derive?: string
  ratio?: { of: string; to: string }
  score?: RawScorePart[]
  quantiles?: RawQuantiles
  profile?: string
  previous?: boolean
  unchanged?: 'days' | 'hours'
  became?: string
  tag?: string
  type?: 'text' | 'int' | 'double' | 'bool'
  product?: string | string[]
  consent?: { channel: Channel; purpose: Purpose }
}

export interface RawScorePart {
  weight: number
  of?: string
  none?: number
  full?: number
  when?: string
}

export interface RawQuantiles {
  of: string
  cuts: number[]
  declared: number[]
  measured?: { at: string; subscribers: number; thresholds: number[] }
}

export type RawAggregate =
  | 'count'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'distinct'
  | 'last'
  | 'first'
  | 'previous'
  | 'rate'
  | 'share'
  | 'streak'
  | 'days-since'
  | 'baseline'
  | 'trend'
  | 'cadence'
  | 'entropy'
  | 'top-share'
  | 'mode'

export type RawWindow = 'lifetime' | RawWindowParts
export interface RawWindowParts {
  rolling?: string
  pane?: string
  hours?: number
  days?: number
  weeks?: number
  months?: number
  billing_months?: number
  ago?: number
  last?: number
  since?: RawMatch
}

export interface RawMatch {
  on: EventType | EventType[]
  where?: string
}

/** One match, or any of several. */
export type RawMatches = RawMatch | { any: RawMatch[] }

export type RawEventStep = (RawMatch | { any: RawMatch[] }) & { times?: number }
export type RawAbsence = (RawMatch | { any: RawMatch[] }) & { for?: string; from?: 'start' }
export type RawStep = { not: RawAbsence } | { [name: string]: RawEventStep }

export type RawHistory = 'none' | { tag?: string; warm_up?: string; known?: string }

export interface RawDate {
  at: string
  offset_days?: number
  field?: 'birth_date' | 'tenure_start' | 'contract_end'
  repeats?: 'yearly' | 'once' | 'lunar'
  months?: number
  day?: number
  counting?: 'from-one' | 'from-zero'
  from_year?: number
  leap_day?: '02-28' | '03-01'
  lunar?: {
    without_leap_month?: 'plain' | 'skip'
    with_leap_month?: 'first' | 'leap'
    day_thirty?: 'last' | 'skip'
  }
  festival?: string
  day_set?: string
  each?: 'day' | 'run'
  billing_day?: true
}

export interface RawRule {
  id: string
  moment: MomentKind
  title: Text
  description?: Text
  on?: EventType | EventType[]
  when?: string
  becomes?: string
  rearm?: string
  initial?: boolean
  every?: 'day' | 'week' | 'month' | 'billing-month'
  at?: string
  segment?: { of: string; from?: string | string[]; to?: string | string[] }
  pattern?: RawStep[]
  within?: string
  key?: string
  unless?: RawMatches
  history?: RawHistory
  date?: RawDate
  open?: RawMatches | { date: RawDate }
  close?: RawMatches
  longest?: string
  lingers?: string
  code?: 'do-not-disturb' | 'open-issue' | 'live-call'
  channels?: Channel[]
  purposes?: Purpose[]
  only?: string
  settle?: 'grace'
  mode?: 'live' | 'shadow'
  audience?: 'pilot'
  once?: string
  expires?: string
  until?: RawMatches
  purpose?: Purpose
  campaign?: string
  evidence?: string[]
  offers?: string[]
}

export interface RawSegment {
  id: string
  dimension: string
  title: Text
  when: string
}

export interface RawTag {
  id: string
  title: Text
  type?: 'text' | 'int' | 'double' | 'bool'
  values?: string[]
}

export interface RawCampaign {
  id: string
  title: Text
  description?: Text
  audience?: 'pilot'
  sender?: string
  holdout?: number
  salt?: string
  control?: string
  variants?: {
    id: string
    share: number
    stop_if?: {
      rate: 'opt-out' | 'refusal'
      above?: number
      times_control?: number
      times?: number
      against?: 'holdout'
      exposures: number
      confidence?: number
    }[]
    when_stopped?: 'control' | 'nothing'
    offers?: Record<string, string>
    messages?: Record<string, RawOffer['message']>
  }[]
}

export interface RawOffer {
  id: string
  title: Text
  kind?: OfferKind
  category?: string
  product?: string
  repeatable?: boolean
  requires?: (string | string[])[]
  conflicts?: string[]
  replaces?: string[]
  segments?: Record<string, string[]>
  valid?: { from?: string; to?: string }
  contract_days_left_most?: number
  value?: number
  stickiness?: number
  cost?: number
  price?: number
  acceptance?:
    | number
    | {
        prior: number
        strength?: number
        by?: { segment?: string; channel?: Channel; prior: number }[]
        score?: string
      }
  answer_within?: string
  task?: string
  message: Record<string, string> & { en: string }
  channels?: Channel[]
  channel_messages?: Partial<Record<Channel, Record<string, string> & { en: string }>>
}

export interface RawPolicy extends RawContactTimes, RawChannels {
  default_time_zone: string
  default_language: string
  repair_first?: Record<string, OfferKind[]>
  offer_order?: OfferOrder[]
  quiet_hours: { id: string; channels: Channel[]; start: string; end: string }[]
  caps: {
    id: string
    purposes: Purpose[]
    channels?: Channel[]
    categories?: string[]
    window: { civil?: CivilUnit; rolling?: string }
    most: number
  }[]
  gaps: Partial<Record<Purpose, string>>
  competition?: { marketing?: string; care?: string }
  holdout?: number
  holdout_salt?: string
  priority_weights?: Record<string, number>
  pilots?: string[]
  roaming?: { abroad: string; country: string }
  channel_costs?: Partial<Record<Channel, number>>
  answer_within?: string
  learning?: { learn?: boolean; explore?: number; half_life?: string }
  cooling?: { id: string; for: string; of?: CoolingOf; after?: number; within?: string }[]
  replies?: Record<string, RawReplies>
  currency?: string
  variables?: Record<string, string | Record<string, string>>
  opt_out_text?: Record<string, string>
  segments_most?: number
  human_channels?: RawHumanChannels
  budgets?: RawBudget[]
}

/** Words of one language. */
export interface RawReplies {
  opt_out?: string[]
  refuse?: string[]
  accept?: string[]
}
