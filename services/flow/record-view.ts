import type { RecordView } from './event-log.ts'

/** A record that stands on no log. */
export function recordView(key: string, value: Buffer, appendedAt: number): RecordView {
  const keyBytes = Buffer.from(key)
  return {
    position: 0,
    appendedAt,
    key: keyBytes,
    keyStart: 0,
    keyEnd: keyBytes.length,
    value,
    valueStart: 0,
    valueEnd: value.length,
  }
}
