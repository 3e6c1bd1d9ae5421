import type { Codec } from '../../../services/records/codec.ts'
import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { Command, Decision, Moment, Receipt } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { Agenda } from './agenda.ts'
import { type Answer, answerTo, eventsOf } from './answers.ts'
import { createLife } from './life.ts'
import { createPeople, dayMs, daysOfYear, type Person, yearStart } from './person.ts'
import { readRecordedCalls } from './recorded-calls.ts'
import { createWholeEngine } from './whole-engine.ts'
import { createWitness, type Witness } from './witness.ts'

export interface YearPlan {
  readonly seed: number
  readonly subscribers: number
  /** From New Year on; default: all of them. */
  readonly days?: number
  readonly say?: (line: string) => void
}

/** A message that left, and what came of it. */
export interface Touch {
  readonly subscriber: string
  readonly purpose: Command['purpose']
  readonly channel: Command['channel']
  /** Milliseconds since 1970. */
  readonly at: number
  readonly command: Command
  readonly response: Answer['response']
}

export interface Year {
  readonly people: readonly Person[]
  readonly days: number
  readonly events: number
  readonly touches: readonly Touch[]
  /** Commands that never left. */
  readonly failed: number
  /** Moments by kind and by rule. */
  readonly byKind: ReadonlyMap<Moment['kind'], number>
  readonly byRule: ReadonlyMap<string, number>
  /** Decisions by outcome and purpose, and suppressions by code and purpose. */
  readonly byOutcome: ReadonlyMap<Decision['outcome'], ByPurpose>
  readonly byCode: ReadonlyMap<string, ByPurpose>
  /** When subscribers said that they want no more marketing by a channel. */
  readonly optOuts: readonly Pick<Touch, 'subscriber' | 'channel' | 'at'>[]
  readonly late: number
  /** What it saw against the policy. */
  readonly witness: Witness
}

export type ByPurpose = ReadonlyMap<Moment['purpose'], number>

type Happening =
  | { readonly kind: 'event'; readonly event: ReadEvent }
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'response'; readonly command: Command; readonly answer: Answer }

/** Time is let pass in steps of no more: what comes of a command that a timer made is seen so late at most, within any grace. */
const stepMs = 5 * 60_000

/** Of so many subscribers every decision is held against what there was. */
const watchedMost = 500

/**
 * A year of subscribers who live, and of the engine that watches them and speaks to them: what it says has consequences, which
 * it sees. Only the virtual clock passes. The same for the same plan and catalogue.
 */
export function runYear(
  { seed, subscribers, days = daysOfYear, say }: YearPlan,
  catalogue: Catalogue,
  codec: Codec,
): Year {
  const recorded = readRecordedCalls()
  const people = createPeople(subscribers, seed, recorded)
  const lives = people.map((person) => createLife(person, seed, recorded))
  const byId = new Map(people.map((person) => [person.id, person]))
  const agenda = new Agenda<Happening>()
  const touches: Touch[] = []
  const optOuts: Year['optOuts'][number][] = []
  const byKind = new Map<Moment['kind'], number>()
  const byRule = new Map<string, number>()
  const byOutcome = new Map<Decision['outcome'], Map<Moment['purpose'], number>>()
  const byCode = new Map<string, Map<Moment['purpose'], number>>()
  let events = 0
  let failed = 0
  const watched = new Set(people.slice(0, watchedMost).map(({ id }) => id))
  const witness = createWitness(catalogue, (subscriber) => watched.has(subscriber))

  const engine = createWholeEngine(catalogue, codec, {
    moment(moment) {
      const { kind, rule, reason_ended_at } = moment
      witness.moment(moment, engine.clock)
      // It tells of a moment before it that its reason has ended.
      if (reason_ended_at != null) return
      count(byKind, kind)
      count(byRule, rule)
    },
    decision(decision) {
      const { outcome, code, purpose } = decision
      witness.decision(decision)
      countOf(byOutcome, outcome, purpose)
      if (outcome === 'suppressed' || outcome === 'deferred') countOf(byCode, code ?? 'none', purpose)
    },
    command(command) {
      // What is taken back has left, or is on somebody's list: it counts as it did.
      if (command.cancelled_because != null) return
      witness.command(command)
      const { subscriber_id: subscriber, purpose, channel, issued_at: at } = command
      const person = byId.get(subscriber) as Person
      const answer = answerTo(command, person, seed)
      for (const receipt of answer.receipts) agenda.put(receipt.received_at, { kind: 'receipt', receipt })
      if (answer.left) {
        touches.push({ subscriber, purpose, channel, at, command, response: answer.response })
      } else failed++
      if (answer.response !== 'none') agenda.put(answer.respondsAt, { kind: 'response', command, answer })
    },
  })

  const end = yearStart + days * dayMs
  for (let day = 0; day < days; day++) {
    for (const life of lives) {
      for (const event of life.day(day)) agenda.put(event.record.event_time, { kind: 'event', event })
    }
    until(yearStart + (day + 1) * dayMs)
    engine.forgetChanges()
    if (day % 30 === 29) say?.(`day ${day + 1}: ${events} events, ${touches.length} touches`)
  }
  until(end)
  return {
    people,
    days,
    events,
    touches,
    failed,
    byKind,
    byRule,
    byOutcome,
    byCode,
    optOuts,
    late: engine.late,
    witness,
  }

  function until(to: number): void {
    for (;;) {
      const next = Math.min(to, agenda.next)
      if (next > engine.clock) {
        engine.advance(Number.isFinite(engine.clock) ? Math.min(next, engine.clock + stepMs) : next)
        continue
      }
      if (agenda.next > to) return
      happen(agenda.take() as Happening)
    }
  }

  function event(happened: ReadEvent): void {
    events++
    witness.event(happened, engine.clock)
    engine.event(happened)
  }

  function happen(what: Happening): void {
    switch (what.kind) {
      case 'event':
        event(what.event)
        return
      case 'receipt':
        witness.receipt(what.receipt)
        engine.receipt(what.receipt)
        return
      case 'response': {
        const { command, answer } = what
        const person = byId.get(command.subscriber_id) as Person
        const topUp = (amount: number) => lives[person.number]?.topUp(amount) ?? 0
        for (const said of eventsOf(command, answer, topUp)) event(said)
        if (answer.response === 'opted-out') {
          optOuts.push({ subscriber: person.id, channel: command.channel, at: answer.respondsAt })
        }
      }
    }
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function countOf<Key, Of>(counts: Map<Key, Map<Of, number>>, key: Key, of: Of): void {
  const own = counts.get(key) ?? new Map<Of, number>()
  counts.set(key, own)
  count(own, of)
}
