import { createDetectProcessor, type DetectProcessor, type DetectSettings } from '../detect/detect-processor.ts'
import { isCoded } from '../domain/errors.ts'
import { OfflineShard } from '../flow/offline-shard.ts'
import type { Moment } from '../records/types.ts'
import { topics } from '../topology.ts'
import type { OwnRecord } from './shard-records.ts'

/** Detect over one subscriber's records in memory: the shard's clock as it went, and none of the other subscribers. */
export class ReplayedEvents {
  readonly moments: Moment[] = []
  /** Records that detect refused. */
  refused = 0
  // The time of day is taken to have been the shard's: what expired since didn't then.
  private readonly shard: OfflineShard<DetectProcessor>

  constructor(settings: DetectSettings, subscriber: string) {
    const processor = createDetectProcessor({ ...settings, indexSize: 16 })
    processor.admit(subscriber, null)
    this.shard = new OfflineShard(processor, {
      admit: () => undefined,
      take: (outputs) => {
        for (const { topic, value } of outputs) {
          if (topic !== topics.moments.name) continue
          const moment = settings.codec.decode('moment', Buffer.from(value), 0, value.length)
          if (moment.reason_ended_at == null) this.moments.push(moment)
        }
      },
    })
  }

  get processor(): DetectProcessor {
    return this.shard.processor
  }

  /** An event of the subscriber, as the shard came to it. */
  take({ topic, record, time, head }: OwnRecord): void {
    this.advance(Math.max(head, time))
    this.shard.head = head
    try {
      this.shard.record(topic, record)
    } catch (error) {
      if (!isCoded(error)) throw error
      this.refused++
    }
  }

  /** Lets time pass; what is due on the way comes, in its order, under the rules of its own time. */
  advance(to: number): void {
    this.shard.advance(to)
  }
}
