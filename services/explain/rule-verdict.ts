import { isoDate } from '../domain/time-zones.ts'
import type { Edge, History, IntervalTrigger } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'
import { eventTypesRead } from './event-values.ts'
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
  const { rule, insight, when, say } = subject
  const verdict = (outcome: Outcome, said: string, reasons: readonly string[] = []): Verdict => ({
    outcome,
    verdict: say.rule(rule.id, said),
    reasons: [...reasons, ...asides(subject)],
  })
  if (insight.ended !== undefined) {
    return verdict('quiet', say.identityEnded(when(insight.ended)))
  }
  const last = lastFired(subject)
  const remembered = insight.remembered[rule.id]
  if (last !== undefined && isHeldBack(subject, last)) {
    const { once } = rule
    const until = once === 'lifetime' ? say.neverAgain : say.notBefore(when(last + once))
    if (last === remembered) return verdict('remembered', say.remembered(when(last)), [until])
    const again = once === 'lifetime' ? until : say.once(until, lengthText(once))
    return verdict('fired', once === 0 ? say.fired(when(last)) : say.firedOnce(when(last), again))
  }
  // Of a rule that isn't asked for the event isn't looked up: why it is quiet since isn't known.
  const isUnread = subject.event === undefined && eventTypesRead(rule).length > 0
  if (last !== undefined && isUnread) return verdict('fired', say.fired(when(last)))
  const { outcome, reasons } = triggerReasons(subject)
  const only = rule.only ? subject.whyNot(rule.only).map(say.only) : []
  const [first = allHolds(subject), ...others] = [...reasons, ...historyReason(subject), ...only]
  switch (outcome) {
    case 'waiting':
      return verdict(outcome, say.waits(first), [...others, ...(last === undefined ? [] : [say.firedLast(when(last))])])
    case 'fired':
      return verdict(outcome, first, others)
    default:
      return last === undefined
        ? verdict('quiet', say.didNotFire(first), others)
        : verdict('fired', say.notSince(when(last), first), others)
  }
}

/** When it fired or was remembered last. */
export function lastFired({ rule, insight }: RuleCase): number | undefined {
  const fromPattern = insight.patterns[rule.id]?.fired ?? []
  const all = [insight.fired[rule.id], ...fromPattern].filter((at) => at !== undefined)
  return all.length === 0 ? undefined : Math.max(...all)
}

/** Also by what it told before it was away. */
const isHeldBack = ({ rule: { once }, insight }: RuleCase, last: number): boolean =>
  once === 'lifetime' || insight.at - last < Math.max(once, 1)

/** It is held back by what it told before it was away. */
function isHeldFromBefore(subject: RuleCase, last: number, since: number): boolean {
  const isTold = subject.insight.remembered[subject.rule.id] !== last
  return last < since && isTold && isHeldBack(subject, last)
}

function triggerReasons(subject: RuleCase): { readonly outcome: Outcome; readonly reasons: readonly string[] } {
  const { rule, insight, when, say } = subject
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
      return quiet(own.length > 0 ? own : [say.judgedNext(nextLook(subject))])
    }
    case 'pattern':
      return patternReasons(trigger, insight.patterns[rule.id], subject)
    case 'date': {
      const timer = insight.timers[rule.id]
      if (timer) return { outcome: 'waiting', reasons: [say.itsDay(isoDate(timer.day), when(timer.at))] }
      return quiet([trigger.field ? say.noDayOf(trigger.field) : say.noDay])
    }
    case 'interval':
      return intervalReasons(subject, trigger)
  }
}

function intervalReasons({ rule, intervals, when, say }: RuleCase, { open }: IntervalTrigger) {
  const own = intervals.filter((interval) => interval.rule === rule.id)
  const [first, ...others] = own.map(({ key, at, until }) => say.openSince(key, when(at), when(until)))
  if (first !== undefined) return { outcome: 'fired', reasons: [say.open(first), ...others] } as const
  const opener = open.kind === 'event' ? say.orEach(open.any.map((match) => matchWords(match, say))) : say.itsDate
  return { outcome: 'quiet', reasons: [say.nothingOpen(opener)] } as const
}

function nextLook({ rule, insight, when, say }: RuleCase): string {
  const timer = insight.timers[rule.id]
  return timer ? say.nextAt(when(timer.at)) : say.nextPeriod
}

/** A crossing fires when the line is passed, and not while the value stays behind it. */
function edgeReasons(subject: RuleCase, edge: Edge, reasons: readonly string[]): readonly string[] {
  const { insight, rule, say } = subject
  switch (insight.edges[rule.id]) {
    case 'above':
      if (reasons.length > 0) return reasons
      return [say.noCrossing]
    case 'spent': {
      const missing = edge.rearm ? subject.whyNot(edge.rearm) : []
      return [...reasons, say.rearm(missing.length > 0 ? say.list(missing) : say.rearmNow)]
    }
    case 'below':
      return reasons
    default:
      return reasons.length > 0 || edge.initial ? reasons : [say.firstIsNoCrossing]
  }
}

function historyReason(subject: RuleCase): readonly string[] {
  const { rule } = subject
  const { trigger } = rule
  const history = trigger.kind === 'condition' || trigger.kind === 'pattern' ? trigger.history : undefined
  return history ? historyWords(history, subject) : []
}

function historyWords(history: History, subject: RuleCase): readonly string[] {
  const { rule, insight, when, say } = subject
  switch (history.kind) {
    case 'none':
      return []
    case 'tag':
      if (insight.newest.profile === undefined) return [say.noProfileTag(history.tag)]
      return insight.tagged[rule.id] === true ? [say.tagged(history.tag)] : []
    case 'warm-up': {
      const until = insight.warmUpEnds[rule.id]
      return until !== undefined && insight.at < until ? [say.warmsUp(when(until))] : []
    }
    case 'known':
      return subject.whyNot({ kind: 'not', type: 'bool', operand: history.when }).map(say.knownHistory)
  }
}

/** Nothing that is known now speaks against it. */
function allHolds({ rule, insight, say }: RuleCase): string {
  const { trigger } = rule
  if (trigger.kind !== 'condition') return say.holdsNow
  const hasCome = trigger.on.some((type) => insight.newest[type] !== undefined)
  return (hasCome ? say.holdsOnlyNow : say.holdsAndJudgedAfter)(say.or(trigger.on))
}

function asides(subject: RuleCase): readonly string[] {
  const { rule, insight, activation, when, say } = subject
  const said: string[] = []
  const last = lastFired(subject)
  const since = activation.rulesSince[rule.id]
  const changed = activation.changedSince[rule.id]
  if (rule.mode === 'shadow') said.push(say.onTrial)
  if (since !== undefined && last !== undefined && isHeldFromBefore(subject, last, since)) {
    said.push(say.firedWhileAway(when(last), when(since)))
  } else if (since !== undefined) said.push(say.inForceSince(when(since)))
  else if (changed !== undefined) said.push(say.versionSince(when(changed)))
  if (rule.settle && insight.held.length > 0) {
    const newest = insight.held.at(-1)
    said.push(say.held(insight.held.length, when(newest?.due ?? Number.NaN)))
  }
  if (insight.inexact) said.push(say.inexact)
  return said
}
