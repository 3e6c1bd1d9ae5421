import type { Channel, EventType } from '../topology.ts'
import type { Aggregate, MomentKind, Purpose, Text } from './ruleset.ts'

/** The shapes of schemas/*.schema.json: what a file says, before names and types are checked. */
export interface RawFactor {
  id: string
  title: Text
  class?: 'high-risk-warning' | 'value-uplift' | 'guard'
  category?: string
  from: EventType
  where?: string
  value?: string
  aggregate: Aggregate
  window?: 'lifetime' | { days?: number; rolling?: string; pane?: string }
}

export interface RawMatch {
  on: EventType | EventType[]
  where?: string
}

export interface RawRule {
  id: string
  moment: MomentKind
  title: Text
  on?: EventType | EventType[]
  when?: string
  pattern?: [Record<string, RawMatch>, { not: RawMatch & { for: string } }]
  history?: 'none' | { tag: string }
  date?: { field: 'birth_date' | 'tenure_start' | 'contract_end'; at: string; leap_day?: '02-28' | '03-01' }
  open?: RawMatch
  close?: RawMatch
  key?: string
  longest?: string
  code?: 'do-not-disturb' | 'open-issue' | 'live-call'
  channels?: Channel[]
  purposes?: Purpose[]
  once?: string
  expires?: string
  purpose?: Purpose
  evidence?: string[]
  offers?: string[]
}

export interface RawOffer {
  id: string
  title: Text
  message: Record<string, string> & { en: string }
}

export interface RawPolicy {
  default_time_zone: string
  default_language: string
  quiet_hours: { id: string; channels: Channel[]; start: string; end: string }[]
  caps: {
    id: string
    purposes: Purpose[]
    window: { civil?: 'day' | 'week' | 'month'; rolling?: string }
    most: number
  }[]
  gaps: Partial<Record<Purpose, string>>
}
