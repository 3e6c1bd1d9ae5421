import { createDetectProcessor, type DetectProcessor, type DetectSettings } from '../detect/detect-processor.ts'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { AppendRecord } from '../flow/event-log.ts'
import { OfflineShard } from '../flow/offline-shard.ts'
import { recordView } from '../flow/record-view.ts'
import { flowDefaults } from '../flow/settings.ts'
import type { TimerEntry } from '../flow/state-store.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Moment, RecordTypes } from '../records/types.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'

/** What became of an event. */
export type Became =
  | { readonly kind: 'taken' | 'late' | 'duplicate' }
  | { readonly kind: 'dead-letter'; readonly error: CodedError }

/**
 * One shard of detect whose clock is moved by hand, and of which a restart leaves what a commit would have stored. Other
 * subscribers' events are taken to come all the time, so that the greatest event time of the shard, by which lateness is judged,
 * is the clock.
 */
export class TimelineShard {
  /** The time of day, which an event from ahead doesn't move. */
  private wall = Number.NEGATIVE_INFINITY
  /** It was down, and what came meanwhile is handled by event time. */
  private isBehind = false
  private readonly settings: DetectSettings
  private readonly moments: (moment: Moment) => void
  private readonly shard: OfflineShard<DetectProcessor>
  private readonly seen = new Set<string>()
  /** Of the event in hand. */
  private isLate = false
  /** What the store would hold. */
  private readonly states = new Map<string, Buffer>()
  private readonly slots = new Map<string, TimerEntry>()

  /** `moments` hears of each moment when it is noticed. `processor`: one of the same settings, which knows nobody. */
  constructor(settings: DetectSettings, moments: (moment: Moment) => void, processor?: DetectProcessor) {
    this.settings = settings
    this.moments = moments
    this.shard = new OfflineShard(processor ?? createDetectProcessor(settings), {
      admit: (key) => this.admit(key),
      take: (outputs) => this.tell(outputs),
    })
  }

  private get processor(): DetectProcessor {
    return this.shard.processor
  }

  get clock(): number {
    return this.shard.clock
  }

  /** When what comes now is noticed: events from ahead move the clock, but not the time of day. */
  get present(): number {
    return this.isBehind ? this.wall : Math.min(this.shard.clock, this.wall)
  }

  /** Lets time pass; what is due on the way comes, in its order. */
  advance(to: number): void {
    this.wall = Math.max(this.wall, to)
    this.moveClock(to)
  }

  private moveClock(to: number): void {
    this.shard.timeOfDay = this.isBehind ? this.wall : Number.NEGATIVE_INFINITY
    this.shard.headMost = this.wall
    this.shard.advance(to)
    this.followTime()
  }

  /** What the runtime does while time passes: another ruleset, and a look at everybody if that is wanted. */
  private followTime(): void {
    this.processor.tick?.(this.shard)
    const wanted = this.processor.sweep ?? 0
    if (wanted === 0) return
    for (const key of this.seen) this.shard.lookAt(key)
    this.processor.swept?.(wanted)
  }

  /** Hands over an event that arrives now. */
  send(event: ReadEvent): Became {
    this.shard.head = Math.max(this.shard.head, this.wall)
    return this.handle(event, this.wall)
  }

  /** Comes back after it was down: handles what arrived meanwhile in the order of event time, and what was due. */
  catchUp<Arrived extends { readonly event: ReadEvent; readonly clock: number }>(
    arrived: readonly Arrived[],
    to: number,
  ): ReadonlyMap<Arrived, Became> {
    this.wall = Math.max(this.wall, to)
    this.isBehind = true
    const became = new Map<Arrived, Became>()
    for (const one of arrived.toSorted((a, b) => byTime(a.event, b.event))) {
      became.set(one, this.handle(one.event, one.clock))
    }
    this.moveClock(to)
    this.isBehind = false
    this.shard.timeOfDay = Number.NEGATIVE_INFINITY
    return became
  }

  /** `appendedAt`: when the log took it. */
  private handle({ type, record }: ReadEvent, appendedAt: number): Became {
    const { codec } = this.settings
    const time = record.event_time
    if (time - appendedAt > flowDefaults.futureToleranceMs) {
      const message = `event_time is more than ${flowDefaults.futureToleranceMs} ms ahead of its arrival`
      return { kind: 'dead-letter', error: new CodedError('KM_EVENT_FUTURE', message) }
    }
    this.moveClock(time)
    const { counters } = this.processor
    const duplicates = counters.duplicates
    this.isLate = false
    const bytes = codec.encode(topics.events[type] as Topic & { schema: EventType }, record as RecordTypes[EventType])
    try {
      this.shard.record(eventTypes.indexOf(type), recordView(record.subscriber_id, bytes, appendedAt))
    } catch (error) {
      if (isCoded(error)) return { kind: 'dead-letter', error }
      throw error
    } finally {
      this.shard.head = Math.max(this.shard.head, time)
    }
    return { kind: this.isLate ? 'late' : counters.duplicates > duplicates ? 'duplicate' : 'taken' }
  }

  /** Another catalogue is in force from now on: the schedule in the settings says which. */
  goOver(): void {
    this.processor.scheduleChanged()
    this.shard.head = Math.max(this.shard.head, this.wall)
    this.followTime()
  }

  /** The processor, when it has forgotten everybody, for another timeline; undefined: it still knows somebody. */
  cleared(): DetectProcessor | undefined {
    this.processor.settled()
    this.processor.evict(0)
    return [...this.seen].some((key) => this.isResident(key)) ? undefined : this.processor
  }

  /** The process ends behind a commit, and another takes over. */
  restart(): void {
    const { writes, note } = this.processor
    for (let i = 0; i < writes.count; i++) {
      const key = Buffer.alloc(writes.keyLength(i))
      writes.copyKey(i, key, 0)
      const value = Buffer.alloc(writes.valueLength(i))
      writes.copyValue(i, value, 0)
      if (value.length === 0) this.states.delete(key.toString())
      else this.states.set(key.toString(), value)
    }
    this.processor.settled()
    const { added, removed } = this.shard.timerChanges()
    for (const entry of removed) this.slots.delete(`${entry.slot} ${entry.key}`)
    for (const entry of added) this.slots.set(`${entry.slot} ${entry.key}`, entry)
    // A new process knows the rules that are in force, and those before only by the note.
    const { ruleset, schedule } = this.settings
    const inForce = schedule?.(this.shard.clock).ruleset ?? ruleset
    const processor = createDetectProcessor({ ...this.settings, ruleset: inForce })
    processor.restore(note)
    this.shard.restart(processor, [...this.slots.values()])
  }

  /** What is known of a subscriber as of an instant; undefined: nothing. */
  explain(subscriber: string, at: number): ReturnType<DetectProcessor['explain']> {
    this.admit(subscriber)
    return this.processor.explain(subscriber, at)
  }

  private admit(key: string): void {
    this.seen.add(key)
    if (!this.isResident(key)) this.processor.admit(key, this.states.get(key) ?? null)
  }

  private isResident(key: string): boolean {
    const bytes = Buffer.from(key)
    return this.processor.isResident(bytes, 0, bytes.length)
  }

  private tell(outputs: readonly AppendRecord[]): void {
    for (const { topic, value } of outputs) {
      if (topic === topics.late.name) this.isLate = true
      else if (topic === topics.moments.name) {
        this.moments(this.settings.codec.decode('moment', Buffer.from(value), 0, value.length))
      }
    }
  }
}

/** The order of events at one instant is the same everywhere: by type and id. */
function byTime(a: ReadEvent, b: ReadEvent): number {
  const types = eventTypes.indexOf(a.type) - eventTypes.indexOf(b.type)
  return a.record.event_time - b.record.event_time || types || (a.record.event_id < b.record.event_id ? -1 : 1)
}
