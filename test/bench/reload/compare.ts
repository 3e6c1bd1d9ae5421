import { CatalogueInvalid } from '../../../services/catalogue/history.ts'
import type { LaterCatalogue } from '../../../services/platform/catalogue-source.ts'
import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../../services/rules/load.ts'
import type { Settings } from '../../../services/settings/schema.ts'
import { simulate } from '../../../services/simulate/simulate.ts'
import { loadEvents } from './stream.ts'
import { graceMs, isTouched, versionFiles, waitMs } from './versions.ts'

/** A moment as it was found on the log. */
export interface LiveMoment {
  readonly id: string
  readonly rule: string
  readonly at: number
  readonly appendedAt: number
}

export interface Comparison {
  readonly simulated: number
  /** Moments that came twice. */
  readonly twice: number
  /** Of rules that no version touched: those that only one of the two has. */
  readonly missing: readonly string[]
  readonly added: readonly string[]
  /** The same of rules that versions changed, and how far from the nearest activation, at most. Milliseconds. */
  readonly touchedMissing: number
  readonly touchedAdded: number
  readonly touchedFarthestMs: number
}

/** What the same events under the same versions give on a clock of their own, without a log, a store or a pause. */
export async function compareWithSimulation(
  live: readonly LiveMoment[],
  settings: Settings,
  { start, seconds, activations }: { start: number; seconds: number; activations: readonly number[] },
): Promise<Comparison> {
  const { moments } = await simulate({
    catalogue: catalogueOf(0),
    later: activations.map((activatesAt, i): LaterCatalogue => ({ activatesAt, catalogue: catalogueOf(i + 1) })),
    settings,
    events: eventsOf(start, seconds),
    until: start + seconds * 1_000 + waitMs + graceMs,
  })
  const expected = new Map(moments.map((moment) => [moment.moment_id, moment]))
  const found = new Map(live.map((moment) => [moment.id, moment]))
  const missing = moments.filter((moment) => !found.has(moment.moment_id))
  const added = live.filter(({ id }) => !expected.has(id))
  const tell = ({ rule, at }: { rule: string; at: number }) => `${rule} at ${at - start} ms`
  const touched = [...missing, ...added].filter(({ rule }) => isTouched(rule))
  const distances = touched.map(({ at }) => Math.min(...activations.map((time) => Math.abs(at - time))))
  return {
    simulated: moments.length,
    twice: live.length - found.size,
    missing: missing.filter(({ rule }) => !isTouched(rule)).map(tell),
    added: added.filter(({ rule }) => !isTouched(rule)).map(tell),
    touchedMissing: missing.filter(({ rule }) => isTouched(rule)).length,
    touchedAdded: added.filter(({ rule }) => isTouched(rule)).length,
    touchedFarthestMs: Math.max(0, ...distances),
  }
}

function catalogueOf(version: number): Catalogue {
  const { catalogue, problems } = loadCatalogue(versionFiles(version))
  if (!catalogue) throw new CatalogueInvalid(`version ${version}`, problems)
  return catalogue
}

async function* eventsOf(start: number, seconds: number): AsyncGenerator<readonly ReadEvent[]> {
  let chunk: ReadEvent[] = []
  for (const { event } of loadEvents(start, seconds)) {
    // The record's type is the event's: told one by one it would be said four times.
    chunk.push({ type: event.type, record: event.value } as ReadEvent)
    if (chunk.length === 10_000) {
      yield chunk
      chunk = []
    }
  }
  yield chunk
}
