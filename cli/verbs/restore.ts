import { Command } from 'commander'
import type { RestoreArguments } from '../actions/restore.ts'

export const restoreVerb = (): Command =>
  new Command('restore')
    .description('after Redis lost its data: bring the state back, from a snapshot and the log, or from the log alone')
    .option('--snapshot <file...>', 'RDB files of Redis, one of each master, or URLs of servers that have loaded them')
    .option(
      '--accept-loss <reason>',
      'go on without what neither a snapshot nor the log has; marketing waits meanwhile',
    )
    .option('--author <name>', 'who answers for it (default: the user of this machine)')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--wait', 'until the services have caught up, and say how long it took')
    .option('--json', 'the result as one JSON object')
    .option('--config <file>', 'settings (YAML), as for start; each can be set by KEYMOMENT_… too')
    .addHelpText('after', help)
    .action(async (options: RestoreArguments) => {
      const { restoreState } = await import('../actions/restore.ts')
      process.exitCode = await restoreState(options)
    })

const help = `
It works on Kafka and Redis themselves, with the settings of the engine: services may run or not, and go on by themselves
once their state is there. Nothing that was sent is sent again. It may be called again at any time: what has its state
is left alone. docs/recovery.md says more.`
