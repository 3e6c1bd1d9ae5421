import { checkKey, matchesOf, typesOf } from './match.ts'
import { checkStartsAndEnds } from './pattern-sense.ts'
import type { RawAbsence, RawEventStep, RawRule, RawStep } from './raw.ts'
import type { PatternStep, PatternTrigger } from './ruleset.ts'
import { day, type Subject, second } from './subject.ts'

const stepsMax = 8
const range = { least: second, most: 366 * day }

/** A pattern from its raw form, or undefined with its faults. */
export function checkPattern(raw: RawRule, subject: Subject): PatternTrigger | undefined {
  const { pattern = [], key } = raw
  const isOrdered = checkOrder(pattern, subject)
  const steps = pattern.map((step, index) => checkStep(step, index, pattern, subject))
  const within = raw.within === undefined ? undefined : subject.duration(raw.within, ['within'], range)
  const unless = raw.unless ? matchesOf(raw.unless, ['unless'], subject) : []
  if (key !== undefined) {
    const types = pattern.flatMap((step) => typesOf(bodyOf(step)))
    checkKey(key, [...types, ...(raw.unless ? typesOf(raw.unless) : [])], 'the events of the pattern', subject)
  }
  if (!isOrdered || !unless || within === 0 || !steps.every((step) => step !== undefined)) return undefined
  const trigger: PatternTrigger = {
    kind: 'pattern',
    steps,
    ...(within !== undefined && { within }),
    ...(key !== undefined && { key }),
    unless,
  }
  return checkLength(trigger, subject) && checkStartsAndEnds(trigger, raw, subject) ? trigger : undefined
}

const isAbsence = (step: RawStep): step is { not: RawAbsence } => 'not' in step
const bodyOf = (step: RawStep): RawAbsence | RawEventStep => Object.values(step)[0] as RawAbsence | RawEventStep
const nameOf = (step: RawStep): string => Object.keys(step)[0] ?? ''

/** One to eight events, and absences which don't stand next to each other. */
function checkOrder(pattern: readonly RawStep[], subject: Subject): boolean {
  const fault = (message: string, index: number) => {
    subject.fault('KM_PATTERN_STEPS', message, ['pattern', index])
    return false
  }
  const events = pattern.filter((step) => !isAbsence(step))
  if (events.length === 0) return fault('a pattern needs an event: - name: { on: cdr }', 0)
  if (events.length > stepsMax) {
    return fault(`${events.length} events are too many; a pattern has up to ${stepsMax}, some may be times: N`, 0)
  }
  const double = pattern.findIndex(
    (step, index) => index > 0 && isAbsence(step) && isAbsence(pattern[index - 1] ?? step),
  )
  if (double > 0) return fault('two absences stand side by side; write one with any: [ … ]', double)
  const names = pattern.map(nameOf)
  const twice = names.findIndex((name, index) => name !== 'not' && names.indexOf(name) < index)
  if (twice > 0) return fault(`there is another step '${names[twice]}'; give it a name of its own`, twice)
  const [only] = events
  if (pattern.length === 1 && only && ((bodyOf(only) as RawEventStep).times ?? 1) === 1) {
    return fault(
      'a pattern of one event is a condition: write on and when; or say times: N, or what must not follow',
      0,
    )
  }
  return true
}

function checkStep(
  step: RawStep,
  index: number,
  pattern: readonly RawStep[],
  subject: Subject,
): PatternStep | undefined {
  const name = nameOf(step)
  const path = ['pattern', index, name]
  if (!isAbsence(step)) {
    const body = bodyOf(step) as RawEventStep
    const any = matchesOf(body, path, subject)
    return any && { kind: 'event', name, any, times: body.times ?? 1 }
  }
  const { for: text, from } = step.not
  const place = index === 0 ? 'in front' : index === pattern.length - 1 ? 'at the end' : 'between'
  const any = matchesOf(step.not, path, subject)
  const length = text === undefined ? undefined : subject.duration(text, [...path, 'for'], range)
  if (place === 'between' && text !== undefined) {
    const message = 'an absence between two events lasts from one to the other; leave for out, within limits the whole'
    subject.fault('KM_PATTERN_STEPS', message, [...path, 'for'])
    return undefined
  }
  if (place !== 'between' && text === undefined) {
    const message = `an absence ${place} needs for: how long nothing must come, as 48h; without it, it never ends`
    subject.fault('KM_PATTERN_UNBOUNDED', message, path)
    return undefined
  }
  if (from !== undefined && place !== 'at the end') {
    subject.fault('KM_PATTERN_STEPS', `from: start is of an absence at the end, not ${place}`, [...path, 'from'])
    return undefined
  }
  if (!any || length === 0) return undefined
  return { kind: 'absence', any, ...(length !== undefined && { length }), fromStart: from === 'start' }
}

/** Two events or more must lie within a time, or each first one would be remembered for ever. */
function checkLength({ steps, within }: PatternTrigger, subject: Subject): boolean {
  const events = steps.filter((step) => step.kind === 'event').reduce((sum, { times }) => sum + times, 0)
  if (events > 1 && within === undefined) {
    const message = 'a pattern of two events or more needs within: how far apart the first and the last may be, as 72h'
    subject.fault('KM_PATTERN_UNBOUNDED', message, ['pattern'])
    return false
  }
  if (events === 1 && within !== undefined) {
    const message = 'within is the time from the first to the last event, and there is one only; leave it out'
    subject.fault('KM_PATTERN_STEPS', message, ['within'])
    return false
  }
  return true
}
