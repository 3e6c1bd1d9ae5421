import type { RecordBatch } from '../../services/flow/event-log.ts'

/** A record of a test's log: its time is written into the value as decimal text. */
export interface TestRecord {
  readonly position: number
  readonly key?: string
  readonly value: string
  readonly appendedAt?: number
}

/** A batch over records in memory. */
export function batchOf(
  records: readonly TestRecord[],
  options: { atEnd?: boolean; next?: number; bytes?: number } = {},
): RecordBatch {
  let i = -1
  const at = () => records[i] as TestRecord
  return {
    count: records.length,
    nextPosition: options.next ?? (records.at(-1)?.position ?? -1) + 1,
    bytes: options.bytes ?? 0,
    atEnd: options.atEnd ?? false,
    next: () => ++i < records.length,
    get position() {
      return at().position
    },
    get appendedAt() {
      return at().appendedAt ?? 0
    },
    get key() {
      return Buffer.from(at().key ?? 'k')
    },
    keyStart: 0,
    get keyEnd() {
      return Buffer.byteLength(at().key ?? 'k')
    },
    get value() {
      return Buffer.from(at().value)
    },
    valueStart: 0,
    get valueEnd() {
      return Buffer.byteLength(at().value)
    },
  }
}
