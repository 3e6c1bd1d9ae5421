import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendRecord } from '../../services/flow/event-log.ts'
import type { Codec } from '../../services/records/codec.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Place } from './fleet.ts'
import type { System } from './system.ts'
import type { Arrival, Workload } from './workload.ts'

const everyMs = 150
const mostAtOnce = 500
const patienceMs = 600_000

/** Between which instants a record came to the log: when it was first sent, and when that was acknowledged. */
export interface Acceptance {
  readonly from: number
  readonly by: number
}

/** What was sent, in its order. */
export type Accepted = ReadonlyMap<Arrival, Acceptance>

/**
 * The longest time from an event to its acknowledgement; of one that comes twice the first counts, of one that is late on
 * purpose none. Beyond the grace, what is found lost or too many may be the feed's doing. Milliseconds.
 */
export function longestWayMs(accepted: Accepted): number {
  const ways = new Map<string, number>()
  for (const [{ event, spoilt, isLate }, { by }] of accepted) {
    const { event_id, event_time } = event.record
    if (spoilt || isLate) continue
    ways.set(event_id, Math.min(ways.get(event_id) ?? Number.POSITIVE_INFINITY, by - event_time))
  }
  return [...ways.values()].reduce((most, way) => Math.max(most, way), 0)
}

/**
 * Sends the workload at its times: events through whichever ingest answers, again and again until one has accepted them,
 * and spoilt records straight to the log. Resolves when everything is there, or all up to the signal.
 */
export async function feed(
  { arrivals }: Workload,
  ingests: readonly Place[],
  append: System['append'],
  signal: AbortSignal,
): Promise<Accepted> {
  const accepted = new Map<Arrival, Acceptance>()
  for (let next = 0; next < arrivals.length && !signal.aborted; ) {
    const now = Date.now()
    const due: Arrival[] = []
    for (; due.length < mostAtOnce; next++) {
      const arrival = arrivals[next]
      if (!arrival || arrival.at > now) break
      due.push(arrival)
    }
    if (due.length === 0) {
      await sleep(everyMs)
      continue
    }
    const sound = due.filter(({ spoilt }) => !spoilt)
    if (sound.length > 0) await post(sound, ingests)
    for (const arrival of due) {
      if (arrival.spoilt && append) await again(() => append((codec) => spoil(arrival, codec)))
      accepted.set(arrival, { from: now, by: Date.now() })
    }
  }
  return accepted
}

/** @throws Error when the batch is refused, or nobody has taken it for ten minutes */
async function post(arrivals: readonly Arrival[], ingests: readonly Place[]): Promise<void> {
  const body = arrivals.map(({ json }) => JSON.stringify(json)).join('\n')
  const until = Date.now() + patienceMs
  for (let turn = 0; ; turn++) {
    const { url } = ingests[turn % ingests.length] as Place
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
      signal: AbortSignal.timeout(20_000),
    }).catch(() => undefined)
    const text = (await response?.text().catch(() => undefined)) ?? ''
    if (response?.status === 202) return
    if (response?.status === 400) throw new Error(`ingest refuses a batch: ${text}`)
    if (Date.now() > until) throw new Error(`no ingest takes a batch: ${response?.status} ${text}`)
    await sleep(100)
  }
}

async function again(act: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + patienceMs
  for (;;) {
    try {
      await act()
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}

function spoil({ event, spoilt }: Arrival, codec: Codec): AppendRecord {
  const ahead = {
    ...event,
    record: { ...event.record, event_time: event.record.event_time + 3_600_000 },
  } as typeof event
  const record = recordsOf([spoilt === 'from-the-future' ? ahead : event], codec).at(-1) as AppendRecord
  const bytes = Buffer.from(record.value)
  switch (spoilt) {
    case 'no-header':
      return { ...record, value: Buffer.from('{"not": "Avro"}') }
    case 'unknown-schema':
      bytes.writeInt32BE(999_999, 1)
      return { ...record, value: bytes }
    case 'cut-off':
      return { ...record, value: bytes.subarray(0, 12) }
    case 'key-of-another':
      return { ...record, key: `${record.key}x` }
    default:
      return record
  }
}
