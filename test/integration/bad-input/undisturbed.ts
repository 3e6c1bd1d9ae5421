import { openCatalogue } from '../../../services/platform/catalogue-source.ts'
import { type ReadEvent, readEvent } from '../../../services/records/jsonl.ts'
import { loadSettings } from '../../../services/settings/load.ts'
import { type Simulated, simulate } from '../../../services/simulate/simulate.ts'
import { type EventJson, longCall, profile } from './events.ts'
import { catalogueFolder } from './small-catalogue.ts'

/** `count` calls of 20 subscribers, a second apart from `from` on; every third is too short for a moment. */
export const callsFrom = (name: string, from: number, count: number): EventJson[] =>
  Array.from({ length: count }, (_, n) =>
    longCall(`${name}-${n}`, `s-${n % 20}`, from + 1_000 * n, n % 3 === 0 ? { duration_s: 60 } : {}),
  )

/** Profiles with a number for each of these subscribers, from before the calls: who has none is written to once. */
export const numbersFrom = (name: string, from: number): EventJson[] =>
  Array.from({ length: 20 }, (_, n) =>
    profile(`${name}-number-${n}`, `s-${n}`, from - 60_000, { consent: false, sms: `+49151${10_000_000 + n}` }),
  )

/** What becomes of the events where nothing fails. */
export async function undisturbed(events: readonly EventJson[]): Promise<Simulated> {
  return simulate({
    catalogue: await openCatalogue(await catalogueFolder()),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: '4' }),
    events: readAll(events),
  })
}

async function* readAll(events: readonly EventJson[]): AsyncGenerator<readonly ReadEvent[]> {
  yield events.map((event) => {
    const reading = readEvent(event)
    if (reading.kind !== 'event') throw new Error(JSON.stringify(reading.problems))
    return reading.event
  })
}

/** Ids of moments, sorted: what two runs are compared by. */
export const idsOf = (moments: readonly { readonly moment_id: string }[]): string[] =>
  moments.map(({ moment_id }) => moment_id).toSorted()
