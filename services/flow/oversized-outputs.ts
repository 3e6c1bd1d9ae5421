import { createHash } from 'node:crypto'
import { isCoded } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import { headerBytes } from '../records/wire-format.ts'
import { topics } from '../topology.ts'
import type { AppendedTo, AppendRecord, EventLog } from './event-log.ts'
import type { ShardParts } from './shard-parts.ts'

/** Bytes that are kept of what was too large. */
const bytesKept = 65_536
const code = 'KM_RECORD_TOO_LARGE'

type Parts = Pick<ShardParts<never, never>, 'node' | 'shard' | 'codec' | 'clock' | 'log'>

/**
 * The log, as a shard's outputs leave to it: one that its topic doesn't take for its size is replaced by a dead letter
 * with the beginning of its bytes, so that the shard goes on. A dead letter itself loses the rest of its bytes; the record
 * that it is about is on the log, at the place that it names.
 */
export function takingOversized(parts: Parts): Pick<EventLog, 'append'> {
  const { log } = parts
  const one = async (record: AppendRecord): Promise<readonly AppendedTo[]> => {
    try {
      return await log.append([record])
    } catch (error) {
      if (!isCoded(error, code)) throw error
      return log.append([substituteOf(parts, record)])
    }
  }
  return {
    async append(records) {
      try {
        return await log.append(records)
      } catch (error) {
        if (!isCoded(error, code)) throw error
      }
      const ends: AppendedTo[] = []
      for (const record of records) ends.push(...(await one(record)))
      return ends
    },
  }
}

function substituteOf({ node, shard, codec, clock }: Parts, { topic, key, value }: AppendRecord): AppendRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const cut = (whole: Buffer) => whole.subarray(0, bytesKept)
  if (topic === topics.deadLetters.name) {
    const letter = codec.decode(topics.deadLetters.schema, bytes, 0, bytes.length)
    const reason = `${letter.reason} (cut: it had ${letter.value.length} bytes)`
    return { topic, key, value: codec.encode(topics.deadLetters, { ...letter, reason, value: cut(letter.value) }) }
  }
  const now = Math.max(clock.now(), 0)
  const letter = codec.encode(topics.deadLetters, {
    dead_letter_id: deterministicId('oversized', topic, key, createHash('sha256').update(bytes).digest('hex')),
    subscriber_id: key,
    failed_at: now,
    service: node.name,
    topic,
    shard,
    position: 0,
    code,
    reason: `an output of ${bytes.length - headerBytes} bytes is larger than the topic takes (max.message.bytes)`,
    key: Buffer.from(key),
    value: cut(bytes),
    appended_at: now,
  })
  return { topic: topics.deadLetters.name, key, value: letter }
}
