import type { Codec } from '../records/codec.ts'
import type { Rerun } from '../records/types.ts'
import type { Topic } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import { recordView } from './record-view.ts'

/** Records that were handled once more are known for so long, by the log's time, to be told from a second request of them. */
const keptMs = 600_000
const keptMost = 4_000

/** A request to handle a dead letter's record once more, as a service finds it on km.reruns. */
export interface RerunInHand {
  readonly rerun: Rerun
  /** Place of the record's topic among those of the service; -1: it doesn't read it. */
  readonly topic: number
  /** The record as if it had come now, at its own place. */
  readonly view: RecordView
}

/** @throws CodedError KM_RECORD_UNDECODABLE and others of the codec: it is no request */
export function readRerun(codec: Codec, topics: readonly Topic[], record: RecordView): RerunInHand {
  const rerun = codec.decode('rerun', record.value, record.valueStart, record.valueEnd)
  return {
    rerun,
    topic: topics.findIndex(({ name, schema }) => name === rerun.topic && schema !== 'rerun'),
    view: { ...recordView(rerun.subscriber_id, rerun.value, record.appendedAt), position: rerun.position },
  }
}

/** By record_id, when the log took the request by which it was handled. */
export type HandledReruns = Readonly<Record<string, number>>

/**
 * The records that a shard has handled once more of late. Who asks looks first whether it was asked before; two who ask at
 * the same moment don't see each other, nor does who asks again what may have been appended: their requests lie next to each
 * other on the log, and the second one changes nothing. Committed with the states that the first one changed.
 */
export class Reruns {
  #handled: Map<string, number>

  constructor(stored: HandledReruns | undefined) {
    this.#handled = new Map(Object.entries(stored ?? {}))
  }

  isHandled(recordId: string): boolean {
    return this.#handled.has(recordId)
  }

  handled(recordId: string, appendedAt: number): void {
    this.#handled.set(recordId, appendedAt)
    for (const [id, at] of this.#handled) {
      if (at > appendedAt - keptMs && this.#handled.size <= keptMost) break
      this.#handled.delete(id)
    }
  }

  /** undefined: none are known. */
  get stored(): HandledReruns | undefined {
    return this.#handled.size === 0 ? undefined : Object.fromEntries(this.#handled)
  }
}
