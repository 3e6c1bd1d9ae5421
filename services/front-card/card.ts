import { boundUntil, productsHad, replacementsOf } from '../decide/owned-products.ts'
import type { DecideState } from '../decide/state.ts'
import { initialState } from '../decide/state.ts'
import { CodedError } from '../domain/errors.ts'
import { type DecidedMoment, decidedMoments } from '../explain/decided-moments.ts'
import { ofDecide } from '../explain/look-at-state.ts'
import { shardOf } from '../flow/partition.ts'
import type { Platform } from '../platform/platform.ts'
import type { Catalogue } from '../rules/catalogue.ts'

/** What somebody at the front line sees of a subscriber at one glance. Times are ISO-8601. */
export interface FrontCard {
  readonly subscriber_id: string
  readonly language: string | null
  readonly time_zone: string
  /** Products that they have, as profiles and orders say. */
  readonly products: readonly string[]
  /** The last day of what binds them, YYYY-MM-DD. */
  readonly contract_end: string | null
  /** As of their newest moment. */
  readonly segments: Readonly<Record<string, string>>
  /** May be spoken to of offers, by channel. */
  readonly marketing: readonly string[]
  /** What is open: complaints, calls, do-not-disturb. */
  readonly open: readonly { readonly what: string; readonly rule: string; readonly until: string }[]
  readonly tasks: readonly {
    readonly id: string
    readonly kind: string
    readonly team: string
    readonly until: string
  }[]
  /** What they said to offers lately, the last first. */
  readonly answers: readonly {
    readonly at: string
    readonly said: 'accepted' | 'refused'
    readonly offer: string | null
  }[]
  /** The last moments, the newest first, with what was said or why not. */
  readonly moments: readonly CardMoment[]
}

export interface CardMoment {
  readonly at: string
  readonly rule: string
  readonly title: string
  readonly outcome: string
  /** Of a silence. */
  readonly code: string | null
  readonly channel: string | null
  readonly offer: string | null
  readonly text: string | null
}

const lookBackMs = 30 * 86_400_000
const momentsMost = 10
const answersMost = 5

/** @throws CodedError KM_SUBSCRIBER_UNKNOWN, KM_STORE_UNAVAILABLE, KM_LOG_UNAVAILABLE */
export async function frontCard(platform: Platform, subscriber: string): Promise<FrontCard> {
  const { clock, catalogue, log } = platform
  const now = clock.now()
  const { catalogue: inForce } = catalogue.at(now)
  const shard = shardOf(subscriber, log.shards)
  const state = await ofDecide(platform, { shard, subscriber })
  const moments = await decidedMoments(platform, shard, subscriber, now - lookBackMs, now)
  if (!state && moments.length === 0) {
    throw new CodedError('KM_SUBSCRIBER_UNKNOWN', `nothing is known of '${subscriber}'`)
  }
  return cardOf(subscriber, state ?? initialState, moments, inForce, now)
}

function cardOf(
  subscriber_id: string,
  { facts, products, intervals, tasks, answers }: DecideState,
  moments: readonly DecidedMoment[],
  { policy, offers, ruleset }: Catalogue,
  now: number,
): FrontCard {
  const replacements = replacementsOf(offers)
  const titles = new Map(ruleset.rules.map(({ id, title }) => [id, title.en]))
  const newest = moments.toReversed().find(({ moment }) => Object.keys(moment?.segments ?? {}).length > 0)
  const consented = Object.entries(facts.consent).filter(([name, { granted, from }]) => {
    return name.endsWith('/marketing') && granted && from <= now
  })
  return {
    subscriber_id,
    language: facts.language?.value ?? null,
    time_zone: facts.time_zone?.value ?? policy.defaultTimeZone,
    products: productsHad(products, replacements),
    contract_end: boundUntil(products, replacements) ?? null,
    segments: newest?.moment?.segments ?? {},
    marketing: consented.map(([name]) => name.slice(0, -'/marketing'.length)).toSorted(),
    open: intervals
      .filter(({ open, at, until }) => open && at <= now && now < until)
      .map(({ code: what, rule, until }) => ({ what, rule, until: iso(until) })),
    tasks: tasks
      .filter(({ until }) => now < until)
      .map(({ command_id: id, kind, team, until }) => ({ id, kind, team, until: iso(until) })),
    answers: answers
      .toSorted((a, b) => b.at - a.at)
      .slice(0, answersMost)
      .map(({ at, refused, offer }) => ({ at: iso(at), said: refused ? 'refused' : 'accepted', offer })),
    moments: moments
      .filter(({ moment }) => moment === undefined || moment.kind !== 'do-not-disturb')
      .slice(-momentsMost)
      .reverse()
      .map((one) => momentOf(one, titles)),
  }
}

function momentOf({ moment, decisions }: DecidedMoment, titles: ReadonlyMap<string, string>): CardMoment {
  const last = decisions.at(-1)
  const rule = moment?.rule ?? last?.rule ?? ''
  return {
    at: iso(moment?.at ?? last?.decided_at ?? 0),
    rule,
    title: titles.get(rule) ?? rule,
    outcome: last?.outcome ?? 'not decided yet',
    code: last?.code ?? null,
    channel: last?.channel ?? null,
    offer: last?.offer ?? null,
    text: last?.text ?? null,
  }
}

const iso = (at: number): string => new Date(at).toISOString()
