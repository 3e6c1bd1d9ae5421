import type { CodedError } from '../domain/errors.ts'
import { timeZone } from '../domain/time-zones.ts'
import type { Moment } from '../records/types.ts'
import { type FactorValues, factorsText, factorText, sameValue } from './factor-text.ts'
import { timelineProblem } from './problem.ts'
import { wallClock } from './time-text.ts'
import { defaultSubscriber, type ExpectedMoment, type Timeline } from './timeline.ts'

/** A moment and when it was noticed, with the values of factors as of it where they were asked for. */
export interface Came {
  readonly moment: Moment
  readonly noticed: number
  readonly factors: FactorValues
}

/** What was expected against what came, each difference in words, at the line that says otherwise. */
export function compare(
  timeline: Timeline,
  came: readonly Came[],
  factors: ReadonlyMap<ExpectedMoment, FactorValues>,
): CodedError[] {
  const zone = timeZone(timeline.zone)
  const when = (at: number) => wallClock(at, zone, timeline.firstDay)
  const tried = new Set([...timeline.rules, ...timeline.expected.map(({ rule }) => rule)])
  const isTried = ({ rule, at }: Moment) => (timeline.rules.length === 0 || tried.has(rule)) && at <= timeline.end
  const all = new Set(came.filter(({ moment }) => isTried(moment)))
  const failures: CodedError[] = []

  const missing = timeline.expected.filter((expected) => {
    const found = match(expected, all)
    if (!found) return true
    all.delete(found)
    const differences = differencesOf(expected, found, when)
    if (differences.length > 0) {
      const message = `'${timeline.title}': ${nameOf(expected)} at ${when(expected.at)}: ${differences.join(', ')}`
      failures.push(timelineProblem('KM_TIMELINE_DIFFERENT', message, expected.location))
    }
    return false
  })
  // What ends a moment's reason is told where somebody asks for it.
  const left = [...all].filter(({ moment }) => moment.reason_ended_at == null)
  for (const expected of missing) {
    const others = [...all].filter(({ moment }) => moment.rule === expected.rule && isOf(expected, moment))
    const instead = others.map(({ moment }) => `at ${when(moment.at)}`).join(', ') || 'none'
    const asOf = factorsText(factors.get(expected) ?? {}, evidenceOf(timeline, expected.rule))
    const message = `'${timeline.title}': no ${nameOf(expected)} at ${when(expected.at)}; it came: ${instead}${asOfThen(asOf)}`
    failures.push(timelineProblem('KM_TIMELINE_MISSING', message, expected.location))
  }
  for (const { moment, noticed, factors: asOf } of left) {
    const { rule, at, occurrence, subscriber_id: subscriber, evidence, do_not_disturb, mode } = moment
    const phase = do_not_disturb?.phase
    const values = factorsText({ ...asOf, ...evidence }, Object.keys(evidence))
    const name = nameOf({ rule, subscriber, phase, mode })
    const later = noticed === at ? '' : `, noticed ${when(noticed)}`
    const message = `'${timeline.title}': ${name} at ${when(at)}${later} was not expected (occurrence ${occurrence})${asOfThen(values)}`
    failures.push(timelineProblem('KM_TIMELINE_UNEXPECTED', message, lineBefore(timeline, noticed)))
  }
  return failures
}

interface Named {
  readonly rule: string
  readonly subscriber: string
  readonly phase?: string | undefined
  readonly mode?: 'live' | 'shadow'
}

/** As a line names it. */
const nameOf = ({ rule, subscriber, phase, mode }: Named): string =>
  `${subscriber === defaultSubscriber ? '' : `${subscriber}: `}${rule}${phase ? ` ${phase}` : ''}${mode === 'shadow' ? ' shadow' : ''}`

const asOfThen = (values: string): string =>
  values === ''
    ? ''
    : `
    as of then: ${values}`

const evidenceOf = ({ catalogue }: Timeline, rule: string): readonly string[] =>
  catalogue.ruleset.rules.find(({ id }) => id === rule)?.evidence ?? []

/** The line at which the clock stood when it was noticed. */
export const lineBefore = ({ steps, location }: Timeline, noticed: number) =>
  steps.findLast(({ clock }) => clock <= noticed)?.location ?? location

/** The moment that is meant: of several at one instant, the one of the same occurrence or key. */
function match(expected: ExpectedMoment, left: ReadonlySet<Came>): Came | undefined {
  const same = [...left].filter(({ moment }) => {
    return moment.rule === expected.rule && moment.at === expected.at && isOf(expected, moment)
  })
  const { occurrence, key } = expected
  const named = ({ moment }: Came) =>
    (occurrence === undefined || moment.occurrence === occurrence) &&
    (key === undefined || moment.do_not_disturb?.key === key)
  return same.find(named) ?? same[0]
}

function isOf(
  { subscriber, phase }: ExpectedMoment,
  { subscriber_id, do_not_disturb, reason_ended_at }: Moment,
): boolean {
  if (subscriber_id !== subscriber || (phase === 'ended') !== (reason_ended_at != null)) return false
  return phase === undefined || phase === 'ended' || do_not_disturb?.phase === phase
}

const modeInWords = {
  shadow:
    "it is recorded and never sent: its rule is on trial (mode: shadow); write 'shadow' behind it, or take it live",
  live: "it is sent, its rule being no more on trial; take 'shadow' from behind it, or give the rule mode: shadow",
} as const

function differencesOf(expected: ExpectedMoment, { moment, noticed }: Came, when: (at: number) => string): string[] {
  const differences: string[] = []
  const tell = (what: string, is: string, wanted: string) => differences.push(`${what} is ${is}; expected: ${wanted}`)
  for (const [id, value] of Object.entries(expected.evidence)) {
    const found: unknown = moment.evidence[id]
    if (found === undefined) {
      differences.push(`no evidence '${id}'; it has ${Object.keys(moment.evidence).join(', ') || 'none'}`)
    } else if (!sameValue(value, found)) tell(id, factorText(found), factorText(value))
  }
  const { occurrence, key, until, mode } = expected
  if (mode !== moment.mode) differences.push(modeInWords[moment.mode])
  if (occurrence !== undefined && moment.occurrence !== occurrence) tell('occurrence', moment.occurrence, occurrence)
  const interval = moment.do_not_disturb
  if (key !== undefined && interval?.key !== key) tell('key', String(interval?.key), key)
  if (until !== undefined && interval?.until !== until) tell('until', when(interval?.until ?? Number.NaN), when(until))
  if (expected.noticed !== undefined && noticed !== expected.noticed) {
    tell('the time when it was noticed', when(noticed), when(expected.noticed))
  }
  return differences
}
