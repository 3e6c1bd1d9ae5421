import type { Catalogue } from '../rules/catalogue.ts'
import type { Rule } from '../rules/ruleset.ts'
import type { Figures } from './compare.ts'
import type { Note } from './report.ts'
import type { Side } from './sides.ts'

/** What the figures don't say by themselves. */
export function notesOn(figures: Figures, catalogues: Readonly<Record<Side, Catalogue>>, warmUp: number): Note[] {
  return [
    ...figures.dead_letters.map(({ code, present, candidate }) => ({
      code: 'KM_BACKTEST_DEAD_LETTERS',
      message: `events that could not be handled (${code}): ${present} by the present catalogue, ${candidate} by the candidate`,
    })),
    ...habits(catalogues, warmUp),
  ]
}

/** State is empty at the beginning, so that a rule of the kind `first` takes what is new to it for an old habit. */
function habits({ candidate, present }: Readonly<Record<Side, Catalogue>>, warmUp: number): Note[] {
  const rules = new Map([...present.ruleset.rules, ...candidate.ruleset.rules].map((rule) => [rule.id, rule]))
  const short = [...rules.values()].filter((rule) => historyOf(rule) > warmUp).map(({ id }) => id)
  if (short.length === 0) return []
  const message = `${short.join(', ')}: what happened before the record isn't known, and their own warm-up is longer than that of the backtest, so that first times are taken for old habits and not counted, except of who joined in the record`
  return [{ code: 'KM_BACKTEST_WARM_UP', message }]
}

/** How long the rule itself only remembers of somebody who is seen for the first time. */
function historyOf({ trigger }: Rule): number {
  const history = 'history' in trigger ? trigger.history : undefined
  return history?.kind === 'warm-up' ? history.length : 0
}
