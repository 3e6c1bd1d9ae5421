import type { Catalogue } from '../../services/rules/catalogue.ts'
import { topics } from '../../services/topology.ts'
import { chainsJudged } from './judge-chains.ts'
import { decisionsJudged } from './judge-decisions.ts'
import { budgetsJudged, talliesJudged } from './judge-ledgers.ts'
import { momentsJudged } from './judge-moments.ts'
import { peopleJudged } from './judge-people.ts'
import { policyJudged } from './judge-policy.ts'
import { outreachOf } from './outreach.ts'
import type { Run } from './run.ts'

/**
 * Judges a run through all channels and people, by what went in, what is on the log and what providers got; it knows nothing of the
 * engine's states. Found is told in sentences; none: every promise was kept.
 */
export function judgeEverything(run: Run, catalogue: Catalogue, undisturbed: Run | undefined): string[] {
  const outreach = outreachOf(run)
  const onces = new Map(catalogue.ruleset.rules.map(({ id, once }) => [id, once]))
  const onceOf = (rule: string) => {
    const once = onces.get(rule)
    return typeof once === 'number' && once > 0 ? once : undefined
  }
  return [
    ...run.read(topics.deadLetters).map(({ value }) => `a dead letter: ${value.code} ${value.reason}`),
    ...momentsJudged(run, undisturbed, onceOf),
    ...decisionsJudged(run, outreach),
    ...chainsJudged(catalogue, outreach),
    ...peopleJudged(outreach),
    ...policyJudged(run, catalogue, outreach),
    ...budgetsJudged(catalogue, outreach),
    ...talliesJudged(run),
  ]
}
