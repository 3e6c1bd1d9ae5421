import type { PatternRule } from '../../../../services/rules/engine/patterns/compile-patterns.ts'
import type { EventMatch, PatternStep } from '../../../../services/rules/ruleset.ts'
import type { EventType } from '../../../../services/topology.ts'

/** A letter stands for all events of a type; types are in the order of their letters. */
const typeOfLetter: Readonly<Record<string, EventType>> = {
  a: 'cdr',
  b: 'recharge',
  c: 'complaint',
  d: 'app-usage',
  e: 'order',
  f: 'bill',
  g: 'network',
  h: 'contact',
  u: 'reply',
  x: 'profile',
}
const letters = Object.keys(typeOfLetter)

export const typeNumber = (letter: string): number => letters.indexOf(letter)
export const typeNamed = (letter: string): EventType => {
  const type = typeOfLetter[letter]
  if (!type) throw new Error(`no type for '${letter}'`)
  return type
}

const alternatives = (text: string): readonly EventMatch[] =>
  text.split('|').map((letter) => ({ on: [typeNamed(letter)] }))

/** `a`, `a×3`, `a|b`, `not x`, `not x 5`, `not x 5 from start` */
function step(text: string): PatternStep {
  const [, not, any = '', times, length, fromStart] =
    /^(not )?([a-z](?:\|[a-z])*)(?:×(\d+))?(?: (\d+))?( from start)?$/.exec(text) ?? []
  if (any === '') throw new Error(`not a step: '${text}'`)
  return not
    ? {
        kind: 'absence',
        any: alternatives(any),
        fromStart: fromStart !== undefined,
        ...(length && { length: +length }),
      }
    : { kind: 'event', name: any, any: alternatives(any), times: Number(times ?? 1) }
}

/** `a, not x, b; within 10; unless u; key; once 5; since 3; changed 3` */
export function patternRule(text: string, id: string, index: number): PatternRule {
  const [steps = '', ...clauses] = text.split(';').map((part) => part.trim())
  const clause = (name: string): string | undefined =>
    clauses.find((candidate) => candidate === name || candidate.startsWith(`${name} `))?.slice(name.length + 1)
  const within = clause('within')
  const unless = clause('unless')
  const once = clause('once')
  const since = clause('since')
  const changed = clause('changed')
  return {
    id,
    index,
    once: once === 'lifetime' ? once : Number(once ?? 0),
    trigger: {
      kind: 'pattern',
      steps: steps.split(',').map((part) => step(part.trim())),
      unless: unless ? alternatives(unless) : [],
      ...(within && { within: Number(within) }),
      ...(clause('key') !== undefined && { key: 'ticket_id' }),
    },
    ...(since && { since: Number(since) }),
    ...(changed && { changedSince: Number(changed) }),
  }
}

export interface NotedEvent {
  readonly letter: string
  readonly time: number
  readonly id: string
  /** Value of the key field; unknown where it is undefined. */
  readonly key: string | undefined
}

/** `a5`, `a5:k` (of key k), `a5#z` (with the id z in place of its own text) */
export function notedEvent(text: string): NotedEvent {
  const [, letter = '', time, key, id] = /^([a-z])(\d+)(?::(\w+))?(?:#([\w-]+))?$/.exec(text) ?? []
  if (letter === '') throw new Error(`not an event: '${text}'`)
  return { letter, time: Number(time), id: id ?? `${letter}${time}`, key }
}
