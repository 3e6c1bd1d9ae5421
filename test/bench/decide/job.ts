import type { AppendRecord } from '../../../services/flow/event-log.ts'
import type { Codec } from '../../../services/records/codec.ts'
import type { Command, Receipt, RecordTypes } from '../../../services/records/types.ts'
import { headerBytes } from '../../../services/records/wire-format.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { createRandom } from '../../../services/sample/random.ts'
import { type SchemaName, type Topic, topics } from '../../../services/topology.ts'
import { receiptOf } from '../receipt-of.ts'
import { createTally, type Dated, decideInProcess, placeOf, reads, type Tally } from './in-process.ts'
import { momentsOfTwoDays, profiles, type StreamPlan } from './stream.ts'

/** Local noon of a Monday in Shanghai: no timer of the shipped rules is due for hours, so that detect stays idle beside. */
export const jobStart = Date.UTC(2026, 2, 2, 4)
/** Ahead of the time of day of the whole run: decide's clock follows the stream alone, and what it decides is the same each time. */
const streamStart = jobStart + 2 * 60 * 60_000

/** All that lies on the log for decide, and what has to come of it. */
export interface DecideJob {
  /** With which the records were encoded. */
  readonly codec: Codec
  readonly profiles: readonly Dated[]
  /** Moments and receipts, in the order of their times. */
  readonly rest: readonly Dated[]
  readonly moments: number
  readonly receipts: number
  readonly expected: Tally
  /** Of the step alone, decoding and encoding included: CPU seconds for all records. */
  readonly stepCpuSeconds: number
}

/** Made before anything is measured. The same for the same plan and catalogue. */
export function makeJob(plan: StreamPlan, catalogue: Catalogue, codec: Codec): DecideJob {
  const known: Dated[] = []
  for (const profile of profiles(plan, jobStart - 60_000)) {
    const value = codec.encode(topics.events.profile, profile)
    known.push(dated(topics.events.profile.name, profile.subscriber_id, profile.event_time, value))
  }
  const moments: Dated[] = []
  for (const moment of momentsOfTwoDays(plan, catalogue.ruleset, streamStart)) {
    const value = codec.encode(topics.moments, moment)
    moments.push(dated(topics.moments.name, moment.subscriber_id, moment.detected_at, value))
  }
  // What the channel says of commands depends on what is commanded, and changes little of it.
  const receipts: Dated[] = []
  decideInProcess(catalogue, codec, [...known, ...moments], {
    command(command) {
      for (const receipt of receiptsOf(plan.seed, command)) {
        const value = codec.encode(topics.receipts, receipt)
        receipts.push(dated(topics.receipts.name, receipt.subscriber_id, receipt.received_at, value))
      }
    },
  })
  const rest = [...moments, ...receipts].sort((a, b) => a.at - b.at || a.place - b.place)
  const { tally, add } = createTally()
  const before = process.cpuUsage()
  decideInProcess(catalogue, codec, [...known, ...rest], { decision: add })
  const { user, system } = process.cpuUsage(before)
  return {
    codec,
    profiles: known,
    rest,
    moments: moments.length,
    receipts: receipts.length,
    expected: tally,
    stepCpuSeconds: (user + system) / 1e6,
  }
}

/** The records as another codec would have encoded them: another registry has other numbers for the same schemas. */
export function* recordsFor(codec: Codec, job: DecideJob, records: readonly Dated[]): Generator<AppendRecord> {
  const headers = new Map<number, Buffer>()
  for (const { topic, key, place, value } of records) {
    const bytes = value as Buffer
    let header = headers.get(place)
    if (!header) {
      const own = reads[place] as Topic
      const record = job.codec.decode(own.schema, bytes, 0, bytes.length)
      header = codec.encode(own, record as RecordTypes[SchemaName]).subarray(0, headerBytes)
      headers.set(place, header)
    }
    yield { topic, key, value: Buffer.concat([header, bytes.subarray(headerBytes)]) }
  }
}

const dated = (topic: string, key: string, at: number, value: Buffer): Dated => ({
  topic,
  key,
  at,
  value,
  place: placeOf(topic),
})

/** Accepted at once and delivered some seconds later; a few fail, and of a few nothing is known. */
function* receiptsOf(seed: number, command: Command): Generator<Receipt> {
  const { command_id } = command
  const random = createRandom(
    seed,
    4,
    ...command_id
      .slice(0, 8)
      .split('')
      .map((letter) => letter.charCodeAt(0)),
  )
  const receipt = (status: Receipt['status'], after: number, code: string | null) =>
    receiptOf(command, status, after, code)
  const dice = random.next()
  if (dice < 0.02) return yield receipt('failed', 800, 'refused')
  yield receipt('accepted', 300 + random.whole(700), null)
  if (dice < 0.03) yield receipt('unknown', 60_000, 'no-report')
  else yield receipt('delivered', 2_000 + random.whole(8_000), null)
}
