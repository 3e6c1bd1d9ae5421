import type { Layout } from './layout.ts'
import { readLong, wordsFor, writeBytes, writeLong } from './words.ts'

/** Kept of the events that match `absent`: an `after` may arrive behind the event that answers it. */
const answersKept = 4
/** Kept of unanswered `after` events: an answer may arrive between two of them. */
const anchorsKept = 8
const idBytes = 132

export interface AbsenceTimes {
  readonly within: number
  /** Greatest grace of the types that the rule reads. */
  readonly grace: number
}

/**
 * The absences of the record in hand, unpacked into arrays that are reused. An anchor is an event that matches `after`
 * and is not answered: the first is the one that is armed, the others are those that arm if a late answer takes the first
 * away, or that came after its deadline. An anchor's id is the place of its type in the order of types (one byte), then
 * its event_id: in this order the earliest of one instant is found.
 */
export class AbsenceBook {
  /** Due time that was last asked of the runtime's timers; 0: none. */
  asked = 0
  /** Anchors or answers that were pushed out by a bound. */
  overflows = 0
  private readonly layout: Layout
  private readonly times: readonly AbsenceTimes[]
  private readonly answers: Float64Array
  private readonly answerCounts: Int32Array
  private readonly anchors: Float64Array
  private readonly anchorCounts: Int32Array
  private readonly ids: Uint8Array
  private readonly idLengths: Int32Array
  private readonly spent: Float64Array

  /** `times`: for each of `layout.absences`. */
  constructor(layout: Layout, times: readonly AbsenceTimes[]) {
    this.layout = layout
    this.times = times
    const rules = layout.absences.length
    this.answers = new Float64Array(layout.answers.length * (answersKept + 1))
    this.answerCounts = new Int32Array(layout.answers.length)
    this.anchors = new Float64Array(rules * (anchorsKept + 1))
    this.anchorCounts = new Int32Array(rules)
    this.ids = new Uint8Array(rules * (anchorsKept + 1) * idBytes)
    this.idLengths = new Int32Array(rules * (anchorsKept + 1))
    this.spent = new Float64Array(rules)
  }

  clear(): void {
    this.asked = 0
    this.answerCounts.fill(0)
    this.anchorCounts.fill(0)
    this.spent.fill(Number.NEGATIVE_INFINITY)
  }

  load(words: Int32Array, start: number): void {
    this.asked = readLong(words, start)
    let p = start + 2
    for (let track = 0; track < this.answerCounts.length; track++) {
      const count = words[p++] as number
      this.answerCounts[track] = count
      for (let i = 0; i < count; i++, p += 2) this.answers[track * (answersKept + 1) + i] = readLong(words, p)
    }
    for (let rule = 0; rule < this.anchorCounts.length; rule++) {
      const head = words[p++] as number
      this.spent[rule] = Number.NEGATIVE_INFINITY
      if ((head & 0x100) !== 0) {
        this.spent[rule] = readLong(words, p)
        p += 2
      }
      const count = head & 0xff
      this.anchorCounts[rule] = count
      for (let i = 0; i < count; i++) {
        const slot = rule * (anchorsKept + 1) + i
        this.anchors[slot] = readLong(words, p)
        const length = words[p + 2] as number
        this.idLengths[slot] = length
        for (let byte = 0; byte < length; byte++) {
          this.ids[slot * idBytes + byte] = ((words[p + 3 + (byte >> 2)] as number) >>> ((byte & 3) << 3)) & 0xff
        }
        p += 3 + wordsFor(length)
      }
    }
  }

  /** Words that `store` writes; 0: nothing is kept. */
  size(): number {
    let any = false
    let size = 2 + this.answerCounts.length + this.anchorCounts.length
    for (let track = 0; track < this.answerCounts.length; track++) {
      const count = this.answerCounts[track] as number
      if (count > 0) any = true
      size += 2 * count
    }
    for (let rule = 0; rule < this.anchorCounts.length; rule++) {
      const count = this.anchorCounts[rule] as number
      if ((this.spent[rule] as number) > Number.NEGATIVE_INFINITY) {
        any = true
        size += 2
      }
      if (count > 0) any = true
      for (let i = 0; i < count; i++) size += 3 + wordsFor(this.idLengths[rule * (anchorsKept + 1) + i] as number)
    }
    return any ? size : 0
  }

  store(words: Int32Array, start: number): void {
    writeLong(words, start, this.asked)
    let p = start + 2
    for (let track = 0; track < this.answerCounts.length; track++) {
      const count = this.answerCounts[track] as number
      words[p++] = count
      for (let i = 0; i < count; i++, p += 2) writeLong(words, p, this.answers[track * (answersKept + 1) + i] as number)
    }
    for (let rule = 0; rule < this.anchorCounts.length; rule++) {
      const count = this.anchorCounts[rule] as number
      const spent = this.spent[rule] as number
      words[p++] = count | (spent > Number.NEGATIVE_INFINITY ? 0x100 : 0)
      if (spent > Number.NEGATIVE_INFINITY) {
        writeLong(words, p, spent)
        p += 2
      }
      for (let i = 0; i < count; i++) {
        const slot = rule * (anchorsKept + 1) + i
        writeLong(words, p, this.anchors[slot] as number)
        const length = this.idLengths[slot] as number
        words[p + 2] = length
        p = writeBytes(words, p + 3, this.ids, slot * idBytes, slot * idBytes + length)
      }
    }
  }

  /**
   * Forgets what no event can ask for any more: nothing older than `head` - grace arrives. `head` is the greatest event
   * time on the shard.
   */
  prune(head: number): void {
    for (let rule = 0; rule < this.anchorCounts.length; rule++) {
      const { within, grace } = this.times[rule] as AbsenceTimes
      const oldest = head - grace
      if ((this.spent[rule] as number) < oldest) this.spent[rule] = Number.NEGATIVE_INFINITY
      const base = rule * (anchorsKept + 1)
      const deadline = (this.anchors[base] as number) + within
      for (let i = (this.anchorCounts[rule] as number) - 1; i > 0; i--) {
        const time = this.anchors[base + i] as number
        if (time < oldest && time < deadline) this.removeAnchor(rule, i)
      }
    }
    for (let track = 0; track < this.answerCounts.length; track++) {
      let grace = 0
      for (let rule = 0; rule < this.times.length; rule++) {
        if (this.layout.absences[rule]?.answer === track)
          grace = Math.max(grace, (this.times[rule] as AbsenceTimes).grace)
      }
      const base = track * (answersKept + 1)
      const count = this.answerCounts[track] as number
      let old = 0
      // An answer b counts for an `after` a < b only, and a is not older than head - grace.
      while (old < count && (this.answers[base + old] as number) <= head - grace) old++
      if (old === 0) continue
      this.answers.copyWithin(base, base + old, base + count)
      this.answerCounts[track] = count - old
    }
  }

  /** An event of this time matches the `absent` of a track: it takes away all anchors a with a < time < a + within. */
  answer(track: number, time: number): void {
    const base = track * (answersKept + 1)
    let count = this.answerCounts[track] as number
    let at = count
    while (at > 0 && (this.answers[base + at - 1] as number) > time) at--
    if (at === 0 || this.answers[base + at - 1] !== time) {
      this.answers.copyWithin(base + at + 1, base + at, base + count)
      this.answers[base + at] = time
      if (++count > answersKept) {
        this.answers.copyWithin(base, base + 1, base + count)
        count = answersKept
        this.overflows++
      }
      this.answerCounts[track] = count
    }
    for (let rule = 0; rule < this.anchorCounts.length; rule++) {
      if (this.layout.absences[rule]?.answer !== track) continue
      const { within } = this.times[rule] as AbsenceTimes
      for (let i = (this.anchorCounts[rule] as number) - 1; i >= 0; i--) {
        const anchor = this.anchors[rule * (anchorsKept + 1) + i] as number
        if (anchor < time && time < anchor + within) this.removeAnchor(rule, i)
      }
    }
  }

  /** An event of this time matches the `after` of a rule. `type`: place of its type in the order of types. */
  anchor(rule: number, time: number, type: number, bytes: Uint8Array, start: number, end: number): void {
    if (time < (this.spent[rule] as number)) return
    const { within } = this.times[rule] as AbsenceTimes
    const track = this.layout.absences[rule]?.answer ?? 0
    for (let i = 0; i < (this.answerCounts[track] as number); i++) {
      const answer = this.answers[track * (answersKept + 1) + i] as number
      if (time < answer && answer < time + within) return
    }
    const base = rule * (anchorsKept + 1)
    let count = this.anchorCounts[rule] as number
    let at = count
    while (at > 0 && this.isBefore(base + at - 1, time, type, bytes, start, end)) at--
    for (let i = count; i > at; i--) this.copyAnchor(base + i - 1, base + i)
    const slot = base + at
    this.anchors[slot] = time
    this.ids[slot * idBytes] = type
    for (let p = start, to = slot * idBytes + 1; p < end; p++, to++) this.ids[to] = bytes[p] as number
    this.idLengths[slot] = end - start + 1
    this.anchorCounts[rule] = ++count
    if (count > anchorsKept) {
      // The armed one stays; of the others the oldest is the least likely to be asked for.
      this.removeAnchor(rule, 1)
      this.overflows++
    }
  }

  /** Whether (time, type, id) comes before the anchor in the slot. */
  private isBefore(slot: number, time: number, type: number, bytes: Uint8Array, start: number, end: number): boolean {
    const other = this.anchors[slot] as number
    if (time !== other) return time < other
    const from = slot * idBytes
    if (type !== this.ids[from]) return type < (this.ids[from] as number)
    const length = this.idLengths[slot] as number
    for (let i = 1; i < length && start + i - 1 < end; i++) {
      const difference = (bytes[start + i - 1] as number) - (this.ids[from + i] as number)
      if (difference !== 0) return difference < 0
    }
    return end - start + 1 < length
  }

  private copyAnchor(from: number, to: number): void {
    this.anchors[to] = this.anchors[from] as number
    this.idLengths[to] = this.idLengths[from] as number
    this.ids.copyWithin(to * idBytes, from * idBytes, (from + 1) * idBytes)
  }

  private removeAnchor(rule: number, i: number): void {
    const base = rule * (anchorsKept + 1)
    const count = (this.anchorCounts[rule] as number) - 1
    this.anchorCounts[rule] = count
    for (let k = i; k < count; k++) this.copyAnchor(base + k + 1, base + k)
  }

  /** When the earliest armed absence may be decided; Infinity if none is armed. */
  nextDue(): number {
    let due = Number.POSITIVE_INFINITY
    for (let rule = 0; rule < this.anchorCounts.length; rule++) due = Math.min(due, this.dueOf(rule))
    return due
  }

  dueOf(rule: number): number {
    if (this.anchorCounts[rule] === 0) return Number.POSITIVE_INFINITY
    const { within, grace } = this.times[rule] as AbsenceTimes
    return (this.anchors[rule * (anchorsKept + 1)] as number) + within + grace
  }

  /** Time of the armed anchor. */
  anchorTime(rule: number): number {
    return this.anchors[rule * (anchorsKept + 1)] as number
  }

  /** event_id of the armed anchor. */
  anchorId(rule: number): string {
    const slot = rule * (anchorsKept + 1)
    const from = slot * idBytes
    return Buffer.from(this.ids.buffer, from + 1, (this.idLengths[slot] as number) - 1).toString()
  }

  /** The armed absence is decided up to its deadline; what came after the deadline arms anew. */
  decide(rule: number, deadline: number): void {
    if (deadline > (this.spent[rule] as number)) this.spent[rule] = deadline
    while (this.anchorCounts[rule] !== 0 && this.anchorTime(rule) < deadline) this.removeAnchor(rule, 0)
  }
}

/** An anchor's event_id, without the byte of its type. */
export const anchorEventId = (id: Buffer): string => id.toString('utf8', 1)
