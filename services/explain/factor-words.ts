import { toCel } from '../rules/condition-tree.ts'
import type { Expression } from '../rules/expression.ts'
import type { EventFactor, EventMatch, Factor, Window } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'
import type { Sentences } from './sentences.ts'

/** A window for people; says whether it is exact. */
export function windowWords(window: Window, say: Sentences): string {
  switch (window.kind) {
    case 'lifetime':
      return say.wholeLife
    case 'rolling':
      return say.rolling(lengthText(window.length))
    case 'panes': {
      const { pane, panes } = window
      return say.panes(lengthText(pane), panes - 1, lengthText((panes - 1) * pane), lengthText(panes * pane))
    }
    case 'civil': {
      const { unit, periods, ago } = window
      if (ago > 0) return say.fullPeriods(unit, periods, ago - 1)
      return periods === 1 ? say.present(unit) : say.presentAndBefore(unit, periods - 1)
    }
    case 'last':
      return say.newestEvents(window.events)
    case 'since':
      return say.sinceNewest(matchWords(window.anchor, say))
  }
}

/** `recharge where amount >= 5000`. */
export function matchWords({ on, where }: EventMatch, say: Sentences): string {
  const events = say.or(on)
  return where ? say.where(events, overFields(where)) : events
}

/** In `where` and `value` the fields of the event have their bare names. */
const overFields = (expression: Expression): string =>
  toCel(expression).replace(/"(?:[^"\\]|\\.)*"|\bevent\./g, (found) => (found.startsWith('"') ? found : ''))

/** What a factor is computed from: `count of cdr where end_cause == "dropped"`. */
export function factorWords({ definition, quantiles }: Factor, say: Sentences): string {
  if (quantiles) return say.byQuantiles(quantiles)
  switch (definition.kind) {
    case 'derived':
      return toCel(definition.value)
    case 'tag':
      return say.ofTag(definition.tag)
    case 'product':
      return say.ofProducts(say.or(definition.products))
    case 'consent':
      return say.ofConsent(definition.channel, definition.purpose)
    case 'events':
      return overEvents(definition, say)
  }
}

function overEvents({ aggregate, value, from, where }: EventFactor, say: Sentences): string {
  const what = value && overFields(value)
  const events = matchWords({ on: from, ...(where && { where }) }, say)
  switch (aggregate.kind) {
    case 'cadence':
      return say.cadence(aggregate.measure, events)
    case 'baseline':
      return say.baseline(what, events, aggregate.halfLife)
    case 'trend':
      return say.trend(what, events)
    case 'streak':
      return say.streak(toCel(aggregate.when), what, events)
    default:
      return say.aggregate(aggregate.kind, what, events)
  }
}
