import type { AppendRecord, EventLog } from '../../services/flow/event-log.ts'
import type { Codec } from '../../services/records/codec.ts'
import { topics } from '../../services/topology.ts'
import { type Km1Event, km1Stream } from './km1-stream.ts'

const appendedAtOnce = 4_000
const appendsUnderWay = 4

/**
 * Puts the stream on the log, in its order, or those of its records from number `from` up to, not including, `to`.
 * @returns how many records the stream has, late and doubled ones among them
 */
export async function fill(
  log: EventLog,
  codec: Codec,
  events: number,
  { from = 0, to = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly to?: number } = {},
): Promise<number> {
  let records = 0
  function* wanted(): Generator<AppendRecord> {
    for (const event of km1Stream(events)) {
      if (records++ < from || records > to) continue
      yield { topic: topics.events[event.type].name, key: event.value.subscriber_id, value: encode(codec, event) }
    }
  }
  await appendAll(log, wanted())
  return records
}

/** Puts records on the log, in their order. */
export async function appendAll(log: EventLog, records: Iterable<AppendRecord>): Promise<void> {
  let batch: AppendRecord[] = []
  const underWay: Promise<unknown>[] = []
  const send = async () => {
    underWay.push(log.append(batch))
    batch = []
    if (underWay.length >= appendsUnderWay) await underWay.shift()
  }
  for (const { topic, key, value } of records) {
    batch.push({ topic, key, value })
    if (batch.length >= appendedAtOnce) await send()
  }
  await send()
  await Promise.all(underWay)
}

/** By type, so that the compiler sees that each record goes to a topic of its schema. */
export function encode(codec: Codec, event: Km1Event): Buffer {
  switch (event.type) {
    case 'cdr':
      return codec.encode(topics.events.cdr, event.value)
    case 'recharge':
      return codec.encode(topics.events.recharge, event.value)
    case 'complaint':
      return codec.encode(topics.events.complaint, event.value)
    case 'app-usage':
      return codec.encode(topics.events['app-usage'], event.value)
  }
}
