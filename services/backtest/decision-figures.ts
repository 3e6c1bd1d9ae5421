import type { Decision } from '../records/types.ts'
import type { Mode } from './moment-figures.ts'
import type { Report, Sides } from './report.ts'
import type { Side } from './sides.ts'
import { createSideCounts, type SideCounts } from './tallies.ts'

/** Counts what the policy did with moments. */
export interface DecisionFigures {
  /** `hour`: of the day, in which it was made where the subscriber is. */
  count(side: Side, mode: Mode, decision: Decision, hour: number): void
  commandsOf(rule: string): Sides
  commandsAt(hour: number): Sides
  figures(): Report['decisions']
}

export function createDecisionFigures(): DecisionFigures {
  const commandsByRule = createSideCounts()
  const commandsByHour = createSideCounts()
  const commands = createSideCounts()
  const offers = createSideCounts()
  const suppressed = createSideCounts()
  const deferred = createSideCounts()
  const recorded = createSideCounts()

  return {
    count(side, mode, { rule, outcome, code, channel, offer }, hour) {
      // A moment of a rule on trial is always kept back, with a code of its own.
      if (mode === 'shadow') return
      switch (outcome) {
        case 'command':
          commandsByRule.count(rule, side)
          commandsByHour.count(String(hour), side)
          commands.count(channel ?? 'none', side)
          offers.count(offer ?? 'none', side)
          return
        case 'suppressed':
          suppressed.count(code ?? 'none', side)
          return
        case 'deferred':
          deferred.count(code ?? 'none', side)
          return
        // Nothing is sent here that could be taken back.
        case 'withdrawn':
          return
        case 'recorded':
          recorded.count('', side)
      }
    },
    commandsAt: (hour) => commandsByHour.of(String(hour)),
    commandsOf: (rule) => commandsByRule.of(rule),
    figures: () => ({
      commands: commands.names().map((channel) => ({ channel, ...commands.of(channel) })),
      offers: offers.names().map((offer) => ({ offer, ...offers.of(offer) })),
      suppressed: byCode(suppressed),
      deferred: byCode(deferred),
      recorded: recorded.of(''),
    }),
  }
}

export const byCode = (counts: SideCounts): readonly ({ readonly code: string } & Sides)[] =>
  counts.names().map((code) => ({ code, ...counts.of(code) }))
