import { Command, Option } from 'commander'
import type {
  FunnelArguments,
  ListArguments,
  PromptArguments,
  ResultArguments,
  TaskArguments,
} from '../actions/tasks.ts'
import { pageSize } from '../page-size.ts'
import { urlOption } from '../url-option.ts'

export const tasksVerb = (): Command =>
  new Command('tasks')
    .description('what people are asked to do: list, take, give back, and say how it went')
    .addCommand(list())
    .addCommand(show())
    .addCommand(act('take', 'take a task; another may take it after eight hours'))
    .addCommand(act('give-back', 'give a task back to the list'))
    .addCommand(result())
    .addCommand(funnel())

export const promptsVerb = (): Command =>
  new Command('prompts')
    .description('what agents in a call have on their screens now, what to repair first')
    .option('--agent <id>', 'only those of this agent')
    .option('--call <id>', 'only those of this call')
    .option('--json', 'the answer as one JSON object')
    .addOption(urlOption())
    .action(async (options: PromptArguments) => {
      const { listPrompts } = await import('../actions/tasks.ts')
      await listPrompts(options)
    })

const narrowed = (command: Command): Command =>
  command
    .option('--team <id>', 'only those of this team')
    .addOption(new Option('--tier <tier>', 'only those so urgent').choices(['priority', 'secondary', 'watch']))
    .option('--kind <id>', 'only those of this kind')
    .option('--agent <id>', 'only those that this person has, or ended')
    .option('--subscriber <id>', 'only those about this subscriber')

const list = (): Command =>
  narrowed(new Command('list'))
    .description('print tasks, the most urgent tier first, in it what is due first')
    .addOption(
      new Option('--state <state>', 'what has become of them')
        .choices(['open', 'taken', 'done', 'expired', 'withdrawn', 'all'])
        .default('open'),
    )
    .option('--limit <number>', 'on a page', pageSize, 50)
    .option('--after <place>', 'the next page, as the one before says')
    .option('--json', 'the answer as one JSON object')
    .addOption(urlOption())
    .action(async (options: ListArguments) => {
      const { listTasks } = await import('../actions/tasks.ts')
      await listTasks(options)
    })

const show = (): Command =>
  new Command('show')
    .description('print a task: what happened, what to say, and what was done about it')
    .argument('<id>', 'of the task')
    .option('--json', 'as one JSON object on one line')
    .addOption(urlOption())
    .action(async (id: string, options: TaskArguments) => {
      const { showTask } = await import('../actions/tasks.ts')
      await showTask(id, options)
    })

const act = (action: 'take' | 'give-back', description: string): Command =>
  new Command(action)
    .description(description)
    .argument('<id>', 'of the task')
    .option('--agent <id>', 'who does it (default: the user of this machine)')
    .addOption(urlOption())
    .action(async (id: string, options: TaskArguments) => {
      const { actOnTask } = await import('../actions/tasks.ts')
      await actOnTask(action, id, options)
    })

const result = (): Command =>
  new Command('result')
    .description('say by a code of the catalogue how it went')
    .argument('<id>', 'of the task')
    .argument('<code>', 'e.g. accepted, refused, call-back')
    .option('--due <time>', 'of a call back or a follow-up: ISO-8601 time with a zone')
    .option('--note <text>', 'for who comes next')
    .option('--agent <id>', 'who does it (default: the user of this machine)')
    .addOption(urlOption())
    .action(async (id: string, code: string, options: ResultArguments) => {
      const { endTask } = await import('../actions/tasks.ts')
      await endTask(id, code, options)
    })

const funnel = (): Command =>
  narrowed(new Command('funnel'))
    .description('print how far tasks have come: reached, interested, completed')
    .option('--since <time>', 'tasks since then: ISO-8601 time with a zone')
    .option('--json', 'the answer as one JSON object')
    .addOption(urlOption())
    .action(async (options: FunnelArguments) => {
      const { printFunnel } = await import('../actions/tasks.ts')
      await printFunnel(options)
    })
