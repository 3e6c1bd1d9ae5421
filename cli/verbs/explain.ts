import { Command, Option } from 'commander'
import type { ExplainArguments } from '../actions/explain.ts'
import { instant } from '../instant.ts'
import { urlOption } from '../url-option.ts'

export const explainVerb = (): Command =>
  new Command('explain')
    .description('say why a subscriber got a message, or did not: factors, rules, moments and decisions as of a time')
    .argument('<subscriber>', 'subscriber_id, a pseudonym')
    .option('--at <time>', 'ISO-8601 time with a zone, not in the future (default: now)', time)
    .option('--rule <id>', 'one rule: its conditions with values, its factors with what their windows hold')
    .option('--all', 'all factors and all conditions')
    .addOption(
      new Option(
        '--from <source>',
        'what the services have committed (default for now), or the events on the log, read again (default for a past time)',
      ).choices(['state', 'log']),
    )
    .addOption(new Option('--language <code>', 'of the sentences (default: en)').choices(['en', 'zh']))
    .option('--json', 'everything as one JSON object')
    .addOption(urlOption())
    .action(async (subscriber: string, options: ExplainArguments) => {
      const { explain } = await import('../actions/explain.ts')
      await explain(subscriber, options)
    })

const time = (text: string): string => (text === 'now' ? text : new Date(instant(text)).toISOString())
