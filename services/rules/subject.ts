import { checkCondition, checkExpression, type Fault } from './condition.ts'
import { parseDuration, parseWallTime } from './duration.ts'
import type { Expression, ValueType } from './expression.ts'
import { type Problem, type ProblemCode, problem } from './problem.ts'
import type { Scope } from './scope.ts'
import type { Path, SourceNode } from './source.ts'

/** One factor, rule, offer or policy under check: reads its parts and says what is wrong with them, and where. */
export interface Subject {
  readonly node: SourceNode
  fault(code: ProblemCode, message: string, path?: Path): void
  /** Milliseconds in [least, most]; 0 after a fault. */
  duration(text: string, path: Path, range: { readonly least: number; readonly most: number }): number
  /** Minutes after midnight; 0 after a fault. */
  wallTime(text: string, path: Path): number
  condition(source: string, path: Path, scope: Scope): Expression | undefined
  expression(source: string, path: Path, scope: Scope, wanted: readonly ValueType[]): Expression | undefined
}

/** `lost`: keys that were left out as their shape is wrong, which has been told: what follows from that is not. */
export function createSubject(node: SourceNode, problems: Problem[], lost: ReadonlySet<string> = new Set()): Subject {
  const fault = (code: ProblemCode, message: string, path: Path = []) => {
    if (followsFrom(lost, code)) return
    problems.push(problem(code, message, node.at(path)))
  }
  const inside = (path: Path) => (found: Fault) => {
    if (followsFrom(lost, found.code)) return
    problems.push(problem(found.code, found.message, node.within(path, found.offset)))
  }
  return {
    node,
    fault,
    duration(text, path, { least, most }) {
      const length = parseDuration(text)
      if (length === undefined) {
        fault('KM_CATALOGUE_DURATION', `'${text}' is no length of time; write it like 90s, 10m, 48h, 30d`, path)
      } else if (length < least || length > most) {
        fault('KM_CATALOGUE_DURATION', `'${text}' must be ${inWords(least)} to ${inWords(most)}`, path)
      } else return length
      return 0
    },
    wallTime(text, path) {
      const minutes = parseWallTime(text)
      if (minutes === undefined) {
        const like = text === '24:00' ? 'midnight is "00:00"' : 'write it like "09:00", with quotes'
        fault('KM_CATALOGUE_WALL_TIME', `'${text}' is no time of day; ${like}`, path)
      }
      return minutes ?? 0
    },
    condition: (source, path, scope) => checkCondition(source, scope, inside(path)),
    expression: (source, path, scope, wanted) => checkExpression(source, scope, wanted, inside(path)),
  }
}

const periods = ['hours', 'days', 'weeks', 'months', 'billing_months', 'rolling', 'pane', 'ago', 'last', 'since']
const parts = ['pattern', 'times', 'for', 'not', 'any', 'within', 'from', 'on', 'where', 'key', 'once', 'unless']

/** What is said of how keys go together may be otherwise if one of these is another, or is there at all. */
const restsOn: Partial<Readonly<Record<ProblemCode, readonly string[]>>> = {
  KM_CATALOGUE_VALUE: ['moment', 'becomes', 'when', 'history', 'on', 'every', 'segment', 'open', 'type', 'values'],
  KM_CATALOGUE_CALENDAR: ['default_calendar'],
  KM_OFFER_NEVER: [
    'product',
    'repeatable',
    'requires',
    'conflicts',
    'replaces',
    'segments',
    'valid',
    'from',
    'to',
    'kind',
    'channels',
  ],
  KM_CATALOGUE_CATEGORY: ['categories'],
  KM_BUDGET_AMOUNT: ['money', 'uses', 'each'],
  KM_BUDGET_PACING: ['pacing', 'per', 'hours'],
  KM_BUDGET_RESERVE: ['reserve', 'share', 'segments', 'per', 'hours', 'until'],
  KM_RULE_PURPOSE: ['purpose', 'moment'],
  KM_RULE_HISTORY: ['history', 'moment', 'tag', 'warm_up', 'known'],
  KM_RULE_REARM: ['becomes', 'rearm', 'on', 'every'],
  KM_RULE_NEVER: ['on', 'any', 'where', 'open', 'close', 'lingers', 'key'],
  KM_RULE_DATE: [
    'date',
    'field',
    'festival',
    'day_set',
    'billing_day',
    'repeats',
    'months',
    'day',
    'leap_day',
    'lunar',
  ],
  KM_RULE_KEY: ['key', 'on', 'any', 'pattern', 'open', 'close', 'unless'],
  KM_RULE_UNKNOWN_FIELD: ['on', 'from', 'any'],
  KM_FACTOR_KIND: ['from', 'derive', 'ratio', 'score', 'quantiles', 'profile', 'tag', 'product', 'consent'],
  KM_FACTOR_QUANTILES: ['quantiles', 'of', 'cuts', 'declared', 'measured', 'thresholds'],
  KM_FACTOR_WEIGHTS: ['score', 'weight'],
  KM_FACTOR_VALUE: ['value', 'of', 'per', 'half_life', 'at_least', 'while', 'measure', 'aggregate', 'window', 'type'],
  KM_FACTOR_WINDOW: ['window', 'aggregate', 'unit', ...periods],
  KM_PATTERN_STEPS: parts,
  KM_PATTERN_UNBOUNDED: parts,
  KM_PATTERN_SELF: parts,
  KM_PATTERN_NEVER: parts,
}

const followsFrom = (lost: ReadonlySet<string>, code: ProblemCode): boolean =>
  lost.size > 0 && (code === 'KM_CATALOGUE_MISSING_KEY' || (restsOn[code] ?? []).some((key) => lost.has(key)))

export const second = 1000
export const minute = 60_000
export const hour = 3_600_000
export const day = 86_400_000

function inWords(length: number): string {
  if (length % day === 0) return `${length / day}d`
  return length % hour === 0 ? `${length / hour}h` : `${length / second}s`
}
