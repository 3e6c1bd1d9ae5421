import { parseBand } from '../domain/blocked-times.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { holdsBack } from '../domain/reason-codes.ts'
import type { Channel } from '../topology.ts'
import type { Campaign } from './campaigns.ts'
import type { Offer, Policy } from './catalogue.ts'
import { unknownCategory } from './contact-times.ts'
import type { RoutingRow } from './human-channels.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import { type Problem, type ProblemCode, problem } from './problem.ts'
import type { RawPolicy } from './raw.ts'
import type { Rule } from './ruleset.ts'
import type { SourceNode } from './source.ts'
import type { Subject } from './subject.ts'

/** What may be given out in a period, of money or of uses (visits, calls). What isn't granted isn't spent. */
export interface Budget {
  readonly id: string
  /** What is counted: minor units of money, or uses. */
  readonly of: 'money' | 'uses'
  /** In a period. */
  readonly amount: number
  /** Civil, in the policy's default time zone; `life`: once and for all. */
  readonly per: 'day' | 'week' | 'month' | 'life'
  readonly draws: DrawnBy
  /** Of money: what each use takes; without it, what the offer costs. */
  readonly each?: number
  /** How it is let go over the period's hours: a share at the beginning of each, twice as fast, or all of it at once. */
  readonly pacing: 'even' | 'front' | 'none'
  /** In minutes after midnight, start < end <= 1440; every day. */
  readonly hours: { readonly start: number; readonly end: number }
  readonly reserves: readonly Reserve[]
}

/** What draws on a budget: messages of which all of this is so; what isn't said is so of any. */
export interface DrawnBy {
  readonly offers?: readonly string[]
  readonly categories?: readonly string[]
  readonly campaigns?: readonly string[]
  readonly channels?: readonly Channel[]
  /** Whose tasks they are. */
  readonly teams?: readonly string[]
}

/** A part (0..1) of what is let go that is kept for subscribers of these segments. */
export interface Reserve {
  readonly segments: readonly string[]
  readonly share: number
  /** Minutes after midnight; from then on it is open to all. Missing: until the period ends. */
  readonly until?: number
}

/** The shape of schemas/policy.schema.json, as far as it concerns budgets. */
export interface RawBudget {
  id: string
  money?: number
  uses?: number
  per: Budget['per']
  for?: { offers?: string[]; categories?: string[]; campaigns?: string[]; channels?: Channel[]; teams?: string[] }
  each?: number
  pacing?: Budget['pacing']
  hours?: string
  reserve?: { segments: string[]; share: number; until?: string }[]
}

const wholeDay = { start: 0, end: 1440 }

/** The policy's budgets from their raw form; what is wrong with them is told to the subject. */
export function checkBudgets(raw: RawPolicy, subject: Subject, segments: KnownSegments): Pick<Policy, 'budgets'> {
  if (!raw.budgets) return {}
  return { budgets: raw.budgets.map((budget, index) => checkBudget(budget, index, subject, segments, raw)) }
}

function checkBudget(
  raw: RawBudget,
  index: number,
  subject: Subject,
  segments: KnownSegments,
  policy: RawPolicy,
): Budget {
  const categories = (policy.categories ?? []).map((category) => category.id)
  const { id, money, uses, per, each, pacing = 'none', for: draws = {} } = raw
  const at = ['budgets', index]
  if ((money === undefined) === (uses === undefined)) {
    const message = 'a budget is of money or of uses: say one of them, e.g. money: 500000 (minor units) or uses: 40'
    subject.fault('KM_BUDGET_AMOUNT', message, at)
  }
  if (each !== undefined && money === undefined) {
    subject.fault('KM_BUDGET_AMOUNT', 'what is counted in uses takes one each time; leave each out', [...at, 'each'])
  }
  if (each !== undefined && money !== undefined && each > money) {
    const message = `each use takes ${each}, and there are ${money} in all: it could never be used`
    subject.fault('KM_BUDGET_AMOUNT', message, [...at, 'each'])
  }
  if (pacing !== 'none' && per === 'life') {
    const message = 'what has no end cannot be paced; make it per day, week or month, or leave pacing out'
    subject.fault('KM_BUDGET_PACING', message, [...at, 'pacing'])
  }
  ;(draws.categories ?? []).forEach((category, place) => {
    if (categories.includes(category)) return
    subject.fault('KM_CATALOGUE_CATEGORY', unknownCategory(category, categories), [...at, 'for', 'categories', place])
  })
  const teams = (policy.human_channels?.teams ?? []).map((team) => team.id)
  ;(draws.teams ?? []).forEach((team, place) => {
    if (teams.includes(team)) return
    const message = `no team '${team}' in human_channels.teams${didYouMeanOneOf(team, teams)}`
    subject.fault('KM_TEAM_UNKNOWN', message, [...at, 'for', 'teams', place])
  })
  return {
    id,
    of: money === undefined ? 'uses' : 'money',
    amount: money ?? uses ?? 1,
    per,
    draws,
    ...(each !== undefined && { each }),
    pacing,
    hours: hoursOf(raw, index, subject),
    reserves: reservesOf(raw, index, subject, segments),
  }
}

function hoursOf({ hours, pacing = 'none' }: RawBudget, index: number, subject: Subject): Budget['hours'] {
  if (hours === undefined) return wholeDay
  const path = ['budgets', index, 'hours']
  if (pacing === 'none') {
    const message =
      'hours are those over which a budget is paced, and this one is not; add pacing: even, or leave them out'
    subject.fault('KM_BUDGET_PACING', message, path)
  }
  const band = parseBand(hours)
  if (!band) {
    subject.fault('KM_CATALOGUE_WALL_TIME', `'${hours}' are no hours of a day; write them like "09:00-18:00"`, path)
  } else if (band.end <= band.start) {
    const message = `'${hours}' end before they begin; the hours of a budget lie within a day, as "09:00-18:00"`
    subject.fault('KM_BUDGET_PACING', message, path)
  } else return band
  return wholeDay
}

/** Shares are decimal fractions, which doubles only come near to. */
const roundingMost = 1e-9

function reservesOf(raw: RawBudget, index: number, subject: Subject, segments: KnownSegments): readonly Reserve[] {
  const { reserve = [], per } = raw
  const at = ['budgets', index, 'reserve']
  const sum = reserve.reduce((all, { share }) => all + share, 0)
  if (sum > 1 + roundingMost) {
    const message = `the shares add up to ${Number(sum.toFixed(6))}, which is more than there is; keep them to 1 in all`
    subject.fault('KM_BUDGET_RESERVE', message, at)
  }
  const seen = new Set<string>()
  return reserve.map(({ segments: named, share, until }, place) => {
    const path = [...at, place]
    named.forEach((segment, i) => {
      checkSegment(segment, segments, subject, [...path, 'segments', i])
      if (seen.has(segment)) {
        const message = `there is a reserve for '${segment}' above, and the first one holds; leave it out here`
        subject.fault('KM_BUDGET_RESERVE', message, [...path, 'segments', i])
      }
      seen.add(segment)
    })
    if (until === undefined) return { segments: named, share }
    if (per !== 'day') {
      const message = `a time of day ends the reserve of a day, and this budget is per ${per}; leave it out`
      subject.fault('KM_BUDGET_RESERVE', message, [...path, 'until'])
    }
    const minutes = subject.wallTime(until, [...path, 'until'])
    const band = raw.hours === undefined ? undefined : parseBand(raw.hours)
    if (band && minutes <= band.start && band.start < band.end) {
      const message = `the reserve ends at ${until}, before the budget's hours begin: it would never hold`
      subject.fault('KM_BUDGET_RESERVE', message, [...path, 'until'])
    }
    return { segments: named, share, until: minutes }
  })
}

/** What budgets tell messages apart by. */
interface Said {
  readonly offer: Offer
  readonly campaign: string | null
  readonly channel: Channel
  /** Whose task it becomes; null: it is none. */
  readonly team: string | null
}

/** Whether a message draws on the budget. */
export function isDrawnBy({ draws }: Budget, said: Said): boolean {
  const { offers, categories, campaigns, channels, teams } = draws
  const { id, category } = said.offer
  if (offers && !offers.includes(id)) return false
  // Of what nobody says what it is about, it may be about anything.
  if (categories && category !== undefined && !categories.includes(category)) return false
  if (campaigns && (said.campaign === null || !campaigns.includes(said.campaign))) return false
  if (teams && (said.team === null || !teams.includes(said.team))) return false
  return channels?.includes(said.channel) ?? true
}

/** What draws on budgets; by id, undefined for what is faulty. */
export interface Drawing {
  readonly offers: ReadonlyMap<string, Offer | undefined>
  readonly campaigns: ReadonlyMap<string, Campaign | undefined>
  readonly rules: readonly Rule[]
  readonly hasAllRules: boolean
}

/** Says of budgets what they name that isn't there, which offers they can't count, and which of them nothing draws on. */
export function checkDraws([node]: readonly SourceNode[], policy: Policy, drawing: Drawing, problems: Problem[]): void {
  if (!node) return
  const { offers, campaigns, rules, hasAllRules } = drawing
  const tell = (code: ProblemCode, message: string, path: (string | number)[]) =>
    problems.push(problem(code, message, node.at(path)))
  const campaignIds = [...new Set([...campaigns.keys(), ...rules.map(({ campaign }) => campaign)])]
  const { budgets = [] } = policy
  budgets.forEach((budget, index) => {
    const before = problems.length
    const at = ['budgets', index, 'for']
    budget.draws.offers?.forEach((id, place) => {
      if (offers.has(id)) return
      const message = `no offer '${id}'${didYouMeanOneOf(id, [...offers.keys()])}`
      tell('KM_RULE_UNKNOWN_OFFER', message, [...at, 'offers', place])
    })
    budget.draws.campaigns?.forEach((id, place) => {
      if (campaignIds.includes(id) || !hasAllRules) return
      const message = `no campaign or rule '${id}'${didYouMeanOneOf(id, campaignIds)}`
      tell('KM_RULE_UNKNOWN_CAMPAIGN', message, [...at, 'campaigns', place])
    })
    if (problems.length > before || !hasAllRules || [...offers.values()].includes(undefined)) return
    const drawn = drawnBy(budget, drawing, policy)
    if (drawn === undefined) return
    if (drawn.length === 0) {
      const message = 'no marketing or care of this catalogue draws on it; correct what it is for, or leave it out'
      tell('KM_BUDGET_IDLE', message, ['budgets', index])
    }
    const costless = drawn.find(({ cost = 0 }) => cost === 0)
    if (budget.of === 'money' && budget.each === undefined && costless) {
      const message = `'${costless.id}' draws on it and says no cost; give it one, say each: how much a use takes, or name what the budget is for`
      tell('KM_BUDGET_AMOUNT', message, ['budgets', index])
    }
    const dear = drawn.find(({ cost = 0 }) => cost > budget.amount)
    if (budget.of === 'money' && budget.each === undefined && dear) {
      const message = `'${dear.id}' costs ${dear.cost}, and there are ${budget.amount} in all: it could never be offered`
      tell('KM_BUDGET_AMOUNT', message, ['budgets', index])
    }
  })
}

/** An offer goes through its channels, by SMS if it names none; teams get those of an offer's tasks that a row of routing leads to them. */
function waysOf(
  { draws: { teams } }: Budget,
  { task, channels = ['sms'] }: Offer,
  routing: readonly RoutingRow[],
): readonly Pick<Said, 'channel' | 'team'>[] {
  if (!teams) return channels.map((channel) => ({ channel, team: null }))
  return routing.flatMap(({ team, tasks }) =>
    task !== undefined && (tasks.length === 0 || tasks.includes(task)) ? [{ channel: 'task' as const, team }] : [],
  )
}

/** Offers that draw on it; undefined: its campaigns have no rules, so that it is as idle as they are. */
function drawnBy(
  budget: Budget,
  { offers, campaigns, rules }: Drawing,
  { defaultCategory, humanChannels }: Policy,
): readonly Offer[] | undefined {
  const named = budget.draws.campaigns
  const routing = humanChannels?.routing ?? []
  const own = rules.filter(({ campaign }) => named?.includes(campaign) ?? true)
  if (named && own.length === 0) return undefined
  const drawn = new Map<string, Offer>()
  for (const { purpose, offers: made, campaign } of own) {
    if (!purpose || !holdsBack('budget', purpose)) continue
    const variants = campaigns.get(campaign)?.variants ?? []
    for (const id of [...made, ...variants.flatMap((variant) => Object.values(variant.offers))]) {
      const offer = offers.get(id)
      if (!offer) continue
      const category = offer.category ?? defaultCategory
      const said = { ...offer, ...(category !== undefined && { category }) }
      if (waysOf(budget, offer, routing).some((way) => isDrawnBy(budget, { offer: said, campaign, ...way }))) {
        drawn.set(id, offer)
      }
    }
  }
  return [...drawn.values()]
}
