import { localDate, wallTime } from '../domain/civil-time.ts'
import { dayMs, isoDate } from '../domain/time-zones.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Case, Facts } from './gates.ts'
import { boundUntil, ownedProduct, owns } from './owned-products.ts'

/** One thing that speaks against an offer for this subscriber now. */
interface Obstacle {
  readonly reason:
    | 'not-yet-valid'
    | 'no-longer-valid'
    | 'repair-first'
    | 'segment'
    | 'products-not-known'
    | 'owned'
    | 'conflict'
    | 'missing'
    | 'contract'
  /** When it ends by itself; null: not known, or never. */
  readonly until: number | null
  readonly facts: Facts
}

type About = Omit<Case, 'channel'>
type Look = (subject: About, offer: Offer) => Obstacle | undefined

/**
 * Whether the subscriber may be offered this at all. The evidence is of the first obstacle; `also` names the others. `until` is
 * when the last of them ends, if that is known of all.
 */
export function ineligible(subject: About): { readonly until: number | null; readonly facts: Facts } | undefined {
  const { offer } = subject
  const obstacles = offer ? looks.flatMap((look) => look(subject, offer) ?? []) : []
  const [first, ...others] = obstacles
  if (!first) return undefined
  const until = obstacles.reduce<number | null>(
    (last, { until: own }) => (last === null || own === null ? null : Math.max(last, own)),
    Number.NEGATIVE_INFINITY,
  )
  const also = others.map(({ reason }) => reason).join(' ')
  return { until, facts: { reason: first.reason, ...first.facts, ...(also !== '' && { also }) } }
}

const validity: Look = ({ now, zone }, { valid }) => {
  if (!valid) return undefined
  const today = localDate(now, zone)
  const { from, to } = valid
  if (from !== undefined && today < from) {
    return { reason: 'not-yet-valid', until: beginningOf(from, zone), facts: { from } }
  }
  return to !== undefined && today > to ? { reason: 'no-longer-valid', until: null, facts: { to } } : undefined
}

/** What should be repaired is repaired before anything is sold. An offer that doesn't say its kind counts as a sale. */
const repairFirst: Look = ({ moment, policy }, { kind }) => {
  const own = Object.values(moment.segments)
  const row = policy.repairFirst?.find(({ segment, kinds }) => {
    return own.includes(segment) && (kind === undefined || kinds.includes(kind))
  })
  return row && { reason: 'repair-first', until: null, facts: { segment: row.segment } }
}

/** Who is in no segment of the dimension, as something isn't known of them, isn't in one that is allowed. */
const segment: Look = ({ moment }, { segments = {} }) => {
  for (const [dimension, allowed] of Object.entries(segments)) {
    const own = moment.segments[dimension]
    if (own !== undefined && allowed.includes(own)) continue
    return { reason: 'segment', until: null, facts: { dimension, segment: own ?? null } }
  }
  return undefined
}

const productsNotKnown: Look = ({ state }, offer) => {
  const { product, repeatable, conflicts = [], requires = [] } = offer
  const asks = (product !== undefined && !repeatable) || conflicts.length > 0 || requires.length > 0
  return asks && state.products.cut_at !== null ? { reason: 'products-not-known', until: null, facts: {} } : undefined
}

const owned: Look = ({ state, replacements }, offer) => {
  const product = ownedProduct(state.products, offer, replacements)
  return product === undefined ? undefined : { reason: 'owned', until: null, facts: { product } }
}

const conflict: Look = ({ state, replacements }, { conflicts = [] }) => {
  const product = conflicts.find((other) => owns(state.products, other, replacements))
  return product === undefined ? undefined : { reason: 'conflict', until: null, facts: { product } }
}

const missing: Look = ({ state, replacements }, { requires = [] }) => {
  const lacking = requires.find((alternatives) => !alternatives.some((one) => owns(state.products, one, replacements)))
  return lacking && { reason: 'missing', until: null, facts: { product: lacking.join(' or ') } }
}

const contract: Look = ({ state, replacements, now, zone }, { contractDaysLeftMost: most }) => {
  const end = most === undefined ? undefined : boundUntil(state.products, replacements)
  if (most === undefined || end === undefined) return undefined
  // Text: dates of four-digit years are in the order of their letters.
  const opens = isoDate(Date.parse(`${end}T00:00:00Z`) / dayMs - most)
  if (localDate(now, zone) >= opens) return undefined
  return { reason: 'contract', until: beginningOf(opens, zone), facts: { contract_end: end } }
}

const looks: readonly Look[] = [validity, repairFirst, segment, productsNotKnown, owned, conflict, missing, contract]

/** The first instant of a date YYYY-MM-DD. */
const beginningOf = (date: string, zone: string): number =>
  wallTime(Date.parse(`${date}T00:00:00Z`) / dayMs, 0, zone, 'earlier')
