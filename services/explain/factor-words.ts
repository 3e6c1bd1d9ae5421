import { toCel } from '../rules/condition-tree.ts'
import type { Expression } from '../rules/expression.ts'
import type { Aggregate, EventFactor, EventMatch, Factor, Window } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'

const unitNames = { hour: 'hour', day: 'day', week: 'week', month: 'month', 'billing-month': 'billing month' } as const
const present = {
  hour: 'this hour',
  day: 'today',
  week: 'this week',
  month: 'this month',
  'billing-month': 'this billing month',
} as const

/** A window for people; says whether it is exact. */
export function windowWords(window: Window): string {
  switch (window.kind) {
    case 'lifetime':
      return 'the whole life'
    case 'rolling':
      return `the last ${lengthText(window.length)}, exact`
    case 'panes': {
      const { pane, panes } = window
      return `the current pane of ${lengthText(pane)} and the ${panes - 1} before it, not exact: ${lengthText((panes - 1) * pane)} to ${lengthText(panes * pane)}`
    }
    case 'civil':
      return civilWords(window)
    case 'last':
      return window.events === 1 ? 'the newest event' : `the newest ${window.events} events`
    case 'since':
      return `since the newest ${matchWords(window.anchor)}`
  }
}

function civilWords({ unit, periods, ago }: Extract<Window, { readonly kind: 'civil' }>): string {
  const name = unitNames[unit]
  if (ago === 0) {
    return periods === 1 ? present[unit] : `${present[unit]} and the ${plural(periods - 1, name)} before it`
  }
  const which = periods === 1 ? `full ${name}` : `${periods} full ${name}s`
  if (ago === 1) return `the last ${which}`
  return `the ${which} before the last ${ago === 2 ? `full ${name}` : `${ago - 1} full ${name}s`}`
}

const plural = (count: number, name: string): string => (count === 1 ? name : `${count} ${name}s`)

/** `recharge where amount >= 5000`. */
export const matchWords = ({ on, where }: EventMatch): string =>
  `${on.join(' or ')}${where ? ` where ${overFields(where)}` : ''}`

/** In `where` and `value` the fields of the event have their bare names. */
const overFields = (expression: Expression): string =>
  toCel(expression).replace(/"(?:[^"\\]|\\.)*"|\bevent\./g, (found) => (found.startsWith('"') ? found : ''))

const aggregateWords: Readonly<Record<Aggregate['kind'], string>> = {
  count: 'count',
  sum: 'sum',
  min: 'least',
  max: 'greatest',
  last: 'newest',
  first: 'first',
  previous: 'newest but one',
  'last-time': 'time of the newest',
  distinct: 'different values',
  entropy: 'entropy',
  'top-share': 'share of the most frequent',
  mode: 'most frequent',
  cadence: 'gaps between events',
  baseline: 'usual value',
  trend: 'slope',
  streak: 'periods in a row',
}

/** What a factor is computed from: `count of cdr where end_cause == "dropped"`. */
export function factorWords({ definition }: Factor): string {
  switch (definition.kind) {
    case 'derived':
      return toCel(definition.value)
    case 'tag':
      return `tag '${definition.tag}' of the newest profile that names tags`
    case 'product':
      return `whether the profile's products hold ${definition.products.join(' or ')}`
    case 'consent':
      return `whether consent is granted for ${definition.channel} and ${definition.purpose}`
    case 'events':
      return overEvents(definition)
  }
}

function overEvents({ aggregate, value, from, where }: EventFactor): string {
  const what = value ? ` of ${overFields(value)} over` : ' of'
  const events = matchWords({ on: from, ...(where && { where }) })
  switch (aggregate.kind) {
    case 'cadence':
      return `${aggregate.measure} of the gaps between ${events}, in hours`
    case 'baseline':
      return `usual ${value ? 'sum' : 'count'}${what} ${events}, half-life ${aggregate.halfLife}`
    case 'trend':
      return `slope of the ${value ? 'sum' : 'count'}${what} ${events}`
    case 'streak':
      return `periods in a row in which ${toCel(aggregate.when)}, value the ${value ? 'sum' : 'count'}${what} ${events}`
    default:
      return `${aggregateWords[aggregate.kind]}${what} ${events}`
  }
}
