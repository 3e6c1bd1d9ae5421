import { isoDate } from '../domain/time-zones.ts'
import type { Edge, History, IntervalTrigger, Rule } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'
import { matchWords } from './factor-words.ts'
import { patternReasons } from './pattern-verdict.ts'
import type { RuleCase } from './rule-case.ts'

/**
 * fired: it did, and nothing newer is to be told; an interval is open. waiting: a deadline or a date is still to come that may fire it.
 * remembered: what it watches happened before it could be told. quiet: it did not fire.
 */
export type Outcome = 'fired' | 'waiting' | 'remembered' | 'quiet'

export interface Verdict {
  readonly outcome: Outcome
  /** In one sentence, the rule's name in front. */
  readonly verdict: string
  /** What else is to say. */
  readonly reasons: readonly string[]
}

/** Why a rule fired or didn't, as of the instant of the case. */
export function verdictOf(subject: RuleCase): Verdict {
  const { rule, insight, when } = subject
  const say = (outcome: Outcome, said: string, reasons: readonly string[] = []): Verdict => ({
    outcome,
    verdict: `rule ${rule.id} ${said}`,
    reasons: [...reasons, ...asides(subject)],
  })
  if (insight.ended !== undefined) {
    return say('quiet', `is not judged: the identity ended at ${when(insight.ended)}, and nobody has the number since`)
  }
  const last = lastFired(subject)
  const remembered = insight.remembered[rule.id]
  if (last !== undefined && isHeldBack(rule, last, insight.at)) {
    const { once } = rule
    const until =
      once === 'lifetime' ? 'it never fires again (once: lifetime)' : `not again before ${when(last + once)}`
    if (last === remembered) {
      const why = 'it may be an old habit (warm-up or known history), so it was remembered and nobody was told'
      return say('remembered', `did not fire: what it watches came true at ${when(last)}, but ${why}`, [until])
    }
    const again = once === 'lifetime' ? until : `${until} (once: ${lengthText(once)})`
    return say('fired', `fired at ${when(last)}${once === 0 ? '' : `; ${again}`}`)
  }
  const { outcome, reasons } = triggerReasons(subject)
  const only = rule.only ? subject.whyNot(rule.only).map((reason) => `only: ${reason}`) : []
  const [first = allHolds(subject), ...others] = [...reasons, ...historyReason(subject), ...only]
  switch (outcome) {
    case 'waiting':
      return say(outcome, `waits: ${first}`, [
        ...others,
        ...(last === undefined ? [] : [`it fired last at ${when(last)}`]),
      ])
    case 'fired':
      return say(outcome, first, others)
    default:
      return last === undefined
        ? say('quiet', `did not fire: ${first}`, others)
        : say('fired', `fired last at ${when(last)}, and not since: ${first}`, others)
  }
}

/** When it fired or was remembered last. */
export function lastFired({ rule, insight }: RuleCase): number | undefined {
  const fromPattern = insight.patterns[rule.id]?.fired ?? []
  const all = [insight.fired[rule.id], ...fromPattern].filter((at) => at !== undefined)
  return all.length === 0 ? undefined : Math.max(...all)
}

const isHeldBack = ({ once }: Rule, last: number, at: number): boolean =>
  once === 'lifetime' || at - last < Math.max(once, 1)

function triggerReasons(subject: RuleCase): { readonly outcome: Outcome; readonly reasons: readonly string[] } {
  const { rule, insight, when } = subject
  const { trigger } = rule
  const quiet = (reasons: readonly string[]) => ({ outcome: 'quiet', reasons }) as const
  switch (trigger.kind) {
    case 'condition': {
      const reasons = subject.whyNot(trigger.when)
      return quiet(trigger.edge ? edgeReasons(subject, trigger.edge, reasons) : reasons)
    }
    case 'schedule': {
      const reasons = subject.whyNot(trigger.when)
      const own = trigger.edge ? edgeReasons(subject, trigger.edge, reasons) : reasons
      return quiet(own.length > 0 ? own : [`it holds now and is judged ${nextLook(subject)}`])
    }
    case 'pattern':
      return patternReasons(trigger, insight.patterns[rule.id], subject)
    case 'date': {
      const timer = insight.timers[rule.id]
      if (timer) return { outcome: 'waiting', reasons: [`its day is ${isoDate(timer.day)}, at ${when(timer.at)}`] }
      return quiet([
        trigger.field ? `the profile names no ${trigger.field}, or the day lies behind` : 'it has no day to wait for',
      ])
    }
    case 'interval':
      return intervalReasons(subject, trigger)
  }
}

function intervalReasons({ rule, intervals, when }: RuleCase, { open }: IntervalTrigger) {
  const own = intervals.filter((interval) => interval.rule === rule.id)
  const [first, ...others] = own.map(
    ({ key, at, until }) => `${key === '' ? '' : `${key} `}since ${when(at)}, until ${when(until)} at the latest`,
  )
  if (first !== undefined) return { outcome: 'fired', reasons: [`is open: ${first}`, ...others] } as const
  const opener = open.kind === 'event' ? open.any.map(matchWords).join(', or ') : 'its date'
  return { outcome: 'quiet', reasons: [`nothing is open: ${opener} opens it`] } as const
}

function nextLook({ rule, insight, when }: RuleCase): string {
  const timer = insight.timers[rule.id]
  return timer ? `next at ${when(timer.at)}` : 'at the beginning of the next period, once there is something to judge'
}

/** A crossing fires when the line is passed, and not while the value stays behind it. */
function edgeReasons(subject: RuleCase, edge: Edge, reasons: readonly string[]): readonly string[] {
  const { insight, rule } = subject
  switch (insight.edges[rule.id]) {
    case 'above':
      if (reasons.length > 0) return reasons
      return ['it is true and was true when it was judged last, which is no crossing: it must become false first']
    case 'spent': {
      const missing = edge.rearm ? subject.whyNot(edge.rearm) : []
      const rearm = missing.length > 0 ? missing.join(', ') : 'that holds now, from the next time that it is judged'
      return [...reasons, `it was true and fires again only after its rearm: ${rearm}`]
    }
    case 'below':
      return reasons
    default:
      return reasons.length > 0 || edge.initial
        ? reasons
        : ['it was not judged while it was false: the first value that is seen is no crossing']
  }
}

function historyReason(subject: RuleCase): readonly string[] {
  const { rule } = subject
  const { trigger } = rule
  const history = trigger.kind === 'condition' || trigger.kind === 'pattern' ? trigger.history : undefined
  return history ? historyWords(history, subject) : []
}

function historyWords(history: History, subject: RuleCase): readonly string[] {
  const { rule, insight, when } = subject
  switch (history.kind) {
    case 'none':
      return []
    case 'tag':
      if (insight.newest.profile === undefined)
        return [`no profile has come, so that it isn't known whether it happened before (tag '${history.tag}')`]
      return insight.tagged[rule.id] === true ? [`the tag '${history.tag}' says that it happened before`] : []
    case 'warm-up': {
      const until = insight.warmUpEnds[rule.id]
      return until !== undefined && insight.at < until
        ? [`it warms up until ${when(until)}: what happens before is remembered and not told`]
        : []
    }
    case 'known':
      return subject
        .whyNot({ kind: 'not', type: 'bool', operand: history.when })
        .map((reason) => `known history: ${reason}`)
  }
}

/** Nothing that is known now speaks against it. */
function allHolds({ rule }: RuleCase): string {
  const { trigger } = rule
  if (trigger.kind === 'condition') {
    return `all that it asks for holds now; it is judged after ${trigger.on.join(' or ')} that changes what it reads, and none has come since`
  }
  return 'all that it asks for holds now'
}

function asides({ rule, insight, activation, when }: RuleCase): readonly string[] {
  const said: string[] = []
  const since = activation.rulesSince[rule.id]
  const changed = activation.changedSince[rule.id]
  if (rule.mode === 'shadow') said.push('it is on trial (mode: shadow): its moments are recorded, never sent')
  if (since !== undefined) said.push(`it is in force since ${when(since)}; what happened before is not told`)
  else if (changed !== undefined) said.push(`its present version is in force since ${when(changed)}`)
  if (rule.settle && insight.held.length > 0) {
    const last = insight.held.at(-1)
    said.push(
      `${insight.held.length} events wait for the grace before it sees them, the last until ${when(last?.due ?? Number.NaN)} (settle: grace)`,
    )
  }
  if (insight.inexact) said.push('a bound was met: values over busy windows may be a little off')
  return said
}
