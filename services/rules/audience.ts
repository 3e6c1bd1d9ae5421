import type { Campaign } from './campaigns.ts'
import type { Policy } from './catalogue.ts'
import { type Problem, problem } from './problem.ts'
import type { Rule } from './ruleset.ts'
import type { SourceNode } from './source.ts'

/** Tells of rules and campaigns that are for pilots where the policy lists none: nobody would ever get anything of them. */
export function checkAudiences(
  nodes: readonly SourceNode[],
  meant: readonly (Pick<Rule | Campaign, 'id' | 'audience'> | undefined)[],
  { pilots }: Policy,
  problems: Problem[],
): void {
  if (pilots) return
  const forPilots = new Set(meant.flatMap((one) => (one?.audience === 'pilot' ? [one.id] : [])))
  for (const node of nodes) {
    if (node.id === undefined || !forPilots.has(node.id)) continue
    const message = `'${node.id}' is for pilots, and policy.yaml lists none: nobody would get it; list them under 'pilots', or take this out`
    problems.push(problem('KM_POLICY_PILOTS', message, node.at(['audience'])))
  }
}
