import { type AwayFiring, hashOfRule, stillHolding } from '../rules/engine/away-firings.ts'
import { passageBetween } from '../rules/engine/passage.ts'
import { firingsOf } from '../rules/engine/patterns/pattern-firings.ts'
import type { PlainRecord } from '../rules/engine/plain-record.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import type { LoadedRuleset } from './loaded-ruleset.ts'

/** A firing that the book of a lane is to be told of. */
interface PatternRecalled {
  readonly lane: number
  /** Of the rule. */
  readonly index: number
  readonly at: number
}

/**
 * A record goes over to a ruleset: firings of rules that it hasn't got, or keeps elsewhere, are put away in the record; those
 * of rules that are back are taken up again. So a rule that was away is held back by what it told before.
 * `oldest`: no event of before it can come any more. Returns what patterns are to be told of once the record is written.
 */
export function moveFirings(record: PlainRecord, loaded: LoadedRuleset, oldest: number): readonly PatternRecalled[] {
  const leaving = takeLeaving(record, loaded)
  if (leaving.length === 0 && record.away.length === 0) return []
  const rules = rulesByHash(loaded.ruleset)
  const away: AwayFiring[] = []
  const recalled: PatternRecalled[] = []
  for (const firing of [...record.away, ...leaving]) {
    const index = rules.get(firing.rule)
    const rule = index === undefined ? undefined : loaded.rules[index]
    const place = placeOf(rule)
    if (rule === undefined || index === undefined || place === undefined) {
      away.push(firing)
      continue
    }
    const { at, isUntold } = firing
    if (isUntold) timesOf(record, 'remembered').set(rule.id, at)
    if (place === 'states') recall(record, rule.id, at, loaded.speaksOfEvent[index] === true)
    else recalled.push({ lane: place, index, at })
  }
  const { kept, pushedOut } = stillHolding(away, oldest)
  record.away = kept
  if (pushedOut > 0) record.inexact = true
  return recalled
}

/** Where a rule's firings are kept: with the states, or with the patterns of a lane. undefined: nowhere. */
function placeOf(rule: Rule | undefined): 'states' | 0 | 1 | undefined {
  if (rule === undefined || rule.trigger.kind === 'interval') return undefined
  if (rule.trigger.kind !== 'pattern') return 'states'
  return rule.settle ? 1 : 0
}

/** Takes out of the record what the ruleset doesn't keep where it is now. */
function takeLeaving(record: PlainRecord, { rules, compiled }: LoadedRuleset): readonly AwayFiring[] {
  const passage = passageBetween(record.layout, compiled.layout)
  const placeOfId = (id: string) => placeOf(rules[passage.rules.get(id) ?? -1])
  const leaving: AwayFiring[] = []
  const remembered = record.states.get('remembered')
  const leave = (id: string, at: number) => {
    const once = passage.once.get(id) ?? Number.POSITIVE_INFINITY
    leaving.push({ rule: hashOfRule(id), at, once, isUntold: remembered?.get(id) === at })
  }
  const fired = timesOf(record, 'fired')
  for (const [id, at] of [...fired]) {
    if (placeOfId(id) === 'states') continue
    leave(id, at)
    for (const earlier of record.earlier.get(id) ?? []) leave(id, earlier)
    fired.delete(id)
    record.earlier.delete(id)
  }
  record.patterns.forEach((kept, lane) => {
    if (!kept || passage.samePatterns[lane]) return
    for (const { rule, at } of firingsOf(kept.layout, kept.words, (id) => placeOfId(id) !== lane)) leave(rule, at)
  })
  return leaving
}

/** The newest is the rule's last firing; earlier ones matter where events may come out of order. */
function recall(record: PlainRecord, id: string, at: number, speaksOfEvent: boolean): void {
  const fired = timesOf(record, 'fired')
  const last = fired.get(id)
  fired.set(id, Math.max(last ?? at, at))
  if (last === undefined || last === at || !speaksOfEvent) return
  record.earlier.set(id, [...(record.earlier.get(id) ?? []), Math.min(last, at)])
}

function timesOf({ states }: PlainRecord, kind: 'fired' | 'remembered'): Map<string, number> {
  const times = states.get(kind) ?? new Map<string, number>()
  states.set(kind, times)
  return times
}

const hashed = new WeakMap<Ruleset, ReadonlyMap<number, number>>()

/** Places of rules by the hashes of their ids; made when the first record asks. */
function rulesByHash(ruleset: Ruleset): ReadonlyMap<number, number> {
  const known = hashed.get(ruleset) ?? new Map(ruleset.rules.map(({ id }, index) => [hashOfRule(id), index]))
  hashed.set(ruleset, known)
  return known
}
