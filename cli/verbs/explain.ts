import { Command } from 'commander'
import type { ExplainArguments } from '../actions/explain.ts'
import { defaultUrl } from '../engine.ts'

export const explainVerb = (): Command =>
  new Command('explain')
    .description('say why a subscriber got a message, or did not: factors, rules, moments and decisions as of a time')
    .argument('<subscriber>', 'subscriber_id, a pseudonym')
    .option('--at <time>', 'ISO-8601 time with a zone, not in the future (default: now)')
    .option('--rule <id>', 'one rule: its conditions with values, its factors with what their windows hold')
    .option('--all', 'all factors and all conditions')
    .option('--from <source>', 'state (default for now) or log (default for a past time): reads the events again')
    .option('--json', 'everything as one JSON object')
    .option('--url <url>', 'of the engine', defaultUrl)
    .action(async (subscriber: string, options: ExplainArguments) => {
      const { explain } = await import('../actions/explain.ts')
      await explain(subscriber, options)
    })
