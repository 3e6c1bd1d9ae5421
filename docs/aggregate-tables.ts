import { openTrack } from '../services/rules/engine/open-tracks.ts'
import { specOf } from '../services/rules/engine/track-kinds.ts'
import { aggregates } from '../services/rules/factor-aggregates.ts'
import { loadCatalogue } from '../services/rules/load.ts'
import type { RawAggregate } from '../services/rules/raw.ts'
import type { Factor } from '../services/rules/ruleset.ts'
import { code, table } from './table.ts'

/** What each aggregate is, in words: its type, and what it is over nothing. */
const meanings: Readonly<Record<RawAggregate, readonly [meaning: string, type: string, overNothing: string]>> = {
  count: ['number of events', 'int', '0'],
  sum: ['sum of `value`', 'as `value`', '0'],
  avg: ['mean of `value`', 'double', 'unknown'],
  min: ['least `value`', 'as `value`', 'unknown'],
  max: ['greatest `value`', 'as `value`', 'unknown'],
  distinct: ['number of different values; exact to 64, then estimated (relative standard error 15 %)', 'int', '0'],
  last: ['newest value', 'as `value`', 'unknown'],
  first: ['earliest value', 'as `value`', 'unknown'],
  previous: ['newest value but one', 'as `value`', 'unknown'],
  rate: ['number of events, or sum of `value`, per length of time', 'double', '0'],
  share: ['part of the events, or of the sum of `value`, that also meets `of`', 'double', 'unknown'],
  streak: ['full periods in a row, newest first, that are known to meet `while`', 'int', 'unknown'],
  'days-since': ["civil days from the newest event's date to today's", 'int', 'unknown'],
  baseline: ['mean of full periods in which older ones weigh less', 'double', 'unknown'],
  trend: ['slope of the least-squares line through full periods, in value per period', 'double', 'unknown'],
  cadence: ['hours between events: last, mean or median gap', 'double', 'unknown'],
  entropy: ['bits of the distribution of events by value', 'double', 'unknown'],
  'top-share': ['part of the events that have the most frequent value', 'double', 'unknown'],
  mode: ['most frequent value', 'text', 'unknown'],
}

const windows = {
  lifetime: 'lifetime',
  rolling: 'rolling',
  panes: 'rolling with pane',
  civil: 'civil',
  last: 'last',
  since: 'since',
} as const

/** Every aggregate with what it takes. */
export const aggregateTable = (): string =>
  table(
    ['aggregate', 'what it is', 'type', 'over nothing', '`value`', 'windows', 'own keys'],
    Object.entries(aggregates).map(([name, { values, needsValue, windows: taken, fallback, keys }]) => {
      const [meaning, type, overNothing] = meanings[name as RawAggregate]
      const kinds = taken.map((kind) => windows[kind] + (fallback?.kind === kind ? ' (if left out)' : ''))
      return [code(name), meaning, type, overNothing, valueText(values, needsValue), kinds.join(', '), keysText(keys)]
    }),
  )

function valueText(values: readonly string[], needed: boolean): string {
  if (values.length === 0) return 'none'
  const types = values.map((type) => (type === 'string' ? 'text' : type)).join(', ')
  return needed ? types : `${types}; may be left out`
}

const keysText = (keys: readonly string[]): string => keys.map(code).join(', ')

/** Factors of which the cost is told, as they stand in a file. */
const priced: readonly string[] = [
  'from: cdr, aggregate: count, window: lifetime',
  'from: cdr, aggregate: count, window: { rolling: 24h }',
  'from: cdr, value: duration_s, aggregate: sum, window: { rolling: 24h }',
  'from: cdr, aggregate: count, window: { rolling: 24h, pane: 1h }',
  'from: cdr, aggregate: count, window: { days: 7 }',
  'from: cdr, value: duration_s, aggregate: sum, window: { days: 30 }',
  'from: cdr, value: duration_s, aggregate: max, window: { days: 30 }',
  'from: cdr, value: duration_s, aggregate: avg, window: { last: 5 }',
  'from: cdr, aggregate: count, window: { since: { on: recharge } }',
  'from: cdr, value: balance_after, aggregate: last',
  'from: recharge, value: amount, aggregate: first',
  'from: recharge, aggregate: days-since',
  'from: recharge, aggregate: cadence, window: { last: 6 }',
  'from: cdr, aggregate: baseline, half_life: 4, window: { weeks: 4, ago: 2 }',
  'from: cdr, aggregate: streak, while: value == 0, window: { months: 3 }',
  'from: cdr, value: other_party, aggregate: distinct, window: { months: 1 }',
  'from: app-usage, value: app, aggregate: entropy, window: { weeks: 4 }',
  'from: app-usage, value: app, aggregate: mode, window: { weeks: 4 }',
]

/** What factors cost at most in memory, in bytes a subscriber, as the engine lays them out. */
export const costTable = (): string =>
  table(
    ['factor', 'bytes at most'],
    definitions().map(({ definition }, i) => {
      if (definition.kind !== 'events') throw new Error(`'${priced[i]}' is not over events by itself`)
      const { wordsMost } = openTrack(specOf(definition)).track
      return [code(priced[i] ?? ''), String((wordsMost + blockHeadWords) * wordBytes)]
    }),
  )

const wordBytes = 4
/** Each block is headed by the number of its track and its length. */
const blockHeadWords = 1

function definitions(): readonly Factor[] {
  const factors = priced.map((text, i) => `- { id: f${i}, title: { en: F }, ${text} }\n`).join('')
  const policy = 'default_time_zone: Asia/Shanghai\ndefault_language: zh\nquiet_hours: []\ncaps: []\ngaps: {}\n'
  const { catalogue, problems } = loadCatalogue([
    { path: 'factors/priced.yaml', text: factors },
    { path: 'policy.yaml', text: policy },
  ])
  if (!catalogue) throw new Error(problems.join('\n'))
  // An average is a sum and a count, which share what is kept: the sum's is told.
  return priced.map((_text, i) => {
    const { factors: all } = catalogue.ruleset
    const found = all.find(({ id }) => id === `f${i}`)
    const parts = all.filter(({ id, hidden }) => hidden && id.startsWith(`f${i}$`))
    const own = found?.definition.kind === 'events' ? found : parts[0]
    if (!own) throw new Error(`no factor f${i}`)
    return own
  })
}
