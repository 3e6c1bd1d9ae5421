import { deterministicId } from '../domain/ids.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import type { EventType } from '../topology.ts'
import type { ValueType } from './expression.ts'
import type { RawRule } from './raw.ts'
import { factorsReadBy } from './reads.ts'
import type { Rule, Trigger } from './ruleset.ts'
import type { Scope } from './scope.ts'
import { day, hour, type Subject, second } from './subject.ts'
import { checkTrigger } from './trigger.ts'

/** What a rule may refer to. */
export interface Known {
  readonly factors: ReadonlyMap<string, ValueType | undefined>
  /** Content of each factor, which is part of the version of the rules that read it. */
  readonly factorContents: ReadonlyMap<string, string>
  readonly offers: ReadonlySet<string>
  factorScope(on: readonly EventType[]): Scope
}

const expiresDefault = 24 * hour
const expiresMax = 7 * day

/** A rule from its raw form, or undefined with its faults; all parts are checked, whatever is wrong with others. */
export function checkRule(raw: RawRule, subject: Subject, known: Known): Rule | undefined {
  const trigger = checkTrigger(raw, subject, known.factorScope)
  const purpose = raw.purpose ?? (raw.moment === 'do-not-disturb' ? 'service' : undefined)
  if (!purpose) {
    const message = `rule '${raw.id}' needs a purpose: marketing, care, service or regulatory; it says which policy applies`
    subject.fault('KM_RULE_PURPOSE', message)
  }
  const once = checkOnce(raw, subject)
  const expires = checkExpires(raw, subject)
  const { evidence = [], offers = [] } = raw
  evidence.forEach((id, index) => {
    if (known.factors.has(id)) return
    const message = `no factor '${id}'${didYouMean(id, [...known.factors.keys()])}`
    subject.fault('KM_RULE_UNKNOWN_FACTOR', message, ['evidence', index])
  })
  offers.forEach((id, index) => {
    if (known.offers.has(id)) return
    subject.fault('KM_RULE_UNKNOWN_OFFER', `no offer '${id}'${didYouMean(id, [...known.offers])}`, ['offers', index])
  })
  if (!trigger || !purpose) return undefined
  return {
    id: raw.id,
    version: versionOf(raw, trigger, known),
    moment: raw.moment,
    title: raw.title,
    purpose,
    trigger,
    once,
    expires,
    evidence,
    offers,
    location: subject.node.at([]),
  }
}

function checkOnce(raw: RawRule, subject: Subject): number | 'lifetime' {
  if (raw.once === undefined) return raw.moment === 'first' ? 'lifetime' : 0
  if (raw.once === 'lifetime') return 'lifetime'
  return subject.duration(raw.once, ['once'], { least: second, most: 366 * day })
}

function checkExpires(raw: RawRule, subject: Subject): number {
  if (raw.expires === undefined) return expiresDefault
  const expires = subject.duration(raw.expires, ['expires'], { least: second, most: 366 * day })
  if (expires > expiresMax) {
    subject.fault('KM_RULE_EXPIRES', `'${raw.expires}' is more than 7d; what was seen is remembered that long`, [
      'expires',
    ])
  }
  return expires
}

/** Content hash of what the rule says and of the factors that it reads; comments and the order of keys don't count. */
function versionOf(raw: RawRule, trigger: Trigger, known: Known): string {
  const read = trigger.kind === 'condition' ? factorsReadBy(trigger.when) : []
  const factors = [...new Set([...read, ...(raw.evidence ?? [])])].sort()
  const contents = factors.map((id) => known.factorContents.get(id) ?? '')
  return deterministicId('rule', contentOf(raw), ...contents)
}

/** Plain data as text, the same for the same content. */
export function contentOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
