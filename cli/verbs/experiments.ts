import { Command } from 'commander'
import type { ExperimentsArguments } from '../actions/experiments.ts'
import { urlOption } from '../url-option.ts'

export const experimentsVerb = (): Command =>
  new Command('experiments')
    .description('what campaigns try: exposures, outcomes and rates by variant, and what a guardrail stopped, and why')
    .option('--odds', 'how likely acceptances of offers are held to be, and from how much, instead')
    .option('--json', 'one JSON object')
    .addOption(urlOption())
    .action(async (options: ExperimentsArguments) => {
      const { listExperiments, listOdds } = await import('../actions/experiments.ts')
      await (options.odds ? listOdds(options) : listExperiments(options))
    })
