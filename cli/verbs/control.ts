import { Command, Option } from 'commander'
import { channels } from '../../services/topology.ts'
import type { CancelArguments, ListArguments, PauseArguments, ResumeArguments } from '../actions/control.ts'
import { urlOption } from '../url-option.ts'

const purposes = ['marketing', 'care', 'service', 'regulatory']

export const pauseVerb = (): Command =>
  acting(scoped(new Command('pause')))
    .description('hold everything, or a channel, a purpose, a campaign, down to the send, until it is resumed')
    .option('--list', 'say what is paused, and change nothing')
    .option('--history', 'say everything that was paused, resumed and cancelled, and change nothing')
    .addOption(new Option('--json', 'of --list: one JSON object; of --history: one a line'))
    .action(async (options: PauseArguments & ListArguments) => {
      const { listActs, listPauses, pause } = await import('../actions/control.ts')
      if (options.history) await listActs(options)
      else if (options.list) await listPauses(options)
      else await pause(options)
    })

export const resumeVerb = (): Command =>
  acting(scoped(new Command('resume')))
    .description('end the pause of exactly this (none: of everything); what else is paused stays so')
    .option('--id <id>', 'of the pause, instead of what it holds; keymoment pause --list says it')
    .action(async (options: ResumeArguments) => {
      const { resume } = await import('../actions/control.ts')
      await resume(options)
    })

export const cancelVerb = (): Command =>
  acting(new Command('cancel'))
    .description('cancel a command, or those of a campaign until now, as far as they are not claimed for sending')
    .argument('[command-id]', 'of the command')
    .option('--campaign <id>', 'or of a rule: its commands until now')
    .action(async (commandId: string | undefined, options: CancelArguments) => {
      const { cancel } = await import('../actions/control.ts')
      await cancel(commandId, options)
    })

const scoped = (command: Command): Command =>
  command
    .addOption(new Option('--channel <channel>', 'only what goes through it').choices(channels))
    .addOption(new Option('--purpose <purpose>', 'only what is said for it').choices(purposes))
    .option('--campaign <id>', 'only what a campaign, or a rule, says')

const acting = (command: Command): Command =>
  command
    .option('--reason <text>', 'why, for those who read it later')
    .option('--author <name>', 'who answers for it (default: the user of this machine)')
    .addOption(urlOption())
