import { Command, InvalidArgumentError, Option } from 'commander'
import type { ActArguments } from '../actions/act-on-dead-letters.ts'
import type { ListArguments, ShowArguments } from '../actions/list-dead-letters.ts'
import { instant } from '../instant.ts'
import { urlOption } from '../url-option.ts'

export const deadLettersVerb = (): Command =>
  new Command('dead-letters')
    .description('records that could not be handled: list and inspect them, re-run them after a fix, purge them')
    .addCommand(list())
    .addCommand(show())
    .addCommand(rerun())
    .addCommand(purge())

const list = (): Command =>
  narrowed(new Command('list'))
    .description('print the letters, the newest first, and how many are open by code; never what they hold')
    .addOption(
      new Option('--state <state>', 'what was done about them')
        .choices(['open', 'rerun', 'purged', 'all'])
        .default('open'),
    )
    .option('--limit <number>', 'on a page', upTo(500), 50)
    .option('--before <place>', 'the next page, as the one before says')
    .option('--json', 'the answer as one JSON object')
    .addOption(urlOption())
    .action(async (options: ListArguments) => {
      const { listDeadLetters } = await import('../actions/list-dead-letters.ts')
      await listDeadLetters(options)
    })

const show = (): Command =>
  new Command('show')
    .description('print a letter, its record as it is read now, whether a re-run would work, and what was done')
    .argument('<id>', 'of the letter')
    .option('--json', 'as one JSON object on one line')
    .addOption(urlOption())
    .action(async (id: string, options: ShowArguments) => {
      const { showDeadLetter } = await import('../actions/list-dead-letters.ts')
      await showDeadLetter(id, options)
    })

const rerun = (): Command =>
  acting(new Command('rerun'))
    .description('have the records of letters handled once more, each at most once, however often this is called')
    .option('--accept-unchecked', 'also events of which it is not known whether they came again by themselves')
    .action(async (ids: string[], options: ActArguments) => {
      const { actOnDeadLetters } = await import('../actions/act-on-dead-letters.ts')
      process.exitCode = await actOnDeadLetters('rerun', ids, options)
    })

const purge = (): Command =>
  acting(new Command('purge'))
    .description('let go of letters: they leave the list and are never re-run; their bytes leave with the log')
    .action(async (ids: string[], options: ActArguments) => {
      const { actOnDeadLetters } = await import('../actions/act-on-dead-letters.ts')
      process.exitCode = await actOnDeadLetters('purge', ids, options)
    })

const acting = (command: Command): Command =>
  narrowed(command)
    .argument('[id...]', 'of the letters; none: those that meet the options, the oldest first')
    .option('--all', 'every open letter')
    .requiredOption('--reason <text>', 'what was mended, or why they are let go of; for those who read it later')
    .option('--author <name>', 'who answers for it (default: the user of this machine)')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--batch <number>', 'letters at a time', upTo(1_000), 500)
    .addOption(urlOption())

const narrowed = (command: Command): Command =>
  command
    .option('--code <code>', 'why it failed, such as KM_SCHEMA_UNKNOWN')
    .option('--topic <topic>', 'of the record, with or without km.')
    .option('--service <name>', 'which could not handle it')
    .option('--subscriber <id>', 'a pseudonym')
    .option('--since <time>', 'failed then or later; ISO-8601 with a zone', time)
    .option('--until <time>', 'failed before', time)

const time = (text: string): string => new Date(instant(text)).toISOString()

const upTo =
  (most: number) =>
  (text: string): number => {
    if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`1 to ${most} are expected`)
  }
