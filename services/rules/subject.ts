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

export function createSubject(node: SourceNode, problems: Problem[]): Subject {
  const fault = (code: ProblemCode, message: string, path: Path = []) => {
    problems.push(problem(code, message, node.at(path)))
  }
  const inside = (path: Path) => (found: Fault) => {
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
        fault('KM_CATALOGUE_WALL_TIME', `'${text}' is no time of day; write it like "09:00", with quotes`, path)
      }
      return minutes ?? 0
    },
    condition: (source, path, scope) => checkCondition(source, scope, inside(path)),
    expression: (source, path, scope, wanted) => checkExpression(source, scope, wanted, inside(path)),
  }
}

export const second = 1000
export const hour = 3_600_000
export const day = 86_400_000

function inWords(length: number): string {
  if (length % day === 0) return `${length / day}d`
  return length % hour === 0 ? `${length / hour}h` : `${length / second}s`
}
