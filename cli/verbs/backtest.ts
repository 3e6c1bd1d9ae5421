import { Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../../services/rules/duration.ts'
import type { BacktestArguments } from '../actions/backtest.ts'
import { instant } from '../instant.ts'
import { urlOption } from '../url-option.ts'

export const backtestVerb = (): Command =>
  new Command('backtest')
    .description(
      'try a catalogue on recorded events against the present one: what fires, is added and gone, and what the policy does',
    )
    .requiredOption('--catalogue <dir>', 'folder of the candidate')
    .option('--against <present>', "a folder, a version's number, or running: what the engine applies now", 'running')
    .option('--events <file...>', 'JSONL files of events, or - for standard input')
    .option(
      '--from <time>',
      "ISO-8601 time from which on it is counted (default: the first event); without --events of the engine's own log",
      instant,
    )
    .option('--until <time>', 'ISO-8601 time at which the clock ends', instant)
    .option(
      '--warm-up <length>',
      'events of so long before --from are read, so that windows, intervals and first times are as they were: 30d, 12h (default: all that there are)',
      length,
    )
    .option('--examples <count>', 'of each rule, added and gone', count, 3)
    .option('--expect-same', 'exit with 1 if a moment is added or gone')
    .option('--json', 'the whole report as one JSON object')
    .addOption(urlOption())
    .option('--config <file>', 'settings (shards, grace), with --events')
    .action(async (options: BacktestArguments) => {
      const { runBacktest } = await import('../actions/backtest.ts')
      process.exitCode = await runBacktest(options)
    })

function length(text: string): number {
  const found = parseDuration(text)
  if (found === undefined) throw new InvalidArgumentError('a length like 7d, 12h or 30m is expected')
  return found
}

function count(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 100) throw new InvalidArgumentError('0 to 100 are expected')
  return Number(text)
}
