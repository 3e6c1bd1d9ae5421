import { checkPeriod, type Period } from '../../services/backtest/period.ts'
import type { Report } from '../../services/backtest/report.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { backtestLines } from '../backtest-lines.ts'
import { backtestOnEngine } from '../backtest-on-engine.ts'
import { backtestOnFiles } from '../backtest-on-files.ts'
import { fetchGivenVersion, isVersionName, readGivenFolder } from '../given-catalogue.ts'

export interface BacktestArguments {
  readonly catalogue: string
  /** A folder, or a version of the engine. */
  readonly against: string
  readonly events?: string[]
  /** Milliseconds since 1970. */
  readonly from?: number
  readonly until?: number
  /** Milliseconds. */
  readonly warmUp?: number
  readonly examples: number
  readonly expectSame?: boolean
  readonly json?: boolean
  readonly url: string
  readonly config?: string
}

/**
 * Tries a candidate on recorded events, prints the report to stdout, and how it goes to stderr.
 * @returns the exit code: 1 where a catalogue is wrong, or something differs that was expected to stay
 * @throws CodedError KM_USAGE: neither files nor a period
 */
export async function runBacktest(options: BacktestArguments): Promise<0 | 1> {
  const { from, until, warmUp, events, json = false, expectSame = false } = options
  const period = {
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(warmUp === undefined ? {} : { warmUp }),
  }
  checkPeriod(period)
  const report = events ? await onFiles(options, events, period) : await onEngine(options, period)
  if (!report) return 1
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${backtestLines(report).join('\n')}\n`)
  const { added, gone } = report.total
  process.stderr.write(`${added} moments added, ${gone} gone\n`)
  return expectSame && differs(report) ? 1 : 0
}

const differs = ({ total, shadow }: Report): boolean =>
  [total, ...shadow].some(({ added, gone }) => added > 0 || gone > 0)

/** Undefined where a folder is wrong, which was told. */
async function onFiles(
  { catalogue, against, url, examples, config }: BacktestArguments,
  files: readonly string[],
  period: Period,
): Promise<Report | undefined> {
  const candidate = await readGivenFolder(catalogue)
  const present = isVersionName(against) ? await fetchGivenVersion(url, against) : await readGivenFolder(against)
  return candidate && present && backtestOnFiles({ files, candidate, present, period, examples, config })
}

async function onEngine(
  { catalogue, against, url, examples }: BacktestArguments,
  { from, ...period }: Period,
): Promise<Report | undefined> {
  if (from === undefined) {
    throw new CodedError('KM_USAGE', "name the events: --events FILE…, or --from TIME for the running engine's own log")
  }
  const candidate = await readGivenFolder(catalogue)
  if (!candidate) return undefined
  const request = { url, files: candidate.files, period: { ...period, from }, examples }
  if (isVersionName(against)) {
    const present = against === 'running' ? {} : { against: { version: Number(against) } }
    return named(await backtestOnEngine({ ...request, ...present }), candidate.name)
  }
  const present = await readGivenFolder(against)
  if (!present) return undefined
  const report = await backtestOnEngine({ ...request, against: { files: present.files } })
  return named(report, candidate.name, present.name)
}

/** By the folders' names, which the engine doesn't know. */
const named = (report: Report, candidate: string, present = report.present.name): Report => ({
  ...report,
  candidate: { ...report.candidate, name: candidate },
  present: { ...report.present, name: present },
})
