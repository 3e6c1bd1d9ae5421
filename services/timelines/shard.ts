import { createDetectProcessor, type DetectProcessor, type DetectSettings } from '../detect/detect-processor.ts'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { AppendRecord, RecordView } from '../flow/event-log.ts'
import type { Context } from '../flow/processor.ts'
import { flowDefaults } from '../flow/settings.ts'
import { Timers } from '../flow/timers.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { LateEvent, Moment, RecordTypes } from '../records/types.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'

/** What became of an event. */
export type Became =
  | { readonly kind: 'taken' | 'late' | 'duplicate' }
  | { readonly kind: 'dead-letter'; readonly error: CodedError }

/**
 * One shard of detect, without log and store: its clock is moved by hand, timers run as on the runtime (services/flow),
 * and a restart leaves what a commit would have stored. Other subscribers' events are taken to come all the time, so that
 * the greatest event time of the shard, by which lateness is judged, is the clock.
 */
export class TimelineShard implements Context {
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  appendedAt = 0
  /** The time of day, which an event from ahead doesn't move. */
  private wall = Number.NEGATIVE_INFINITY
  /** It was down, and what came meanwhile is handled by event time. */
  private isBehind = false
  processor: DetectProcessor
  private readonly settings: DetectSettings
  private readonly moments: (moment: Moment) => void
  private timers = new Timers([], flowDefaults.timerSlotMs)
  private outputs: AppendRecord[] = []
  private readonly seen = new Set<string>()
  /** What the store would hold. */
  private readonly states = new Map<string, Buffer>()
  private readonly slots = new Map<string, { readonly slot: number; readonly key: string }>()

  /** `moments` hears of each moment when it is noticed. `processor`: one of the same settings, which knows nobody. */
  constructor(settings: DetectSettings, moments: (moment: Moment) => void, processor?: DetectProcessor) {
    this.settings = settings
    this.moments = moments
    this.processor = processor ?? createDetectProcessor(settings)
  }

  // What the processor may reach.

  get now(): number {
    return this.isBehind ? Math.max(this.clock, this.wall) : this.clock
  }
  /** When what comes now is noticed: events from ahead move the clock, but not the time of day. */
  get present(): number {
    return this.isBehind ? this.wall : Math.min(this.clock, this.wall)
  }
  emit(topic: Topic, key: string, value: Buffer): void {
    this.outputs.push({ topic: topic.name, key, value })
  }
  arm(key: string, due: number): void {
    this.timers.arm(key, due)
  }
  effect(): void {}

  /** Lets time pass; what is due on the way comes, in its order. */
  advance(to: number): void {
    this.wall = Math.max(this.wall, to)
    this.moveClock(to)
  }

  private moveClock(to: number): void {
    while (this.timers.nextDue <= to) {
      this.clock = Math.max(this.clock, this.timers.nextDue)
      this.head = Math.max(this.head, Math.min(this.clock, this.wall))
      const key = this.timers.take(this.clock)
      if (key === undefined) continue
      this.admit(key)
      this.processor.timer(key, this)
      this.flush()
    }
    this.clock = Math.max(this.clock, to)
    this.followTime()
  }

  /** What the runtime does while time passes: another ruleset, and a look at everybody if that is wanted. */
  private followTime(): void {
    this.processor.tick?.(this)
    const wanted = this.processor.sweep ?? 0
    if (wanted === 0) return
    for (const key of this.seen) {
      this.admit(key)
      this.processor.timer(key, this)
      this.flush()
    }
    this.processor.swept?.(wanted)
  }

  /** Hands over an event that arrives now. */
  send(event: ReadEvent): Became {
    this.head = Math.max(this.head, this.wall)
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
    return became
  }

  /** `appendedAt`: when the log took it. */
  private handle({ type, record }: ReadEvent, appendedAt: number): Became {
    const { codec } = this.settings
    const time = record.event_time
    this.appendedAt = appendedAt
    if (time - appendedAt > flowDefaults.futureToleranceMs) {
      const message = `event_time is more than ${flowDefaults.futureToleranceMs} ms ahead of its arrival`
      return { kind: 'dead-letter', error: new CodedError('KM_EVENT_FUTURE', message) }
    }
    this.moveClock(time)
    const { counters } = this.processor
    const duplicates = counters.duplicates
    this.admit(record.subscriber_id)
    const bytes = codec.encode(topics.events[type] as Topic & { schema: EventType }, record as RecordTypes[EventType])
    try {
      this.processor.record(eventTypes.indexOf(type), viewOf(record.subscriber_id, bytes, this.appendedAt), this)
    } catch (error) {
      this.outputs = []
      if (isCoded(error)) return { kind: 'dead-letter', error }
      throw error
    } finally {
      this.head = Math.max(this.head, time)
    }
    const late = this.flush().length > 0
    return { kind: late ? 'late' : counters.duplicates > duplicates ? 'duplicate' : 'taken' }
  }

  /** Another catalogue is in force from now on: the schedule in the settings says which. */
  goOver(): void {
    this.processor.scheduleChanged()
    this.head = Math.max(this.head, this.wall)
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
    const { added, removed } = this.timers.changes()
    for (const entry of removed) this.slots.delete(`${entry.slot} ${entry.key}`)
    for (const entry of added) this.slots.set(`${entry.slot} ${entry.key}`, entry)
    this.timers = new Timers([...this.slots.values()], flowDefaults.timerSlotMs)
    // A new process knows the rules that are in force, and those before only by the note.
    const { ruleset, schedule } = this.settings
    this.processor = createDetectProcessor({ ...this.settings, ruleset: schedule?.(this.clock).ruleset ?? ruleset })
    this.processor.restore(note)
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

  /** Tells of the moments; @returns the late events. */
  private flush(): readonly LateEvent[] {
    if (this.outputs.length === 0) return []
    const late: LateEvent[] = []
    const outputs = this.outputs
    this.outputs = []
    for (const { topic, value } of outputs) {
      const bytes = Buffer.from(value)
      const { codec } = this.settings
      if (topic === topics.moments.name) this.moments(codec.decode('moment', bytes, 0, bytes.length))
      else if (topic === topics.late.name) late.push(codec.decode('late-event', bytes, 0, bytes.length))
    }
    return late
  }
}

/** The order of events at one instant is the same everywhere: by type and id. */
function byTime(a: ReadEvent, b: ReadEvent): number {
  const types = eventTypes.indexOf(a.type) - eventTypes.indexOf(b.type)
  return a.record.event_time - b.record.event_time || types || (a.record.event_id < b.record.event_id ? -1 : 1)
}

function viewOf(key: string, value: Buffer, appendedAt: number): RecordView {
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
