import { CodedError } from '../domain/errors.ts'
import { deterministicId, type ShardId } from '../domain/ids.ts'
import type { DeadLetter } from '../records/types.ts'
import type { ServiceNode } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import { keyBytesMax } from './head-check.ts'

const reasonLengthMax = 500

/** A record that a service could not handle, with the reason, the place and its own bytes. The same each time. */
export function deadLetter(
  service: ServiceNode['name'],
  topic: string,
  shard: ShardId,
  record: RecordView,
  error: unknown,
  failedAt: number,
): DeadLetter {
  const key = record.key.subarray(record.keyStart, record.keyEnd)
  return {
    dead_letter_id: deterministicId('dead-letter', service, topic, String(shard), String(record.position)),
    subscriber_id: key.length <= keyBytesMax ? key.toString() : '',
    failed_at: failedAt,
    service,
    topic,
    shard,
    position: record.position,
    code: error instanceof CodedError ? error.code : 'KM_STEP_FAILED',
    reason: (error instanceof Error ? error.message : String(error)).slice(0, reasonLengthMax),
    key,
    value: record.value.subarray(record.valueStart, record.valueEnd),
    appended_at: Math.max(record.appendedAt, 0),
  }
}

/** For what failed without a record (a timer, the result of an effect): only the key is known. */
export function recordless(key: string, position: number, at: number): RecordView {
  const bytes = Buffer.from(key)
  const nothing = { value: Buffer.alloc(0), valueStart: 0, valueEnd: 0 }
  return { position, appendedAt: at, key: bytes, keyStart: 0, keyEnd: bytes.length, ...nothing }
}
