import { Command, CommanderError } from 'commander'
import { exitCodeOf, tell } from '../services/platform/exit.ts'
import { backtestVerb } from './verbs/backtest.ts'
import { budgetsVerb } from './verbs/budgets.ts'
import { catalogueVerb } from './verbs/catalogue.ts'
import { cancelVerb, pauseVerb, resumeVerb } from './verbs/control.ts'
import { deadLettersVerb } from './verbs/dead-letters.ts'
import { experimentsVerb } from './verbs/experiments.ts'
import { explainVerb } from './verbs/explain.ts'
import { inboxVerb } from './verbs/inbox.ts'
import { ingestVerb } from './verbs/ingest.ts'
import { restoreVerb } from './verbs/restore.ts'
import { shardsVerb } from './verbs/shards.ts'
import { simulateVerb } from './verbs/simulate.ts'
import { startVerb } from './verbs/start.ts'
import { promptsVerb, tasksVerb } from './verbs/tasks.ts'
import { topologyVerb } from './verbs/topology.ts'

// The verbs are small: what one of them needs is loaded when it is called.
// Machine output goes to stdout, talk to stderr. Exit 0: success, 1: a finding, 2: misuse.
const program = new Command('keymoment')
  .description('Streaming key-moment engine for telecom operators')
  .exitOverride()
  .showHelpAfterError()

/** Misuse of a verb, or of a verb's verb, is an error here and ends nothing by itself. */
function prepare(command: Command): Command {
  for (const inner of command.commands) prepare(inner)
  return command.exitOverride().copyInheritedSettings(program)
}

const verbs = [
  startVerb,
  ingestVerb,
  simulateVerb,
  backtestVerb,
  catalogueVerb,
  experimentsVerb,
  explainVerb,
  budgetsVerb,
  pauseVerb,
  resumeVerb,
  cancelVerb,
  tasksVerb,
  promptsVerb,
  inboxVerb,
  deadLettersVerb,
  restoreVerb,
  shardsVerb,
  topologyVerb,
]
for (const verb of verbs) {
  program.addCommand(prepare(verb()))
}

// Whoever read the output has seen enough (`keymoment experiments | head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else {
    tell(error)
    process.exitCode = exitCodeOf(error)
  }
}
