import { onTestFinished } from 'vitest'
import { backtest } from '../../services/backtest/backtest.ts'
import type { Period } from '../../services/backtest/period.ts'
import { createRecorder, makeRecordingFolder, openRecording } from '../../services/backtest/recording.ts'
import type { Report } from '../../services/backtest/report.ts'
import { type ReadEvent, readEventLine } from '../../services/records/jsonl.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import type { EventJson } from '../integration/bad-input/events.ts'

export type Changes = Readonly<Record<string, string | undefined>>

export interface Trial {
  readonly events: readonly EventJson[]
  /** What differs from the small catalogue (undefined: a file is left out). */
  readonly present?: Changes
  readonly candidate?: Changes
  readonly period?: Partial<Period>
  readonly examples?: number
  readonly eventsMost?: number
  readonly shards?: number
}

/** Tries a change of the small catalogue on events. */
export async function tryOut(trial: Trial): Promise<Report> {
  const { events, present = {}, candidate = {}, examples = 3, eventsMost = 1_000_000, shards = 4 } = trial
  const period: Period = { ...trial.period }
  const recording = makeRecordingFolder(shards)
  onTestFinished(recording.remove)
  const opened = await openRecording(recording)
  const recorder = createRecorder(opened, period, eventsMost)
  try {
    await recorder.take(events.map(read))
  } finally {
    await opened.close()
  }
  return backtest({
    present: { name: 'present', catalogue: catalogueOfFiles(present) },
    candidate: { name: 'candidate', catalogue: catalogueOfFiles(candidate) },
    settings: await loadSettings(undefined, {}),
    recording,
    recorded: recorder.recorded(),
    period,
    examples,
  })
}

/** As a file of events is read. */
export function read(event: EventJson): ReadEvent {
  const reading = readEventLine(JSON.stringify(event))
  if (reading.kind !== 'event') throw new Error(JSON.stringify(reading.problems))
  return reading.event
}

/** `02T09:30` of March 2026, UTC. */
export const at = (time: string): number => Date.parse(`2026-03-${time}:00Z`)
