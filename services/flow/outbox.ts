import type { AppendRecord } from './event-log.ts'

/** Outputs of a group as the bytes of an outbox row: for each record topic, key and value, each behind its length. */
export function encodeOutbox(records: readonly AppendRecord[]): Buffer | null {
  if (records.length === 0) return null
  const parts: Buffer[] = []
  for (const { topic, key, value } of records) {
    const head = Buffer.allocUnsafe(8)
    const topicBytes = Buffer.from(topic)
    const keyBytes = Buffer.from(key)
    head.writeUInt16LE(topicBytes.length, 0)
    head.writeUInt16LE(keyBytes.length, 2)
    head.writeUInt32LE(value.length, 4)
    parts.push(head, topicBytes, keyBytes, Buffer.from(value.buffer, value.byteOffset, value.length))
  }
  return Buffer.concat(parts)
}

export function decodeOutbox(bytes: Buffer): AppendRecord[] {
  const records: AppendRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const topicEnd = at + 8 + bytes.readUInt16LE(at)
    const keyEnd = topicEnd + bytes.readUInt16LE(at + 2)
    const end = keyEnd + bytes.readUInt32LE(at + 4)
    records.push({
      topic: bytes.toString('utf8', at + 8, topicEnd),
      key: bytes.toString('utf8', topicEnd, keyEnd),
      value: bytes.subarray(keyEnd, end),
    })
    at = end
  }
  return records
}
