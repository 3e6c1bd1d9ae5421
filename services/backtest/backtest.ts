import { createEmbeddedStore } from '../flow/adapters/embedded/store.ts'
import { fixedCatalogue } from '../platform/catalogue-source.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { graceOf } from '../settings/grace.ts'
import type { Settings } from '../settings/schema.ts'
import { runServices } from '../simulate/run-services.ts'
import type { EventType } from '../topology.ts'
import { compare } from './compare.ts'
import { notesOn } from './notes.ts'
import { checkCounted, countedFrom, iso, type Period } from './period.ts'
import { openRecording, type Recorded, type RecordingFolder } from './recording.ts'
import type { Note, Report } from './report.ts'
import { ofSide, type Side, sides } from './sides.ts'

/** A catalogue by the name under which it was given: a folder, a version of the engine. */
export interface NamedCatalogue {
  readonly name: string
  readonly catalogue: Catalogue
}

export interface BacktestOptions {
  readonly present: NamedCatalogue
  readonly candidate: NamedCatalogue
  readonly settings: Settings
  readonly recording: Pick<RecordingFolder, 'folder' | 'shards'>
  readonly recorded: Recorded
  readonly period: Period
  /** Examples of each rule, added and gone. */
  readonly examples: number
  /** What is known of the record already. */
  readonly notes?: readonly Note[]
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly step: 'read' | Side
  /** Of the service that runs; null while events are read. */
  readonly service: string | null
  /** Records handled; of about as many as there are events, where it is known. */
  readonly handled: number
}

/**
 * Runs both catalogues over the same recorded events, one after the other, by the same detect and decide as in production
 * (see `runServices`), and compares what came of it. Each is in force from the beginning of time, on state that is empty at
 * the beginning of the record.
 * @throws CodedError KM_BACKTEST_PERIOD, KM_BACKTEST_TOO_MANY_MOMENTS, and what a service fails with
 */
export async function backtest(options: BacktestOptions): Promise<Report> {
  const { present, candidate, settings, recording, recorded, period, examples, notes = [], onProgress } = options
  const { log, codec, close } = await openRecording(recording)
  try {
    const end = period.until ?? (recorded.last ?? 0) + graceAmong(settings, recorded)
    const counted = countedFrom(period, recorded.first ?? 0)
    // A beginning or an end that wasn't named is known only now.
    checkCounted(counted, end)
    const catalogues = { present: present.catalogue, candidate: candidate.catalogue }
    for (const side of sides) {
      const store = createEmbeddedStore({ file: `${recording.folder}/state-${side}.sqlite` })
      try {
        await runServices({
          settings,
          log: ofSide(log, side),
          store,
          codec,
          catalogue: fixedCatalogue(catalogues[side]),
          end,
          onProgress: (service, handled) => onProgress?.({ step: side, service, handled }),
        })
      } finally {
        await store.close()
      }
    }
    const figures = await compare({ log, codec, catalogues, countedFrom: counted, examples })
    const warmUp = Math.max(0, counted - (recorded.first ?? counted))
    return {
      present: { name: present.name, version: present.catalogue.version },
      candidate: { name: candidate.name, version: candidate.catalogue.version },
      recorded: {
        ...recorded,
        first: recorded.first === null ? null : iso(recorded.first),
        last: recorded.last === null ? null : iso(recorded.last),
        counted_from: Number.isFinite(counted) ? iso(counted) : null,
        end: iso(end),
        shards: log.shards,
      },
      ...figures,
      notes: [...notes, ...notesOn(figures, catalogues, warmUp)],
    }
  } finally {
    await close()
  }
}

const graceAmong = (settings: Settings, { events }: Recorded): number =>
  Math.max(...Object.keys(events).map((type) => graceOf(settings, type as EventType)))
