import { backtest, type NamedCatalogue } from '../services/backtest/backtest.ts'
import type { Period } from '../services/backtest/period.ts'
import { createRecorder, makeRecordingFolder, openRecording } from '../services/backtest/recording.ts'
import type { Report } from '../services/backtest/report.ts'
import { loadSettings } from '../services/settings/load.ts'
import { readEventFiles } from './event-files.ts'

export interface FilesBacktest {
  readonly files: readonly string[]
  readonly candidate: NamedCatalogue
  readonly present: NamedCatalogue
  readonly period: Period
  readonly examples: number
  /** File of settings. */
  readonly config: string | undefined
}

/** Far above what a workstation's disk takes in a sensible time. */
const eventsMost = 100_000_000

/**
 * Tries a candidate on files of events, in this process. The events lie on disk meanwhile, not in memory: about 200 bytes
 * each in the folder for temporary files (TMPDIR).
 */
export async function backtestOnFiles(options: FilesBacktest): Promise<Report> {
  const { files, candidate, present, period, examples, config } = options
  const settings = await loadSettings(config, process.env)
  const recording = makeRecordingFolder(settings.shards ?? 4)
  // What is on disk goes with the process, which a signal would end without a word.
  const interrupted = () => process.exit(130)
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    const opened = await openRecording(recording)
    const recorder = createRecorder(opened, period, eventsMost)
    try {
      for await (const chunk of readEventFiles(files)) await recorder.take(chunk)
    } finally {
      await opened.close()
    }
    const recorded = recorder.recorded()
    return await backtest({ candidate, present, settings, recording, recorded, period, examples })
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    recording.remove()
  }
}
