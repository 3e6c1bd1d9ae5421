import { existsSync } from 'node:fs'
import { backtest, type NamedCatalogue } from '../../services/backtest/backtest.ts'
import { checkPeriod, type Period } from '../../services/backtest/period.ts'
import { createRecorder, makeRecordingFolder, openRecording, type Recorded } from '../../services/backtest/recording.ts'
import type { Report } from '../../services/backtest/report.ts'
import { type CatalogueFile, portableFiles } from '../../services/catalogue/files.ts'
import { CatalogueInvalid } from '../../services/catalogue/history.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { backtestLines } from '../backtest-lines.ts'
import { askEngine } from '../engine.ts'
import { readEventFiles } from '../event-files.ts'

export interface BacktestArguments {
  readonly catalogue: string
  readonly against: string
  readonly events?: string[]
  readonly from?: number
  readonly until?: number
  /** Milliseconds. */
  readonly warmUp: number
  readonly examples: number
  readonly expectSame?: boolean
  readonly json?: boolean
  readonly url: string
  readonly config?: string
}

/** Far above what a disk of a workstation takes in a sensible time. */
const eventsMost = 100_000_000

/**
 * Tries a candidate on recorded events, prints the report to stdout, and how it goes to stderr.
 * @returns the exit code: 1 where the candidate is wrong, or something differs that was expected to stay
 * @throws CodedError KM_USAGE: neither files nor a period
 */
export async function runBacktest(options: BacktestArguments): Promise<0 | 1> {
  const { from, until, warmUp, events, json = false, expectSame = false } = options
  const period: Period = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }), warmUp }
  checkPeriod(period)
  if (!events && from === undefined) {
    throw new CodedError('KM_USAGE', "name the events: --events FILE…, or --from TIME for the running engine's own log")
  }
  const catalogues = await bothOrProblems(options)
  if (!catalogues) return 1
  const report = await onFiles(events ?? [], catalogues, period, options)
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${backtestLines(report).join('\n')}\n`)
  const { added, gone } = report.total
  process.stderr.write(`${added} moments added, ${gone} gone\n`)
  return expectSame && differs(report) ? 1 : 0
}

const differs = ({ total, shadow }: Report): boolean =>
  [total, ...shadow].some(({ added, gone }) => added > 0 || gone > 0)

interface Both {
  readonly candidate: NamedCatalogue
  readonly present: NamedCatalogue
}

/** Undefined, with all that is wrong on stdout, where one of them can't be used. */
async function bothOrProblems(options: BacktestArguments): Promise<Both | undefined> {
  const candidate = await folder(options.catalogue)
  const present = await presentOf(options)
  return candidate && present && { candidate, present }
}

async function presentOf({ against, url }: BacktestArguments): Promise<NamedCatalogue | undefined> {
  if (existsSync(against)) return folder(against)
  if (against !== 'running' && !/^\d+$/.test(against)) return folder(against) // says that it isn't there
  const number = against === 'running' ? (await askEngine<{ number: number }>(url, '/v1/catalogue')).number : against
  const { files } = await askEngine<{ files: readonly CatalogueFile[] }>(url, `/v1/catalogue/versions/${number}`)
  const { catalogue, problems } = loadCatalogue(files)
  // It was valid for the engine, which is of another release then.
  if (!catalogue) throw new CatalogueInvalid(`version ${number}`, problems)
  return { name: `version ${number}`, catalogue }
}

async function folder(dir: string): Promise<NamedCatalogue | undefined> {
  const { files, located } = portableFiles(dir, await readCatalogueFolder(dir))
  const { catalogue, problems } = located(loadCatalogue(files))
  if (catalogue) return { name: dir, catalogue }
  process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
  process.stderr.write(`${dir} has ${problems.length} problems\n`)
  return undefined
}

async function onFiles(
  files: readonly string[],
  catalogues: Both,
  period: Period,
  { examples, config }: BacktestArguments,
): Promise<Report> {
  const settings = await loadSettings(config, process.env)
  const recording = makeRecordingFolder(settings.shards ?? 4)
  // What is on disk goes with the process, which a signal would end without a word.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  try {
    const recorded = await record(files, recording, period)
    return await backtest({ ...catalogues, settings, recording, recorded, period, examples })
  } finally {
    recording.remove()
  }
}

async function record(
  files: readonly string[],
  folder: Parameters<typeof openRecording>[0],
  period: Period,
): Promise<Recorded> {
  const recording = await openRecording(folder)
  try {
    const recorder = createRecorder(recording, period, eventsMost)
    for await (const chunk of readEventFiles(files)) await recorder.take(chunk)
    return recorder.recorded()
  } finally {
    await recording.close()
  }
}
