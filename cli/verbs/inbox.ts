import { Command, Option } from 'commander'
import type { HandleArguments, InboxArguments, MessageArguments } from '../actions/inbox.ts'
import { pageSize } from '../page-size.ts'
import { urlOption } from '../url-option.ts'

export const inboxVerb = (): Command =>
  new Command('inbox')
    .description('what subscribers wrote that no word of the policy explains: list, show, and say that it was handled')
    .addCommand(list())
    .addCommand(show())
    .addCommand(handle())

const list = (): Command =>
  new Command('list')
    .description('print messages, the newest first')
    .option('--subscriber <id>', 'only those of this subscriber')
    .addOption(
      new Option('--state <state>', 'whether somebody has seen to them')
        .choices(['open', 'handled', 'all'])
        .default('open'),
    )
    .option('--limit <number>', 'on a page', pageSize, 50)
    .option('--after <place>', 'the next page, as the one before says')
    .option('--json', 'the answer as one JSON object')
    .addOption(urlOption())
    .action(async (options: InboxArguments) => {
      const { listMessages } = await import('../actions/inbox.ts')
      await listMessages(options)
    })

const show = (): Command =>
  new Command('show')
    .description('print a message and what was done about it')
    .argument('<id>', 'of the message')
    .addOption(urlOption())
    .action(async (id: string, options: MessageArguments) => {
      const { showMessage } = await import('../actions/inbox.ts')
      await showMessage(id, options)
    })

const handle = (): Command =>
  new Command('handle')
    .description('say that somebody has seen to a message: it leaves the list')
    .argument('<id>', 'of the message')
    .option('--note <text>', 'what was done, for who comes next')
    .option('--agent <id>', 'who does it (default: the user of this machine)')
    .addOption(urlOption())
    .action(async (id: string, options: HandleArguments) => {
      const { handleMessage } = await import('../actions/inbox.ts')
      await handleMessage(id, options)
    })
