import { Command } from 'commander'
import type { SplitArguments } from '../actions/split-shards.ts'

export const shardsVerb = (): Command =>
  new Command('shards').description('the number of shards of a system').addCommand(
    new Command('split')
      .description('make of a stopped system on Kafka and Redis another one with a multiple of its shards')
      .requiredOption('--from <file>', 'settings of the old system')
      .requiredOption('--to <file>', 'settings of the new one: other prefixes, and more shards')
      .action(async (options: SplitArguments) => {
        const { splitSystem } = await import('../actions/split-shards.ts')
        await splitSystem(options)
      }),
  )
