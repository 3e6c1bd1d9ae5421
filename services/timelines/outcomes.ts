import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { isDecisionWord, readDecision } from './decision-outcome.ts'
import type { TimelineCode } from './problem.ts'
import { instantOf, type TimeFrame } from './time-text.ts'
import type { ExpectedDecision, ExpectedMoment, Fate, Known } from './timeline.ts'
import type { Word } from './words.ts'

/** What an outcome's words are relative to. */
export interface OutcomeScope {
  readonly clock: number
  /** Event time of the line. */
  readonly at: number
  readonly subscriber: string
  readonly rules: ReadonlySet<string>
  readonly frame: TimeFrame
}

type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'fate'; readonly fate: Fate }
  | { readonly kind: 'factors'; readonly subscriber: string; readonly values: Readonly<Record<string, Known>> }
  | { readonly kind: 'decision'; readonly subscriber: string; readonly decision: ExpectedDecision }
  | { readonly kind: 'moment'; readonly moment: Omit<ExpectedMoment, 'location'> }
  | { readonly kind: 'fault'; readonly code: TimelineCode; readonly message: string; readonly offset?: number }

/** What stands behind `=>`, up to a comma. */
export function readOutcome(words: readonly Word[], scope: OutcomeScope): Outcome {
  const [first, ...others] = words
  if (first?.kind === 'subscriber') return readOutcome(others, { ...scope, subscriber: first.text })
  if (first?.kind === 'pair') return factors(words, scope)
  if (first?.kind !== 'name') {
    const message =
      'behind => comes a rule, factor=value, command, suppressed, deferred, withdrawn, nothing, late, duplicate or dead-letter'
    return { kind: 'fault', code: 'KM_TIMELINE_LINE', message }
  }
  const simple = fateOf(first.text, others)
  if (simple) return simple
  if (isDecisionWord(first.text)) {
    const decision = readDecision(first.text, others, scope.frame)
    if ('outcome' in decision) return { kind: 'decision', subscriber: scope.subscriber, decision }
    const offset = decision.offset ?? first.offset
    return { kind: 'fault', code: 'KM_TIMELINE_LINE', message: decision.message, offset }
  }
  if (!scope.rules.has(first.text)) {
    const message = `no rule '${first.text}'${didYouMeanOneOf(first.text, [...scope.rules])}`
    return { kind: 'fault', code: 'KM_TIMELINE_RULE', message }
  }
  return moment(first.text, others, scope)
}

function fateOf(word: string, others: readonly Word[]): Outcome | undefined {
  const [next] = others
  if (word === 'dead-letter' && next?.kind === 'name' && others.length === 1) {
    return { kind: 'fate', fate: { kind: 'dead-letter', code: next.text } }
  }
  if (word !== 'nothing' && word !== 'late' && word !== 'duplicate' && word !== 'dead-letter') return undefined
  if (next) {
    return { kind: 'fault', code: 'KM_TIMELINE_LINE', message: `'${word}' takes nothing more`, offset: next.offset }
  }
  if (word === 'nothing') return { kind: 'nothing' }
  return { kind: 'fate', fate: word === 'dead-letter' ? { kind: word, code: undefined } : { kind: word } }
}

function factors(words: readonly Word[], { subscriber }: OutcomeScope): Outcome {
  const values: Record<string, Known> = {}
  for (const word of words) {
    if (word.kind !== 'pair') return wrongWord(word, 'factors are given as factor=value')
    const value = knownOf(word)
    if (value === undefined) return wrongWord(word, 'a factor is a number, true, false, a text or unknown')
    values[word.name] = value
  }
  return { kind: 'factors', subscriber, values }
}

function moment(rule: string, words: readonly Word[], scope: OutcomeScope): Outcome {
  const evidence: Record<string, Known> = {}
  const details: Omit<ExpectedMoment, 'location' | 'rule' | 'subscriber' | 'evidence' | 'noticed'> & {
    at: number
    noticed?: number
  } = {
    at: scope.at,
    occurrence: undefined,
    phase: undefined,
    key: undefined,
    until: undefined,
    mode: 'live',
  }
  const said = { ...details }
  for (const word of words) {
    if (word.kind === 'time' && word.name === 'at') {
      said.at = instantOf(word.time, scope.frame)
      said.noticed = scope.clock
    } else if (word.kind === 'time') Object.assign(said, { until: instantOf(word.time, scope.frame) })
    else if (word.kind === 'name' && (word.text === 'open' || word.text === 'closed' || word.text === 'ended'))
      Object.assign(said, { phase: word.text })
    else if (word.kind === 'name' && word.text === 'shadow') Object.assign(said, { mode: word.text })
    else if (word.kind === 'pair' && (word.name === 'occurrence' || word.name === 'key')) {
      Object.assign(said, { [word.name]: word.plain })
    } else if (word.kind === 'pair') {
      const value = knownOf(word)
      if (value === undefined) return wrongWord(word, 'evidence is a number, true, false, a text or unknown')
      evidence[word.name] = value
    } else
      return wrongWord(
        word,
        `behind a rule come evidence=value, occurrence=, key=, open, closed, ended, shadow, 'at TIME' and 'until TIME'`,
      )
  }
  const { subscriber } = scope
  return { kind: 'moment', moment: { rule, subscriber, evidence, noticed: undefined, ...said } }
}

const wrongWord = (word: Word, message: string): Outcome => ({
  kind: 'fault',
  code: 'KM_TIMELINE_LINE',
  message,
  offset: word.offset,
})

function knownOf({ value, plain }: { readonly value: unknown; readonly plain: string }): Known | undefined {
  if (value === null || plain === 'unknown') return null
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : undefined
}
