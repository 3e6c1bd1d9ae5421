import type { Outcome } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import { createFold } from './fold.ts'
import { breachesOf } from './guardrails.ts'
import type { Learning, Stop } from './learning.ts'
import { wholeOf } from './whole.ts'

/** Learns from the outcomes that it is handed, in memory, at once: for simulate, backtests and timelines. */
export interface LearningAlone extends Learning {
  /** `campaigns`: of the catalogue in force. */
  take(outcome: Outcome, campaigns: readonly Campaign[]): void
}

export function learnAlone(): LearningAlone {
  const fold = createFold()
  const stops = new Map<string, Stop>()
  let taken = 0
  const whole = wholeOf(
    () => [fold.totals],
    () => taken,
  )
  return {
    learned: whole.learned,
    get talliedAt() {
      return whole.talliedAt
    },
    stopOf: (experiment, variant) => stops.get(`${experiment} ${variant}`),
    take(outcome, campaigns) {
      fold.take(outcome)
      taken++
      const campaign = campaigns.find(({ experiment }) => experiment === outcome.experiment)
      if (!campaign?.variants.some(({ stopIf }) => stopIf.length > 0)) return
      for (const { experiment, variant, reason } of breachesOf(
        campaign,
        whole.variantsOf(campaign.experiment),
        whole.arms(),
      )) {
        const key = `${experiment} ${variant}`
        if (!stops.has(key)) stops.set(key, { since: outcome.occurred_at, reason })
      }
    },
  }
}
