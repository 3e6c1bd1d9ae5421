import type { CodedError, Location } from '../domain/errors.ts'
import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { TimeZone } from '../domain/time-zones.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { eventOf, type Fields, fieldsOf, isEventType } from './events.ts'
import { type LineParts, readLineParts } from './line-parts.ts'
import { readOutcome } from './outcomes.ts'
import { type TimelineCode, timelineProblem } from './problem.ts'
import { readReceipt } from './receipt-words.ts'
import { instantOf, type TimeFrame, wallClock } from './time-text.ts'
import { defaultSubscriber, type ExpectedMoment, type Fate, type TimelineStep } from './timeline.ts'
import type { Word, WordFault } from './words.ts'

/** What lines are read against. */
export interface LineScope {
  readonly zone: TimeZone
  readonly firstDay: number
  /** Ids of rules, of all catalogues that the timeline uses. */
  readonly rules: ReadonlySet<string>
  /** What `catalogue NAME` may name. */
  readonly catalogues: ReadonlyMap<string, Catalogue>
  readonly defaults: Readonly<Partial<Record<EventType, Fields>>>
  /** Where a character of the timeline's text stands in its file. */
  locate(offset: number): Location
}

export interface ReadLines {
  readonly steps: readonly TimelineStep[]
  readonly expected: readonly ExpectedMoment[]
  readonly end: number
}

const isWord = (text: string): text is 'restart' | 'down' | 'up' => ['restart', 'down', 'up'].includes(text)

type EventStep = Extract<TimelineStep, { readonly kind: 'event' }>
type Draft = Omit<EventStep, 'fate'> & { fate: Fate }

/** The time and the subject of the line above. */
interface Standing {
  clock: number
  /** Of the line's event: `at`, or the clock. */
  at: number
  /** Time of the last event whose line names a time of its own: what `+48h` is added to. */
  anchor: number
  isNamed: boolean
  subscriber: string
  event: Draft | undefined
}

/** Reads the lines of a timeline's text, which begins at `start`; what is wrong is added to `problems`. */
export function readLines(text: string, start: number, scope: LineScope, problems: CodedError[]): ReadLines {
  const steps: (TimelineStep | Draft)[] = []
  const expected: ExpectedMoment[] = []
  const standing: Standing = {
    clock: start,
    at: start,
    anchor: start,
    isNamed: false,
    subscriber: defaultSubscriber,
    event: undefined,
  }
  const tell = (code: TimelineCode, message: string, offset: number): undefined =>
    void problems.push(timelineProblem(code, message, scope.locate(offset)))
  const faults: { code: TimelineCode; message: string; offset: number }[] = []
  const parts = readLineParts(text, faults)
  for (const { code, message, offset } of faults) tell(code, message, offset)
  for (const part of parts) {
    if (!moveTo(part)) continue
    const location = scope.locate(part.offset)
    const before = steps.length
    if (part.happens.length > 0) happen(part.happens, location)
    for (const words of part.outcomes ?? []) comeOf(words, part.offset)
    if (steps.length === before) steps.push({ kind: 'wait', clock: standing.clock, location })
  }
  for (const { location, message } of faultsOfAbsence(steps)) {
    problems.push(timelineProblem('KM_TIMELINE_LINE', message, location))
  }
  if (parts.length === 0 && faults.length === 0) tell('KM_TIMELINE_LINE', 'the timeline has no line', 0)
  const times = steps.map((step) => (step.kind === 'event' ? step.event.record.event_time : step.clock))
  return { steps, expected, end: Math.max(standing.clock, ...times) }

  /** The line's time and subject; false: it stands before the line above. */
  function moveTo({ time, happens, outcomes, offset }: LineParts): boolean {
    const continues = !time && happens.length === 0 && outcomes
    if (!continues) standing.subscriber = defaultSubscriber
    if (!time) {
      if (!continues) standing.at = standing.clock
      return true
    }
    const clock = instantOf(time, frame())
    if (clock < standing.clock) {
      const [here, above] = [clock, standing.clock].map((at) => wallClock(at, scope.zone, scope.firstDay))
      const hint = time.base?.kind === 'local' ? "; name the day of a later one, as in 'day 2 09:00'" : ''
      tell('KM_TIMELINE_BACKWARDS', `this line is of ${here}, the line above of ${above}${hint}`, offset)
      return false
    }
    standing.clock = clock
    standing.at = clock
    standing.isNamed = time.base !== undefined
    return true
  }

  function frame(): TimeFrame {
    const { zone, firstDay } = scope
    return { zone, firstDay, day: zone.civilDay(standing.clock), anchor: standing.anchor }
  }

  function happen(words: readonly Word[], location: Location): undefined {
    const [first, ...others] = words
    if (first?.kind === 'subscriber') {
      standing.subscriber = first.text
      if (others.length === 0) return tell('KM_TIMELINE_LINE', `what happens to '${first.text}'?`, first.offset)
      return happen(others, location)
    }
    const { clock } = standing
    if (first?.kind !== 'name') {
      return tell('KM_TIMELINE_LINE', 'a line begins with a time, an event or =>', first?.offset ?? 0)
    }
    if (isEventType(first.text)) return send(first.text, first.offset, others, location)
    const [second] = others
    const name = second?.kind === 'name' ? second.text : undefined
    if (first.text === 'again' && (others.length === 0 || name !== undefined))
      return repeat(name, first.offset, location)
    if (first.text === 'catalogue' && name !== undefined) {
      const catalogue = scope.catalogues.get(name)
      if (catalogue) steps.push({ kind: 'catalogue', clock, location, catalogue })
      else {
        const hint = didYouMeanOneOf(name, [...scope.catalogues.keys()])
        tell(
          'KM_TIMELINE_CATALOGUE',
          `no catalogue '${name}' under 'catalogues'${hint}`,
          second?.offset ?? first.offset,
        )
      }
    } else if (first.text === 'receipt') return receive(others, first.offset, location)
    else if (isWord(first.text)) steps.push({ kind: first.text, clock, location })
    else if (first.text === 'nothing') steps.push({ kind: 'wait', clock, location })
    else {
      const known = [...eventTypes, 'receipt', 'again', 'catalogue', 'nothing', 'restart', 'down', 'up']
      const hint = didYouMean(first.text, known) || `; known: ${known.join(', ')}`
      return tell('KM_TIMELINE_EVENT_TYPE', `nothing is called '${first.text}'${hint}`, first.offset)
    }
    const taken = first.text === 'catalogue' ? 1 : 0
    const stray = others[taken]
    if (stray) tell('KM_TIMELINE_LINE', `'${first.text}' takes nothing more`, stray.offset)
  }

  function receive(words: readonly Word[], offset: number, location: Location): undefined {
    const said = readReceipt(words, offset)
    if ('message' in said) return tell('KM_TIMELINE_LINE', said.message, said.offset)
    const { clock, subscriber } = standing
    steps.push({ kind: 'receipt', clock, location, subscriber, ...said })
  }

  function send(type: EventType, offset: number, words: readonly Word[], location: Location): undefined {
    const wordFaults: WordFault[] = []
    for (const word of words) {
      if (word.kind === 'time' && word.name === 'at') standing.at = instantOf(word.time, frame())
      else if (word.kind !== 'pair') {
        wordFaults.push({ message: `an event has field=value and 'at TIME' behind its type`, offset: word.offset })
      }
    }
    const fieldFaults: WordFault[] = []
    const fields = fieldsOf(type, words, fieldFaults)
    for (const fault of wordFaults) tell('KM_TIMELINE_LINE', fault.message, fault.offset)
    for (const fault of fieldFaults) tell('KM_TIMELINE_FIELD', fault.message, fault.offset)
    if (wordFaults.length + fieldFaults.length > 0) return
    const { subscriber, at } = standing
    const id = { event_id: nextId(), subscriber_id: subscriber, event_time: at }
    const event = eventOf(type, id, { ...scope.defaults[type], ...fields }, scope.zone.civilDay(at))
    if ('type' in event) {
      if (standing.isNamed) standing.anchor = at
      return push(event, location)
    }
    for (const { field, message } of event) {
      const word = words.find((candidate) => candidate.kind === 'pair' && candidate.name === field)
      tell('KM_TIMELINE_FIELD', message, word?.kind === 'pair' ? word.valueOffset : offset)
    }
  }

  /** Texts that sort as the lines do. */
  function nextId(): string {
    return `e${String(steps.filter(({ kind }) => kind === 'event').length + 1).padStart(4, '0')}`
  }

  function push(event: ReadEvent, location: Location): undefined {
    const step: Draft = { kind: 'event', clock: standing.clock, location, event, fate: { kind: 'taken' } }
    standing.event = step
    steps.push(step)
  }

  function repeat(id: string | undefined, offset: number, location: Location): undefined {
    const { subscriber } = standing
    const sent = steps.findLast(
      (step) =>
        step.kind === 'event' &&
        step.event.record.subscriber_id === subscriber &&
        (id === undefined || step.event.record.event_id === id),
    )
    if (sent?.kind !== 'event') {
      const which = id === undefined ? `'${subscriber}' has no event before` : `no event before has event_id=${id}`
      return tell('KM_TIMELINE_LINE', `${which}: what is to come again?`, offset)
    }
    standing.at = sent.event.record.event_time
    push(sent.event, location)
  }

  function comeOf(words: readonly Word[], lineOffset: number): undefined {
    const { clock, at, subscriber } = standing
    const outcome = readOutcome(words, { clock, at, subscriber, rules: scope.rules, frame: frame() })
    const location = scope.locate(words[0]?.offset ?? lineOffset)
    switch (outcome.kind) {
      case 'fault':
        return tell(outcome.code, outcome.message, outcome.offset ?? words[0]?.offset ?? lineOffset)
      case 'moment':
        expected.push({ location, ...outcome.moment })
        return
      case 'factors':
        steps.push({ kind: 'factors', clock, location, subscriber: outcome.subscriber, values: outcome.values })
        return
      case 'decision':
        steps.push({ kind: 'decision', clock, location, subscriber: outcome.subscriber, decision: outcome.decision })
        return
      case 'fate':
        if (standing.event) standing.event.fate = outcome.fate
        else tell('KM_TIMELINE_LINE', `'${outcome.fate.kind}' is said of an event; there is none above`, lineOffset)
    }
  }
}

/** While the engine is down it can only come up. */
function faultsOfAbsence(steps: readonly Pick<TimelineStep, 'kind' | 'location'>[]) {
  const faults: { readonly location: Location; readonly message: string }[] = []
  let down: Location | undefined
  for (const { kind, location } of steps) {
    if (kind === 'up' && !down) faults.push({ location, message: "'up' comes behind 'down'" })
    if (down && !['event', 'wait', 'up'].includes(kind) && kind !== 'catalogue') {
      faults.push({ location, message: "the engine is down: say 'up' first" })
    }
    if (kind === 'down') down = location
    if (kind === 'up') down = undefined
  }
  if (down) faults.push({ location: down, message: "it stays down: a line with 'up' is missing" })
  return faults
}
