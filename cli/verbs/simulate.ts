import { Command } from 'commander'
import type { SimulateArguments } from '../actions/simulate.ts'
import { instant } from '../instant.ts'

export const simulateVerb = (): Command =>
  new Command('simulate')
    .description(
      'run recorded events through detect and decide on a virtual clock; prints moments and decisions (JSONL)',
    )
    .requiredOption('--catalogue <dir>', 'catalogue folder')
    .requiredOption('--events <file...>', 'JSONL files of events, or - for standard input')
    .option('--until <time>', 'ISO-8601 time at which the clock ends', instant)
    .option('--explain', 'with everything that each record holds')
    .option('--config <file>', 'settings (shards, grace)')
    .action(async (options: SimulateArguments) => {
      const { printSimulated } = await import('../actions/simulate.ts')
      await printSimulated(options)
    })
