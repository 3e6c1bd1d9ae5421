import { inSuccession } from '../catalogue/activation.ts'
import { createSchedule } from '../catalogue/schedule.ts'
import type { DetectSettings } from '../detect/detect-processor.ts'
import type { CodedError } from '../domain/errors.ts'
import { timeZone } from '../domain/time-zones.ts'
import type { Codec } from '../records/codec.ts'
import { createCodec } from '../records/create-codec.ts'
import { createEmbeddedRegistry } from '../records/embedded-registry.ts'
import type { Moment } from '../records/types.ts'
import { eventTypes } from '../topology.ts'
import { type Came, compare, lineBefore } from './compare.ts'
import { createDecided } from './decided.ts'
import { decisionText, isAsExpected, saidOf } from './decision-outcome.ts'
import { type FactorValues, factorText, sameValue } from './factor-text.ts'
import { isToldOf } from './own-receipts.ts'
import { timelineProblem } from './problem.ts'
import { createProcessors, type Processors } from './processors.ts'
import { type Became, TimelineShard } from './shard.ts'
import { wallClock } from './time-text.ts'
import type { Fate, Timeline, TimelineStep } from './timeline.ts'

export interface TimelineResult {
  readonly timeline: Timeline
  /** Each is a difference between what was expected and what came, at the line that says otherwise. Empty: passed. */
  readonly failures: readonly CodedError[]
  /** All that were noticed, in that order, of whatever rule. */
  readonly moments: readonly Moment[]
}

type EventStep = Extract<TimelineStep, { readonly kind: 'event' }>

/** Runs a timeline on a fresh shard. */
export type RunTimeline = (timeline: Timeline) => TimelineResult

/** Grace of a type where nothing is said. */
const defaultGrace = 600_000

/** Makes the schemas' codec once; then a timeline takes milliseconds. Nothing is read or written. */
export async function createTimelineRunner(): Promise<RunTimeline> {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const processors = createProcessors()
  return (timeline) => {
    const result = run(timeline, codec, processors, false)
    // What factors were worth is dear to tell, and only asked when something is wrong.
    return result.failures.length === 0 ? result : run(timeline, codec, processors, true)
  }
}

function run(timeline: Timeline, codec: Codec, processors: Processors, explaining: boolean): TimelineResult {
  const { catalogue, zone, grace, steps, expected, end } = timeline
  const failures: CodedError[] = []
  const came: Came[] = []
  const decided = steps.some(({ kind }) => kind === 'decision' || kind === 'receipt')
    ? createDecided(catalogue, {
        zone,
        isTried,
        isToldOf: (command, untaken) => isToldOf(steps.slice(ahead), command, untaken),
      })
    : undefined
  /** The first step that decide hasn't heard of. */
  let ahead = 0
  const shard = new TimelineShard(
    { codec, ruleset: catalogue.ruleset, ...scheduleOf(timeline), defaultTimeZone: zone, grace, indexSize: 16 },
    (moment) => {
      const factors = explaining ? factorsOf(moment.subscriber_id, moment.at) : {}
      came.push({ moment, noticed: shard.present, factors })
      decided?.hearMoment(moment, shard.present)
    },
    processors.take(timeline),
  )
  const factorsOf = (subscriber: string, at: number): FactorValues => shard.explain(subscriber, at)?.factors ?? {}
  /** Values as of the expected moments, taken while the clock stands there. */
  const factors = new Map<(typeof expected)[number], FactorValues>()
  const waiting = explaining ? expected.toSorted((a, b) => a.at - b.at) : []
  const remember = (until: number) => {
    for (let next = waiting[0]; next && next.at <= until; next = waiting[0]) {
      factors.set(next, factorsOf(next.subscriber, next.at))
      waiting.shift()
    }
  }

  let waitingEvents: EventStep[] | undefined
  for (const step of steps) {
    if (!waitingEvents) shard.advance(step.clock)
    decided?.advance(step.clock)
    ahead++
    perform(step)
    // Behind the last step of an instant, so that all that happens at it counts.
    if (steps[steps.indexOf(step) + 1]?.clock !== step.clock) remember(step.clock)
  }
  for (const decision of decided?.left() ?? []) {
    const { rule, decided_at } = decision
    const message = `${title()}'${decisionText(saidOf(decision), when)}' for ${rule} at ${when(decided_at)} was not expected`
    failures.push(timelineProblem('KM_TIMELINE_UNEXPECTED', message, lineBefore(timeline, decided_at)))
  }
  shard.advance(end + Math.max(...eventTypes.map((type) => grace[type] ?? defaultGrace)))
  remember(end)
  processors.giveBack(timeline, shard.cleared())
  failures.push(...compare(timeline, came, factors))
  failures.sort((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0))
  return { timeline, failures, moments: came.map(({ moment }) => moment) }

  function perform(step: TimelineStep): void {
    switch (step.kind) {
      case 'event':
        if (waitingEvents) waitingEvents.push(step)
        else {
          decided?.hear(step.event, step.clock)
          checkFate(step.fate, shard.send(step.event), step)
        }
        return
      case 'down':
        shard.restart()
        waitingEvents = []
        return
      case 'up':
        for (const { event } of waitingEvents ?? []) decided?.hear(event, step.clock)
        for (const [waited, became] of shard.catchUp(waitingEvents ?? [], step.clock)) {
          checkFate(waited.fate, became, waited)
        }
        waitingEvents = undefined
        return
      case 'catalogue':
        shard.goOver()
        decided?.goOver(step.catalogue)
        return
      case 'restart':
        shard.restart()
        return
      case 'factors':
        checkFactors(step)
        return
      case 'receipt':
        if (!decided?.hearReceipt(step.subscriber, step, step.clock)) {
          const message = `${title()}a receipt, and no command that it could be of`
          failures.push(timelineProblem('KM_TIMELINE_LINE', message, step.location))
        }
        return
      case 'decision':
        checkDecision(step)
        return
      case 'wait':
    }
  }

  function checkFate(fate: Fate, became: Became, { location }: TimelineStep): void {
    const expectedName = nameOfFate(fate)
    const name = became.kind === 'dead-letter' ? `dead-letter ${became.error.code}` : became.kind
    if (expectedName === name || (expectedName === 'dead-letter' && became.kind === 'dead-letter')) return
    // An event that is sent again and changes nothing needs no word: it is what `again` says.
    if (fate.kind === 'taken' && became.kind === 'duplicate') return
    const why = became.kind === 'dead-letter' ? `: ${became.error.message}` : ''
    const message = `${title()}the event is ${said(name)}${why}; expected: ${said(expectedName)}`
    failures.push(timelineProblem('KM_TIMELINE_FATE', message, location))
  }

  function checkFactors(step: Extract<TimelineStep, { readonly kind: 'factors' }>): void {
    const found = factorsOf(step.subscriber, shard.clock)
    for (const [id, value] of Object.entries(step.values)) {
      const actual = found[id]
      if (actual !== undefined && sameValue(value, actual)) continue
      const is = Object.hasOwn(found, id) ? `is ${factorText(actual ?? null)}` : 'is not known: does a rule read it?'
      const message = `${title()}${id} ${is}; expected: ${factorText(value)}`
      failures.push(timelineProblem('KM_TIMELINE_FACTOR', message, step.location))
    }
  }

  function checkDecision({
    subscriber,
    decision,
    location,
  }: Extract<TimelineStep, { readonly kind: 'decision' }>): void {
    const taken = decided?.take(subscriber)
    const said = taken && saidOf(taken)
    if (said && isAsExpected(decision, said)) return
    const expectedText = decisionText(decision, when)
    if (said) {
      const message = `${title()}decide says '${decisionText(said, when)}'; expected: '${expectedText}'`
      failures.push(timelineProblem('KM_TIMELINE_DIFFERENT', message, location))
    } else {
      const message = `${title()}decide says nothing more; expected: '${expectedText}'`
      failures.push(timelineProblem('KM_TIMELINE_MISSING', message, location))
    }
  }

  function when(at: number): string {
    return wallClock(at, timeZone(zone), timeline.firstDay)
  }

  function isTried(rule: string): boolean {
    return timeline.rules.length === 0 || timeline.rules.includes(rule)
  }

  function title(): string {
    return `'${timeline.title}': `
  }
}

/** Which catalogue is in force when, if it isn't the first for good. */
function scheduleOf({ catalogue, steps }: Timeline): Pick<DetectSettings, 'schedule'> {
  const later = steps.flatMap((step) =>
    step.kind === 'catalogue' ? [{ catalogue: step.catalogue, activatesAt: step.clock }] : [],
  )
  if (later.length === 0) return {}
  const schedule = createSchedule()
  for (const version of inSuccession(catalogue, later)) schedule.add(version)
  return {
    schedule(clock) {
      const inForce = schedule.at(clock)
      return { ...inForce, ruleset: inForce.catalogue.ruleset }
    },
  }
}

const nameOfFate = (fate: Fate): string =>
  fate.kind === 'dead-letter' ? ['dead-letter', fate.code ?? ''].join(' ').trim() : fate.kind

const said = (name: string): string => (name === 'taken' ? 'neither late nor refused' : name)
