import type { Calendar } from '../domain/calendar.ts'
import { deterministicId } from '../domain/ids.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { contentOf } from './content.ts'
import type { RawRule } from './raw.ts'
import { expressionsOf, factorsReadBy } from './reads.ts'
import type { Rule } from './ruleset.ts'
import type { FactorScopes } from './scope.ts'
import { changeVersions, type WatchedSegments } from './segment-changes.ts'
import { day, hour, type Subject, second } from './subject.ts'
import type { Tag } from './tags.ts'
import { checkTrigger } from './trigger.ts'
import { checkUntil } from './until.ts'

/** What a rule may refer to. */
export interface Known {
  readonly scopes: FactorScopes
  /** Content hash of each factor, which is part of the version of the rules that read it. */
  readonly factorVersions: ReadonlyMap<string, string>
  readonly offers: ReadonlySet<string>
  readonly campaigns: ReadonlySet<string>
  readonly tags: ReadonlyMap<string, Tag | undefined>
  readonly calendars: readonly Calendar[]
  readonly segments: WatchedSegments
}

const expiresDefault = 24 * hour
const expiresMax = 7 * day

/** A rule from its raw form, or undefined with its faults; all parts are checked, whatever is wrong with others. */
export function checkRule(raw: RawRule, subject: Subject, known: Known): Rule | undefined {
  const trigger = checkTrigger(raw, subject, known)
  const only = raw.only === undefined ? undefined : subject.condition(raw.only, ['only'], known.scopes.scope())
  const purpose = raw.purpose ?? (raw.moment === 'do-not-disturb' ? 'service' : undefined)
  if (!purpose) {
    const message = `rule '${subject.node.id ?? raw.id}' needs a purpose: marketing, care, service or regulatory; it says which policy applies`
    subject.fault('KM_RULE_PURPOSE', message)
  }
  const once = checkOnce(raw, subject)
  const until = checkUntil(raw, subject)
  const expires = checkExpires(raw, subject)
  const { evidence = [], offers = [] } = raw
  evidence.forEach((id, index) => {
    if (known.scopes.factors.has(id)) return
    const message = `no factor '${id}'${didYouMean(id, [...known.scopes.factors.keys()])}`
    subject.fault('KM_RULE_UNKNOWN_FACTOR', message, ['evidence', index])
  })
  offers.forEach((id, index) => {
    if (known.offers.has(id)) return
    subject.fault('KM_RULE_UNKNOWN_OFFER', `no offer '${id}'${didYouMean(id, [...known.offers])}`, ['offers', index])
  })
  if (raw.campaign !== undefined && !known.campaigns.has(raw.campaign)) {
    const message = `no campaign '${raw.campaign}' in campaigns/*.yaml${didYouMean(raw.campaign, [...known.campaigns])}`
    subject.fault('KM_RULE_UNKNOWN_CAMPAIGN', message, ['campaign'])
  }
  if (!trigger || !purpose || (raw.only !== undefined && !only)) return undefined
  const rule: Omit<Rule, 'version'> = {
    id: raw.id,
    moment: raw.moment,
    title: raw.title,
    ...(raw.description && { description: raw.description }),
    purpose,
    trigger,
    ...(only && { only }),
    settle: raw.settle === 'grace',
    mode: raw.mode ?? 'live',
    ...(raw.audience && { audience: raw.audience }),
    once,
    expires,
    ...(until && { until }),
    evidence,
    offers,
    campaign: raw.campaign ?? raw.id,
    location: subject.node.at([]),
  }
  return { ...rule, version: versionOf(raw, rule, known) }
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
function versionOf(raw: RawRule, rule: Pick<Rule, 'trigger' | 'only'>, known: Known): string {
  const read = expressionsOf(rule).flatMap((expression) => [...factorsReadBy(expression)])
  const factors = [...new Set([...read, ...(raw.evidence ?? [])])].sort()
  const versions = factors.map((id) => known.factorVersions.get(id) ?? '')
  return deterministicId('rule', contentOf(raw), ...versions, ...changeVersions(known.segments.dimensions, rule))
}
