import type { EventType } from '../../../topology.ts'
import type { EventMatch, PatternTrigger } from '../../ruleset.ts'
import {
  fromTheBeginning,
  type PatternLayout,
  type PatternSuccession,
  roleKey,
  roleTimes,
  structureFrom,
  structureKey,
} from './pattern-layout.ts'

/** A rule with a pattern. */
export interface PatternRule {
  readonly id: string
  /** By this number its firings name it. */
  readonly index: number
  readonly trigger: PatternTrigger
  readonly once: number | 'lifetime'
  /** The rule became active at this time: it knows of no event before it. */
  readonly since?: number
  /** Its present version became active at this time: a deadline that it brings forward isn't before it. */
  readonly changedSince?: number
}

/** All events that mean the same to some patterns: those that match one of `any` and, with a key, have its field. */
export interface PatternRole {
  readonly any: readonly EventMatch[]
  readonly key: string | undefined
  /** Marks older than the greatest event time less this are not needed; below 0: none are kept. */
  readonly keep: number
  /** The grace: no chain ends before the greatest event time less this any more, so that ids of older marks are not needed. */
  readonly grace: number
  /** How many marks older than the grace are looked at, of a key; Infinity where it isn't known. */
  readonly older: number
  /** Marks kept of one key, and of all keys together. */
  readonly perKey: number
  readonly most: number
  /** Some pattern is completed by it and fires under the event's id. */
  readonly completes: boolean
  /** Such an event may take away what waits, of these patterns. */
  readonly cancels: readonly Cancel[]
  readonly advances: readonly Advance[]
  /** What was before isn't known, or not for sure. */
  readonly since: number
  /** Events of before aren't marked. */
  readonly from: number
}

export interface Cancel {
  readonly pattern: number
  readonly by: 'answer' | 'unless' | 'absence'
}

/** The role is the last event of the pattern, or one before it, or both. */
interface Advance {
  readonly pattern: number
  readonly last: boolean
  readonly earlier: boolean
}

/** Roles are numbers; -1: none. */
export interface CompiledPattern {
  readonly rule: PatternRule
  /** One for each event of the chain: a step of `times: 3` has three. */
  readonly events: Int32Array
  /** None of this role between an event of the chain and the one before it. */
  readonly between: Int32Array
  /** None of this role within `frontLength` before the first event. */
  readonly front: number
  readonly frontLength: number
  /** The last event is less than this after the first. */
  readonly within: number
  readonly unless: number
  /** None of this role for `length` after the last event; the pattern is completed by the deadline. */
  readonly answer: number
  readonly length: number
  readonly fromStart: boolean
  readonly keyed: boolean
  /** Greatest grace of the types that it reads. */
  readonly grace: number
  readonly once: number
  /** It isn't completed by what was before. */
  readonly since: number
  readonly from: number
}

/** The patterns of a ruleset, ready for a `PatternBook`. `layout.roles` and `layout.patterns` are in the same order. */
export interface PatternProgram {
  readonly layout: PatternLayout
  readonly roles: readonly PatternRole[]
  readonly patterns: readonly CompiledPattern[]
}

/** Kept of a role beside what its longest chain needs: how far events may be out of order. */
const sparePerKey = 16
const sparePerRole = 64

/** `graceOf`: milliseconds for which an absence waits on events of a type. */
export function compilePatterns(
  rules: readonly PatternRule[],
  graceOf: (type: EventType) => number,
  succession: PatternSuccession = fromTheBeginning,
): PatternProgram {
  const roles: RoleInMaking[] = []
  const numbers = new Map<string, number>()
  const patterns = rules.map((rule, pattern) => {
    const compiled = compilePattern(rule, graceOf, succession, (any) => {
      const key = roleKey(any, rule.trigger.key)
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, roles.length)
      return roles.push(new RoleInMaking(key, any, rule.trigger.key)) - 1
    })
    addUses(roles, compiled, pattern)
    return compiled
  })
  const layouts = roles.map(({ name, key, keep }) => ({
    key: name,
    keyed: key !== undefined,
    keep,
    ...roleTimes(name, keep, succession),
  }))
  roles.forEach((role, number) => {
    role.since = layouts[number]?.since ?? Number.NEGATIVE_INFINITY
    role.from = layouts[number]?.from ?? Number.NEGATIVE_INFINITY
  })
  return {
    layout: {
      roles: layouts,
      patterns: patterns.map(({ rule, events, length, keyed, from }) => ({
        rule: rule.id,
        structure: structureKey(rule.trigger),
        keyed,
        several: events.length > 1,
        ...(rule.since !== undefined && { since: rule.since }),
        ...(length < Number.POSITIVE_INFINITY && { length }),
        ...(Number.isFinite(from) && { from }),
      })),
    },
    roles,
    patterns,
  }
}

class RoleInMaking implements PatternRole {
  readonly name: string
  readonly any: readonly EventMatch[]
  readonly key: string | undefined
  keep = -1
  grace = 0
  older = 0
  perKey = sparePerKey
  most = sparePerRole
  completes = false
  since = Number.NEGATIVE_INFINITY
  from = Number.NEGATIVE_INFINITY
  readonly cancels: Cancel[] = []
  readonly advances: Advance[] = []

  constructor(name: string, any: readonly EventMatch[], key: string | undefined) {
    this.name = name
    this.any = any
    this.key = key
  }

  keepFor(length: number, grace: number, older: number): void {
    this.keep = Math.max(this.keep, length)
    this.grace = Math.max(this.grace, grace)
    this.older = Math.max(this.older, older)
  }
}

function compilePattern(
  rule: PatternRule,
  graceOf: (type: EventType) => number,
  succession: PatternSuccession,
  roleOf: (any: readonly EventMatch[]) => number,
): CompiledPattern {
  const { steps, unless, key, within } = rule.trigger
  const events: number[] = []
  const between: number[] = []
  let front = -1
  let frontLength = 0
  let open: { readonly role: number; readonly length: number; readonly fromStart: boolean } | undefined
  for (const step of steps) {
    const role = roleOf(step.any)
    if (step.kind === 'absence') {
      open = { role, length: step.length ?? Number.POSITIVE_INFINITY, fromStart: step.fromStart }
      if (events.length === 0) {
        front = role
        frontLength = open.length
      }
      continue
    }
    for (let i = 0; i < step.times; i++) {
      between.push(i === 0 && events.length > 0 ? (open?.role ?? -1) : -1)
      events.push(role)
    }
    open = undefined
  }
  const { id, since } = rule
  const own = { rule: id, structure: structureKey(rule.trigger), ...(since !== undefined && { since }) }
  const matches = [...steps.flatMap(({ any }) => any), ...unless]
  return {
    rule,
    events: Int32Array.from(events),
    between: Int32Array.from(between),
    front,
    frontLength,
    within: within ?? Number.POSITIVE_INFINITY,
    unless: unless.length > 0 ? roleOf(unless) : -1,
    answer: open?.role ?? -1,
    length: open?.length ?? Number.POSITIVE_INFINITY,
    fromStart: open?.fromStart ?? false,
    keyed: key !== undefined,
    grace: Math.max(...matches.flatMap(({ on }) => on).map(graceOf)),
    once: rule.once === 'lifetime' ? Number.POSITIVE_INFINITY : rule.once,
    since: since ?? Number.NEGATIVE_INFINITY,
    from: structureFrom(own, succession) ?? Number.NEGATIVE_INFINITY,
  }
}

/**
 * How long marks are needed: what arrives is at most a grace old, and completes a chain that began less than `within`
 * before. Where all events but the last are of one role, with nothing excluded before or among them, the latest ones are
 * always the best, and of those older than the grace as many suffice as the chain has.
 */
function addUses(roles: readonly RoleInMaking[], pattern: CompiledPattern, number: number): void {
  const { events, between, front, unless, answer, grace } = pattern
  const last = events.length - 1
  const waits = answer >= 0
  const chain = grace + (last > 0 ? pattern.within : 0)
  const isAlike =
    last === 0 ||
    (front < 0 && events.subarray(0, last).every((role) => role === events[0]) && !hasAny(between.subarray(0, last)))
  const use = (role: number, keep: number, older: number): RoleInMaking => {
    const used = roles[role] as RoleInMaking
    used.keepFor(keep, grace, isAlike ? older : Number.POSITIVE_INFINITY)
    return used
  }
  const cancel = (role: number, keep: number, by: Cancel['by']) => {
    if (role < 0) return
    const used = use(role, keep, 1)
    if (waits && !used.cancels.some((other) => other.pattern === number && other.by === by)) {
      used.cancels.push({ pattern: number, by })
    }
  }
  cancel(answer, grace, 'answer')
  cancel(unless, chain, 'unless')
  cancel(front, chain + pattern.frontLength, 'absence')
  for (const role of between) cancel(role, chain, 'absence')

  for (const role of new Set(events)) {
    const earlier = events.subarray(0, last).includes(role)
    const isLast = role === events[last]
    // A chain of one event is judged when it arrives and not again.
    const used = earlier ? use(role, chain, last) : use(role, last > 0 ? grace : -1, 0)
    if (isLast) used.completes = true
    used.perKey = Math.max(used.perKey, sparePerKey + events.filter((other) => other === role).length)
    used.most = used.key === undefined ? used.perKey : used.perKey + sparePerRole
    used.advances.push({ pattern: number, last: isLast, earlier })
  }
}

const hasAny = (roles: Int32Array): boolean => roles.some((role) => role >= 0)
