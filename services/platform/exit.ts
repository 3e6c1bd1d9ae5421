import { CodedError } from '../domain/errors.ts'

/** Faults of whoever called: a setting, an argument, a file or folder that is not there. */
const misuse = /^KM_(SETTINGS|USAGE|EVENTS_FILE|CATALOGUE_FOLDER|BACKTEST_PERIOD)/

/** 1: a finding or a failure; 2: misuse. */
export const exitCodeOf = (error: unknown): 1 | 2 =>
  (error instanceof CodedError && misuse.test(error.code)) || isArgument(error) ? 2 : 1

/** Says on stderr what went wrong: a coded error in its own words; the stack of anything else, which is a defect. */
export function tell(error: unknown): void {
  process.stderr.write(`${wordsFor(error)}\n`)
}

function wordsFor(error: unknown): string {
  if (error instanceof CodedError) return String(error)
  if (isArgument(error)) return `KM_USAGE  ${error.message}`
  return `KM_INTERNAL  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

/** Of node:util's parseArgs. */
const isArgument = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
