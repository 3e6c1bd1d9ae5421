import type { ValueType } from './expression.ts'
import type { WindowKind } from './factor-window.ts'
import type { RawAggregate, RawFactor } from './raw.ts'
import type { Window } from './ruleset.ts'

/** What an aggregate takes. */
export interface AggregateSpecification {
  /** The types of `value`; empty: it takes none. */
  readonly values: readonly ValueType[]
  readonly needsValue: boolean
  readonly windows: readonly WindowKind[]
  /** What is meant without a window. */
  readonly fallback?: Window
  /** The shift of civil periods where `ago` is left out: 1 begins with the last full one. */
  readonly shift: 0 | 1
  /** The keys that belong to it alone. */
  readonly keys: readonly (keyof RawFactor)[]
}

const numbers = ['int', 'double'] as const
const countable = ['string', 'int'] as const
const all = ['lifetime', 'rolling', 'panes', 'civil', 'last', 'since'] as const
const distributed = ['lifetime', 'panes', 'civil', 'last'] as const
const lifetime: Window = { kind: 'lifetime' }

const overEvents = { values: [], needsValue: false, windows: all, shift: 0, keys: [] } as const
const overValues = { ...overEvents, values: numbers, needsValue: true } as const
const newest = {
  values: ['int', 'double', 'bool', 'string'],
  needsValue: true,
  windows: ['lifetime'],
  fallback: lifetime,
  shift: 0,
  keys: [],
} as const
const overPeriods = { values: numbers, needsValue: false, windows: ['civil'], shift: 1 } as const
const distribution = { values: countable, needsValue: true, windows: distributed, shift: 0, keys: [] } as const

export const aggregates: Readonly<Record<RawAggregate, AggregateSpecification>> = {
  count: overEvents,
  sum: overValues,
  avg: overValues,
  min: overValues,
  max: overValues,
  distinct: distribution,
  last: { ...newest, windows: ['lifetime', 'since'] },
  first: newest,
  previous: { ...newest, windows: ['last'], fallback: { kind: 'last', events: 2 } },
  rate: { ...overEvents, values: numbers, windows: ['rolling', 'panes', 'civil'], keys: ['per'] },
  share: { ...overEvents, values: numbers, keys: ['of'] },
  streak: { ...overPeriods, keys: ['while'] },
  'days-since': { ...overEvents, windows: ['lifetime'], fallback: lifetime },
  baseline: { ...overPeriods, keys: ['half_life', 'at_least'] },
  trend: { ...overPeriods, keys: ['at_least'] },
  cadence: {
    ...overEvents,
    windows: ['last'],
    fallback: { kind: 'last', events: 6 },
    keys: ['measure', 'at_least'],
  },
  entropy: distribution,
  'top-share': distribution,
  mode: { ...distribution, values: ['string'] },
}
